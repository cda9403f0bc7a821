import { describe, expect, test } from "vitest";
import { hex } from "../../../src/bytes/hex.ts";
import { birthDate, expiryDate, isBefore, wholeDate } from "../../../src/emrtd/lds/dates.ts";
import { parseDg1 } from "../../../src/emrtd/lds/dg1.ts";
import { bad, good } from "../../good.ts";
import cie from "../../vectors/cie-virtual.json" with { type: "json" };
import claims from "../../vectors/identity-claims.json" with { type: "json" };
import specimens from "../../vectors/mrz-and-keys.json" with { type: "json" };
import { ascii, bytesOf, joined, tlv } from "./files.ts";

const dateOf = (text: string) => {
  const [year = 0, month = 0, day = 0] = text.split("-").map(Number);
  return { year, month, day };
};

test.each(specimens.mrz)("a chip with the specimen $format of $parsed.documentNumber", ({ mrz }) => {
  const file = tlv(0x61, tlv(0x5f1f, ascii(mrz)));
  expect(good(parseDg1(file)).zone).toBe(mrz);
  expect(good(parseDg1(joined(file, new Uint8Array(20)))).zone).toBe(mrz);
});

test("the virtual CIE's", () => {
  const { dg1, mrz } = cie.mrtd;
  expect(good(parseDg1(hex(dg1)))).toMatchObject({
    zone: mrz.join(""),
    documentNumber: "CA00000AA",
    names: { primary: "ROSSI", secondary: "MARIA" },
    issuer: "ITA",
  });
});

describe("the documents of the claims' examples", () => {
  test.each(claims.vectors)("$id: $title", ({ in: { dg1 }, out, today: day }) => {
    const mrz = good(parseDg1(hex(dg1.hex)));
    expect(mrz.zone).toBe(dg1.mrz.join(""));
    expect(mrz.documentNumber).toBe(out.claims.document_details.document_number);
    expect(mrz.nationality).toBe(out.internal.nationality);
    expect(mrz.namesMayBeCut).toBe(out.internal.mrzNameMayBeTruncated);
    expect(Object.values(mrz.checks)).toEqual([true, true, true, true, true]);
    const today = dateOf(day);
    const expiry = expiryDate(mrz.dateOfExpiry);
    expect(expiry).toEqual(dateOf(out.claims.document_details.date_of_expiry));
    expect(expiry && isBefore(expiry, today)).toBe(out.internal.documentExpired);
    const birth = birthDate(mrz.dateOfBirth, today);
    const { birthdate } = out.claims;
    // Two digits cannot tell a holder past a hundred from a child; the example's DG11 does.
    const isPastHundred = out.notes.includes("birthdate.century_from_dg11");
    if (birthdate === undefined)
      expect(birth).toMatchObject({ year: out.internal.birthYear, month: undefined });
    else if (!isPastHundred) expect(birth && wholeDate(birth)).toEqual(dateOf(birthdate));
    const sex = out.claims.gender ?? "unspecified";
    expect(mrz.sex).toBe(sex);
  });

  test("without DG11 the names are those of the zone", () => {
    const named = claims.vectors.filter(({ out }) => out.internal.namesFrom === "mrz");
    expect(named.length).toBeGreaterThan(3);
    for (const { in: input, out } of named) {
      const { names } = good(parseDg1(hex(input.dg1.hex)));
      expect(names.primary).toBe(out.claims.family_name.toUpperCase());
      expect(names.secondary).toBe(out.claims.given_name?.toUpperCase() ?? "");
    }
  });
});

describe("refused", () => {
  test.each([
    ["nothing", bytesOf(), "length"],
    ["a length that is not all there", bytesOf(0x61, 0x82, 0x01), "length"],
    ["less than its length", bytesOf(0x61, 0x5d, 0x5f, 0x1f), "length"],
    ["another group", tlv(0x75, tlv(0x5f1f, ascii("<"))), "tag"],
    ["no zone", tlv(0x61, tlv(0x5f20, ascii("<"))), "structure"],
    ["a zone that is longer than the group", tlv(0x61, bytesOf(0x5f, 0x1f, 0x5a, 0x3c)), "structure"],
  ])("%s", (_, file, why) => {
    expect(bad(parseDg1(file))).toEqual({ kind: "ldsMalformed", file: "DG1", why });
  });

  test("a zone of another size, and one of other characters", () => {
    expect(bad(parseDg1(tlv(0x61, tlv(0x5f1f, new Uint8Array(91)))))).toEqual({
      kind: "mrzLength",
      characters: 91,
    });
    expect(bad(parseDg1(tlv(0x61, tlv(0x5f1f, new Uint8Array(90)))))).toEqual({ kind: "mrzCharacters" });
  });
});
