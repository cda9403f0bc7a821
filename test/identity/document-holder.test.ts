import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hex } from "../../src/bytes/hex.ts";
import type { Secret } from "../../src/bytes/secret.ts";
import { parseDg1 } from "../../src/emrtd/lds/dg1.ts";
import { parseDg11 } from "../../src/emrtd/lds/dg11.ts";
import { parseMrz } from "../../src/emrtd/lds/mrz.ts";
import { type DocumentHolder, type HolderFiles, holderOf } from "../../src/identity/document-holder.ts";
import type { HolderNote } from "../../src/identity/holder-note.ts";
import { holderIdentifiers } from "../../src/identity/match-keys.ts";
import type { CivilDate } from "../../src/time/civil-date.ts";
import { ascii, joined, tlv, type ZoneFields, zoneOf } from "../emrtd/lds/files.ts";
import { good } from "../good.ts";
import claims from "../vectors/identity-claims.json" with { type: "json" };

type Vector = (typeof claims.vectors)[number];

const dateOf = (iso: string): CivilDate => {
  const [year = 0, month = 0, day = 0] = iso.split("-").map(Number);
  return { year, month, day };
};
const TODAY = dateOf("2026-11-20");
const filesOf = ({ in: { dg1, dg11 } }: Vector): HolderFiles => ({
  mrz: good(parseDg1(hex(dg1.hex))),
  ...(dg11 === null ? {} : { dg11: good(parseDg11(hex(dg11.hex))) }),
});
const text = (secret: Secret<Uint8Array> | undefined): string | undefined =>
  secret === undefined ? undefined : new TextDecoder().decode(secret.reveal());
const iso = ({ year, month, day }: CivilDate): string =>
  `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;

/** What the worked examples say in their words. */
const told = (holder: DocumentHolder) => ({
  family: holder.names?.reveal().family,
  given: holder.names?.reveal().given,
  birthdate: holder.birthDate === undefined ? undefined : iso(holder.birthDate.reveal()),
  birthYear: holder.birthYear?.reveal(),
  ageYears: holder.ageYears,
  documentNumber: text(holder.documentNumber),
  fiscalCode: text(holder.fiscalCode),
  documentExpired: holder.expired,
});

/** Notes about claims that no gate matches. */
const NOT_MATCHED = ["gender.unspecified", "place_of_birth.foreign", "address.unparsed"];
const notesOf = (notes: readonly string[]): readonly string[] =>
  notes.filter((note) => !NOT_MATCHED.includes(note)).sort();

const expected = ({ out: { claims: said, internal } }: Vector) => ({
  family: said.family_name,
  given: "given_name" in said ? said.given_name : undefined,
  birthdate: "birthdate" in said ? said.birthdate : undefined,
  birthYear: "birthYear" in internal ? internal.birthYear : undefined,
  ageYears: "ageYears" in internal ? internal.ageYears : undefined,
  documentNumber: said.document_details.document_number,
  fiscalCode:
    "https://attributes.eid.gov.it/fiscal_number" in said
      ? said["https://attributes.eid.gov.it/fiscal_number"]?.replace("TINIT-", "")
      : undefined,
  documentExpired: internal.documentExpired,
});

describe.each(claims.vectors)("$id: $title", (vector) => {
  const files = filesOf(vector);
  const today = dateOf(vector.today);

  test("the holder is who the example says", () => {
    const holder = holderOf(files, today);
    expect(told(holder)).toEqual(expected(vector));
    expect([...holder.notes].sort()).toEqual(notesOf(vector.out.notes));
    expect(holder.issuer).toBe(vector.in.dg1.mrz[0]?.slice(2, 5));
  });

  test("without DG11 he is who the zone says", () => {
    const holder = holderOf({ mrz: files.mrz }, today);
    const [family = "", given = ""] = (vector.in.dg1.mrz[2] ?? "").split("<<");
    const inBlanks = (name: string) => name.replace(/<+/g, " ").trim();
    // Those of the zone are in capitals without accents, so that small letters are the only difference.
    expect(told(holder).family?.toUpperCase()).toBe(inBlanks(family));
    expect(told(holder).given?.toUpperCase()).toBe(given === "" ? undefined : inBlanks(given));
    // The only example whose zone alone says another birth date is that of a woman past a hundred.
    const birthdate = vector.id === "cie-centenarian" ? "2021-10-30" : expected(vector).birthdate;
    const ageYears = vector.id === "cie-centenarian" ? 5 : expected(vector).ageYears;
    expect(told(holder)).toMatchObject({
      ...expected(vector),
      family: told(holder).family,
      given: told(holder).given,
      fiscalCode: undefined,
      birthdate,
      ageYears,
    });
    const stay = ["names.single_identifier", "birthdate.partial", "document.expired", "holder.minor"];
    const notes = new Set([
      ...notesOf(vector.out.notes).filter((note) => stay.includes(note)),
      "names.from_mrz",
    ]);
    if (vector.id === "cie-centenarian") notes.add("holder.minor");
    expect(new Set(holder.notes)).toEqual(notes);
  });
});

const FIELDS: ZoneFields = {
  format: "TD1",
  documentCode: "C",
  issuer: "ITA",
  documentNumber: "CA31415AB",
  nationality: "ITA",
  names: "BIANCHI<<GIOVANNI",
  dateOfBirth: "850321",
  sex: "M",
  dateOfExpiry: "330321",
  optionalData: [],
};
const zone = (fields: Partial<ZoneFields>) => good(parseMrz(ascii(zoneOf({ ...FIELDS, ...fields }))));
const dg11 = (...objects: readonly Uint8Array[]) => good(parseDg11(tlv(0x6b, ...objects)));
const notes = (files: HolderFiles): readonly HolderNote[] => holderOf(files, TODAY).notes;

describe("the document number", () => {
  test.each([
    ["TD1", "L01X00T47"],
    ["TD1", "D23145890734"],
    ["TD2", "D2314589073"],
    ["TD3", "YA1234567"],
    ["TD3", "123456"],
  ] as const)("of a %s: %s", (format, documentNumber) => {
    expect(text(holderOf({ mrz: zone({ format, documentNumber }) }, TODAY).documentNumber)).toBe(
      documentNumber,
    );
  });

  test("is none when its check digit does not hold, and none when it is fillers", () => {
    const wrong = zoneOf(FIELDS).replace("CA31415AB3", "CA31415AB4");
    expect(holderOf({ mrz: good(parseMrz(ascii(wrong))) }, TODAY)).not.toHaveProperty("documentNumber");
    expect(holderOf({ mrz: zone({ documentNumber: "" }) }, TODAY)).not.toHaveProperty("documentNumber");
  });
});

describe("the fiscal code", () => {
  const code = tlv(0x5f10, ascii("BNCGNN85C21F205H"));

  test("of an Italian document only", () => {
    expect(text(holderOf({ mrz: zone({}), dg11: dg11(code) }, TODAY).fiscalCode)).toBe("BNCGNN85C21F205H");
    const foreign = holderOf({ mrz: zone({ issuer: "FRA" }), dg11: dg11(code) }, TODAY);
    expect(foreign).not.toHaveProperty("fiscalCode");
    expect(foreign.notes).toEqual(["names.from_mrz"]);
  });

  test("of another birth date or sex is noted, and stands", () => {
    const holder = holderOf({ mrz: zone({ sex: "F" }), dg11: dg11(code) }, TODAY);
    expect(holder.notes).toContain("fiscal_number.mismatch");
    expect(text(holder.fiscalCode)).toBe("BNCGNN85C21F205H");
    expect(notes({ mrz: zone({ dateOfBirth: "850322" }), dg11: dg11(code) })).toContain(
      "fiscal_number.mismatch",
    );
    expect(notes({ mrz: zone({ sex: "<" }), dg11: dg11(code) })).not.toContain("fiscal_number.mismatch");
  });

  test.each([
    ["12345678903", "fiscal_number.bad_shape"],
    ["BNCGNN85C21F205X", "fiscal_number.bad_check"],
  ])("%s is noted and left out", (written, note) => {
    const holder = holderOf({ mrz: zone({}), dg11: dg11(tlv(0x5f10, ascii(written))) }, TODAY);
    expect(holder).not.toHaveProperty("fiscalCode");
    expect(holder.notes).toContain(note);
  });
});

test("a field that cannot be read costs itself only", () => {
  const broken = dg11(
    tlv(0x5f0e, Uint8Array.of(0xc3, 0x28)),
    tlv(0x5f2b, ascii("19850321")),
    tlv(0x5f10, ascii("BNCGNN85C21F205H")),
  );
  const holder = holderOf({ mrz: zone({}), dg11: broken }, TODAY);
  expect(told(holder)).toMatchObject({
    family: "Bianchi",
    birthdate: "1985-03-21",
    fiscalCode: "BNCGNN85C21F205H",
  });
  expect(holder.notes).toEqual(["names.from_mrz", "field.undecodable"]);
});

test("what DG11 says of others, such as parents, is nowhere", () => {
  const minor = claims.vectors.find(({ id }) => id === "cie-minor");
  const holder = minor === undefined ? undefined : holderOf(filesOf(minor), TODAY);
  const revealed = JSON.stringify([holder, holder?.names?.reveal(), holder?.writtenNames.reveal()]);
  expect(holder?.ageYears).toBe(7);
  expect(revealed).toMatch(/emma/i);
  expect(revealed).not.toMatch(/paolo|neri|carla/i);
});

test("no name, number or date is in any kind of output, and nothing is null", () => {
  for (const vector of claims.vectors) {
    const holder = holderOf(filesOf(vector), dateOf(vector.today));
    const shown = `${inspect(holder, { depth: 9, showHidden: true })} ${JSON.stringify(holder)} ${String(holder.names)}`;
    const { family, given, birthdate, documentNumber, fiscalCode } = told(holder);
    for (const value of [family, given, birthdate, documentNumber, fiscalCode])
      if (value !== undefined) expect(shown.toUpperCase()).not.toContain(value.toUpperCase());
    expect(shown).not.toMatch(/null|undefined/);
  }
});

test("any files that can be parsed have a holder, and any holder has identifiers", () => {
  const character = fc.constantFrom(..."ABDEIPT0129<<<<<<");
  const zones = fc
    .constantFrom(90, 72, 88)
    .chain((length) => fc.string({ unit: character, minLength: length, maxLength: length }))
    .map((characters) => good(parseMrz(ascii(characters))));
  const italian = fc
    .record({
      names: fc.string({ unit: character, maxLength: 30 }),
      dateOfBirth: fc.string({ unit: fc.constantFrom(..."01239<"), minLength: 6, maxLength: 6 }),
    })
    .map(zone);
  const value = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.string({ unit: "grapheme", maxLength: 30 }).map(ascii),
    fc.constantFrom("19850321", "00000000", "20990101", "BNCGNN85C21F205H", "<<", "").map(ascii),
  );
  const object = fc.tuple(fc.constantFrom(0x5f0e, 0x5f10, 0x5f2b, 0x5f0f, 0xa0, 0x5f50), value);
  const groups = fc
    .array(object, { maxLength: 6 })
    .map((objects) =>
      good(parseDg11(tlv(0x6b, joined(...objects.map(([tag, content]) => tlv(tag, content)))))),
    );
  fc.assert(
    fc.property(fc.oneof(zones, italian), fc.option(groups, { nil: undefined }), (mrz, group) => {
      const holder = holderOf(group === undefined ? { mrz } : { mrz, dg11: group }, TODAY);
      expect(holder.ageYears ?? 0).toBeGreaterThanOrEqual(0);
      for (const { bytes } of holderIdentifiers(holder)) expect(bytes.length).toBeGreaterThan(3);
      expect(new Set(holder.notes).size).toBe(holder.notes.length);
    }),
    { numRuns: 800 },
  );
});
