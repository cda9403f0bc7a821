import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { Secret } from "../../src/bytes/secret.ts";
import { pseudonym, type ScopeKey } from "../../src/crypto/pseudonym.ts";
import { parseDg1 } from "../../src/emrtd/lds/dg1.ts";
import { parseDg11 } from "../../src/emrtd/lds/dg11.ts";
import { type Mrz, parseMrz } from "../../src/emrtd/lds/mrz.ts";
import { type HolderFiles, holderOf } from "../../src/identity/document-holder.ts";
import {
  holderIdentifiers,
  type Identifier,
  type ListedPerson,
  listedDocumentIdentifier,
  listedFiscalCodeIdentifier,
  listedPersonIdentifiers,
} from "../../src/identity/match-keys.ts";
import type { CivilDate } from "../../src/time/civil-date.ts";
import { ascii, tlv, zoneOf } from "../emrtd/lds/files.ts";
import { bad, good } from "../good.ts";
import claims from "../vectors/identity-claims.json" with { type: "json" };
import { type CutWay, WRITABLE_LETTERS, type WriterHabits, writtenField } from "./zone-writer.ts";

const TODAY: CivilDate = { year: 2026, month: 11, day: 20 };
const POSITIONS = { TD1: 30, TD2: 31, TD3: 39 } as const;
const FORMATS = ["TD1", "TD2", "TD3"] as const;

const text = ({ bytes }: Identifier): string => new TextDecoder().decode(bytes);
const ofKind = (kind: Identifier["kind"], identifiers: readonly Identifier[]): readonly string[] =>
  identifiers.filter((identifier) => identifier.kind === kind).map(text);
const lookedUp = (files: HolderFiles): readonly Identifier[] => holderIdentifiers(holderOf(files, TODAY));
const stored = (person: ListedPerson): ReadonlySet<string> =>
  new Set(good(listedPersonIdentifiers(person)).map(text));
/** Whether a document leads to the entry of a list. */
const meets = (files: HolderFiles, person: ListedPerson): boolean => {
  const keys = stored(person);
  return ofKind("name", lookedUp(files)).some((key) => keys.has(key));
};

interface Printed {
  readonly format?: Mrz["format"];
  readonly names: string;
  /** YYYY-MM-DD. */
  readonly born?: string;
}
const zone = ({ format = "TD1", names, born = "1985-03-21" }: Printed): Mrz =>
  good(
    parseMrz(
      ascii(
        zoneOf({
          format,
          documentCode: "ID",
          issuer: "UTO",
          documentNumber: "D23145890",
          nationality: "UTO",
          names,
          dateOfBirth: born.replaceAll("-", "").slice(2),
          sex: "F",
          dateOfExpiry: "330101",
          optionalData: [],
        }),
      ),
    ),
  );
const dg11 = (name: string) => good(parseDg11(tlv(0x6b, tlv(0x5f0e, ascii(name)))));
const person = (family: string, given: string, birthDate = "1985-03-21"): ListedPerson => ({
  family,
  given,
  birthDate,
});

describe("identifiers of the worked examples", () => {
  const plain = claims.vectors.find(({ id }) => id === "cie-plain");
  const files: HolderFiles = {
    mrz: good(parseDg1(hex(plain?.in.dg1.hex ?? ""))),
    dg11: good(parseDg11(hex(plain?.in.dg11?.hex ?? ""))),
  };

  test("number, fiscal code and name, the surest first", () => {
    expect(lookedUp(files).map((identifier) => [identifier.kind, text(identifier)])).toEqual([
      ["doc", "ITACA31415AB"],
      ["cf", "BNCGNN85C21F205H"],
      ["name", "BIANCHIVERDI<GIOVANNIMARIO<19850321"],
    ]);
  });

  test("the pseudonym of the number is the one that the example gives", () => {
    const row = claims.pseudonyms.cases.find(({ kind }) => kind === "doc");
    const scopeKey: ScopeKey = {
      site: row?.site ?? "",
      scope: row?.scope ?? "",
      keyId: "k1",
      key: new Secret(hex(claims.pseudonyms.key_hex)),
    };
    const [number] = lookedUp(files);
    expect(toHex(pseudonym(scopeKey, "doc", number?.bytes ?? ascii(""))).toLowerCase()).toBe(
      row?.hmac_sha256,
    );
  });

  test.each(claims.vectors.filter(({ out }) => "birthdate" in out.claims))(
    "$id is found by its names and birth date on a list, with DG11 and without",
    ({ id, in: { dg1, dg11: group }, out: { claims: said } }) => {
      const mrz = good(parseDg1(hex(dg1.hex)));
      const birthDate = "birthdate" in said ? (said.birthdate ?? "") : "";
      const listed = person(said.family_name, "given_name" in said ? (said.given_name ?? "") : "", birthDate);
      const whole = group === null ? { mrz } : { mrz, dg11: good(parseDg11(hex(group.hex))) };
      expect(meets(whole, listed)).toBe(true);
      // The zone of a woman past a hundred says another century.
      expect(meets({ mrz }, listed)).toBe(id !== "cie-centenarian");
    },
  );
});

describe("names that are one name", () => {
  test.each([
    ["MUELLER<<JUERGEN", "Müller", "Jürgen"],
    ["MULLER<<JURGEN", "Müller", "Jürgen"],
    ["MUELLER<<JUERGEN", "Muller", "Jurgen"],
    ["MULLER<<JURGEN", "MUELLER", "JUERGEN"],
    ["AABERG<<BJOERN", "Aberg", "Bjorn"],
    ["SMITH<JONES<<MARY<ANN", "smith-jones", "Maryann"],
    ["DANGELO<<NICCOLO", "D’Angelo", "Niccolò"],
    ["DE<LUCA<<ANNA", "Deluca", "Anna"],
    ["SINGH", "Singh", ""],
    ["SINGH", "", "Singh"],
  ])("%s is %s, %s", (names, family, given) => {
    expect(meets({ mrz: zone({ names }) }, person(family, given))).toBe(true);
  });

  test.each([
    ["another family name", "ROSSO<<MARIO", "Rossi", "Mario"],
    ["another given name", "ROSSI<<MARIA", "Rossi", "Mario"],
    ["a given name more", "ROSSI<<MARIO<LUIGI", "Rossi", "Mario"],
    ["the names the other way round", "MARIO<<ROSSI", "Rossi", "Mario"],
    ["letters over the border of the two", "ROSSIM<<ARIO", "Rossi", "Mario"],
    ["no given name", "ROSSI", "Rossi", "Mario"],
  ])("%s is another person: %s", (_, names, family, given) => {
    expect(meets({ mrz: zone({ names }) }, person(family, given))).toBe(false);
  });

  test("names in another script have no key, so that half a name never stands for a whole one", () => {
    const cyrillic = { mrz: zone({ names: "IVANOV<<IVAN" }), dg11: dg11("ИВАНОВ<<ИВАН") };
    expect(meets(cyrillic, person("Ivanov", "Ivan"))).toBe(true);
    const half = { mrz: zone({ names: "IVANOV<<IVAN" }), dg11: dg11("IVANOV<<ИВАН") };
    expect(meets(half, person("Ivanov", ""))).toBe(false);
    expect(bad(listedPersonIdentifiers(person("Ivanov", "Иван")))).toEqual({ kind: "listedName" });
    expect(bad(listedPersonIdentifiers(person(" ", "")))).toEqual({ kind: "listedName" });
  });

  test.each<[string, string, number]>([
    ["Rossi", "Maria Grazia", 1],
    ["Bianchi Verdi", "Giovanni Mario Luigi", 10],
    ["Müller-Lüdenscheidt", "Jürgen Günther", 20],
    ["Albuquerque de Vasconcelos e Sousa", "Maria da Conceição Antónia", 400],
    ["van der Heijden-van Nieuwenhuizen", "Johannes Wilhelmus Cornelis", 400],
  ])("%s, %s is stored under no more than the ways in which documents may cut it", (family, given, most) => {
    expect(stored(person(family, given)).size).toBeLessThanOrEqual(most);
  });

  test("keys are few, however long a name is and whatever is in it", () => {
    const words = [
      "Äbcdefghij",
      "Übcdefghijk",
      "Öcdefghijklm",
      "Äüdefghijk",
      "Üöfghij",
      "Ö",
      "Ühijklmnop",
      "Äijklmno",
    ];
    for (const family of [words.slice(0, 3), words, [...words, ...words]])
      for (const given of [words.slice(0, 3), words.toReversed()])
        expect(stored(person(family.join(" "), given.join(" "))).size).toBeLessThan(2_000);
  });

  test.each(["1985-02-30", "85-03-21", "1985-3-21", "1985-03-00", "0000-03-21", "", "1985-03-21T00"])(
    "%j is no birth date",
    (birthDate) => {
      expect(bad(listedPersonIdentifiers(person("Rossi", "Mario", birthDate)))).toEqual({
        kind: "listedBirthDate",
      });
    },
  );

  test("without a whole birth date nobody is found by name", () => {
    const mrz = good(parseMrz(ascii(zone({ names: "ROSSI<<MARIO" }).zone.replace("850321", "85<<<<"))));
    expect(ofKind("name", lookedUp({ mrz }))).toEqual([]);
  });
});

describe("names that are cut", () => {
  const listed = person("Montecuccoli degli Erri", "Massimiliano Alessandro");
  const names = "MONTECUCCOLI<DEGLI<ERRI<<MASSI";

  test("lead to the whole name where the zone is full", () => {
    expect(meets({ mrz: zone({ names }) }, listed)).toBe(true);
  });

  test("are not taken for cut where the zone has room", () => {
    expect(meets({ mrz: zone({ format: "TD3", names }) }, listed)).toBe(false);
    expect(meets({ mrz: zone({ names: names.slice(0, -1) }) }, listed)).toBe(false);
  });

  test("lead to it as well where the cut fell behind a word", () => {
    const anna = person("Montecuccoli degli Erri", "Anna Maria");
    expect(meets({ mrz: zone({ names: "MONTECUCCOLI<DEGLI<ERRI<<ANNA<" }) }, anna)).toBe(true);
    expect(meets({ mrz: zone({ format: "TD2", names: "MONTECUCCOLI<DEGLI<ERRI<<ANNA<" }) }, anna)).toBe(
      false,
    );
    const dropped = person("Montecuccoli degli Ubaldinis Erri", "");
    expect(meets({ mrz: zone({ names: "MONTECUCCOLI<DEGLI<UBALDINIS" }) }, dropped)).toBe(false);
  });

  test.each([
    ["TD1", "Montecuccoli degli Ubaldini", false],
    ["TD1", "Montecuccoli degli Ubaldinis", true],
    ["TD1", "Albuquerque Vasconcelos Sousa", true],
    ["TD1", "Albuquerque Vasconcelos Sousas", true],
    ["TD3", "Albuquerque Vasconcelos Sousas", false],
    ["TD3", "Montecuccoli degli Ubaldini Erri Dell", true],
  ] as const)("%s: behind %s a letter of the given name has no room: %s", (format, family, isCut) => {
    const names = family.toUpperCase().replaceAll(" ", "<");
    expect(meets({ mrz: zone({ format, names }) }, person(family, "Anna"))).toBe(isCut);
    expect(meets({ mrz: zone({ format, names }) }, person(family, ""))).toBe(true);
  });

  test("a name of thirty letters and a filler is none that another size of document cuts behind its thirtieth", () => {
    expect(meets({ mrz: zone({ format: "TD2", names }) }, listed)).toBe(false);
    expect(meets({ mrz: zone({ format: "TD2", names: `${names}M` }) }, listed)).toBe(true);
  });

  test("are not asked for where DG11 has the whole name", () => {
    const brother = dg11("MONTECUCCOLI<DEGLI<ERRI<<MASSIMO");
    expect(meets({ mrz: zone({ names }), dg11: brother }, listed)).toBe(false);
    expect(ofKind("name", lookedUp({ mrz: zone({ names }), dg11: brother }))).toHaveLength(1);
  });

  test("a name that just fits is found as a whole one", () => {
    const fits = "PAPANDROPOULOUS<<JONATHON<ALEC";
    expect(fits).toHaveLength(30);
    expect(meets({ mrz: zone({ names: fits }) }, person("Papandropoulous", "Jonathon Alec"))).toBe(true);
    expect(meets({ mrz: zone({ names: fits }) }, person("Papandropoulous", "Jonathon Alec Trevor"))).toBe(
      true,
    );
  });

  test("one key for most people, few for any", () => {
    expect(stored(person("Rossi", "Mario")).size).toBe(1);
    expect(stored(person("Papandropoulous", "Jonathon Warren Trevor")).size).toBeLessThan(16);
    const long = stored(
      person("Montecuccoli degli Erri della Rovere", "Massimiliano Alessandro Ferdinando Maria"),
    );
    expect(long.size).toBeLessThan(600);
  });
});

const letter = fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZ", ...WRITABLE_LETTERS);
const word = fc.string({ unit: letter, minLength: 1, maxLength: 14 });
const wordsOf = (maxWords: number) =>
  fc
    .array(fc.tuple(word, fc.constantFrom(" ", "-", "'")), { minLength: 1, maxLength: maxWords })
    .map((parts) => parts.map(([each, sign], index) => (index === 0 ? each : sign + each)).join(""));
const birth = fc
  .tuple(
    fc.integer({ min: 1930, max: 2025 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 28 }),
  )
  .map((parts) => parts.map((part) => String(part).padStart(2, "0")).join("-"));
const listedPerson = fc.record({
  family: wordsOf(4),
  given: fc.oneof({ weight: 1, arbitrary: fc.constant("") }, { weight: 9, arbitrary: wordsOf(4) }),
  birthDate: birth,
});
const habits = fc
  .record({
    format: fc.constantFrom(...FORMATS),
    umlauts: fc.constantFrom("two" as const, "one" as const),
    way: fc.constantFrom<CutWay>("stop", "stopBoth", "initials", "even"),
    lessForFamily: fc.integer({ min: 0, max: 12 }),
  })
  .map(({ format, umlauts, way, lessForFamily }): WriterHabits & { readonly format: Mrz["format"] } => ({
    format,
    umlauts,
    way,
    positions: POSITIONS[format],
    familyPositions: POSITIONS[format] - 3 - lessForFamily,
  }));

describe("any name, in any size of document, spelt and cut in any of the ways", () => {
  test("meets its entry, and so does its DG11", () => {
    let cut = 0;
    let cutOnFiller = 0;
    fc.assert(
      fc.property(listedPerson, habits, (listed, written) => {
        const names = writtenField(listed.family, listed.given, written);
        if (!names.endsWith("<")) cut += 1;
        if (/[^<]<<?$/.test(names)) cutOnFiller += 1;
        const mrz = zone({ format: written.format, names, born: listed.birthDate });
        const group = dg11(`${listed.family}<<${listed.given}`.replaceAll(" ", "<"));
        const keys = stored({ ...listed, given: listed.given.toLowerCase() });
        for (const files of [{ mrz }, { mrz, dg11: group }])
          expect(ofKind("name", lookedUp(files)).some((key) => keys.has(key))).toBe(true);
      }),
      { numRuns: 500 },
    );
    expect(cut).toBeGreaterThan(100);
    expect(cutOnFiller).toBeGreaterThan(20);
  });

  test("never meets that of a person with another birth date, were the names the same", () => {
    fc.assert(
      fc.property(listedPerson, listedPerson, habits, fc.boolean(), (holder, other, written, isNamesake) => {
        fc.pre(holder.birthDate !== other.birthDate);
        const names = writtenField(holder.family, holder.given, written);
        const mrz = zone({ format: written.format, names, born: holder.birthDate });
        const listed = isNamesake ? { ...holder, birthDate: other.birthDate } : other;
        expect(meets({ mrz }, listed)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test("never meets that of a person of the same day whose names begin otherwise", () => {
    fc.assert(
      fc.property(listedPerson, habits, fc.constantFrom("family", "given"), (listed, written, part) => {
        fc.pre(listed[part] !== "" && !listed[part].startsWith("X"));
        const names = writtenField(listed.family, listed.given, written);
        fc.pre(part === "family" || /<<[A-Z]/.test(names));
        const mrz = zone({ format: written.format, names, born: listed.birthDate });
        expect(meets({ mrz }, { ...listed, [part]: `XXXX${listed[part]}` })).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});

describe("documents and fiscal codes on a list", () => {
  test.each([
    ["ITA", "CA31415AB", "ITACA31415AB"],
    ["ita", " ca 31415 ab ", "ITACA31415AB"],
    ["DEU", "L01X00T47", "D<<L01X00T47"],
    ["D", "L01X00T47", "D<<L01X00T47"],
    ["D<<", "L01X00T47", "D<<L01X00T47"],
    ["UTO", "D23145890-734", "UTOD23145890734"],
  ])("%s %s is %s", (issuer, number, identifier) => {
    const listed = listedDocumentIdentifier({ issuer, number });
    expect(listed === undefined ? undefined : [listed.kind, text(listed)]).toEqual(["doc", identifier]);
  });

  test.each([
    ["ITA", ""],
    ["", "CA31415AB"],
    ["ITAL", "CA31415AB"],
    ["ITA", "CA31415ÄB"],
    ["I1A", "CA31415AB"],
  ])("%j %j is no document", (issuer, number) => {
    expect(listedDocumentIdentifier({ issuer, number })).toBeUndefined();
  });

  test("any document is found by what its zone prints", () => {
    const number = fc.string({ unit: fc.constantFrom(..."ABZ0189"), minLength: 1, maxLength: 14 });
    const issuer = fc.constantFrom("ITA", "FRA", "D", "UTO");
    fc.assert(
      fc.property(issuer, number, (state, documentNumber) => {
        const printed = zoneOf({
          ...{
            format: "TD1",
            documentCode: "ID",
            issuer: state,
            documentNumber,
            nationality: state,
            sex: "F",
          },
          ...{ names: "A<<B", dateOfBirth: "850321", dateOfExpiry: "330101", optionalData: [] },
        });
        const listed = listedDocumentIdentifier({ issuer: state, number: documentNumber });
        expect(ofKind("doc", lookedUp({ mrz: good(parseMrz(ascii(printed))) }))).toEqual(
          listed === undefined ? [] : [text(listed)],
        );
      }),
    );
  });

  test("no number of one State is another's: Germany's issuer has one letter", () => {
    const german = listedDocumentIdentifier({ issuer: "D", number: "ZA12345" });
    const algerian = listedDocumentIdentifier({ issuer: "DZA", number: "12345" });
    expect(german).not.toEqual(algerian);
  });

  test("a fiscal code is read as people type it, and keeps its letters for digits", () => {
    expect(text(good(listedFiscalCodeIdentifier(" rssnna 90s42 h50mv ")))).toBe("RSSNNA90S42H50MV");
    expect(bad(listedFiscalCodeIdentifier("RSSNNA90S42H501V"))).toEqual({ kind: "fiscalCodeCheck" });
    expect(bad(listedFiscalCodeIdentifier("RSSNNA90"))).toEqual({ kind: "fiscalCodeShape" });
  });
});
