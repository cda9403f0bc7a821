import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { suite } from "../../src/crypto/document-suite.ts";
import { checkDigit } from "../../src/emrtd/lds/check-digit.ts";
import {
  mrzInformation,
  mrzInformationCandidates,
  mrzInformationOf,
  mrzPasswordKey,
} from "../../src/emrtd/mrz-key.ts";
import { bad, good } from "../good.ts";
import cie from "../vectors/cie-virtual.json" with { type: "json" };
import vectors from "../vectors/mrz-and-keys.json" with { type: "json" };
import { withoutParity } from "./pace-rows.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const entry = (documentNumber: string, dateOfBirth: string, dateOfExpiry: string) => ({
  documentNumber: ascii(documentNumber),
  dateOfBirth: ascii(dateOfBirth),
  dateOfExpiry: ascii(dateOfExpiry),
});
const zoneOf = (format: string): string => vectors.mrz.find((row) => row.format === format)?.mrz ?? "";
const replaced = (zone: string, at: number, character: string): Uint8Array =>
  ascii(zone.slice(0, at) + character + zone.slice(at + 1));

describe("a scanned zone", () => {
  test.each(vectors.mrz)("$format of $parsed.documentNumber gives MRZ_information and password", (row) => {
    const information = good(mrzInformation(ascii(row.mrz)));
    expect(text(information)).toBe(row.parsed.mrzInformation);
    expect(toHex(mrzPasswordKey(information))).toBe(row.sha1);
    expect(toHex(mrzPasswordKey(information).subarray(0, 16))).toBe(row.bacKseed);
  });

  test("of the virtual CIE gives its password's key", () => {
    const information = good(mrzInformation(ascii(cie.mrtd.mrz.join(""))));
    expect(text(information)).toBe(cie.mrtd.mrz_password_seed);
    const key = suite("3DES").kdf(mrzPasswordKey(information), 3);
    expect(withoutParity("3DES", key)).toEqual(withoutParity("3DES", hex(cie.mrtd.k_pi_mrz)));
  });

  test("may fill its optional field with the number to the last character", () => {
    const number = "ABCDEFGHI12345678901234";
    const rest = `${number.slice(9)}${checkDigit(ascii(number))}`;
    const zone = `I<UTO${number.slice(0, 9)}<${rest}7408122F1204159UTO<<<<<<<<<<<6${"<".repeat(30)}`;
    expect(text(good(mrzInformation(ascii(zone))))).toBe(`${number}${rest.at(-1)}74081221204159`);
  });

  test.each([0, 71, 89, 91, 180])("of %i characters is none", (characters) => {
    expect(bad(mrzInformation(new Uint8Array(characters).fill(0x3c)))).toEqual({
      kind: "mrzLength",
      characters,
    });
  });

  test.each([
    ["TD1", 5, "documentNumber"],
    ["TD1", 30, "dateOfBirth"],
    ["TD1", 38, "dateOfExpiry"],
    ["TD2", 36, "documentNumber"],
    ["TD2", 49, "dateOfBirth"],
    ["TD2", 57, "dateOfExpiry"],
    ["TD3", 44, "documentNumber"],
    ["TD3", 57, "dateOfBirth"],
    ["TD3", 65, "dateOfExpiry"],
  ] as const)("%s with character %i misread tells which field: %s", (format, at, field) => {
    expect(bad(mrzInformation(replaced(zoneOf(format), at, "5")))).toEqual({ kind: "mrzCheckDigit", field });
    expect(bad(mrzInformation(replaced(zoneOf(format), at, "#")))).toEqual({ kind: "mrzField", field });
  });

  test("of a passport has no long number: a filler for the check digit is a misread one", () => {
    const zone = replaced(zoneOf("TD3"), 53, "<");
    expect(bad(mrzInformation(zone))).toEqual({ kind: "mrzCheckDigit", field: "documentNumber" });
  });

  test("whose number says that it goes on, and does not, is misread", () => {
    expect(bad(mrzInformation(replaced(zoneOf("TD1"), 14, "<")))).toEqual({
      kind: "mrzCheckDigit",
      field: "documentNumber",
    });
  });

  test("is left as it was, and never makes it throw", () => {
    const zone = fc
      .constantFrom(90, 72, 88)
      .chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
    fc.assert(
      fc.property(zone, (bytes) => {
        const before = bytes.slice();
        mrzInformation(bytes);
        expect(bytes).toEqual(before);
      }),
    );
    const scanned = ascii(zoneOf("TD1"));
    mrzInformation(scanned);
    expect(text(scanned)).toBe(zoneOf("TD1"));
  });
});

describe("typed fields", () => {
  test("give what the zone gives, Doc 9303-11 D.2", () => {
    const information = good(mrzInformationOf(entry("L898902C", "690806", "940623")));
    expect(text(information)).toBe(vectors.bacKeys.mrzInformation);
    expect(toHex(mrzPasswordKey(information))).toBe(vectors.bacKeys.sha1);
  });

  test.each(vectors.mrz)("of $format $parsed.documentNumber", ({ parsed }) => {
    const typed = entry(parsed.documentNumber, parsed.dateOfBirth, parsed.dateOfExpiry);
    expect(text(good(mrzInformationOf(typed)))).toBe(parsed.mrzInformation);
  });

  test.each(["l898902c", "L898902C<", "L898902C<<<", "L898902c"])(
    "case and fillers of the number do not matter: %s",
    (number) => {
      expect(text(good(mrzInformationOf(entry(number, "690806", "940623"))))).toBe(
        vectors.bacKeys.mrzInformation,
      );
    },
  );

  test("may lack parts of the birth date: 7 x 6 + 3 x 9 = 69", () => {
    const information = good(mrzInformationOf(entry("L898902C", "69<<<<", "940623")));
    expect(text(information)).toBe("L898902C<369<<<<99406236");
  });

  test.each([
    ["no number", entry("", "690806", "940623"), "documentNumber"],
    ["fillers for a number", entry("<<<", "690806", "940623"), "documentNumber"],
    ["a number beyond the zone's room", entry("A".repeat(24), "690806", "940623"), "documentNumber"],
    ["a blank in the number", entry("L89 8902C", "690806", "940623"), "documentNumber"],
    ["a birth date of eight digits", entry("L898902C", "19690806", "940623"), "dateOfBirth"],
    ["an expiry with points", entry("L898902C", "690806", "94.06."), "dateOfExpiry"],
  ])("are refused for %s", (_, typed, field) => {
    expect(bad(mrzInformationOf(typed))).toEqual({ kind: "mrzField", field });
  });

  test("are left as they were, and any of them come back or are refused", () => {
    const characters = fc.uint8Array({ maxLength: 30 });
    fc.assert(
      fc.property(characters, characters, characters, (documentNumber, dateOfBirth, dateOfExpiry) => {
        const before = concat(documentNumber, dateOfBirth, dateOfExpiry);
        mrzInformationOf({ documentNumber, dateOfBirth, dateOfExpiry });
        expect(concat(documentNumber, dateOfBirth, dateOfExpiry)).toEqual(before);
      }),
    );
  });
});

describe("what a person typed", () => {
  const candidates = (documentNumber: string) =>
    good(mrzInformationCandidates(entry(documentNumber, "690806", "940623"))).map(text);

  test("§12 row 36: is tried in capitals and filled, whatever its case and fillers", () => {
    for (const typed of ["l898902c", "L898902C", "L898902C<", "L898902c<<"])
      expect(candidates(typed)).toEqual([vectors.bacKeys.mrzInformation]);
  });

  test.each([
    ["CO1O2", "CO1O2<<<<", "C0102<<<<"],
    ["cooo12345", "COOO12345", "C00012345"],
    ["O", "O<<<<<<<<", "0<<<<<<<<"],
  ])("§12 row 36: %s is tried as typed, then once with zeros for O", (typed, first, second) => {
    const tries = candidates(typed);
    expect(tries.map((information) => information.slice(0, 9))).toEqual([first, second]);
    for (const information of tries) {
      expect(information.at(9)).toBe(String(checkDigit(ascii(information.slice(0, 9)))));
      expect(information.slice(10)).toBe(vectors.bacKeys.mrzInformation.slice(10));
    }
  });

  test("is left as it was", () => {
    const typed = entry("Oo0", "690806", "940623");
    mrzInformationCandidates(typed);
    expect(typed).toEqual(entry("Oo0", "690806", "940623"));
  });

  test("is refused with its field", () => {
    expect(bad(mrzInformationCandidates(entry("O 0", "690806", "940623")))).toEqual({
      kind: "mrzField",
      field: "documentNumber",
    });
  });
});
