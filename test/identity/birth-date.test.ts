import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { longDate } from "../../src/emrtd/lds/dates.ts";
import { ageYears, type HolderBirth, holderBirth, isExpired } from "../../src/identity/birth-date.ts";
import { type CivilDate, civilDate, daysSinceEpoch } from "../../src/time/civil-date.ts";

const on = (year: number, month: number, day: number): CivilDate => ({ year, month, day });
const TODAY = on(2026, 11, 20);
/** `zone` has six characters, `long` the eight digits of DG11. */
const born = (zone: string, long?: string): HolderBirth =>
  holderBirth(zone, long === undefined ? undefined : longDate(long), TODAY);

describe("the zone alone", () => {
  test.each([
    ["850321", on(1985, 3, 21)],
    ["261120", on(2026, 11, 20)],
    ["261121", on(1926, 11, 21)],
    ["000229", on(2000, 2, 29)],
  ])("%s, in the century that makes it no later than today", (zone, date) => {
    expect(born(zone)).toEqual({ date, notes: [] });
  });

  test.each([
    ["74<<<<", 1974],
    ["7405<<", 1974],
    ["740500", 1974],
    ["26<<<<", 2026],
    ["27<<<<", 1927],
  ])("%s is known to the year", (zone, year) => {
    expect(born(zone)).toEqual({ year, notes: ["birthdate.partial"] });
  });

  test.each(["<<<<<<", "000000", "<<0512"])("%s is no known year", (zone) => {
    expect(born(zone)).toEqual({ notes: ["birthdate.partial"] });
  });

  test.each(["850230", "991301", "AB0101", "8<0101"])("%s is no date", (zone) => {
    expect(born(zone)).toEqual({ notes: ["field.undecodable"] });
  });
});

describe("the zone and DG11", () => {
  test("of one mind", () => {
    expect(born("850321", "19850321")).toEqual({ date: on(1985, 3, 21), notes: [] });
  });

  test("in two centuries: the one that is written wins over the one that is guessed", () => {
    expect(born("211030", "19211030")).toEqual({
      date: on(1921, 10, 30),
      notes: ["birthdate.century_from_dg11"],
    });
  });

  test.each([
    ["another year", "850321", "19860321"],
    ["another month", "850321", "19850421"],
    ["another day", "850321", "19850322"],
    ["a day that no calendar has", "850230", "19850228"],
    ["a day to come", "270101", "20270101"],
    ["a century to come", "850321", "20850321"],
    ["another month, the day unknown", "850321", "19850400"],
  ])("in conflict, by %s: no date at all", (_, zone, long) => {
    expect(born(zone, long)).toEqual({ notes: ["birthdate.conflict"] });
  });

  test("DG11 knows what the zone does not", () => {
    expect(born("74<<<<", "19740512")).toEqual({ date: on(1974, 5, 12), notes: [] });
  });

  test.each([
    ["850321", "19850300"],
    ["850321", "19850000"],
    ["850321", "00000321"],
  ])("%s, and %s with parts unknown: the year only", (zone, long) => {
    expect(born(zone, long)).toEqual({ year: 1985, notes: ["birthdate.partial"] });
  });
});

describe("age", () => {
  test.each([
    ["the day before", on(2008, 11, 21), 17],
    ["the day itself", on(2008, 11, 20), 18],
    ["the day after", on(2008, 11, 19), 18],
    ["born today", TODAY, 0],
  ])("%s", (_, date, age) => {
    expect(ageYears(date, TODAY)).toBe(age);
  });

  test("29 February counts on 1 March, but in leap years on its day", () => {
    const date = on(2008, 2, 29);
    expect(ageYears(date, on(2026, 2, 28))).toBe(17);
    expect(ageYears(date, on(2026, 3, 1))).toBe(18);
    expect(ageYears(date, on(2028, 2, 28))).toBe(19);
    expect(ageYears(date, on(2028, 2, 29))).toBe(20);
  });

  test("never falls from one day to the next, and rises by a year in a year", () => {
    const day = fc.integer({ min: daysSinceEpoch(on(1900, 1, 1)), max: daysSinceEpoch(on(2090, 1, 1)) });
    fc.assert(
      fc.property(day, fc.nat(40_000), (birth, later) => {
        const [date, one, next] = [civilDate(birth), civilDate(birth + later), civilDate(birth + later + 1)];
        const step = ageYears(date, next) - ageYears(date, one);
        expect([0, 1]).toContain(step);
        expect(ageYears(date, { ...one, year: one.year + 1 })).toBe(ageYears(date, one) + 1);
      }),
    );
  });
});

test.each([
  ["261120", false],
  ["261119", true],
  ["261121", false],
  ["991231", false],
  ["<<<<<<", true],
  ["990231", true],
])("a document with the last day %s has expired on 20 November 2026: %s", (dateOfExpiry, expired) => {
  expect(isExpired(dateOfExpiry, TODAY)).toBe(expired);
});
