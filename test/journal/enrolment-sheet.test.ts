// Enrolments in flat memory: what goes in comes out whole, in the order of the keys.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Enrolment } from "../../src/journal/credential-rows.ts";
import { EnrolmentSheet } from "../../src/journal/enrolment-sheet.ts";
import { instant } from "../../src/time/time.ts";
import { enrolment } from "./enrolment.ts";

const time = fc.integer({ min: 0, max: 4e12 }).map(instant);
const entry: fc.Arbitrary<Enrolment> = fc.record(
  {
    pseudonym: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    displayTag: fc.constantFrom("card#0000", "card#7f3a"),
    keyId: fc.constantFrom("k1", "k2"),
    group: fc.constantFrom("members", "staff", "è"),
    enabled: fc.boolean(),
    validFrom: time,
    validUntil: time,
    reference: fc.string({ unit: "grapheme", maxLength: 64 }),
  },
  { requiredKeys: ["pseudonym", "displayTag", "keyId", "group", "enabled"] },
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
  const holders = [1, 2, 1, 3, 1, 2];
  for (const [index, holder] of holders.entries()) sheet.add(enrolment(holder), index + 2);
  const byRow = [...sheet.repetitions()].toSorted((left, right) => left.row - right.row);
  expect(byRow).toEqual([
    { row: 4, firstRow: 2 },
    { row: 6, firstRow: 2 },
    { row: 7, firstRow: 3 },
  ]);
});

test("a text that has no room is a defect of the caller", () => {
  const sheet = new EnrolmentSheet();
  expect(() => sheet.add(enrolment(1, { reference: "x".repeat(255) }), 2)).toThrow("too long");
});
