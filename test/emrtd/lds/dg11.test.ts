import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { parseDg11 } from "../../../src/emrtd/lds/dg11.ts";
import { bad, good } from "../../good.ts";
import cie from "../../vectors/cie-virtual.json" with { type: "json" };
import claims from "../../vectors/identity-claims.json" with { type: "json" };
import { ascii, bytesOf, JPEG, joined, packed, tlv } from "./files.ts";

const dg11 = (...objects: readonly Uint8Array[]) => tlv(0x6b, ...objects);
const NOTHING_LEFT = { unknown: [], undecodable: [] };
const text = (tag: number, content: string) => tlv(tag, ascii(content));

test("every item", () => {
  const file = dg11(
    tlv(0x5c, hex("5F0E5F0F5F105F2B5F115F425F125F135F145F155F165F175F18")),
    text(0x5f0e, "MÜLLER<WEIß<<NICCOLÒ"),
    tlv(0xa0, tlv(0x02, bytesOf(2)), text(0x5f0f, "MUELLER<<N"), text(0x5f0f, "NIC")),
    text(0x5f10, "MLLNCL72B29A952F"),
    text(0x5f2b, "19720229"),
    text(0x5f11, "BOLZANO/BOZEN<BZ"),
    text(0x5f42, "VIA PORTICI N. 7<<BOLZANO/BOZEN<BZ"),
    text(0x5f12, "+39047112345"),
    text(0x5f13, "CARPENTER"),
    text(0x5f14, "MASTER"),
    text(0x5f15, "SAMPLE"),
    tlv(0x5f16, JPEG),
    text(0x5f17, "AA1234567<AA7654321"),
    text(0x5f18, "NONE"),
  );
  expect(good(parseDg11(file))).toEqual({
    fullName: { primary: "MÜLLER WEIß", secondary: "NICCOLÒ" },
    otherNames: [
      { primary: "MUELLER", secondary: "N" },
      { primary: "NIC", secondary: "" },
    ],
    personalNumber: "MLLNCL72B29A952F",
    dateOfBirth: { year: 1972, month: 2, day: 29 },
    placeOfBirth: ["BOLZANO/BOZEN", "BZ"],
    address: ["VIA PORTICI N. 7", "", "BOLZANO/BOZEN", "BZ"],
    telephone: "+39047112345",
    profession: "CARPENTER",
    title: "MASTER",
    summary: "SAMPLE",
    proofOfCitizenship: { format: "JPEG", bytes: JPEG },
    otherDocumentNumbers: ["AA1234567", "AA7654321"],
    custody: "NONE",
    ...NOTHING_LEFT,
  });
});

test("the virtual CIE's", () => {
  const { dg11: file, fiscal_code } = cie.mrtd;
  expect(good(parseDg11(hex(file)))).toEqual({
    fullName: { primary: "ROSSI", secondary: "MARIA" },
    personalNumber: fiscal_code,
    dateOfBirth: { year: 1985, month: 4, day: 1 },
    placeOfBirth: ["ROMA", "RM"],
    address: ["VIA DI PROVA, N. 1", "ROMA", "RM"],
    ...NOTHING_LEFT,
  });
});

describe("the documents of the claims' examples", () => {
  const withDg11 = claims.vectors.flatMap(({ id, in: { dg11: group }, out }) =>
    group ? [{ id, group, out }] : [],
  );

  test.each(withDg11)("$id", ({ group, out }) => {
    const details = good(parseDg11(hex(group.hex)));
    const fields: Readonly<Record<string, unknown>> = group.fields;
    const written = (tag: string) => (typeof fields[tag] === "string" ? fields[tag] : "");
    expect(details).toMatchObject(NOTHING_LEFT);
    expect(details.personalNumber ?? "").toBe(written("5F10"));
    expect(details.placeOfBirth?.join("<") ?? "").toBe(written("5F11"));
    expect(details.address?.join("<") ?? "").toBe(written("5F42"));
    expect(details.custody ?? "").toBe(written("5F18"));
    const { year, month, day } = details.dateOfBirth ?? {};
    const two = (number = 0) => String(number).padStart(2, "0");
    expect(`${year}-${two(month)}-${two(day)}`).toBe(out.claims.birthdate);
    if (out.internal.namesFrom === "dg11") {
      expect(details.fullName?.primary.toLowerCase()).toBe(out.claims.family_name.toLowerCase());
      expect(details.fullName?.secondary.toLowerCase()).toBe(out.claims.given_name?.toLowerCase() ?? "");
    } else expect(details.fullName).toBeUndefined();
  });
});

describe("§12 row 29", () => {
  const other = [{ primary: "ZHAO", secondary: "BIN" }];

  test("other names bare, not in their template (CN)", () => {
    const file = dg11(tlv(0x5c, hex("5F0E5F0F")), text(0x5f0e, "赵彬"), text(0x5f0f, "ZHAO<<BIN"));
    expect(good(parseDg11(file))).toEqual({
      fullName: { primary: "赵彬", secondary: "" },
      otherNames: other,
      ...NOTHING_LEFT,
    });
  });

  test("the template's tag in the list of tags (BY)", () => {
    const file = dg11(tlv(0x5c, hex("A0")), tlv(0xa0, tlv(0x02, bytesOf(1)), text(0x5f0f, "ZHAO<<BIN")));
    expect(good(parseDg11(file))).toEqual({ otherNames: other, ...NOTHING_LEFT });
  });

  test("a packed birth date (MY)", () => {
    expect(good(parseDg11(dg11(tlv(0x5f2b, packed("20210915")))))).toEqual({
      dateOfBirth: { year: 2021, month: 9, day: 15 },
      ...NOTHING_LEFT,
    });
  });

  test("empty items, or items of fillers alone (FR)", () => {
    const tags = [0x5f0e, 0x5f0f, 0x5f10, 0x5f2b, 0x5f11, 0x5f42, 0x5f12, 0x5f13, 0x5f16, 0x5f17, 0x5f18];
    expect(good(parseDg11(dg11(...tags.map((tag) => tlv(tag)))))).toEqual(NOTHING_LEFT);
    expect(good(parseDg11(dg11(...tags.map((tag) => text(tag, "<< <")))))).toEqual(NOTHING_LEFT);
    expect(good(parseDg11(dg11()))).toEqual(NOTHING_LEFT);
  });
});

describe("what cannot be read is put aside, and costs nothing else", () => {
  const number = text(0x5f10, "12345");

  test.each([
    ["text that is no UTF-8", tlv(0x5f11, bytesOf(0x4d, 0xc3, 0x28))],
    ["a name that is no UTF-8", tlv(0x5f0e, bytesOf(0xff, 0xfe))],
    ["a birth date in words", text(0x5f2b, "IN MARCH")],
    ["a birth date that no calendar has", text(0x5f2b, "19850230")],
    ["a birth date of seven digits", text(0x5f2b, "1985023")],
    ["a proof that is no picture", text(0x5f16, "see page 3")],
    ["a template that is no row of objects", tlv(0xa0, bytesOf(0x5f))],
    ["a template with a name that is no UTF-8", tlv(0xa0, tlv(0x5f0f, bytesOf(0xc3)))],
  ])("%s", (_, object) => {
    const details = good(parseDg11(dg11(object, number)));
    expect(details).toMatchObject({ personalNumber: "12345", unknown: [] });
    expect(details.undecodable).toHaveLength(1);
    expect(Object.keys(details)).toHaveLength(3);
  });

  test("an unknown tag is kept as it stands", () => {
    const { unknown, personalNumber } = good(parseDg11(dg11(tlv(0x5f7a, bytesOf(1, 2, 3)), number)));
    expect(personalNumber).toBe("12345");
    expect(unknown).toMatchObject([{ tag: 0x5f7a, value: bytesOf(1, 2, 3) }]);
  });
});

test.each([
  ["nothing", bytesOf(), "length"],
  ["another group", tlv(0x6c), "tag"],
  ["an item that is longer than the group", dg11(bytesOf(0x5f, 0x0e, 0x05)), "structure"],
])("%s is refused", (_, file, why) => {
  expect(bad(parseDg11(file))).toEqual({ kind: "ldsMalformed", file: "DG11", why });
});

test("what was written is what is read, unknown tags among it", () => {
  const word = fc
    .stringMatching(/^[A-ZÀ-Ü0-9'][A-ZÀ-Ü0-9' ]{0,20}[A-ZÀ-Ü0-9']$/)
    .map((text) => text.replace(/ +/g, " "));
  const names = fc.record({ primary: word, secondary: fc.oneof(word, fc.constant("")) });
  const unknown = fc.array(fc.tuple(fc.integer({ min: 0x5f60, max: 0x5f7e }), fc.uint8Array()), {
    maxLength: 3,
  });
  const details = fc.record(
    {
      fullName: names,
      otherNames: fc.array(names, { minLength: 1, maxLength: 4 }),
      personalNumber: word,
      placeOfBirth: fc.array(word, { minLength: 1, maxLength: 4 }),
      custody: word,
    },
    { requiredKeys: [] },
  );
  const written = ({ primary, secondary }: { primary: string; secondary: string }) =>
    secondary === "" ? primary : `${primary}<<${secondary}`.replaceAll(" ", "<");
  fc.assert(
    fc.property(details, unknown, (details, unknown) => {
      const { fullName, otherNames, personalNumber, placeOfBirth, custody } = details;
      const objects = [
        ...unknown.map(([tag, value]) => tlv(tag, value)),
        ...(fullName ? [text(0x5f0e, written(fullName))] : []),
        ...(otherNames ? [tlv(0xa0, ...otherNames.map((name) => text(0x5f0f, written(name))))] : []),
        ...(personalNumber ? [text(0x5f10, personalNumber)] : []),
        ...(placeOfBirth ? [text(0x5f11, placeOfBirth.join("<"))] : []),
        ...(custody ? [text(0x5f18, custody)] : []),
      ];
      const {
        unknown: kept,
        undecodable,
        ...read
      } = good(parseDg11(joined(dg11(...objects), bytesOf(0, 0))));
      expect(read).toEqual(details);
      expect(undecodable).toEqual([]);
      expect(kept.map(({ tag, value }) => [tag, toHex(value)])).toEqual(
        unknown.map(([tag, value]) => [tag, toHex(value)]),
      );
    }),
  );
});
