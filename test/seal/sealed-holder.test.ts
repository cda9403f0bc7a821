// The holder that an identity title's seal names: each field, what may be missing, and what makes it no holder at all.
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { parseSeal } from "../../src/seal/parse-seal.ts";
import { wipeSeal } from "../../src/seal/seal.ts";
import { sealedHolder } from "../../src/seal/sealed-holder.ts";
import { bad, good } from "../good.ts";
import vectors from "../vectors/2ddoc.json" with { type: "json" };
import reference from "../vectors/2ddoc-reference.json" with { type: "json" };
import {
  binarySeal,
  GS,
  IDENTITY,
  identityWith,
  latin,
  RS,
  type SealText,
  sealSign,
  textSeal,
  type WrittenField,
} from "./seal-maker.ts";

const sign = sealSign("P-256", "signer");
const sealOf = (text: SealText) => good(parseSeal(textSeal(text, sign)));
const holder = (text: SealText) => good(sealedHolder(sealOf(text)));
const holderWith = (changes: Readonly<Record<string, string | undefined>>) =>
  holder({ fields: identityWith(changes) });
const refusalWith = (changes: Readonly<Record<string, string | undefined>>) =>
  bad(sealedHolder(sealOf({ fields: identityWith(changes) })));
const whole = (text: string) => ({ text, isTruncated: false });

describe("an identity card", () => {
  const [, , card] = vectors.signed.map(({ text }) => good(parseSeal(latin(text))));

  test("says kind, number, names, nationality, sex and country of birth", () => {
    const read = good(sealedHolder(card ?? sealOf({})));
    expect(read).toMatchObject({
      documentKind: "ID",
      issuingCountry: "FR",
      nationality: "FR",
      sex: "female",
      birthCountry: "FR",
    });
    expect(read.documentNumber.reveal()).toEqual(latin("X4RTBPFW4"));
    expect(read.names.reveal()).toEqual({
      surname: whole("MARTIN"),
      givenNames: [whole("ANNA MARIA"), whole("CLAIRE")],
    });
    for (const absent of ["birthDate", "birthYear", "validFrom", "validUntil"])
      expect(read).not.toHaveProperty(absent);
  });

  test("of the specification's own example is a passport of an earlier version", () => {
    const passports = reference.seals.filter((text) => /^DC0[23].{16}07/.test(text));
    expect(passports).toHaveLength(2);
    for (const text of passports) {
      const read = good(sealedHolder(good(parseSeal(latin(text)))));
      expect(read).toMatchObject({ documentKind: "P", nationality: "FR", sex: "female" });
      expect(read).not.toHaveProperty("issuingCountry");
      expect(read.documentNumber.reveal()).toEqual(latin("07CD12304"));
    }
  });
});

describe("names", () => {
  test("of birth, in use and of the spouse are told apart", () => {
    const names = holderWith({ "63": "DUPONT", "64": "DURAND", "61": "ANNA" }).names.reveal();
    expect(names).toEqual({
      surname: whole("MARTIN"),
      usedSurname: whole("DUPONT"),
      spouseSurname: whole("DURAND"),
      givenNames: [whole("ANNA MARIA"), whole("CLAIRE")],
      usedGivenName: whole("ANNA"),
    });
  });

  test("that were cut off say so: the surname, or the last given name", () => {
    const cut = IDENTITY.map(
      ([id, value, mark]): WrittenField =>
        id === "60" || id === "62" ? [id, value.slice(0, -2), RS] : [id, value, mark ?? ""],
    );
    expect(holder({ fields: cut }).names.reveal()).toEqual({
      surname: { text: "MART", isTruncated: true },
      givenNames: [whole("ANNA MARIA"), { text: "CLAI", isTruncated: true }],
    });
  });

  test("may be missing, whole or to the last letter", () => {
    expect(holderWith({ "60": "" }).names.reveal().givenNames).toEqual([]);
    expect(holderWith({ "60": "/ ANNA //" }).names.reveal().givenNames).toEqual([whole("ANNA")]);
    expect(holderWith({ "62": "", "63": " " }).names.reveal()).toMatchObject({ surname: whole("") });
    expect(holderWith({ "63": " " }).names.reveal()).not.toHaveProperty("usedSurname");
  });
});

describe("dates", () => {
  test("of birth are whole, or a year alone where the day is not known", () => {
    expect(holderWith({ "69": "29021996" }).birthDate?.reveal()).toEqual({ year: 1996, month: 2, day: 29 });
    for (const written of ["00001996", "00021996"]) {
      const read = holderWith({ "69": written });
      expect(read.birthDate).toBeUndefined();
      expect(read.birthYear?.reveal()).toBe(1996);
    }
  });

  test("of validity are first and last day", () => {
    expect(holderWith({ "6N": "15042025", "6O": "14042035" })).toMatchObject({
      validFrom: { year: 2025, month: 4, day: 15 },
      validUntil: { year: 2035, month: 4, day: 14 },
    });
  });

  test.each([
    ["69", "30021996"],
    ["69", "00131996"],
    ["69", "01001996"],
    ["6N", "15132025"],
    ["6O", "00042035"],
  ])("in %s that no calendar has (%s) make it no holder", (id, written) => {
    expect(refusalWith({ [id]: written })).toEqual({ kind: "sealedField", why: id });
  });
});

describe("what is no holder", () => {
  test.each([
    ["65", "1D"],
    ["65", "I1"],
    ["66", ""],
    ["66", "X4RT BPFW4"],
    ["66", "x4rtbpfw4"],
    ["67", "F "],
    ["68", "X"],
    ["6C", "fr"],
    ["6I", "F1"],
  ])("is a seal whose field %s is %j", (id, value) => {
    expect(refusalWith({ [id]: value })).toEqual({ kind: "sealedField", why: id });
  });

  test("is a seal of another type or perimeter, or of the binary form", () => {
    expect(bad(sealedHolder(sealOf({ documentType: "13" })))).toEqual({
      kind: "noIdentityTitle",
      why: "documentType",
    });
    expect(bad(sealedHolder(sealOf({ perimeter: "02" })))).toEqual({
      kind: "noIdentityTitle",
      why: "perimeter",
    });
    expect(bad(sealedHolder(good(parseSeal(binarySeal({}, sign)))))).toEqual({
      kind: "noIdentityTitle",
      why: "form",
    });
  });

  test("is a seal that calls itself an identity title, by an authority that makes bills", () => {
    for (const authorityId of ["FR01", "FR04", "FR06", "DE05"])
      expect(bad(sealedHolder(sealOf({ authorityId })))).toEqual({
        kind: "noIdentityTitle",
        why: "authority",
      });
    expect(sealedHolder(sealOf({ authorityId: "FR00" })).ok).toBe(true);
  });
});

test("the country that issued it is field 6I, where that is there", () => {
  expect(holderWith({ "6I": "MC" }).issuingCountry).toBe("MC");
  expect(holder({ country: "BE" }).issuingCountry).toBe("BE");
});

test("nothing personal is printed, and the number outlives the seal that is wiped", () => {
  const seal = sealOf({ fields: [...identityWith({ "69": "14021987" }), ["6O", "14042035", GS]] });
  const read = good(sealedHolder(seal));
  wipeSeal(seal);
  expect(read.documentNumber.reveal()).toEqual(latin("X4RTBPFW4"));
  for (const printed of [JSON.stringify(read), inspect(read, { depth: 9 })])
    expect(printed).not.toMatch(/MARTIN|ANNA|CLAIRE|X4RT|1987|88,\s*52/);
});
