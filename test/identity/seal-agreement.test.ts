// A seal beside DG1: what is the same document whichever of the two had less room, and each thing that is not.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Secret } from "../../src/bytes/secret.ts";
import { type Mrz, parseMrz } from "../../src/emrtd/lds/mrz.ts";
import { bearsSeal, type SealDisagreement, sealDisagreement } from "../../src/identity/seal-agreement.ts";
import type { SealedHolder, SealedName, SealedNames } from "../../src/seal/sealed-holder.ts";
import { ascii, zoneOf } from "../emrtd/lds/files.ts";
import { good } from "../good.ts";
import { type CutWay, WRITABLE_LETTERS, writtenField } from "./zone-writer.ts";

/** Of the names in a zone of three lines. */
const POSITIONS = 30;

interface Printed {
  readonly names?: string;
  readonly documentNumber?: string;
  readonly documentCode?: string;
  readonly issuer?: string;
  readonly nationality?: string;
  readonly born?: string;
  readonly sex?: string;
}

const zone = (printed: Printed = {}): Mrz =>
  good(
    parseMrz(
      ascii(
        zoneOf({
          format: "TD1",
          documentCode: printed.documentCode ?? "ID",
          issuer: printed.issuer ?? "FRA",
          documentNumber: printed.documentNumber ?? "X4RTBPFW4",
          nationality: printed.nationality ?? "FRA",
          names: printed.names ?? "MARTIN<<ANNE<MARIE<CLAIRE",
          dateOfBirth: printed.born ?? "900713",
          sex: printed.sex ?? "F",
          dateOfExpiry: "330101",
          optionalData: [],
        }),
      ),
    ),
  );

/** `|` marks the end of a name that was cut. */
const name = (text: string): SealedName => ({
  text: text.replace("|", ""),
  isTruncated: text.includes("|"),
});

const named = (surname: string, given: string, usedSurname?: string): SealedNames => ({
  surname: name(surname),
  givenNames: given
    .split("/")
    .filter((each) => each !== "")
    .map(name),
  ...(usedSurname === undefined ? {} : { usedSurname: name(usedSurname) }),
});

interface Sealed extends Partial<Omit<SealedHolder, "names" | "documentNumber" | "birthDate" | "birthYear">> {
  readonly names?: SealedNames;
  readonly documentNumber?: string;
  readonly born?: readonly [year: number, month: number, day: number];
  readonly bornIn?: number;
}

function sealed({ names, documentNumber = "X4RTBPFW4", born, bornIn, ...other }: Sealed = {}): SealedHolder {
  const [year = 0, month = 0, day = 0] = born ?? [];
  return {
    ...{ documentKind: "ID", issuingCountry: "FR", nationality: "FR", sex: "female", birthCountry: "FR" },
    documentNumber: new Secret(ascii(documentNumber)),
    names: new Secret(names ?? named("MARTIN", "ANNE MARIE/CLAIRE")),
    ...(born === undefined ? {} : { birthDate: new Secret({ year, month, day }) }),
    ...(bornIn === undefined ? {} : { birthYear: new Secret(bornIn) }),
    ...other,
  };
}

const differs = (seal: Sealed, printed: Printed = {}): SealDisagreement | undefined =>
  sealDisagreement(sealed(seal), zone(printed));

test("the seal of the same card agrees, whether it says when its holder was born or not", () => {
  expect(differs({})).toBeUndefined();
  expect(differs({ born: [1990, 7, 13] })).toBeUndefined();
  expect(differs({ bornIn: 1990 })).toBeUndefined();
});

test.each<[SealDisagreement, Sealed, Printed]>([
  ["numberDiffers", { documentNumber: "X4RTBPFW5" }, {}],
  ["numberDiffers", { documentNumber: "X4RTBPFW" }, {}],
  ["numberDiffers", { documentNumber: "X4RTBPFW44" }, {}],
  ["issuerDiffers", { issuingCountry: "BE" }, {}],
  ["issuerDiffers", {}, { issuer: "D" }],
  ["kindDiffers", { documentKind: "P" }, {}],
  ["kindDiffers", {}, { documentCode: "IR" }],
  ["nameDiffers", { names: named("MARTEN", "ANNE MARIE/CLAIRE") }, {}],
  ["nameDiffers", { names: named("MARTIN", "ANNE MARIE") }, {}],
  ["nameDiffers", { names: named("ANNE MARIE CLAIRE", "MARTIN") }, {}],
  ["nameDiffers", { names: named("", "") }, {}],
  ["nameDiffers", { names: named("MARTIN", "") }, {}],
  ["sexDiffers", { sex: "male" }, {}],
  ["sexDiffers", {}, { sex: "<" }],
  ["nationalityDiffers", { nationality: "IT" }, {}],
  ["nationalityDiffers", {}, { nationality: "XXA" }],
  ["birthDateDiffers", { born: [1990, 7, 14] }, {}],
  ["birthDateDiffers", { born: [1990, 8, 13] }, {}],
  ["birthDateDiffers", { born: [1991, 7, 13] }, {}],
  ["birthDateDiffers", { bornIn: 1989 }, {}],
])("%s: a seal with %j beside %j", (kind, seal, printed) => {
  expect(differs(seal, printed)).toBe(kind);
});

test("of several things that differ the number is told, since then the rest is another card's", () => {
  expect(differs({ documentNumber: "X00000001", names: named("DUPONT", "LUC"), sex: "male" })).toBe(
    "numberDiffers",
  );
});

test("a seal of an old version does not say who issued the document, and an unknown part of a date contradicts none", () => {
  const { issuingCountry: _, ...older } = sealed();
  expect(sealDisagreement(older, zone())).toBeUndefined();
  expect(differs({ born: [1974, 3, 5] }, { born: "74<<<<" })).toBeUndefined();
  expect(differs({ born: [1974, 3, 5] }, { born: "740000" })).toBeUndefined();
  expect(differs({ born: [1975, 3, 5] }, { born: "74<<<<" })).toBe("birthDateDiffers");
  expect(differs({ born: [2000, 3, 5] }, { born: "000305" })).toBeUndefined();
});

describe("names", () => {
  test.each<[string, SealedNames, string]>([
    ["with hyphens and blanks as each writes them", named("LE-GOFF", "ANNE-MARIE"), "LE<GOFF<<ANNE<MARIE"],
    ["with an apostrophe", named("D'ARTAGNAN", "LOUIS"), "DARTAGNAN<<LOUIS"],
    ["with accents", named("LEFÈVRE", "ZOÉ/CHLOË"), "LEFEVRE<<ZOE<CHLOE"],
    ["with letters that the zone spells with two", named("ŒUVRARD", "Ægidius"), "OEUVRARD<<AEGIDIUS"],
    ["of somebody with one name", named("SUKARNO", ""), "SUKARNO"],
    ["under the surname in use", named("MARTIN", "ANNE", "MOREAU"), "MOREAU<<ANNE"],
    ["under the surname of birth beside it", named("MARTIN", "ANNE", "MOREAU"), "MARTIN<<ANNE"],
    [
      "that the zone has cut",
      named("DE LA ROCHEFOUCAULD", "MARIE MADELEINE/ANTOINETTE"),
      "DE<LA<ROCHEFOUCAULD<<MARIE<MADE",
    ],
    ["that the seal has cut", named("MARTIN", "ANNE MARIE/CLAI|"), "MARTIN<<ANNE<MARIE<CLAIRE"],
    ["of which the seal has cut the surname", named("MART|", "ANNE"), "MARTIN<<ANNE"],
    [
      "that both have cut, the zone more than the seal",
      named("MARTIN", "ALEXANDRINE/BERNADETTE/CHRISTIANE/DOMINIQUE/ELEONOR|"),
      "MARTIN<<ALEXANDRINE<BERNADETTE",
    ],
  ])("%s agree", (_, names, printed) => {
    expect(differs({ names }, { names: printed })).toBeUndefined();
  });

  test.each<[string, SealedNames, string]>([
    ["whose beginning alone is the same", named("MARTIN", "ANNE"), "MARTINEZ<<ANNE"],
    ["whose end the zone has not cut", named("MARTINEZ", "ANNE"), "MARTIN<<ANNE"],
    ["that the seal has cut to nothing", named("MARTIN", "|"), "MARTIN<<ANNE"],
    ["that the seal has cut, of somebody else", named("MARTIN", "ANNE/CLAI|"), "MARTIN<<ANNE<MARIE"],
    [
      "that the zone has cut, of somebody else",
      named("BERNARD", "ALEXANDRINE/BERNADETTE"),
      "MARTIN<<ALEXANDRINE<BERNADETTE",
    ],
    ["of a spouse, which the zone has not", named("MARTIN", "ANNE", "PETIT"), "MOREAU<<ANNE"],
  ])("%s differ", (_, names, printed) => {
    expect(differs({ names }, { names: printed })).toBe("nameDiffers");
  });

  const word = fc
    .array(fc.constantFrom(...WRITABLE_LETTERS), { minLength: 2, maxLength: 14 })
    .map((letters) => letters.join(""));
  const words = fc.array(word, { minLength: 1, maxLength: 4 });
  const habits = fc.record({
    ...{ way: fc.constantFrom<CutWay>("stop", "initials", "even"), umlauts: fc.constantFrom("one", "two") },
    lessForFamily: fc.nat({ max: 3 }),
  });

  test("of anybody, in whatever way the zone had to cut them: the seal of the same card agrees", () => {
    let cut = 0;
    fc.assert(
      fc.property(words, words, habits, (family, given, { way, umlauts, lessForFamily }) => {
        const size = { positions: POSITIONS, familyPositions: POSITIONS - 3 - lessForFamily };
        const field = writtenField(family.join(" "), given.join(" "), { ...size, way, umlauts });
        fc.pre(field !== undefined);
        if (!field.endsWith("<")) cut += 1;
        const names = named(family.join(" "), given.join("/"));
        expect(differs({ names }, { names: field })).toBeUndefined();
      }),
      { numRuns: 300 },
    );
    expect(cut).toBeGreaterThan(50);
  });
});

test("documents that bear such a seal are French identity cards, and neither passports nor residence permits", () => {
  expect(bearsSeal(zone())).toBe(true);
  for (const other of [{ documentCode: "IR" }, { documentCode: "P" }, { issuer: "ITA" }])
    expect(bearsSeal(zone(other))).toBe(false);
});
