import { describe, expect, test } from "vitest";
import type { Clock } from "../../src/ports/clock.ts";
import { clockStateOf, estimatedErrorMs } from "../../src/time/clock-trust.ts";
import { JumpDetector } from "../../src/time/jump-detector.ts";
import { instant, millis } from "../../src/time/time.ts";

const HOUR_MS = 3_600_000;
const MAX_SKEW_MS = 60_000;

describe("a clock that was set by a trusted source", () => {
  test("is thought to go wrong by 50 millionths", () => {
    expect(estimatedErrorMs({ by: "timeService", ageMs: 1_000_000 })).toBeCloseTo(50, 9);
  });

  test.each([
    ["just now by a time service", "timeService", 0, "synced"],
    ["5 h ago by a time service: wrong by 0.9 s", "timeService", 5 * HOUR_MS, "synced"],
    ["6 h ago: wrong by more than a second", "timeService", 6 * HOUR_MS, "holdover"],
    ["13 days ago: wrong by 56 s", "timeService", 13 * 24 * HOUR_MS, "holdover"],
    ["14 days ago: wrong by more than a minute", "timeService", 14 * 24 * HOUR_MS, "unsynced"],
    ["just now by a battery clock", "batteryClock", 0, "holdover"],
    ["14 days ago by a battery clock", "batteryClock", 14 * 24 * HOUR_MS, "unsynced"],
  ] as const)("%s", (_when, by, ageMs, state) => {
    expect(clockStateOf({ by, ageMs }, MAX_SKEW_MS)).toBe(state);
  });

  test("is trusted for as long as the operator says", () => {
    expect(clockStateOf({ by: "timeService", ageMs: 14 * 24 * HOUR_MS }, 2 * MAX_SKEW_MS)).toBe("holdover");
    expect(clockStateOf({ by: "timeService", ageMs: 14 * HOUR_MS }, 1_000)).toBe("unsynced");
  });

  test("and one that nobody has set is not", () => {
    expect(clockStateOf(undefined, MAX_SKEW_MS)).toBe("unsynced");
  });
});

describe("a jump of the wall clock", () => {
  function clockAt(wall: number, monotonic: number) {
    const time = { wall, monotonic };
    const clock: Clock = {
      wallTime: () => instant(time.wall),
      monotonicMs: () => millis(time.monotonic),
      sleep: () => Promise.resolve(),
    };
    const pass = (wallMs: number, monotonicMs: number) => {
      time.wall += wallMs;
      time.monotonic += monotonicMs;
    };
    return { clock, pass };
  }

  test("is told once, with its direction", () => {
    const { clock, pass } = clockAt(5_000_000, 10);
    const jumps = new JumpDetector(clock);
    expect(jumps.look()).toBe(0);
    pass(60_000 - 3_600_000, 60_000);
    expect([jumps.look(), jumps.look()]).toEqual([-3_600_000, 0]);
    pass(60_000 + 1_001, 60_000);
    expect([jumps.look(), jumps.look()]).toEqual([1_001, 0]);
  });

  test("is none up to a second, as often as it may come", () => {
    const { clock, pass } = clockAt(5_000_000, 10);
    const jumps = new JumpDetector(clock);
    for (let times = 0; times < 5; times++) {
      pass(60_000 - 1_000, 60_000);
      expect(jumps.look()).toBe(0);
    }
  });
});
