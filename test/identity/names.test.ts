import fc from "fast-check";
import { expect, test } from "vitest";
import { splitNames } from "../../src/emrtd/lds/names.ts";
import { type HolderNames, holderNames } from "../../src/identity/names.ts";

const fromDg11 = (written: string): HolderNames | undefined =>
  holderNames({ names: splitNames("ROSSI<<MARIO"), namesMayBeCut: false }, splitNames(written)).names;

test.each([
  ["D'ANGELO<<MARIA<DELL'ASSUNTA", "D'Angelo", "Maria Dell'Assunta"],
  ["MÜLLER-WEIß<<NICCOLÒ<JOSÉ", "Müller-Weiß", "Niccolò José"],
  ["DE<LUCA<<ANNA", "De Luca", "Anna"],
  ["BIANCHI<<NICCOLO'", "Bianchi", "Niccolo'"],
  ["O’BRIEN<<NUALA", "O'Brien", "Nuala"],
  ["DʼAMICO<<LEA", "D'Amico", "Lea"],
  ["MCDONALD<<RONALD", "Mcdonald", "Ronald"],
  ["ROSSI/BIANCHI<<J.R.<(JIM)", "Rossi/Bianchi", "J.R. (Jim)"],
  ["  ROSSI<<  ANNA<<MARIA ", "Rossi", "Anna Maria"],
  ["NICCOLO\u0300<<A\u030ASA", "Niccol\u00f2", "\u00c5sa"],
  ["ÉLIE-ÖZIL<<ÇAĞLA", "Élie-Özil", "Çağla"],
])("%s is %j, %j", (written, family, given) => {
  expect(fromDg11(written)).toEqual({ family, given });
});

test.each(["SINGH", "SINGH<<<<", "<<SINGH"])("%s is one name, and it is the family name", (written) => {
  const found = holderNames({ names: splitNames("X<<Y"), namesMayBeCut: false }, splitNames(written));
  expect(found).toEqual({ names: { family: "Singh" }, notes: ["names.single_identifier"] });
});

test("names of the zone serve where DG11 has none, and nothing that it lost is restored", () => {
  const zone = { names: splitNames("MUELLER<<NICCOLO<<<<"), namesMayBeCut: true };
  expect(holderNames(zone, undefined)).toEqual({
    names: { family: "Mueller", given: "Niccolo" },
    notes: ["names.from_mrz"],
  });
});

test("DG11 is named as the source that is whole only where the zone may be cut", () => {
  const whole = splitNames("ROSSI<<MARIO");
  expect(holderNames({ names: whole, namesMayBeCut: true }, whole).notes).toEqual(["names.mrz_truncated"]);
  expect(holderNames({ names: whole, namesMayBeCut: false }, whole).notes).toEqual([]);
});

test("a zone of fillers names nobody", () => {
  expect(holderNames({ names: splitNames("<<<<"), namesMayBeCut: false }, undefined)).toEqual({
    notes: ["names.from_mrz"],
  });
});

test("whatever is written, no name has a blank too many, and none is empty", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (written) => {
      for (const name of Object.values(fromDg11(written) ?? {})) {
        expect(name).not.toMatch(/<|\s\s|^\s|\s$|^$/);
        expect(JSON.parse(JSON.stringify(name))).toBe(name);
      }
    }),
    { numRuns: 1_000 },
  );
});
