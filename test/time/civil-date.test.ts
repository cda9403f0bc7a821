import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { civilDate, DAY_MS, daysSinceEpoch, weekdayOf } from "../../src/time/civil-date.ts";

const days = fc.integer({ min: Date.UTC(1, 0, 1) / DAY_MS, max: Date.UTC(9999, 11, 31) / DAY_MS });

describe("every day", () => {
  test("has the date and weekday that the platform's calendar gives it", () => {
    fc.assert(
      fc.property(days, (day) => {
        const date = new Date(day * DAY_MS);
        expect(civilDate(day)).toEqual({
          year: date.getUTCFullYear(),
          month: date.getUTCMonth() + 1,
          day: date.getUTCDate(),
        });
        expect(weekdayOf(day)).toBe((date.getUTCDay() + 6) % 7);
      }),
    );
  });

  test("is found again by its date", () => {
    fc.assert(fc.property(days, (day) => daysSinceEpoch(civilDate(day)) === day));
  });
});
