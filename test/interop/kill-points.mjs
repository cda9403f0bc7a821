// Loaded before the gate (`node --import`): ends a process by SIGKILL when the gate comes to a named point.
// Nothing of the gate itself is touched; what is watched are its foreign parts: better-sqlite3, the socket to
// the virtual board, and the client of the mqtt package.
//   KILL_AT   name of the point, `#`, and which of its occurrences counts
//   KILL_PID  whom to kill; this process when absent
//   KILL_LOG  a line is written here first, as proof that the point was reached
import { appendFileSync } from "node:fs";
import { Socket } from "node:net";
import Sqlite from "better-sqlite3";
import { MqttClient } from "mqtt";

const [point, occurrence] = (process.env.KILL_AT ?? "").split("#");
const victim = Number(process.env.KILL_PID ?? process.pid);
const log = process.env.KILL_LOG ?? "/dev/null";
const relayLine = Number(process.env.KILL_RELAY_LINE);
let passed = 0;

function at(name) {
  if (name !== point) return;
  passed += 1;
  if (passed !== Number(occurrence)) return;
  appendFileSync(log, `${name}\n`);
  process.kill(victim, "SIGKILL");
}

// The dialogue with the board: length (4), type, request (2), then bytes whose bit order is the wire's.
const TYPE_AT = 4;
const PAYLOAD_AT = 7;
const TRANSFER = 0x02;
const DRIVE = 0x03;
/** D4 40 01 00 B0 81: the PN532 is told to have the card read its NIS. */
const READ_NIS = Buffer.from([0x2b, 0x02, 0x80, 0x00, 0x0d, 0x81]);
let relayIsOn = false;
let hasRead = false;

const write = Socket.prototype.write;
Socket.prototype.write = function (chunk, ...rest) {
  // A Unix socket has no remote address; the broker's connection has one.
  if (!(chunk instanceof Uint8Array) || this.remoteAddress !== undefined)
    return write.call(this, chunk, ...rest);
  const isReading = chunk[TYPE_AT] === TRANSFER && Buffer.from(chunk).includes(READ_NIS);
  const isRelay = chunk[TYPE_AT] === DRIVE && chunk[PAYLOAD_AT] === relayLine;
  const turnsOn = isRelay && chunk[PAYLOAD_AT + 1] === 1;
  const turnsOff = isRelay && !turnsOn && relayIsOn;
  hasRead ||= isReading;
  if (isReading) at("before read");
  if (turnsOff) at("before relay off");
  const written = write.call(this, chunk, ...rest);
  if (turnsOn) at("after relay on");
  if (turnsOff) at("after relay off");
  if (isRelay) relayIsOn = turnsOn;
  return written;
};

// The database: the look at the lists' version follows the read; the row is inserted, then its transaction commits.
const LOOKUP = /^SELECT seq FROM sqlite_sequence WHERE name = 'list_change'$/;
const INSERT = /^INSERT INTO event /;
let grantInserted = false;

const prepare = Sqlite.prototype.prepare;
Sqlite.prototype.prepare = function (sql) {
  const statement = prepare.call(this, sql);
  if (LOOKUP.test(sql)) {
    const get = statement.get;
    statement.get = (...values) => {
      if (hasRead) at("after read");
      hasRead = false;
      return get.apply(statement, values);
    };
  }
  if (INSERT.test(sql)) {
    const run = statement.run;
    statement.run = (...values) => {
      const outcome = run.apply(statement, values);
      if (values[2].includes('"type":"acs.access.')) at("before commit");
      grantInserted ||= values[2].includes('"type":"acs.access.granted"');
      return outcome;
    };
  }
  return statement;
};

const transaction = Sqlite.prototype.transaction;
Sqlite.prototype.transaction = function (work) {
  const { deferred, immediate, exclusive } = transaction.call(this, work);
  const committing =
    (commit) =>
    (...values) => {
      const outcome = commit(...values);
      if (grantInserted) at("after commit");
      grantInserted = false;
      return outcome;
    };
  return Object.assign(committing(deferred), { immediate: committing(immediate), exclusive });
};

// The broker's connection.
const publish = MqttClient.prototype.publish;
MqttClient.prototype.publish = function (topic, ...rest) {
  const isBatch = topic.endsWith("/event/access");
  if (isBatch) at("before publish");
  const client = publish.call(this, topic, ...rest);
  // The packet is written to the socket in this turn's next-tick queue, where this comes behind it.
  if (isBatch) process.nextTick(() => at("after publish"));
  return client;
};

const emit = MqttClient.prototype.emit;
MqttClient.prototype.emit = function (event, ...rest) {
  const isAck = event === "message" && rest[0].endsWith("/ack");
  if (isAck) at("before ack is stored");
  const heard = emit.call(this, event, ...rest);
  if (isAck) at("after ack is stored");
  return heard;
};
