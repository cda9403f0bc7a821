import { describe, expect, test } from "vitest";
import { good } from "../good.ts";
import { granted, NOON } from "../journal/temporary-journal.ts";
import { LOCKED, PublisherWorld, TOPIC } from "./publisher-world.ts";

const bodies = (world: PublisherWorld, topic: string): unknown[] =>
  world.broker.messages
    .filter((message) => message.topic === `${TOPIC}/${topic}`)
    .map(({ payload }) => JSON.parse(payload) as unknown);

describe("presence", () => {
  test("the will names the session, and the birth comes before everything else", async () => {
    const world = new PublisherWorld();
    await world.write(granted(1));
    world.publisher.setDoorState("lane-1", LOCKED);
    world.publisher.start();
    await world.passMs(1000);
    const { boot, journal } = world.journal;
    expect(world.broker.requests[0]).toMatchObject({
      level: 5,
      clientId: "gate-1",
      will: { topic: `${TOPIC}/status`, qos: 1, retain: true },
    });
    expect(JSON.parse(world.broker.requests[0]?.will.payload ?? "")).toEqual({
      v: 1,
      state: "lost",
      boot,
      conn: 1,
    });
    expect(world.broker.messages.slice(0, 3)).toMatchObject([
      { topic: `${TOPIC}/status`, qos: 1, retain: true },
      { topic: `${TOPIC}/info`, qos: 1, retain: true },
      { topic: `${TOPIC}/state/lane-1`, qos: 1, retain: true },
    ]);
    expect(bodies(world, "status")).toEqual([
      {
        v: 1,
        state: "ready",
        boot,
        conn: 1,
        at: new Date(NOON).toISOString(),
        clock: "synced",
        sw: "0.1.0",
        journal: { id: journal, first: 1, last: 1, acked: 0 },
      },
    ]);
    expect(bodies(world, "info")).toEqual([{ v: 1, model: "virtual" }]);
    expect(bodies(world, "state/lane-1")).toEqual([
      { v: 1, door: "lane-1", ...LOCKED, at: new Date(NOON).toISOString() },
    ]);
    expect(world.broker.subscriptions).toEqual([`${TOPIC}/ack`]);
  });

  test("each connection has a higher number, told by birth and will alike", async () => {
    const world = new PublisherWorld();
    world.publisher.start();
    for (let round = 0; round < 3; round++) {
      await world.passMs(40_000);
      world.broker.hangUp();
    }
    await world.passMs(40_000);
    expect(bodies(world, "status")).toMatchObject([{ conn: 1 }, { conn: 2 }, { conn: 3 }, { conn: 4 }]);
    expect(world.broker.requests.map(({ will }) => will.payload.match(/"conn":(\d+)/)?.[1])).toEqual([
      "1",
      "2",
      "3",
      "4",
    ]);
  });

  test("a clean stop says goodbye, then closes, and does not come back", async () => {
    const world = new PublisherWorld();
    world.publisher.start();
    await world.passMs(1000);
    await world.timeline.resolve(world.publisher.stop());
    expect(bodies(world, "status").at(-1)).toEqual({
      v: 1,
      state: "disconnected",
      reason: "stop",
      boot: world.journal.boot,
      conn: 1,
    });
    expect(world.broker.connected).toBe(false);
    await world.passMs(3_600_000);
    expect(world.broker.requests).toHaveLength(1);
  });

  test("a stop with a broker that answers nothing, or with none at all, takes seconds", async () => {
    const silent = new PublisherWorld();
    silent.broker.confirms = false;
    silent.publisher.start();
    await silent.passMs(1000);
    await silent.timeline.resolve(silent.publisher.stop(), silent.timeline.nowUs() + 5_000_000);
    const absent = new PublisherWorld();
    absent.broker.refusal = { kind: "unreachable", cause: new Error("no route") };
    absent.publisher.start();
    await absent.passMs(60_000);
    await absent.timeline.resolve(absent.publisher.stop(), absent.timeline.nowUs() + 1000);
  });

  test("a session taken over is journalled and answered with patience", async () => {
    const world = new PublisherWorld();
    world.publisher.start();
    await world.passMs(1000);
    world.broker.hangUp({ code: 0x8e, reason: "Session taken over" });
    await world.passMs(29_000);
    expect(world.broker.requests).toHaveLength(1);
    expect(good(world.journal.read(0, 9)).map(({ type }) => type)).toEqual(["acs.security.sessionTakenOver"]);
    await world.passMs(40_000);
    expect(world.broker.requests).toHaveLength(2);
  });

  test("a gate whose journal cannot be written still says that it is there", async () => {
    const world = new PublisherWorld();
    world.database.connection.exec(
      "CREATE TRIGGER full BEFORE UPDATE ON counter BEGIN SELECT RAISE(ABORT, 'full'); END",
    );
    world.publisher.start();
    await world.passMs(1000);
    expect(bodies(world, "status")).toMatchObject([{ state: "ready", conn: 1 }]);
  });
});

describe("a broker that is away", () => {
  test("for days: every row waits and arrives once it is back, and the log does not fill", async () => {
    const world = new PublisherWorld();
    world.broker.refusal = { kind: "unreachable", cause: new Error("no route") };
    world.publisher.start();
    for (let day = 0; day < 3; day++) {
      await world.write(granted(day));
      await world.passMs(86_400_000);
    }
    const attempts = world.broker.attemptsAtMs.length;
    expect(attempts).toBeGreaterThan((3 * 86_400) / 130);
    expect(attempts).toBeLessThan((3 * 86_400) / 30);
    expect(world.logged.filter(({ level }) => level !== "debug")).toMatchObject([
      { event: "brokerUnavailable" },
    ]);
    world.broker.refusal = undefined;
    await world.passMs(121_000);
    expect(world.arrived()).toEqual([1, 2, 3]);
  });
});

describe("door state", () => {
  test("a door that changes faster than the broker confirms has one message on its way, then the newest", async () => {
    const world = new PublisherWorld();
    world.publisher.start();
    await world.passMs(1000);
    world.broker.confirms = false;
    for (let change = 0; change < 100; change++) {
      world.publisher.setDoorState("lane-1", {
        mode: "Locked",
        fault: "FaultDetected",
        faultReason: `r${change}`,
      });
    }
    await world.passMs(1000);
    expect(bodies(world, "state/lane-1")).toHaveLength(1);
    world.broker.confirms = true;
    world.broker.hangUp();
    await world.passMs(60_000);
    expect(bodies(world, "state/lane-1").at(-1)).toMatchObject({ faultReason: "r99" });
  });
});

describe("live feed", () => {
  test("shows each event at once at QoS 0, without its personal part", async () => {
    const world = new PublisherWorld();
    world.publisher.start();
    await world.passMs(1000);
    await world.write(world.personalEvent());
    await world.passMs(0);
    const live = world.broker.messages.filter(({ topic }) => topic === `${TOPIC}/live/access`);
    expect(live).toMatchObject([{ qos: 0, retain: false, expirySeconds: 5 }]);
    expect(JSON.parse(live[0]?.payload ?? "")).not.toHaveProperty("personal");
  });

  test("drops what a slow connection cannot take", async () => {
    const world = new PublisherWorld();
    world.publisher.start();
    await world.passMs(1000);
    world.broker.confirms = false;
    await world.write(...Array.from({ length: 500 }, (_, number) => granted(number)));
    await world.passMs(0);
    expect(world.broker.messages.filter(({ topic }) => topic.includes("/live/"))).toHaveLength(64);
  });
});

test("nothing that arrives on a topic can break the publisher", async () => {
  const world = new PublisherWorld();
  await world.write(granted(1));
  world.publisher.start();
  await world.passMs(1000);
  for (const payload of [
    "",
    "null",
    "[]",
    '{"v":1}',
    '{"v":2,"journal":"x","acked":1}',
    '{"v":1,"journal":7,"acked":1}',
    '{"v":1,"journal":"x","acked":-1}',
    '{"v":1,"journal":"x","acked":1.5}',
    "{".repeat(1000),
    "x".repeat(100_000),
  ]) {
    world.broker.send(`${TOPIC}/ack`, payload);
    world.broker.send("some/other/topic", payload);
  }
  world.broker.send(`${TOPIC}/ack`, Uint8Array.of(0xff, 0xfe));
  await world.passMs(1000);
  expect(world.logged.filter(({ event }) => event === "ackMalformed")).toHaveLength(11);
  expect(good(world.journal.range())).toMatchObject({ last: 1, acked: 0 });
  world.acknowledge(1);
  expect(good(world.journal.range()).acked).toBe(1);
});

describe("health", () => {
  test("is told soon and then every minute or so, unretained, and not kept for whoever comes late", async () => {
    const world = new PublisherWorld();
    await world.write(granted(1));
    world.publisher.start();
    await world.passMs(6_000);
    const sent = world.broker.messages.filter(({ topic }) => topic === `${TOPIC}/health`);
    expect(sent).toMatchObject([{ qos: 0, retain: false, expirySeconds: 120 }]);
    expect(bodies(world, "health")).toMatchObject([
      { v: 1, conn: 1, clock: "synced", journal: { first: 1, last: 1, acked: 0 }, upSeconds: 1 },
    ]);
    await world.passMs(10 * 60_000);
    const { length } = bodies(world, "health");
    expect(length).toBeGreaterThanOrEqual(10);
    expect(length).toBeLessThanOrEqual(12);
  });

  test("ends with the connection, and begins again with the next", async () => {
    const world = new PublisherWorld();
    world.publisher.start();
    await world.passMs(6_000);
    world.broker.hangUp();
    await world.passMs(40_000);
    expect(bodies(world, "health")).toMatchObject([{ conn: 1 }, { conn: 2 }]);
    await world.timeline.resolve(world.publisher.stop());
    await world.passMs(600_000);
    expect(bodies(world, "health")).toHaveLength(2);
  });
});
