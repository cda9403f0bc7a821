/** The publisher against foreign parts: Mosquitto as broker and as back end, aedes as a broker of 3.1.1 only. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Aedes } from "aedes";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemRandom } from "../../src/crypto/system-random.ts";
import { openDatabase } from "../../src/journal/database.ts";
import { SqliteJournal } from "../../src/journal/sqlite-journal.ts";
import type { BrokerConfig } from "../../src/mqtt/broker-files.ts";
import { mqttConnect } from "../../src/mqtt/mqtt-client.ts";
import { createPublisher, type Publisher } from "../../src/mqtt/publisher.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { LogFields } from "../../src/ports/log.ts";
import { instant, millis } from "../../src/time/time.ts";
import { good } from "../good.ts";
import { granted, temporaryDirectory } from "../journal/temporary-journal.ts";
import { LOCKED } from "./publisher-world.ts";

const MOSQUITTO = "/usr/sbin/mosquitto";
const hasMosquitto = existsSync(MOSQUITTO);
if (!hasMosquitto)
  process.stderr.write(`skipped: tests against Mosquitto, because ${MOSQUITTO} is not installed\n`);

const clock: Clock = {
  monotonicMs: () => millis(performance.now()),
  wallTime: () => instant(Date.now()),
  sleep: (durationMs, signal) => delay(durationMs, undefined, { signal }).catch(() => undefined),
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Waits for something that another process does; the limit is for a broken world only. */
async function eventually(condition: () => boolean, what: string): Promise<void> {
  const until = performance.now() + 15_000;
  while (!condition()) {
    if (performance.now() > until) throw new Error(`never: ${what}`);
    await delay(10);
  }
}

function started(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

interface Broker {
  readonly port: number;
  readonly child: ChildProcess;
  /** What it has logged so far. */
  readonly log: () => string;
}

async function startMosquitto(port: number, extra = "allow_anonymous true"): Promise<Broker> {
  const file = join(temporaryDirectory(), "mosquitto.conf");
  writeFileSync(file, `user root\nlistener ${port} 127.0.0.1\n${extra}\n`);
  const child = started(MOSQUITTO, ["-c", file, "-v"]);
  let text = "";
  child.stderr?.on("data", (chunk) => {
    text += chunk;
  });
  await eventually(() => text.includes("running"), "Mosquitto runs");
  return { port, child, log: () => text };
}

/** A network between gate and broker that can be cut for good, without a farewell from either side. */
async function cuttableLine(
  brokerPort: number,
): Promise<{ readonly port: number; readonly cut: () => void }> {
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = createConnection(brokerPort, "127.0.0.1");
    for (const socket of [near, far]) {
      socket.on("error", () => undefined);
      sockets.push(socket);
    }
    near.pipe(far).pipe(near);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const cut = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(cut);
  return { port, cut };
}

/** Every message under `acs/#` as Mosquitto's own client sees it, retained flag first. */
async function subscribed({ port, log }: Broker) {
  const lines: string[] = [];
  const subscriptions = (): number => log().split("Sending SUBACK").length;
  const before = subscriptions();
  const topic = ["-V", "5", "-q", "1", "-t", "acs/#", "-F", "%r %t %p"];
  const child = started("mosquitto_sub", ["-h", "127.0.0.1", "-p", `${port}`, ...topic]);
  let rest = "";
  child.stdout?.on("data", (chunk) => {
    const parts = `${rest}${chunk}`.split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
  });
  await eventually(() => subscriptions() > before, "mosquitto_sub is subscribed");
  const bodies = (topic: string): unknown[] =>
    lines
      .filter((line) => line.split(" ")[1] === `acs/v1/demo/gate-1/${topic}`)
      .map((line) => JSON.parse(line.split(" ").slice(2).join(" ")) as unknown);
  return { lines, bodies };
}

function gate(broker: BrokerConfig) {
  const database = good(openDatabase(join(temporaryDirectory(), "varco.db"), { busyTimeoutMs: 50 }));
  const common = { clock, clockState: () => "synced" as const, random: systemRandom };
  const source = "acs:demo/gate-1";
  const journal = good(
    SqliteJournal.open({ ...common, database, source, buildTime: instant(0), retentionMs: 1e9 }),
  );
  const logged: { readonly event: string; readonly fields: LogFields }[] = [];
  const note = (event: string, fields: LogFields = {}): void => void logged.push({ event, fields });
  const publisher: Publisher = createPublisher({
    ...common,
    address: { prefix: "acs/v1", site: "demo", gate: "gate-1" },
    connect: mqttConnect(broker, clock),
    journal,
    log: { trace: note, debug: note, info: note, warn: note, error: note },
    softwareVersion: "0.1.0",
    info: { model: "virtual" },
    health: () => ({ upSeconds: 1 }),
  });
  onTestFinished(async () => {
    await publisher.stop();
    database.close();
  });
  return { journal, publisher, logged };
}

const url = (port: number): string => `mqtt://127.0.0.1:${port}`;

describe.runIf(hasMosquitto)("Mosquitto, MQTT 5", () => {
  test("birth, info, state, events, acknowledgement and goodbye", async () => {
    const port = await freePort();
    const broker = await startMosquitto(port);
    const backEnd = await subscribed(broker);
    const { journal, publisher } = gate({ url: url(port) });
    publisher.setDoorState("lane-1", LOCKED);
    publisher.start();
    await eventually(() => backEnd.bodies("state/lane-1").length === 1, "the door's state");
    expect(backEnd.bodies("status")).toMatchObject([{ v: 1, state: "ready", conn: 1, boot: journal.boot }]);
    expect(backEnd.lines[0]).toContain("/status");
    good(await journal.append([granted(1), granted(2)]));
    await eventually(() => backEnd.bodies("event/access").length === 1, "the batch");
    expect(backEnd.bodies("event/access")).toMatchObject([
      [{ seq: 1, journal: journal.journal }, { seq: 2 }],
    ]);
    expect(backEnd.bodies("live/access")).toHaveLength(2);
    const ack = JSON.stringify({ v: 1, journal: journal.journal, acked: 2 });
    execFileSync("mosquitto_pub", [
      "-h",
      "127.0.0.1",
      "-p",
      `${port}`,
      "-q",
      "1",
      "-t",
      "acs/v1/demo/gate-1/ack",
      "-m",
      ack,
    ]);
    await eventually(() => good(journal.range()).acked === 2, "the acknowledgement");
    await publisher.stop();
    await eventually(() => backEnd.bodies("status").length === 2, "the goodbye");
    expect(backEnd.bodies("status")[1]).toMatchObject({ state: "disconnected", reason: "stop", conn: 1 });
    const later = await subscribed(broker);
    await eventually(() => later.lines.length >= 3, "retained messages");
    expect(later.lines.map((line) => line.split(" ").slice(0, 2).join(" ")).sort()).toEqual([
      "1 acs/v1/demo/gate-1/info",
      "1 acs/v1/demo/gate-1/state/lane-1",
      "1 acs/v1/demo/gate-1/status",
    ]);
  });

  test("a broker that is killed and comes back gets a new birth and all that it missed", async () => {
    const port = await freePort();
    const first = await startMosquitto(port);
    const { journal, publisher, logged } = gate({ url: url(port) });
    publisher.start();
    await eventually(() => logged.some(({ event }) => event === "brokerConnected"), "a connection");
    first.child.kill("SIGKILL");
    await eventually(() => logged.some(({ event }) => event === "brokerLost"), "the loss");
    good(await journal.append([granted(1)]));
    const broker = await startMosquitto(port);
    const backEnd = await subscribed(broker);
    await eventually(() => backEnd.bodies("event/access").length > 0, "the row written meanwhile");
    expect(backEnd.bodies("status").at(-1)).toMatchObject({ state: "ready" });
    expect(
      logged.filter(({ event }) => event === "brokerConnected").map(({ fields }) => fields["mqtt"]),
    ).toEqual([5, 5]);
  });

  test("the will is published when the gate stays away for ten seconds, and not before", async () => {
    const broker = await startMosquitto(await freePort());
    const backEnd = await subscribed(broker);
    const line = await cuttableLine(broker.port);
    const { publisher } = gate({ url: url(line.port) });
    publisher.start();
    await eventually(() => backEnd.bodies("status").length === 1, "the birth");
    line.cut();
    const cutAt = performance.now();
    await eventually(() => backEnd.bodies("status").length === 2, "the will");
    expect(performance.now() - cutAt).toBeGreaterThan(9000);
    expect(backEnd.bodies("status")[1]).toMatchObject({ v: 1, state: "lost", conn: 1 });
  });

  test("a wrong password is named by its reason, a right one lets in", async () => {
    const port = await freePort();
    const directory = temporaryDirectory();
    const passwords = join(directory, "passwords");
    execFileSync("mosquitto_passwd", ["-b", "-c", passwords, "gate-1", "right"]);
    await startMosquitto(port, `allow_anonymous false\npassword_file ${passwords}`);
    const secret = (name: string, content: string): string => {
      writeFileSync(join(directory, name), content, { mode: 0o600 });
      return join(directory, name);
    };
    const userFile = secret("user", "gate-1\n");
    const wrong = gate({ url: url(port), userFile, passwordFile: secret("wrong", "wrong\n") });
    wrong.publisher.start();
    await eventually(() => wrong.logged.length > 0, "a refusal");
    expect(wrong.logged[0]).toMatchObject({
      event: "brokerUnavailable",
      fields: { why: "refused", code: 135, reason: "Not authorized" },
    });
    const right = gate({ url: url(port), userFile, passwordFile: secret("right", "right\n") });
    right.publisher.start();
    await eventually(() => right.logged.some(({ event }) => event === "brokerConnected"), "a connection");
  });

  test("a broker whose certificate is not signed by the given authority is refused", async () => {
    const port = await freePort();
    const directory = temporaryDirectory();
    const certificate = (name: string): { readonly key: string; readonly file: string } => {
      const [key, file] = [join(directory, `${name}.key`), join(directory, `${name}.pem`)];
      const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"];
      execFileSync(
        "openssl",
        [
          "req",
          "-x509",
          "-newkey",
          "ec",
          "-pkeyopt",
          "ec_paramgen_curve:P-256",
          "-nodes",
          "-days",
          "2",
          "-keyout",
          key,
          "-out",
          file,
          ...subject,
        ],
        { stdio: "ignore" },
      );
      return { key, file };
    };
    const [broker, stranger] = [certificate("broker"), certificate("stranger")];
    await startMosquitto(port, `allow_anonymous true\ncertfile ${broker.file}\nkeyfile ${broker.key}`);
    const mistrusting = gate({ url: `mqtts://127.0.0.1:${port}`, caFile: stranger.file });
    mistrusting.publisher.start();
    await eventually(() => mistrusting.logged.length > 0, "a refusal");
    expect(mistrusting.logged[0]).toMatchObject({
      event: "brokerUnavailable",
      fields: { why: "tlsRefused" },
    });
    const trusting = gate({ url: `mqtts://127.0.0.1:${port}`, caFile: broker.file });
    trusting.publisher.start();
    await eventually(() => trusting.logged.some(({ event }) => event === "brokerConnected"), "a connection");
  });
});

test("aedes, which speaks only 3.1.1: the second attempt is at its version, and all works as before", async () => {
  const broker = await Aedes.createBroker();
  const server = createServer(broker.handle).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  onTestFinished(() => {
    broker.close();
    server.close();
  });
  const topics: string[] = [];
  const { journal, publisher, logged } = gate({ url: url(port) });
  broker.on("publish", ({ topic }) => void (topic.startsWith("acs/") && topics.push(topic)));
  good(await journal.append([granted(1)]));
  publisher.start();
  await eventually(() => topics.some((topic) => topic.endsWith("event/access")), "the row");
  expect(topics[0]).toBe("acs/v1/demo/gate-1/status");
  expect(logged.map(({ event, fields }) => [event, fields["mqtt"] ?? fields["code"]])).toEqual([
    ["brokerUnavailable", 132],
    ["brokerConnected", 4],
  ]);
  const payload = JSON.stringify({ v: 1, journal: journal.journal, acked: 1 });
  broker.publish(
    { cmd: "publish", topic: "acs/v1/demo/gate-1/ack", payload, qos: 1, retain: false, dup: false },
    () => undefined,
  );
  await eventually(() => good(journal.range()).acked === 1, "the acknowledgement");
});

test("nobody listening is told once, and costs the gate nothing", async () => {
  const { journal, publisher, logged } = gate({ url: url(await freePort()) });
  publisher.start();
  await eventually(() => logged.length > 0, "a failure");
  expect(logged[0]).toMatchObject({
    event: "brokerUnavailable",
    fields: { why: "unreachable", cause: "ECONNREFUSED" },
  });
  expect(good(await journal.append([granted(1)]))).toHaveLength(1);
});
