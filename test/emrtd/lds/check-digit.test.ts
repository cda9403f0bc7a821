import fc from "fast-check";
import { expect, test } from "vitest";
import { checkDigit, isMrzText } from "../../../src/emrtd/lds/check-digit.ts";
import vectors from "../../vectors/mrz-and-keys.json" with { type: "json" };
import { ascii, digitOf } from "./files.ts";

test.each(vectors.checkDigit.examples)("check digit of $input is $checkDigit", (row) => {
  expect(checkDigit(ascii(row.input))).toBe(row.checkDigit);
});

test.each(["12a", "12 ", "É", "12/", "12:", "12@", "12["])("there is no check digit of %s", (input) => {
  expect(checkDigit(ascii(input))).toBeUndefined();
  expect(isMrzText(ascii(input))).toBe(false);
});

test("of parts is that of the whole", () => {
  const text = fc.string({ unit: fc.constantFrom(..."0123456789ABCXYZ<"), maxLength: 20 });
  fc.assert(
    fc.property(fc.array(text, { maxLength: 4 }), (parts) => {
      expect(String(checkDigit(...parts.map(ascii)))).toBe(digitOf(parts.join("")));
    }),
  );
});
