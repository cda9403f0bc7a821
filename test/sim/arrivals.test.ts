/** The people of the demonstrations: documents of every kind that a gate reads by what is printed on them, and none twice. */
import { describe, expect, test } from "vitest";
import { documentPasswords } from "../../src/gate/entered-password.ts";
import { readFiscalCode } from "../../src/identity/fiscal-code.ts";
import { ARRIVAL_NAMES, type Arrival, type ArrivalName, arrival } from "../../src/sim/arrivals.ts";
import { parseCardSpec } from "../../src/sim/cards/make-card.ts";
import type { EmrtdSpec } from "../../src/sim/emrtd/emrtd-spec.ts";
import { PROFILE_NAMES } from "../../src/sim/emrtd/parse-emrtd-spec.ts";
import { examine } from "../emrtd/whole-document.ts";
import { bad, good } from "../good.ts";

/** The travel document by itself, whichever card it is on. */
function documentOf({ spec }: Arrival): EmrtdSpec {
  if (spec.card === "emrtd") return spec;
  if (spec.card === "cie") return { card: "emrtd", profile: "cie", ...spec.document };
  throw new Error("no travel document");
}

/** Read as a gate does to which `entry` was typed or shown. */
async function read(person: Arrival, entry: string) {
  const [{ password, presented }] = good(documentPasswords(new TextEncoder().encode(entry)));
  const asked = { password, ...(presented === undefined ? {} : { presented }) };
  return (await examine(documentOf(person), { ...asked, wanted: ["DG11"] })).result;
}

const EXPIRED: ArrivalName = "elena";
const VALID = ARRIVAL_NAMES.filter((name) => name !== EXPIRED);

test("every kind of document is there", () => {
  const kinds = new Set(ARRIVAL_NAMES.map((name) => documentOf(arrival(name)).profile));
  expect([...kinds].sort()).toEqual([...PROFILE_NAMES].sort());
});

test("no number is there twice, and none is a specimen's", () => {
  const people = ARRIVAL_NAMES.map((name) => arrival(name));
  const numbers = people.flatMap(({ can, holder: { documentNumber, fiscalCode, nis } }) => [
    ...[can, documentNumber, fiscalCode, nis].filter((number) => number !== undefined),
  ]);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(new Set(people.map(({ mrzLines }) => mrzLines.join("\n"))).size).toBe(people.length);
});

describe.each(VALID)("%s", (name) => {
  const person = arrival(name);

  test("is let in by what is printed on the document", async () => {
    const entries = [...(person.can === undefined ? [] : [person.can]), person.mrzLines.join("\n")];
    for (const entry of entries) {
      const { signed, proofs } = good(await read(person, entry));
      const { issuer, documentNumber, familyNames } = person.holder;
      expect([signed.mrz.issuer, signed.mrz.documentNumber]).toEqual([issuer, documentNumber]);
      expect(signed.mrz.names.primary).toBe(familyNames);
      expect(proofs.has("documentChip")).toBe(documentOf(person).profile !== "passport-us");
    }
  });

  test("crosses a socket", () => {
    expect(parseCardSpec(JSON.parse(JSON.stringify(person.spec)))).toEqual({ ok: true, value: person.spec });
  });
});

test("one has a card that has run out", async () => {
  const person = arrival(EXPIRED);
  expect(bad(await read(person, person.can ?? ""))).toEqual({ kind: "documentExpired" });
});

test("whoever has a sound card can have one that has run out", async () => {
  const person = arrival("greta", "documentExpired");
  expect(bad(await read(person, person.can ?? ""))).toEqual({ kind: "documentExpired" });
});

test("fiscal codes are sound", () => {
  const codes = ARRIVAL_NAMES.flatMap((name) => arrival(name).holder.fiscalCode ?? []);
  expect(codes.map((code) => readFiscalCode(code).ok)).toEqual([true, true, true]);
});

test.each([
  ["chiara", "copied", "chipRefuted"],
  ["lucas", "signatureBroken", "signatureInvalid"],
  ["sanne", "tamperedDg11", "dataGroupChanged"],
] as const)("%s with a document that is false: %s", async (name, fault, kind) => {
  const person = arrival(name, fault);
  expect(bad(await read(person, person.mrzLines.join("\n")))).toMatchObject({ kind });
});
