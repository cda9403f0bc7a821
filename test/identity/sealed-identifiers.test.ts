// What a seal says of its holder, as the lists are asked for it: the same identifiers as those of the document itself.
import { describe, expect, test } from "vitest";
import { Secret } from "../../src/bytes/secret.ts";
import {
  type Identifier,
  listedDocumentIdentifier,
  listedPersonIdentifiers,
} from "../../src/identity/match-keys.ts";
import { sealedIdentifiers } from "../../src/identity/sealed-identifiers.ts";
import type { SealedHolder, SealedName, SealedNames } from "../../src/seal/sealed-holder.ts";
import { good } from "../good.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const texts = (identifiers: readonly Identifier[]): readonly string[] =>
  identifiers.map(({ kind, bytes: content }) => `${kind} ${new TextDecoder().decode(content)}`);
const name = (text: string): SealedName => ({ text, isTruncated: false });
const NAMES: SealedNames = { surname: name("LE GOFF"), givenNames: [name("ANNE MARIE"), name("ZOE")] };
const BORN = { year: 1990, month: 7, day: 13 };

const sealed = (other: Partial<SealedHolder> = {}): SealedHolder => ({
  ...{ documentKind: "ID", issuingCountry: "FR", nationality: "FR", sex: "female", birthCountry: "FR" },
  documentNumber: new Secret(bytes("X4RTBPFW4")),
  names: new Secret(NAMES),
  ...other,
});
const withBirth = (names: SealedNames): SealedHolder =>
  sealed({ names: new Secret(names), birthDate: new Secret(BORN) });

const listed = (family: string, given: string): readonly string[] =>
  texts(good(listedPersonIdentifiers({ family, given, birthDate: "1990-07-13" })));

test("issuer and number are as the list has them, by the issuer's three letters", () => {
  const entry = listedDocumentIdentifier({ issuer: "FRA", number: "X4RTBPFW4" });
  expect(texts(sealedIdentifiers(sealed()))).toEqual(entry === undefined ? [] : texts([entry]));
  expect(texts(sealedIdentifiers(sealed({ issuingCountry: "DE" })))).toEqual(["doc D<<X4RTBPFW4"]);
});

test.each([undefined, "XX", ""])("a seal whose issuer is %j leads to nobody", (country) => {
  const { issuingCountry: _, ...nowhere } = withBirth(NAMES);
  const holder = country === undefined ? nowhere : { ...nowhere, issuingCountry: country };
  expect(sealedIdentifiers(holder)).toEqual([]);
});

describe("names", () => {
  test("count with a date of birth alone, and meet an entry in any spelling", () => {
    expect(texts(sealedIdentifiers(sealed()))).toHaveLength(1);
    const [, ...byName] = texts(sealedIdentifiers(withBirth(NAMES)));
    expect(byName).toHaveLength(1);
    expect(listed("Le Goff", "Anne-Marie Zoé")).toContain(byName[0]);
  });

  test("of birth and in use are both looked for", () => {
    const both = sealedIdentifiers(withBirth({ ...NAMES, usedSurname: name("MOREAU") }));
    const [, birth, used] = texts(both);
    expect(listed("Le Goff", "Anne Marie Zoe")).toContain(birth);
    expect(listed("Moreau", "Anne Marie Zoe")).toContain(used);
  });

  test.each<[string, SealedNames]>([
    ["the surname", { ...NAMES, surname: { text: "LE GO", isTruncated: true } }],
    ["a given name", { ...NAMES, givenNames: [name("ANNE"), { text: "Z", isTruncated: true }] }],
    ["the surname in use", { ...NAMES, usedSurname: { text: "MOR", isTruncated: true } }],
  ])("are not guessed where the end of %s is missing", (_, names) => {
    expect(texts(sealedIdentifiers(withBirth(names)))).toEqual(["doc FRAX4RTBPFW4"]);
  });
});
