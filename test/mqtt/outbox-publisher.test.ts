import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { good } from "../good.ts";
import { granted } from "../journal/temporary-journal.ts";
import { count, PublisherWorld } from "./publisher-world.ts";

const doorEvent = { type: "acs.door.mode", data: {} } as const;
const alarm = { type: "acs.security.cloneSuspected", data: {} } as const;

async function connectedWorld(): Promise<PublisherWorld> {
  const world = new PublisherWorld();
  world.publisher.start();
  await world.passMs(1000);
  return world;
}
const shape = (world: PublisherWorld) =>
  world.broker
    .batches()
    .map(({ topic, events }) => `${topic.split("/").at(-1)} ${events.map(({ seq }) => seq).join(",")}`);

describe("batches", () => {
  test("a row waits 200 ms for company", async () => {
    const world = await connectedWorld();
    await world.write(granted(1));
    await world.passMs(150);
    await world.write(granted(2));
    await world.passMs(45);
    expect(shape(world)).toEqual([]);
    await world.passMs(10);
    expect(shape(world)).toEqual(["access 1,2"]);
  });

  test("sixteen rows wait no longer", async () => {
    const world = await connectedWorld();
    await world.write(...count(1, 16).map(granted));
    await world.passMs(1);
    expect(shape(world)).toEqual([`access ${count(1, 16).join(",")}`]);
  });

  test("an alarm goes at once and takes along what waits before it", async () => {
    const world = await connectedWorld();
    await world.write(granted(1), alarm);
    await world.passMs(1);
    expect(shape(world)).toEqual(["access 1", "security 2"]);
  });

  test("one class a batch, in the order of the journal", async () => {
    const world = await connectedWorld();
    await world.write(granted(1), granted(2), doorEvent, granted(4));
    await world.passMs(300);
    expect(shape(world)).toEqual(["access 1,2", "door 3", "access 4"]);
  });

  test("none is larger than 64 KiB, nor than the broker takes", async () => {
    const world = new PublisherWorld();
    const long = (number: number) =>
      ({ type: "acs.system.test", data: { number, text: "é".repeat(1500) } }) as const;
    await world.write(...count(1, 100).map(long));
    world.broker.maxPayloadBytes = 20_000;
    world.publisher.start();
    await world.passMs(1000);
    const small = world.broker.messages.filter(({ topic }) => topic.includes("/event/"));
    expect(small.length).toBe(4);
    for (const { payload } of small) expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(20_000);
    world.broker.maxPayloadBytes = 200_000;
    world.broker.hangUp();
    await world.passMs(20_000);
    const sizes = world.broker.messages
      .filter(({ topic }) => topic.includes("/event/"))
      .map(({ payload }) => Buffer.byteLength(payload));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(65_536);
    expect(Math.max(...sizes)).toBeGreaterThan(60_000);
  });
});

describe("acknowledgement", () => {
  test("four batches go ahead of it, the next only after it", async () => {
    const world = new PublisherWorld();
    await world.write(...count(1, 10).map((number) => (number % 2 === 0 ? doorEvent : granted(number))));
    world.publisher.start();
    await world.passMs(1000);
    expect(world.arrived()).toEqual([1, 2, 3, 4]);
    world.acknowledge(2);
    await world.passMs(1);
    expect(world.arrived()).toEqual([1, 2, 3, 4, 5, 6]);
    world.acknowledge(2);
    world.acknowledge(1);
    await world.passMs(1);
    expect(world.arrived()).toEqual(count(1, 6));
    world.acknowledge(6);
    await world.passMs(1);
    expect(world.arrived()).toEqual(count(1, 10));
  });

  test("the broker's confirmation is no delivery: without it rows go again after 30 s, doubling to 10 min", async () => {
    const world = await connectedWorld();
    await world.write(granted(1));
    await world.passMs(2 * 3_600_000);
    const times = world.broker.batches().map(({ atMs }) => Math.round((atMs - 1200) / 1000));
    expect(times.slice(0, 8)).toEqual([0, 30, 90, 210, 450, 930, 1530, 2130]);
    expect(world.broker.requests).toHaveLength(1);
  });

  test("progress starts the patience anew", async () => {
    const world = await connectedWorld();
    await world.write(granted(1));
    await world.passMs(300_000);
    world.acknowledge(1);
    await world.write(granted(2));
    const before = world.broker.batches().length;
    await world.passMs(31_000);
    expect(world.broker.batches().length - before).toBe(2);
  });

  test("a back end away for a day gets every row, in order, and the journal keeps what it acknowledged", async () => {
    const world = await connectedWorld();
    for (let hour = 0; hour < 24; hour++) {
      await world.write(granted(hour), doorEvent);
      await world.passMs(3_600_000);
    }
    for (let round = 0; round < 60 && good(world.journal.range()).acked < 48; round++) {
      world.acknowledge(world.arrived().length);
      await world.passMs(1000);
    }
    expect(world.arrived()).toEqual(count(1, 48));
    expect(good(world.journal.range()).acked).toBe(48);
  });

  test("one for rows never issued, or for another journal, is a security event, at most one a minute", async () => {
    const world = await connectedWorld();
    await world.write(granted(1));
    for (let again = 0; again < 50; again++) world.acknowledge(999);
    await world.passMs(1000);
    world.acknowledge(1, "another-journal");
    await world.passMs(61_000);
    world.acknowledge(1, "another-journal");
    await world.passMs(1000);
    const bad = good(world.journal.read(0, 99)).filter(({ type }) => type === "acs.security.badAck");
    expect(bad.map(({ data }) => data)).toEqual([
      { why: "neverIssued", acked: 999, suppressed: 0 },
      { why: "unknownJournal", acked: 1, suppressed: 50 },
    ]);
    expect(good(world.journal.range()).acked).toBe(0);
  });
});

describe("connections that break", () => {
  test("one that swallows what is sent is given up and another one used", async () => {
    const world = await connectedWorld();
    world.broker.confirms = false;
    world.broker.loses = true;
    await world.write(granted(1));
    await world.passMs(31_000);
    world.broker.confirms = true;
    world.broker.loses = false;
    await world.passMs(60_000);
    expect(world.broker.requests.length).toBeGreaterThan(1);
    expect(world.arrived()).toEqual([1]);
  });

  test("a broker that dies in mid-batch: what was not acknowledged goes again, nothing is left out", async () => {
    const world = new PublisherWorld();
    await world.write(...count(1, 40).map((number) => (number % 3 === 0 ? doorEvent : granted(number))));
    world.publisher.start();
    await world.passMs(1000);
    world.acknowledge(3);
    world.broker.loses = true;
    await world.passMs(10);
    world.broker.hangUp();
    world.broker.loses = false;
    await world.passMs(121_000);
    for (let round = 0; round < 20; round++) {
      world.acknowledge(world.arrived().length);
      await world.passMs(10);
    }
    expect(world.arrived()).toEqual(count(1, 40));
  });

  test("rows written by another process are found without an announcement", async () => {
    const world = await connectedWorld();
    const other = world.reopen();
    good(await other.append([granted(1)]));
    await world.passMs(31_000);
    expect(world.arrived()).toEqual([1]);
  });
});

describe("whatever happens to broker and back end", () => {
  type Act = (world: PublisherWorld) => Promise<void> | void;

  /** A back end acknowledges up to the first gap in what it has. */
  const acknowledge: Act = (world) => {
    const have = new Set(world.arrived());
    let upTo = 0;
    while (have.has(upTo + 1)) upTo++;
    world.acknowledge(upTo);
  };
  const write =
    (rows: number): Act =>
    (world) =>
      world.write(...count(1, rows).map((number) => (number % 5 === 0 ? doorEvent : granted(number))));
  const pass =
    (durationMs: number): Act =>
    (world) =>
      world.passMs(durationMs);
  const hangUp: Act = ({ broker }) => broker.hangUp();
  const set =
    (change: { readonly loses?: boolean; readonly confirms?: boolean }): Act =>
    ({ broker }) =>
      void Object.assign(broker, change);

  const act = fc.oneof(
    fc.integer({ min: 1, max: 20 }).map(write),
    fc.integer({ min: 1, max: 100_000 }).map(pass),
    fc.constantFrom(
      acknowledge,
      hangUp,
      set({ loses: true }),
      set({ loses: false }),
      set({ confirms: false }),
      set({ confirms: true }),
    ),
  );

  /** A batch holds consecutive rows and begins no later than after the highest one sent before. */
  function expectNoSkips(world: PublisherWorld): void {
    let highest = 0;
    for (const { events } of world.broker.batches("offered")) {
      const seqs = events.map(({ seq }) => seq);
      const [first = 0] = seqs;
      expect(first).toBeLessThanOrEqual(highest + 1);
      expect(seqs).toEqual(count(first, first + seqs.length - 1));
      highest = Math.max(highest, first + seqs.length - 1);
    }
  }

  test("every row arrives, none is ever skipped, and then there is rest", async () => {
    const property = fc.asyncProperty(fc.array(act, { maxLength: 30 }), async (acts) => {
      const world = new PublisherWorld();
      world.publisher.start();
      for (const next of acts) await next(world);
      await set({ loses: false, confirms: true })(world);
      const written = good(world.journal.range()).last;
      for (let round = 0; round < 400 && good(world.journal.range()).acked < written; round++) {
        await world.passMs(20_000);
        await acknowledge(world);
      }
      expect(good(world.journal.range()).acked).toBe(written);
      expectNoSkips(world);
      const before = world.broker.batches().length;
      await world.passMs(3_600_000);
      expect(world.broker.batches().length).toBe(before);
      await world.timeline.resolve(world.publisher.stop());
    });
    await fc.assert(property, { numRuns: 25 });
  });
});
