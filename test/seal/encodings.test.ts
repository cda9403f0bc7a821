// Base32, C40 and the dates of seals, against published values and their own rules.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hex, parseHex } from "../../src/bytes/hex.ts";
import { parseBase32 } from "../../src/seal/base32.ts";
import { decodeC40 } from "../../src/seal/c40.ts";
import { boundsOf, digitsDate, hexDate, numberDate } from "../../src/seal/seal-dates.ts";
import { toIso8601 } from "../../src/time/iso-8601.ts";
import vectors from "../vectors/2ddoc.json" with { type: "json" };
import { base32, c40, latin } from "./seal-maker.ts";

describe("base32", () => {
  test.each([
    ["", ""],
    ["MY", "f"],
    ["MZXQ", "fo"],
    ["MZXW6", "foo"],
    ["MZXW6YQ", "foob"],
    ["MZXW6YTB", "fooba"],
    ["MZXW6YTBOI", "foobar"],
  ])("%s is %s (RFC 4648 §10, without padding)", (written, text) => {
    expect(parseBase32(latin(written))).toEqual(latin(text));
  });

  test("gives back what was written, whatever it was", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 140 }), (bytes) => {
        expect(parseBase32(latin(base32(bytes)))).toEqual(bytes);
      }),
    );
  });

  test("takes no other characters, no length that bytes cannot have, and no second spelling", () => {
    for (const written of ["my", "M1", "MY======", "M", "MZX", "MZXW6Y", "MZ", "MZXR", "A", "AAA", "AAAAAA"])
      expect(parseBase32(latin(written)), written).toBeUndefined();
  });
});

describe("C40", () => {
  const LATCH = "E6";

  test.each(vectors.c40)("$text is $hex", ({ text, hex: written }) => {
    // The code words of a whole Data Matrix begin with the change to C40, which the binary form leaves out.
    const bytes = hex(written.startsWith(LATCH) ? written.slice(LATCH.length) : written);
    expect(decodeC40(bytes)).toBe(text.replace(" (Data Matrix code words)", ""));
  });

  test("gives back texts of the basic set", () => {
    const three = fc.string({ unit: fc.constantFrom(..." 0189AMZ"), minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(three, { maxLength: 6 }), (threes) => {
        expect(decodeC40(c40(threes.join("")))).toBe(threes.join(""));
      }),
    );
  });

  /** Three values in two bytes. */
  const triple = (a: number, b: number, c: number) => {
    const number = 1600 * a + 40 * b + c + 1;
    return Uint8Array.of(number >> 8, number & 0xff);
  };

  test("reaches the other characters of ASCII by its shifts", () => {
    expect(decodeC40(triple(0, 29, 14))).toBe("\u001dA");
    expect(decodeC40(triple(1, 12, 14))).toBe("-A");
    expect(decodeC40(triple(2, 1, 14))).toBe("aA");
  });

  test("ends with a filler or one character of ASCII, where a triple is not full", () => {
    expect(decodeC40(triple(14, 15, 0))).toBe("AB");
    expect(decodeC40(hex("FE 44"))).toBe("C");
  });

  test.each<[string, Uint8Array]>([
    ["an odd length", hex("7B A7 7B")],
    ["no triple", hex("00 00")],
    ["a triple beyond the last", hex("FA 01")],
    ["a shift with nothing behind it", triple(14, 15, 1)],
    ["a character that the second shift has not", triple(1, 30, 14)],
    ["one that the first shift has not", triple(0, 32, 14)],
    ["more behind the end", hex("FE 44 7B A7")],
    ["an end with nothing", hex("7B A7 FE 00")],
    ["an end with no character of ASCII", hex("7B A7 FE 81")],
  ])("does not take %s", (_, bytes) => {
    expect(decodeC40(bytes)).toBeUndefined();
  });

  test("is decoded or refused, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
        const text = decodeC40(bytes);
        expect(text === undefined || text.length <= bytes.length * 2).toBe(true);
      }),
    );
  });
});

describe("dates", () => {
  test.each([
    ["0000", { year: 2000, month: 1, day: 1 }],
    ["0E84", { year: 2010, month: 3, day: 5 }],
    ["111E", { year: 2011, month: 12, day: 31 }],
    ["FFFE", { year: 2179, month: 6, day: 5 }],
    ["FFFF", "none"],
    ["0e84", "malformed"],
    ["E84", "malformed"],
    ["-E84", "malformed"],
  ])("%s in a header is %o", (written, date) => {
    expect(hexDate(written)).toEqual(date);
  });

  test.each(vectors.binaryDates)("$date is $hex in the binary form", ({ date, hex: written }) => {
    const [year, month, day] = date.split("-").map(Number);
    expect(numberDate(parseHex(written) ?? new Uint8Array(0))).toEqual({ year, month, day });
  });

  test.each(["FF FF FE", "00 00 00", "C6 8C 39", "23 20 49"])("%s is no date", (written) => {
    expect(numberDate(hex(written))).toBe("malformed");
  });

  test("of eight digits exist in the calendar, or are none", () => {
    expect(digitsDate("29022024")).toEqual({ year: 2024, month: 2, day: 29 });
    for (const written of ["29022023", "00022024", "01132024", "1022024", "0102202A", ""])
      expect(digitsDate(written), written).toBeUndefined();
  });

  test("are days somewhere in France, from the islands where they begin to those where they end", () => {
    const { from, to } = boundsOf({ year: 2025, month: 4, day: 15 });
    expect(toIso8601(from)).toMatch(/^2025-04-14T12:00/);
    expect(toIso8601(to)).toMatch(/^2025-04-16T12:00/);
  });
});
