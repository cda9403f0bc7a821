import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isOfHolder, readFiscalCode } from "../../src/identity/fiscal-code.ts";
import { bad, good } from "../good.ts";
import vectors from "../vectors/identity-claims.json" with { type: "json" };

const dateOf = (iso: string) => {
  const [year = 0, month = 0, day = 0] = iso.split("-").map(Number);
  return { year, month, day };
};

describe.each(vectors.fiscal_codes)(
  "the code of $surname, $birthdate",
  ({ code, omocodia, birthdate, sex }) => {
    const { year, month, day } = dateOf(birthdate);
    const holder = { yearOfCentury: year % 100, month, day, sex: sex === "F" ? "female" : "male" };

    test("as first given", () => {
      expect(good(readFiscalCode(code))).toEqual({ code, isOmocodic: false, ...holder });
    });

    test.each(omocodia)("given anew as %s: the same birth date and sex, another code", (again) => {
      expect(good(readFiscalCode(again))).toEqual({ code: again, isOmocodic: true, ...holder });
    });

    test("with any other last character is refused", () => {
      const others = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"].filter((letter) => letter !== code.charAt(15));
      for (const letter of others)
        expect(bad(readFiscalCode(code.slice(0, 15) + letter))).toEqual({ kind: "fiscalCodeCheck" });
    });

    test("with letters in place of digits under the old last character is refused", () => {
      const [once = ""] = omocodia;
      expect(bad(readFiscalCode(once.slice(0, 15) + code.charAt(15)))).toEqual({ kind: "fiscalCodeCheck" });
    });
  },
);

test.each([
  ["an empty text", ""],
  ["a provisional code of digits", "12345678903"],
  ["a character too many", "RSSMRA80A01H501UX"],
  ["a character too few", "RSSMRA80A01H501"],
  ["small letters", "rssmra80a01h501u"],
  ["a blank behind", "RSSMRA80A01H501U "],
  ["a line behind", "RSSMRA80A01H501U\n"],
  ["a month that is none", "RSSMRA80F01H501U"],
  ["a digit among the letters of the name", "RSSMR180A01H501U"],
  ["a letter that stands for no digit", "RSSMRAA0A01H501U"],
])("%s has no such shape", (_, text) => {
  expect(bad(readFiscalCode(text))).toEqual({ kind: "fiscalCodeShape" });
});

test("any one digit changed is seen by the last character", () => {
  // At odd places the values of the ten digits differ, at even ones too: no two of them can stand for one another.
  const code = "RSSMRA80A01H501U";
  for (const place of [6, 7, 9, 10, 12, 13, 14])
    for (const digit of "0123456789") {
      const changed = code.slice(0, place) + digit + code.slice(place + 1);
      expect(readFiscalCode(changed).ok).toBe(changed === code);
    }
});

describe("whether a code is that of the document's holder", () => {
  const code = good(readFiscalCode("BNCGNN85C21F205H"));
  const birthDate = dateOf("1985-03-21");

  test.each([
    ["date and sex as in it", { birthDate, sex: "male" }, true],
    ["no sex stated", { birthDate, sex: "unspecified" }, true],
    ["no birth date known", { birthDate: undefined, sex: "male" }, true],
    ["the same day a century before", { birthDate: dateOf("1885-03-21"), sex: "male" }, true],
    ["the other sex", { birthDate, sex: "female" }, false],
    ["another day", { birthDate: dateOf("1985-03-22"), sex: "male" }, false],
    ["another month", { birthDate: dateOf("1985-04-21"), sex: "male" }, false],
    ["another year", { birthDate: dateOf("1986-03-21"), sex: "male" }, false],
  ])("%s: %s", (_, holder, is) => {
    expect(isOfHolder(code, holder)).toBe(is);
  });
});

test("any text is read or refused", () => {
  const near = fc.string({ unit: fc.constantFrom(..."ABCDEHLMNPRSTUV0189 "), minLength: 14, maxLength: 18 });
  fc.assert(
    fc.property(fc.oneof(near, fc.string({ unit: "grapheme" })), (text) => {
      const read = readFiscalCode(text);
      if (read.ok) expect(read.value.code).toBe(text);
    }),
  );
});
