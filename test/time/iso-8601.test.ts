import fc from "fast-check";
import { expect, test } from "vitest";
import { toIso8601 } from "../../src/time/iso-8601.ts";
import { instant } from "../../src/time/time.ts";

test("time is written as the language's own Date would, for four-digit years", () => {
  const years = { min: Date.UTC(1000, 0, 1), max: Date.UTC(9999, 11, 31) };
  fc.assert(fc.property(fc.integer(years), (ms) => toIso8601(instant(ms)) === new Date(ms).toISOString()));
});

test.each([
  ["2026-11-22T18:02:11.482Z"],
  ["2000-02-29T23:59:59.999Z"],
  ["1970-01-01T00:00:00.000Z"],
  ["2100-03-01T00:00:00.000Z"],
])("%s", (text) => expect(toIso8601(instant(Date.parse(text)))).toBe(text));
