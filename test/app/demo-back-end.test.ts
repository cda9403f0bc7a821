// The back end inside the demo: what it remembers of events, and that it remembers no more however long the demo goes on.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { connectAsync, type MqttClient } from "mqtt";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BackEnd, MAX_DECISIONS } from "../../src/app/demo/back-end.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const BASE = "acs/v1/site/gate";
const BATCH = 1_000;

let backEnd: BackEnd;
let gate: MqttClient;
let trafficFile: string;
let acked: number[];

beforeEach(async () => {
  trafficFile = join(temporaryFolder("demo-back-end"), "mqtt.jsonl");
  backEnd = new BackEnd({ base: BASE, trafficFile });
  await backEnd.start();
  gate = await connectAsync({ host: "127.0.0.1", port: backEnd.port });
  acked = [];
  gate.on("message", (_, payload) => acked.push(Number(/"acked":(\d+)/.exec(String(payload))?.[1])));
  await gate.subscribeAsync(`${BASE}/ack`, { qos: 1 });
});

afterEach(async () => {
  await gate.endAsync(true);
  await backEnd.lose();
});

const granted = (seq: number, door = "north") => ({
  journal: "j",
  seq,
  type: "acs.access.granted",
  data: { seq, door },
  personal: {},
});
const started = (seq: number) => ({ journal: "j", seq, type: "acs.system.started", data: {} });

/** Sends one batch; resolves when its acknowledgement is there. */
async function send(...events: readonly object[]): Promise<number | undefined> {
  const answered = new Promise<void>((resolve) => void gate.once("message", () => resolve()));
  await gate.publishAsync(`${BASE}/event/access`, JSON.stringify(events), { qos: 1 });
  await answered;
  return acked.at(-1);
}

test("acknowledges as far as nothing is missing, and counts what came again", async () => {
  expect(await send(granted(1), started(2))).toBe(2);
  expect(await send(granted(5), granted(4))).toBe(2);
  expect(backEnd.doubled).toBe(0);
  expect(await send(granted(1), granted(4), granted(3))).toBe(5);
  expect(backEnd.doubled).toBe(2);
  expect(backEnd.decisions().map(({ seq }) => seq)).toEqual([1, 3, 4, 5]);
  expect([backEnd.count(), backEnd.decided, backEnd.count("acs.system.started")]).toEqual([5, 4, 1]);
});

test("knows each door's decisions by their number, in whatever order they came", async () => {
  await send(granted(1), granted(3), granted(2, "south"));
  expect([1, 2].map((number) => backEnd.decisionAt("north", number)?.seq)).toEqual([1, 3]);
  expect(backEnd.decisionAt("south", 1)?.seq).toBe(2);
  expect([backEnd.decisionAt("south", 2), backEnd.decisionAt("west", 1)]).toEqual([undefined, undefined]);
});

test("keeps the newest decisions, without their personal part, and the number of all", async () => {
  const last = MAX_DECISIONS + 2 * BATCH;
  for (let seq = 1; seq <= last; seq += BATCH)
    await send(
      ...Array.from({ length: Math.min(BATCH, last - seq + 1) }, (_, index) => granted(seq + index)),
    );
  expect(acked.at(-1)).toBe(last);
  expect(backEnd.decided).toBe(last);
  expect(backEnd.decisions()).toHaveLength(MAX_DECISIONS);
  expect(backEnd.decisionAt("north", 1)).toBeUndefined();
  expect(backEnd.decisionAt("north", last)?.seq).toBe(last);
  expect(backEnd.decisions().at(-1)).toEqual({
    journal: "j",
    seq: last,
    type: "acs.access.granted",
    data: { seq: last, door: "north" },
  });
});

test("begins a new file of the traffic when the old one is long, and keeps that", async () => {
  const text = "x".repeat(1_000_000);
  for (let message = 0; message < 20; message++) await gate.publishAsync(`${BASE}/status`, text, { qos: 1 });
  const lines = [trafficFile, `${trafficFile}.old`].map((file) =>
    existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n").length : 0,
  );
  expect(lines).toEqual([5, 15]);
});
