import { beforeEach, describe, expect, test } from "vitest";
import { type FieldTurn, FieldTurns } from "../../../drivers/pn532/field-turns.ts";
import { VirtualClock } from "../../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../../src/sim/virtual-timeline.ts";
import { instant, millis } from "../../../src/time/time.ts";

/** No carrier may be on for so long between two turns. */
const GAP_MS = 6;
const MAX_TURN_MS = 10_000;

let timeline: VirtualTimeline;
let clock: VirtualClock;
let one: FieldTurn;
let two: FieldTurn;
let three: FieldTurn;
let order: string[];

beforeEach(() => {
  timeline = new VirtualTimeline();
  clock = VirtualClock.startingAt(timeline, instant(0));
  const turns = new FieldTurns(clock);
  one = turns.join();
  two = turns.join();
  three = turns.join();
  order = [];
});

const pass = (durationMs: number) => timeline.run(timeline.nowUs() + durationMs * 1_000);

/** Asks, and notes when and how it was answered. */
function ask(turn: FieldTurn, name: string, patienceMs = 60_000, signal?: AbortSignal): void {
  const until = millis(clock.monotonicMs() + patienceMs);
  void turn
    .take(until, signal)
    .then((got) => order.push(`${name} ${got ? "has it" : "waited in vain"} at ${clock.monotonicMs()}`));
}

test("the first who asks has it at once", async () => {
  ask(one, "one");
  await pass(1);
  expect(order).toEqual(["one has it at 0"]);
  expect([one.isMine(), two.isMine(), one.isWanted()]).toEqual([true, false, false]);
});

test("turns come in the order of asking, and between two of them every field is off for long enough", async () => {
  ask(one, "one");
  ask(two, "two");
  ask(three, "three");
  await pass(10);
  expect(one.isWanted()).toBe(true);
  one.yield();
  ask(one, "one");
  await pass(20);
  two.yield();
  await pass(30);
  three.yield();
  await pass(GAP_MS);
  expect(order).toEqual(["one has it at 0", "two has it at 16", "three has it at 36", "one has it at 66"]);
  expect(one.isWanted()).toBe(false);
});

test("the gap is kept by who has just yielded, too", async () => {
  ask(one, "one");
  await pass(5);
  one.yield();
  expect(one.isMine()).toBe(false);
  ask(one, "one");
  await pass(GAP_MS);
  expect(order).toEqual(["one has it at 0", `one has it at ${5 + GAP_MS}`]);
});

test("a turn is kept by who asks again, and yielded by nobody else", async () => {
  ask(one, "one");
  await pass(1);
  ask(one, "one");
  ask(two, "two");
  two.yield();
  await pass(20);
  expect(order).toEqual(["one has it at 0", "one has it at 1"]);
  expect(one.isMine()).toBe(true);
});

describe("who waits", () => {
  test("does so no longer than his patience, and holds up nobody behind him", async () => {
    ask(one, "one");
    ask(two, "two", 100);
    ask(three, "three");
    await pass(200);
    one.yield();
    await pass(GAP_MS);
    expect(order).toEqual(["one has it at 0", "two waited in vain at 100", "three has it at 206"]);
  });

  test("keeps his place when his patience ends, and has the next turn if he asks again by then", async () => {
    ask(one, "one");
    ask(two, "two", 100);
    ask(three, "three");
    await pass(150);
    expect(one.isWanted()).toBe(true);
    ask(two, "two again");
    await pass(50);
    one.yield();
    await pass(GAP_MS);
    expect(order.at(-1)).toBe("two again has it at 206");
    two.yield();
    await pass(GAP_MS);
    expect(order.at(-1)).toBe("three has it at 212");
  });

  test.each([2, 3, 4])(
    "of %i has the turn after one round, however long each of them takes",
    async (count) => {
      const turns = new FieldTurns(clock);
      const [holdMs, patienceMs, rounds] = [440, 500, 20];
      let longestMs = 0;
      const live = async (turn: FieldTurn): Promise<void> => {
        for (let round = 0; round < rounds; round++) {
          const askedAt = clock.monotonicMs();
          let hasIt = false;
          while (!hasIt) hasIt = await turn.take(millis(clock.monotonicMs() + patienceMs));
          longestMs = Math.max(longestMs, clock.monotonicMs() - askedAt);
          await clock.sleep(holdMs);
          turn.yield();
        }
      };
      for (let reader = 0; reader < count; reader++) void live(turns.join());
      await pass(count * rounds * (holdMs + GAP_MS));
      expect(longestMs).toBeGreaterThan(0);
      expect(longestMs).toBeLessThanOrEqual((count - 1) * holdMs + count * (GAP_MS + 1));
    },
  );

  test("leaves his place when he goes, and his turn too", async () => {
    ask(one, "one");
    ask(two, "two", 100);
    await pass(150);
    two.leave();
    expect(one.isWanted()).toBe(false);
    one.leave();
    expect(one.isMine()).toBe(false);
  });

  test("stops when told to", async () => {
    const owner = new AbortController();
    ask(one, "one");
    ask(two, "two", 60_000, owner.signal);
    await pass(5);
    owner.abort();
    await pass(1);
    expect(order).toEqual(["one has it at 0", "two waited in vain at 5"]);
    expect(one.isWanted()).toBe(false);
  });
});

describe("a reader that hangs in its turn", () => {
  test("is passed over, and finds out", async () => {
    ask(one, "one");
    ask(two, "two");
    await pass(MAX_TURN_MS - 1);
    expect(order).toEqual(["one has it at 0"]);
    await pass(2);
    expect(order.at(-1)).toBe(`two has it at ${MAX_TURN_MS}`);
    expect([one.isMine(), two.isMine()]).toEqual([false, true]);
    one.yield();
    one.renew();
    ask(three, "three");
    await pass(1_000);
    expect([two.isMine(), three.isMine()]).toEqual([true, false]);
  });

  test("is told from one that works", async () => {
    ask(one, "one");
    await pass(MAX_TURN_MS);
    one.renew();
    ask(two, "two", MAX_TURN_MS - 1);
    await pass(MAX_TURN_MS);
    expect(order.at(-1)).toMatch(/^two waited in vain/);
    expect(one.isMine()).toBe(true);
  });
});
