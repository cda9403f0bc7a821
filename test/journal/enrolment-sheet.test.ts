// Enrolments in flat memory: what goes in comes out whole, in the order of the keys.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Enrolment } from "../../src/journal/credential-rows.ts";
import { EnrolmentSheet } from "../../src/journal/enrolment-sheet.ts";
import { instant } from "../../src/time/time.ts";
import { enrolment, holder } from "./enrolment.ts";

const time = fc.integer({ min: 0, max: 4e12 }).map(instant);
const entry: fc.Arbitrary<Enrolment> = fc.record(
  {
    pseudonym: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    kind: fc.constantFrom("nis", "doc", "cf", "name"),
    displayTag: fc.constantFrom("card#0000", "card#7f3a"),
    keyId: fc.constantFrom("k1", "k2"),
    group: fc.constantFrom("members", "staff", "è"),
    enabled: fc.boolean(),
    validFrom: time,
    validUntil: time,
    reference: fc.string({ unit: "grapheme", maxLength: 64 }),
  },
  { requiredKeys: ["pseudonym", "kind", "displayTag", "keyId", "group", "enabled"] },
);

test("any enrolments come back equal, sorted by pseudonym", () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 60 }), (entries) => {
      const sheet = new EnrolmentSheet();
      for (const [index, one] of entries.entries()) sheet.add(one, index + 2);
      const sorted = entries.toSorted((left, right) => Buffer.compare(left.pseudonym, right.pseudonym));
      expect([...sheet.inKeyOrder()]).toEqual(sorted);
      expect(sheet.count).toBe(entries.length);
    }),
  );
});

test("texts beyond the first page of memory are kept", () => {
  const sheet = new EnrolmentSheet();
  for (let number = 0; number < 20_000; number++)
    sheet.add(enrolment(number, { reference: `M-${number}`.padEnd(64, "x") }), number);
  const references = [...sheet.inKeyOrder()].map(({ reference }) => reference);
  expect(references.every((reference) => /^M-\d+x+$/.test(reference ?? ""))).toBe(true);
  expect(new Set(references).size).toBe(20_000);
});

test("keys that differ only behind their first bytes are in order too, and none is lost", () => {
  const tail = fc.uint8Array({ minLength: 28, maxLength: 28 });
  fc.assert(
    fc.property(fc.array(tail, { maxLength: 40 }), (tails) => {
      const sheet = new EnrolmentSheet();
      const keys = tails.map((bytes) => Uint8Array.of(0xff, 0xff, 0xff, 0xff, ...bytes));
      for (const [index, pseudonym] of keys.entries()) sheet.add({ ...enrolment(1), pseudonym }, index);
      const sorted = [...sheet.inKeyOrder()].map(({ pseudonym }) => pseudonym);
      expect(sorted).toEqual(keys.toSorted((left, right) => Buffer.compare(left, right)));
    }),
  );
});

test("every further enrolment of a holder is told with the row of the first", () => {
  const sheet = new EnrolmentSheet();
  const numbers = [1, 2, 1, 3, 1, 2];
  for (const [index, number] of numbers.entries()) sheet.add(enrolment(number), index + 2);
  const byRow = [...sheet.repetitions()].toSorted((left, right) => left.row - right.row);
  expect(byRow).toEqual([
    { row: 4, firstRow: 2, kind: "nis", shared: "holder" },
    { row: 6, firstRow: 2, kind: "nis", shared: "holder" },
    { row: 7, firstRow: 3, kind: "nis", shared: "holder" },
  ]);
});

test("aliases are rows of their own, in key order among all others, with what they are aliases of", () => {
  const sheet = new EnrolmentSheet();
  const reference = { reference: "M-1" };
  sheet.add({ ...enrolment(5, reference), aliases: [holder(1), holder(9)] }, 2);
  sheet.add(enrolment(3), 3);
  expect([...sheet.inKeyOrder()]).toEqual([
    { ...enrolment(5, reference), pseudonym: holder(1), entry: holder(5) },
    enrolment(3),
    enrolment(5, reference),
    { ...enrolment(5, reference), pseudonym: holder(9), entry: holder(5) },
  ]);
  expect([sheet.count, sheet.rowCount]).toEqual([2, 4]);
});

describe("who shares pseudonyms with a row before", () => {
  const named = (number: number, ...aliases: readonly number[]) =>
    ({ ...enrolment(number, { kind: "name" }), aliases: aliases.map(holder) }) as const;
  const told = (...entries: readonly Enrolment[]) => {
    const sheet = new EnrolmentSheet();
    for (const [index, each] of entries.entries()) sheet.add(each, index + 2);
    return {
      repetitions: [...sheet.repetitions()],
      keys: [...sheet.inKeyOrder()].map((row) => row.pseudonym),
    };
  };

  test("is told once, however many they are, if one of both is known by it", () => {
    const { repetitions } = told(named(5, 1, 9), named(1, 5), named(7, 2));
    expect(repetitions).toEqual([{ row: 3, firstRow: 2, kind: "name", shared: "holder" }]);
  });

  test("is told of aliases too, and is not met by them, nor is the other", () => {
    const { repetitions, keys } = told(named(5, 1, 2, 9), named(6, 1, 9), named(7, 3, 9));
    expect(repetitions).toEqual([
      { row: 3, firstRow: 2, kind: "name", shared: "alias" },
      { row: 4, firstRow: 2, kind: "name", shared: "alias" },
    ]);
    expect(keys).toEqual([2, 3, 5, 6, 7].map(holder));
  });
});

test("what has no room is not taken, and the sheet is as it was", () => {
  const sheet = new EnrolmentSheet();
  sheet.add(enrolment(1), 2);
  const aliases = new Array<Uint8Array>(2 ** 22 - 1).fill(holder(2));
  expect(sheet.add({ ...enrolment(3), aliases }, 3)).toBe(false);
  expect(sheet.add(enrolment(4), 4)).toBe(true);
  expect([sheet.count, sheet.rowCount]).toEqual([2, 2]);
});

test("a text that has no room is a defect of the caller", () => {
  const sheet = new EnrolmentSheet();
  expect(() => sheet.add(enrolment(1, { reference: "x".repeat(255) }), 2)).toThrow("too long");
});
