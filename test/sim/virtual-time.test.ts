import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import { VirtualClock } from "../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";
import { instant } from "../../src/time/time.ts";

describe("virtual timeline", () => {
  test("events run in the order of their instants, equals in the order of asking, whatever was cancelled", async () => {
    const events = fc.array(fc.record({ timeUs: fc.nat(50), cancelled: fc.boolean() }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(events, async (plan) => {
        const timeline = new VirtualTimeline(async () => undefined);
        const ran: [number, number][] = [];
        const cancels = plan.map(({ timeUs }, index) =>
          timeline.at(timeUs, () => ran.push([timeline.nowUs(), index])),
        );
        for (const [index, cancel] of cancels.entries()) if (plan[index]?.cancelled) cancel();
        await timeline.run(50);
        const expected = plan
          .map(({ timeUs, cancelled }, index) => ({ timeUs, cancelled, index }))
          .filter(({ cancelled }) => !cancelled)
          .sort((a, b) => a.timeUs - b.timeUs || a.index - b.index)
          .map(({ timeUs, index }) => [timeUs, index]);
        expect(ran).toEqual(expected);
      }),
    );
  });

  test("promise continuations of one event settle before the next event", async () => {
    const timeline = new VirtualTimeline();
    const told: string[] = [];
    timeline.at(1, () => {
      void Promise.resolve()
        .then(() => undefined)
        .then(() => told.push(`continuation at ${timeline.nowUs()}`));
    });
    timeline.at(2, () => told.push("second event"));
    await timeline.run(10);
    expect([told, timeline.nowUs()]).toEqual([["continuation at 1", "second event"], 10]);
  });

  test("runUntil stops at the event that fulfils the condition, or at the limit", async () => {
    const timeline = new VirtualTimeline();
    let count = 0;
    const tick = (): void => {
      count += 1;
      timeline.at(timeline.nowUs() + 10, tick);
    };
    timeline.at(10, tick);
    expect([await timeline.runUntil(() => count === 3, 1_000), timeline.nowUs()]).toEqual([true, 30]);
    expect([await timeline.runUntil(() => count === 100, 95), timeline.nowUs()]).toEqual([false, 95]);
  });
});

describe("virtual clock", () => {
  test("sleeps in virtual time; an abort ends a sleep at once", async () => {
    const timeline = new VirtualTimeline();
    const clock = VirtualClock.startingAt(timeline, instant(1_000_000));
    const woke: string[] = [];
    const abort = new AbortController();
    void clock.sleep(2.5).then(() => woke.push(`slept until ${clock.monotonicMs()}`));
    void clock.sleep(10_000, abort.signal).then(() => woke.push(`aborted at ${clock.monotonicMs()}`));
    timeline.at(4_000, () => abort.abort());
    await timeline.run(20_000_000);
    expect(woke).toEqual(["slept until 2.5", "aborted at 4"]);
    await clock.sleep(5_000, abort.signal);
    expect(clock.wallTime()).toBe(1_020_000);
  });

  test("the wall time jumps for a clock and its forks, the monotonic time does not", async () => {
    const timeline = new VirtualTimeline();
    const clock = VirtualClock.startingAt(timeline, instant(5_000));
    const fork = clock.fork();
    await timeline.run(1_000_000);
    clock.setWallOffset(instant(0));
    expect([fork.wallTime(), fork.monotonicMs()]).toEqual([1_000, 1_000]);
  });

  test("a killed process never wakes; its siblings do", async () => {
    const timeline = new VirtualTimeline();
    const clock = VirtualClock.startingAt(timeline, instant(0));
    const [victim, sibling] = [clock.fork(), clock.fork()];
    const woke: string[] = [];
    const abort = new AbortController();
    void victim.sleep(5).then(() => woke.push("victim"));
    void victim.sleep(5, abort.signal).then(() => woke.push("victim with signal"));
    void sibling.sleep(5).then(() => woke.push("sibling"));
    victim.kill();
    abort.abort();
    void victim.sleep(1).then(() => woke.push("after death"));
    await timeline.run(1_000_000);
    expect(woke).toEqual(["sibling"]);
  });
});

describe("seeded random", () => {
  test("the same seed gives the same stream, another seed another one", () => {
    const stream = (seed: number): readonly number[] => {
      const random = new SeededRandom(seed);
      return Array.from({ length: 8 }, () => random.next());
    };
    expect(stream(7)).toEqual(stream(7));
    expect(stream(7)).not.toEqual(stream(8));
  });

  test("below, chance and pick stay in range and are fair to a few percent", () => {
    const random = new SeededRandom(3);
    const rolls = Array.from({ length: 6_000 }, () => random.below(6));
    for (let side = 0; side < 6; side++) {
      expect(Math.abs(rolls.filter((roll) => roll === side).length - 1_000)).toBeLessThan(150);
    }
    expect([random.chance(0), random.chance(1)]).toEqual([false, true]);
    expect(["a", "b"]).toContain(random.pick(["a", "b"]));
    expect(random.bytes(16)).toHaveLength(16);
  });
});
