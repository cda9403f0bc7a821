import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Mrz, parseMrz } from "../../../src/emrtd/lds/mrz.ts";
import { bad, good } from "../../good.ts";
import vectors from "../../vectors/mrz-and-keys.json" with { type: "json" };
import { ascii, type ZoneFields, zoneOf } from "./files.ts";

const read = (zone: string): Mrz => good(parseMrz(ascii(zone)));
const replaced = (zone: string, at: number, by: string): string =>
  zone.slice(0, at) + by + zone.slice(at + by.length);
const specimen = (format: string): string => vectors.mrz.find((row) => row.format === format)?.mrz ?? "";
const ALL_RIGHT = {
  documentNumber: true,
  dateOfBirth: true,
  dateOfExpiry: true,
  optionalData: true,
  composite: true,
};
const SEXES: Readonly<Record<string, string>> = { F: "female", M: "male" };
const POSITIONS = { TD1: 30, TD2: 31, TD3: 39 } as const;
const unfilled = (text: string): string => text.replace(/<+$/, "").replace(/^<+/, "");

describe("the specimens of the standard", () => {
  test.each(vectors.mrz)("$format of $parsed.documentNumber", ({ format, mrz, parsed }) => {
    const [primary = "", secondary = ""] = unfilled(parsed.names).split("<<");
    const optional = [parsed.optionalData1, parsed.optionalData2, parsed.optionalData, parsed.personalNumber];
    expect(read(mrz)).toEqual({
      format,
      documentCode: unfilled(parsed.documentCode),
      issuer: parsed.issuer,
      documentNumber: parsed.documentNumber,
      nationality: parsed.nationality,
      names: { primary, secondary: secondary.replaceAll("<", " ") },
      namesMayBeCut: false,
      fillersBehindNames: parsed.names.length - parsed.names.replace(/<+$/, "").length,
      dateOfBirth: parsed.dateOfBirth,
      dateOfExpiry: parsed.dateOfExpiry,
      sex: SEXES[parsed.sex],
      optionalData: optional.flatMap((field) => (field === undefined ? [] : [unfilled(field)])),
      checks: ALL_RIGHT,
      zone: mrz,
    });
  });
});

describe("a check digit that is wrong is told, and the fields are read all the same", () => {
  test.each([
    ["TD1", 14, "documentNumber"],
    ["TD1", 36, "dateOfBirth"],
    ["TD1", 44, "dateOfExpiry"],
    ["TD2", 45, "documentNumber"],
    ["TD2", 55, "dateOfBirth"],
    ["TD2", 63, "dateOfExpiry"],
    ["TD3", 53, "documentNumber"],
    ["TD3", 63, "dateOfBirth"],
    ["TD3", 71, "dateOfExpiry"],
    ["TD3", 86, "optionalData"],
  ])("%s, character %i: %s, and with it the composite one", (format, at, field) => {
    const zone = specimen(format);
    const wrong = String((Number(zone[at]) + 1) % 10);
    const { checks, documentNumber } = read(replaced(zone, at, wrong));
    expect(checks).toEqual({ ...ALL_RIGHT, [field]: false, composite: false });
    expect(documentNumber).toBe(read(zone).documentNumber);
  });

  test.each([
    ["TD1", 59],
    ["TD2", 71],
    ["TD3", 87],
  ])("%s, character %i: the composite one alone", (format, at) => {
    const zone = specimen(format);
    const { checks } = read(replaced(zone, at, String((Number(zone[at]) + 1) % 10)));
    expect(checks).toEqual({ ...ALL_RIGHT, composite: false });
  });

  test("the sex and the names are under none", () => {
    expect(read(replaced(specimen("TD1"), 37, "M")).checks).toEqual(ALL_RIGHT);
    expect(read(replaced(specimen("TD3"), 5, "F")).checks).toEqual(ALL_RIGHT);
  });
});

describe("oddities", () => {
  const passport: ZoneFields = {
    format: "TD3",
    documentCode: "P",
    issuer: "D",
    documentNumber: "C01X00T47",
    nationality: "D",
    names: "MUSTERMANN<<ERIKA",
    dateOfBirth: "640812",
    sex: "F",
    dateOfExpiry: "270228",
    optionalData: [""],
  };

  test("§12 row 26: Germany is D and two fillers", () => {
    expect(read(zoneOf(passport))).toMatchObject({ issuer: "D", nationality: "D" });
  });

  test("a passport without optional data has 0 or a filler for its digit", () => {
    const zone = zoneOf(passport);
    expect(zone[86]).toBe("0");
    expect(read(zone).checks.optionalData).toBe(true);
    expect(read(replaced(zone, 86, "<")).checks).toEqual(ALL_RIGHT);
    expect(read(replaced(zoneOf({ ...passport, optionalData: ["1"] }), 86, "<")).checks.optionalData).toBe(
      false,
    );
  });

  test("one name is the primary one", () => {
    expect(read(zoneOf({ ...passport, names: "SINGH" })).names).toEqual({ primary: "SINGH", secondary: "" });
  });

  test("a further double filler is a blank like any other", () => {
    expect(read(zoneOf({ ...passport, names: "DE<LA<CRUZ<<ANA<<MARIA" })).names).toEqual({
      primary: "DE LA CRUZ",
      secondary: "ANA MARIA",
    });
  });

  test("names that fill their field to the end may be cut", () => {
    expect(read(zoneOf({ ...passport, names: `${"A".repeat(20)}<<${"B".repeat(17)}` })).namesMayBeCut).toBe(
      true,
    );
    expect(read(zoneOf({ ...passport, names: `${"A".repeat(20)}<<${"B".repeat(16)}` })).namesMayBeCut).toBe(
      false,
    );
  });

  test.each([
    [37, 0],
    [36, 1],
    [1, 36],
  ])("behind %i letters of a given name there are %i fillers", (letters, fillers) => {
    const names = "B".repeat(letters);
    expect(read(zoneOf({ ...passport, names: `<<${names}` })).fillersBehindNames).toBe(fillers);
    expect(read(zoneOf({ ...passport, names: `A<${names}` })).fillersBehindNames).toBe(fillers);
  });

  test("a field of fillers has no names before them", () => {
    expect(read(zoneOf({ ...passport, names: "" })).fillersBehindNames).toBe(39);
  });

  test.each(["<", "X", "7"])("sex %s is unspecified", (sex) => {
    expect(read(zoneOf({ ...passport, sex })).sex).toBe("unspecified");
  });

  test("a card may fill its first optional field with the number to the last character", () => {
    const documentNumber = "ABCDEFGHI12345678901234";
    const zone = zoneOf({ ...passport, format: "TD1", documentNumber, optionalData: ["", "X9"] });
    expect(read(zone)).toMatchObject({ documentNumber, optionalData: ["", "X9"], checks: ALL_RIGHT });
  });

  test("data behind a long number are told apart from it", () => {
    const zone = zoneOf({ ...passport, format: "TD2", documentNumber: "ABCDEFGHI1", optionalData: ["ZZZ"] });
    expect(read(zone)).toMatchObject({
      documentNumber: "ABCDEFGHI1",
      optionalData: ["ZZZ"],
      checks: ALL_RIGHT,
    });
  });

  test("a filler for the digit of the number, and nothing behind it, is a number without its digit", () => {
    const { documentNumber, checks } = read(replaced(specimen("TD1"), 14, "<"));
    expect(documentNumber).toBe("D23145890");
    expect(checks.documentNumber).toBe(false);
  });
});

describe("refused", () => {
  test.each([0, 71, 73, 89, 91, 180, 65_536])("%i characters", (characters) => {
    const zone = new Uint8Array(characters).fill(0x3c);
    expect(bad(parseMrz(zone))).toEqual({ kind: "mrzLength", characters });
  });

  test.each(["a", " ", "-", "\u0000", "\u001b", "\u007f"])(
    "a character %j, and nothing of it is told",
    (character) => {
      expect(bad(parseMrz(ascii(replaced(specimen("TD1"), 70, character))))).toEqual({
        kind: "mrzCharacters",
      });
    },
  );
});

describe("properties", () => {
  const letters = (min: number, max: number) =>
    fc.string({ unit: fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"), minLength: min, maxLength: max });
  const signs = (max: number) =>
    fc.string({ unit: fc.constantFrom(..."ABCDEFXYZ0123456789"), minLength: 1, maxLength: max });
  const digits = fc.stringMatching(/^\d{6}$/);
  const common = {
    documentCode: letters(1, 2),
    issuer: letters(1, 3),
    nationality: letters(1, 3),
    dateOfBirth: digits,
    dateOfExpiry: digits,
    sex: fc.constantFrom("F", "M"),
    primary: letters(1, 12),
    secondary: letters(1, 12),
  };
  const ofFormat = (format: ZoneFields["format"], longest: number, optionalData: fc.Arbitrary<string[]>) =>
    fc.record({ ...common, format: fc.constant(format), documentNumber: signs(longest), optionalData });
  const documents = fc.oneof(
    // A long number takes of the optional field what it needs, and its own end.
    ofFormat("TD1", 16, fc.tuple(signs(6), signs(11))),
    ofFormat("TD2", 11, fc.tuple(signs(3))),
    ofFormat("TD3", 9, fc.tuple(signs(14))),
  );

  test("what was written is what is read", () => {
    fc.assert(
      fc.property(documents, ({ primary, secondary, sex, ...fields }) => {
        const zone = zoneOf({ ...fields, sex, names: `${primary}<<${secondary}` });
        expect(read(zone)).toEqual({
          ...fields,
          names: { primary, secondary },
          namesMayBeCut: false,
          fillersBehindNames: POSITIONS[fields.format] - `${primary}<<${secondary}`.length,
          sex: SEXES[sex],
          checks: ALL_RIGHT,
          zone,
        });
      }),
      { numRuns: 500 },
    );
  });

  test("any bytes are read or refused, and left as they were", () => {
    const sizes = fc.constantFrom(90, 72, 88, 89);
    const zones = sizes.chain((size) => fc.uint8Array({ minLength: size, maxLength: size }));
    const likely = sizes.chain((size) =>
      fc
        .array(fc.constantFrom(...ascii("<<<<A9")), { minLength: size, maxLength: size })
        .map((zone) => Uint8Array.from(zone)),
    );
    fc.assert(
      fc.property(fc.oneof(zones, likely), (zone) => {
        const before = zone.slice();
        const mrz = parseMrz(zone);
        expect(zone).toEqual(before);
        if (mrz.ok) expect(ascii(mrz.value.zone)).toEqual(before);
      }),
      { numRuns: 1_000 },
    );
  });
});
