// A seal beside DG1: what is the same document whichever of the two had less room, and each thing that is not.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Secret } from "../../src/bytes/secret.ts";
import { type Mrz, parseMrz } from "../../src/emrtd/lds/mrz.ts";
import {
  bearsSeal,
  compareSeal,
  type SealDisagreement,
  sealDisagreement,
} from "../../src/identity/seal-agreement.ts";
import { parseSeal } from "../../src/seal/parse-seal.ts";
import {
  type SealedHolder,
  type SealedName,
  type SealedNames,
  sealedHolder,
} from "../../src/seal/sealed-holder.ts";
import { PERSONS } from "../../src/sim/emrtd/documents/holders.table.ts";
import { machineReadableZone } from "../../src/sim/emrtd/documents/mrz.ts";
import { documentSeal, type SealFault } from "../../src/sim/seal/document-seal.ts";
import { ascii, zoneOf } from "../emrtd/lds/files.ts";
import { good } from "../good.ts";
import { type CutWay, WRITABLE_LETTERS, writtenField } from "./zone-writer.ts";

const POSITIONS = { TD1: 30, TD2: 31, TD3: 39 } as const;

interface Printed {
  readonly format?: Mrz["format"];
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
          format: printed.format ?? "TD1",
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

test("each group is compared by itself, in the order in which the first that differs counts", () => {
  const { issuingCountry: _, ...older } = sealed({ names: named("DUPONT", "LUC"), sex: "male" });
  expect(compareSeal(older, zone()).map(({ group, result }) => [group, result])).toEqual([
    ["number", "agrees"],
    ["issuer", "notInSeal"],
    ["kind", "agrees"],
    ["name", "differs"],
    ["sex", "differs"],
    ["nationality", "agrees"],
    ["birthDate", "notInSeal"],
  ]);
  expect(compareSeal(sealed({ bornIn: 1990 }), zone()).at(-1)?.result).toBe("agrees");
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
    [
      "that the zone has cut exactly behind a given name",
      named("MARTIN", "ALEXANDRINE/BERTRANDE/CLAIRE"),
      "MARTIN<<ALEXANDRINE<BERTRANDE<",
    ],
    [
      "that the zone has cut exactly at the end of a given name",
      named("MARTIN", "ALEXANDRINE/BERNADETTE/CLAIRE"),
      "MARTIN<<ALEXANDRINE<BERNADETTE",
    ],
    ["that just fit", named("MARTIN", "ALEXANDRINE/BERNADETTE"), "MARTIN<<ALEXANDRINE<BERNADETTE"],
    [
      "that the zone has cut on the fillers behind the surname",
      named("LEFEVRE DE LA ROCHEFOUCAULDS", "ANNE"),
      "LEFEVRE<DE<LA<ROCHEFOUCAULDS<<",
    ],
    [
      "that the zone has cut on a filler within the surname",
      named("LEFEVRE DE LA ROCHEFOUCAULDIE ROY", "ANNE"),
      "LEFEVRE<DE<LA<ROCHEFOUCAULDIE<",
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
    [
      "of which the seal has one given name more, although the zone had room for it",
      named("MARTIN", "ALEXANDRINE/BERTRAND/CLAIRE"),
      "MARTIN<<ALEXANDRINE<BERTRAND",
    ],
    [
      "of which the seal has a letter more, although the zone had room for it",
      named("MARTIN", "ALEXANDRINE/BERTRANDES/CLAIRE"),
      "MARTIN<<ALEXANDRINE<BERTRANDE",
    ],
    [
      "of which the seal has one given name fewer",
      named("MARTIN", "ALEXANDRINE"),
      "MARTIN<<ALEXANDRINE<BERTRANDE",
    ],
    [
      "of which the seal has given ones, although the zone had room for a letter",
      named("LEFEVRE DE LA ROCHEFOUCAULD", "ANNE"),
      "LEFEVRE<DE<LA<ROCHEFOUCAULD",
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
    format: fc.constantFrom("TD1", "TD2", "TD3"),
    ...{
      way: fc.constantFrom<CutWay>("stop", "stopBoth", "initials", "even"),
      umlauts: fc.constantFrom("one", "two"),
    },
    lessForFamily: fc.nat({ max: 3 }),
  });

  const writtenOf = (names: typeof words) =>
    fc.record({ family: names, given: names, habits }).map(({ family, given, habits }) => {
      const { format, lessForFamily, ...others } = habits;
      const positions = POSITIONS[format];
      const size = { positions, familyPositions: positions - 3 - lessForFamily };
      const names = writtenField(family.join(" "), given.join(" "), { ...size, ...others });
      const anyLength = { positions: 400, familyPositions: 400 };
      const whole = writtenField(family.join(" "), given.join(" "), { ...anyLength, ...others });
      const isWhole = whole.replace(/<+$/, "").length <= positions;
      return { family, given, printed: { format, names }, ends: /<*$/.exec(names)?.[0].length ?? 0, isWhole };
    });
  const written = writtenOf(words);
  const disagreement = (family: readonly string[], given: readonly string[], printed: Printed) =>
    differs({ names: named(family.join(" "), given.join("/")) }, printed);

  test("of anybody, in whatever way the zone had to cut them: the seal of the same card agrees", () => {
    let [cut, cutOnFiller] = [0, 0];
    fc.assert(
      fc.property(written, ({ family, given, printed, ends }) => {
        if (ends === 0) cut += 1;
        if (ends === 1 || ends === 2) cutOnFiller += 1;
        expect(disagreement(family, given, printed)).toBeUndefined();
      }),
      { numRuns: 300 },
    );
    expect(cut).toBeGreaterThan(100);
    expect(cutOnFiller).toBeGreaterThan(10);
  });

  test("too long for the seal as well, each cut as it had to be: the seal of the same card agrees, one of others does not", () => {
    const many = fc.array(word, { minLength: 3, maxLength: 8 });
    const room = { surname: 38, givenNames: 60 };
    const within = (text: string, length: number) =>
      text.length <= length ? text : `${text.slice(0, length)}|`;
    fc.assert(
      fc.property(writtenOf(many), ({ family, given, printed }) => {
        const surname = within(family.join("-"), room.surname);
        const givenNames = within(given.join("/"), room.givenNames);
        fc.pre(surname.endsWith("|") || givenNames.endsWith("|"));
        expect(differs({ names: named(surname, givenNames) }, printed)).toBeUndefined();
        expect(differs({ names: named(`X${surname}`, givenNames) }, printed)).toBe("nameDiffers");
        if (/<<[A-Z]/.test(printed.names))
          expect(differs({ names: named(surname, `X${givenNames}`) }, printed)).toBe("nameDiffers");
      }),
      { numRuns: 50 },
    );
  });

  test("of anybody with one given name more, for a letter of which the zone had room: differ", () => {
    fc.assert(
      fc.property(written, ({ family, given, printed, ends }) => {
        fc.pre(ends >= 2 && /<<[A-Z]/.test(printed.names));
        expect(disagreement(family, [...given, "XAVIER"], printed)).toBe("nameDiffers");
      }),
      { numRuns: 200 },
    );
  });

  test("of anybody with one letter more, where the zone has left nothing out: differ", () => {
    let justWhole = 0;
    fc.assert(
      fc.property(written, ({ family, given, printed, ends, isWhole }) => {
        fc.pre(isWhole && ends > 0);
        if (ends === 1) justWhole += 1;
        const longer = [...given.slice(0, -1), `${given.at(-1)}X`];
        expect(disagreement(family, longer, printed)).toBe("nameDiffers");
        expect(disagreement(family, [...longer, "LUC"], printed)).toBe("nameDiffers");
      }),
      { numRuns: 300 },
    );
    expect(justWhole).toBeGreaterThan(5);
  });

  test("of anybody whose first letters are others: differ, however the zone has cut them", () => {
    fc.assert(
      fc.property(written, ({ family, given, printed }) => {
        expect(disagreement(["X", ...family], given, printed)).toBe("nameDiffers");
        if (/<<[A-Z]/.test(printed.names))
          expect(disagreement(family, ["X", ...given], printed)).toBe("nameDiffers");
      }),
      { numRuns: 200 },
    );
  });
});

describe("card and seal as the simulator writes them, each stopping where it has no room", () => {
  const letters = fc.string({ unit: fc.constantFrom(..."BCDLMNRST"), minLength: 1, maxLength: 12 });
  const namesOf = fc.array(letters, { minLength: 1, maxLength: 6 }).map((parts) => parts.join("<"));
  const holder = fc.record({ familyNames: namesOf, givenNames: namesOf }).map((names) => ({
    ...PERSONS.anna,
    ...names,
  }));
  const found = (person: typeof PERSONS.anna, fault?: SealFault) => {
    const seal = good(sealedHolder(good(parseSeal(ascii(documentSeal(person, { fault }))))));
    const kind = { format: "TD1", documentCode: "ID", issuer: "FRA", nationality: "FRA" } as const;
    const mrz = good(parseMrz(ascii(machineReadableZone({ ...person, ...kind }))));
    return { disagreement: sealDisagreement(seal, mrz), field: mrz.zone.slice(60) };
  };

  test("agree, wherever that is", () => {
    let cutOnFiller = 0;
    fc.assert(
      fc.property(holder, (person) => {
        const { disagreement, field } = found(person);
        const whole = `${person.familyNames}<<${person.givenNames}`;
        if (whole.length > field.length && field.endsWith("<")) cutOnFiller += 1;
        expect(disagreement).toBeUndefined();
      }),
      { numRuns: 200 },
    );
    expect(cutOnFiller).toBeGreaterThan(3);
  });

  test("with one given name more in the seal differ, unless no letter of it had room in the zone", () => {
    fc.assert(
      fc.property(holder, (person) => {
        const hasRoom = `${person.familyNames}<<${person.givenNames}<Z`.length <= POSITIONS.TD1;
        const { disagreement } = found(person, "otherGivenName");
        expect(disagreement).toBe(hasRoom ? "nameDiffers" : undefined);
      }),
      { numRuns: 200 },
    );
  });

  test("with another family name in the seal differ", () => {
    fc.assert(
      fc.property(holder, (person) => {
        expect(found(person, "otherFamilyName").disagreement).toBe("nameDiffers");
      }),
      { numRuns: 50 },
    );
  });
});

test("documents that bear such a seal are French identity cards, and neither passports nor residence permits", () => {
  expect(bearsSeal(zone())).toBe(true);
  for (const other of [{ documentCode: "IR" }, { documentCode: "P" }, { issuer: "ITA" }])
    expect(bearsSeal(zone(other))).toBe(false);
});
