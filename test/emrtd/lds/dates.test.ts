import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  birthDate,
  digitsOf,
  expiryDate,
  isBefore,
  longDate,
  wholeDate,
} from "../../../src/emrtd/lds/dates.ts";
import { civilDate, daysSinceEpoch } from "../../../src/time/civil-date.ts";
import { ascii, bytesOf, packed } from "./files.ts";

const TODAY = { year: 2026, month: 11, day: 20 };
const date = (year: number | undefined, month: number | undefined, day: number | undefined) => ({
  year,
  month,
  day,
});

describe("a birth date of the zone", () => {
  test.each([
    ["850321", 1985, 3, 21],
    ["261120", 2026, 11, 20],
    ["261121", 1926, 11, 21],
    ["000229", 2000, 2, 29],
    ["340712", 1934, 7, 12],
    // Of a holder past a hundred the two digits cannot tell.
    ["211030", 2021, 10, 30],
  ])("%s is no later than today", (written, year, month, day) => {
    expect(birthDate(written, TODAY)).toEqual({ year, month, day });
  });

  test.each([
    ["74<<<<", 1974, undefined, undefined],
    ["740000", 1974, undefined, undefined],
    ["7408<<", 1974, 8, undefined],
    ["740800", 1974, 8, undefined],
    ["26<<<<", 2026, undefined, undefined],
    ["2612<<", 1926, 12, undefined],
    ["00<<<<", 2000, undefined, undefined],
    ["<<<<<<", undefined, undefined, undefined],
    ["000000", undefined, undefined, undefined],
    ["<<0812", undefined, 8, 12],
  ])("%s is known in part", (written, year, month, day) => {
    expect(birthDate(written, TODAY)).toEqual(date(year, month, day));
  });

  test.each([
    "850230",
    "851301",
    "850132",
    "8513<<",
    "85<<32",
    "850229",
    "8503 1",
    "85032",
    "8503210",
    "<50321",
    "",
  ])("%j is none", (written) => {
    expect(birthDate(written, TODAY)).toBeUndefined();
  });

  test("a day that only the leap year 2000 had is not moved to 1900", () => {
    expect(birthDate("000229", { year: 1999, month: 1, day: 1 })).toBeUndefined();
  });
});

describe("an expiry date of the zone", () => {
  test.each([
    ["330321", 2033, 3, 21],
    ["940623", 2094, 6, 23],
    ["280229", 2028, 2, 29],
  ])("%s is of this century", (written, year, month, day) => {
    expect(expiryDate(written)).toEqual({ year, month, day });
  });

  test.each(["270229", "330000", "3303<<", "<<<<<<", "33032", ""])("%j is none", (written) => {
    expect(expiryDate(written)).toBeUndefined();
  });

  test("a document is good through its last day", () => {
    const expiry = { year: 2026, month: 11, day: 20 };
    expect(isBefore(expiry, TODAY)).toBe(false);
    expect(isBefore({ ...expiry, day: 19 }, TODAY)).toBe(true);
  });
});

describe("a date with four digits for the year", () => {
  test("may lack parts", () => {
    expect(longDate("19850321")).toEqual(date(1985, 3, 21));
    expect(longDate("19850300")).toEqual(date(1985, 3, undefined));
    expect(longDate("19850000")).toEqual(date(1985, undefined, undefined));
    expect(longDate("00000000")).toEqual(date(undefined, undefined, undefined));
  });

  test.each(["19850230", "19851301", "1985032", "198503210", "1985-3-1", ""])("%j is none", (digits) => {
    expect(longDate(digits)).toBeUndefined();
  });

  test("stands there in ASCII, or two digits to the byte", () => {
    expect(digitsOf(ascii("20021108"), 8)).toBe("20021108");
    expect(digitsOf(packed("20021108"), 8)).toBe("20021108");
    expect(digitsOf(bytesOf(0x20, 0x02, 0x1a, 0x08), 8)).toBeUndefined();
    expect(digitsOf(ascii("2002110"), 8)).toBeUndefined();
    expect(digitsOf(ascii("2002<<<<"), 8)).toBeUndefined();
    expect(digitsOf(bytesOf(), 8)).toBeUndefined();
  });
});

test("every day of two centuries is a date, and no other triple is", () => {
  const numbers = fc.record({
    year: fc.integer({ min: 1890, max: 2110 }),
    month: fc.nat(14),
    day: fc.nat(33),
  });
  fc.assert(
    fc.property(numbers, (numbers) => {
      const isReal =
        numbers.month >= 1 &&
        numbers.month <= 12 &&
        numbers.day >= 1 &&
        numbers.day <= new Date(Date.UTC(numbers.year, numbers.month, 0)).getUTCDate();
      expect(wholeDate(numbers)).toEqual(isReal ? numbers : undefined);
    }),
    { numRuns: 2_000 },
  );
});

test("the century of a birth is never in the future, and never more than a hundred years back", () => {
  const days = fc.integer({ min: daysSinceEpoch(TODAY) - 36_000, max: daysSinceEpoch(TODAY) }).map(civilDate);
  fc.assert(
    fc.property(days, (born) => {
      const two = (number: number) => String(number % 100).padStart(2, "0");
      expect(birthDate(`${two(born.year)}${two(born.month)}${two(born.day)}`, TODAY)).toEqual(born);
    }),
  );
});
