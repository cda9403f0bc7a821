import { describe, expect, test } from "vitest";
import { chanceAfter, isDue, sameAgain } from "../../../drivers/pn532/second-chance.ts";
import { millis } from "../../../src/time/time.ts";

const HOUR_MS = 3_600_000;
const GIVEN_UP = millis(5_000);

describe("what was given up", () => {
  test("is tried an hour later, and from then on", () => {
    const chance = chanceAfter(undefined, GIVEN_UP);
    expect(isDue(chance, millis(GIVEN_UP + HOUR_MS - 1))).toBe(false);
    expect(isDue(chance, millis(GIVEN_UP + HOUR_MS))).toBe(true);
    expect(isDue(chance, millis(GIVEN_UP + 1_000 * HOUR_MS))).toBe(true);
  });

  test("waits twice as long after each trial in vain, 128 hours at most", () => {
    const waits: number[] = [];
    let chance = chanceAfter(undefined, GIVEN_UP);
    for (let trials = 0; trials < 10; trials++) {
      waits.push(chance.waitMs / HOUR_MS);
      const tried = chance.dueAt;
      chance = chanceAfter(chance, tried);
      expect(chance.dueAt).toBe(tried + chance.waitMs);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 128, 128]);
  });

  test("waits as long again after a trial that proved nothing", () => {
    const second = chanceAfter(chanceAfter(undefined, GIVEN_UP), GIVEN_UP);
    expect(sameAgain(second, millis(7_000))).toEqual({ waitMs: 2 * HOUR_MS, dueAt: 7_000 + 2 * HOUR_MS });
  });
});
