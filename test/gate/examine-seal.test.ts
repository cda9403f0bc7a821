// What is left of a seal once it was looked at: pseudonyms and reasons, zeros in place of its bytes, and nothing that prints.
import { inspect } from "node:util";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { sealReader } from "../../src/app/door-seals.ts";
import { Secret } from "../../src/bytes/secret.ts";
import { pseudonym, type ScopeKey } from "../../src/crypto/pseudonym.ts";
import { type Mrz, parseMrz } from "../../src/emrtd/lds/mrz.ts";
import { SealExaminer, type SealReader } from "../../src/gate/examine-seal.ts";
import { SEAL_DENIALS } from "../../src/gate/seal-denials.table.ts";
import type { CredentialLookup } from "../../src/ports/credentials.ts";
import { ok } from "../../src/result.ts";
import type { SealedHolder } from "../../src/seal/sealed-holder.ts";
import { ARRIVALS } from "../../src/sim/arrivals.table.ts";
import { arrival } from "../../src/sim/arrivals.ts";
import { documentSeal, type SealOptions } from "../../src/sim/seal/document-seal.ts";
import { instant, millis } from "../../src/time/time.ts";
import { good } from "../good.ts";
import { sealAnchorsOf } from "./seal-stage.ts";

const scopeKey: ScopeKey = {
  keyId: "k1",
  key: new Secret(new Uint8Array(32).fill(9)),
  site: "s",
  scope: "x",
};
const today = { year: 2026, month: 11, day: 22 };
const now = instant(Date.UTC(2026, 10, 22, 12));
const anchors = sealAnchorsOf();
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const { lucas } = ARRIVALS;
const zone: Mrz = good(parseMrz(bytes(arrival("lucas").mrzLines.join(""))));
const nobody: CredentialLookup = { standing: () => ok({ denyListed: false }) };

let numbers: Uint8Array[];
beforeEach(() => {
  numbers = [];
});

/** The reader of the gate, watched: it gives away the number's bytes. */
const read: SealReader = (entry) => {
  const sealed = sealReader({ anchors: () => anchors, now: () => now })(entry);
  if (sealed.ok) numbers.push(sealed.value.documentNumber.reveal());
  return sealed;
};

const examiner = (reader: SealReader = read): SealExaminer =>
  new SealExaminer({
    ...{ read: reader, scopeKey, credentials: nobody, today: () => ({ today }) },
    rules: { match: new Set(["doc"]) },
  });

const seal = (options: SealOptions = {}): Uint8Array => bytes(documentSeal(lucas, options));
const isWiped = (array: Uint8Array): boolean => array.every((byte) => byte === 0);

describe("alone", () => {
  test("it becomes the pseudonym of its document, and its bytes and number are zeros", () => {
    const entered = seal();
    const { holders, proofs, chip } = examiner().passage(entered);
    expect([[...proofs], chip]).toEqual([["seal"], { standing: "unpinned" }]);
    expect(holders).toEqual([
      {
        pseudonym: pseudonym(scopeKey, "doc", bytes(`FRA${lucas.documentNumber}`)),
        keyId: "k1",
        kind: "doc",
      },
    ]);
    expect([isWiped(entered), numbers.length, numbers.every(isWiped)]).toEqual([true, 1, true]);
  });

  test("refused ones are wiped, too, and told apart from each other by nothing that says what they were", () => {
    const faults = ["tampered", "cutOff", "testAuthority", "otherType"] as const;
    const names = faults.map((fault) => {
      const entered = seal({ fault });
      const passage = examiner().passage(entered);
      expect([isWiped(entered), passage.holders]).toEqual([true, []]);
      expect(inspect(passage, { depth: null })).not.toContain(lucas.documentNumber);
      return passage.unknownAs;
    });
    expect(new Set(names).size).toBe(faults.length);
    expect(examiner().passage(seal({ fault: "tampered" })).unknownAs).toBe(names[0]);
  });
});

describe("beside a chip", () => {
  const found = { proofs: new Set(["cardAccess", "documentSignature"] as const), holders: [] };

  test("the proof is added to those of the chip, or a refusal with them all the same; the bytes are zeros", () => {
    const [right, other] = [seal(), seal({ fault: "otherNumber" })];
    const finding = { ...found, sealedBy: { zone: new Secret(zone), until: millis(0) } };
    expect(examiner().beside(finding, right)).toEqual({
      ...found,
      proofs: new Set(["cardAccess", "documentSignature", "seal"]),
    });
    expect(examiner().beside(finding, other)).toMatchObject({
      ...found,
      decided: { outcome: "denied", rule: "document/seal" },
      detail: "sealNumberDiffers",
    });
    expect([isWiped(right), isWiped(other), numbers.every(isWiped)]).toEqual([true, true, true]);
  });

  test("a document that needs no seal is left as it is, and nothing in a finding prints whose it is", () => {
    expect(examiner().beside(found, undefined)).toEqual(found);
    const finding = { ...found, sealedBy: { zone: new Secret(zone), until: millis(0) } };
    expect(inspect(finding, { depth: null }) + JSON.stringify(finding)).not.toContain(lucas.documentNumber);
  });
});

test("whatever a scanner sends is refused or right, and never more", () => {
  const whole = documentSeal(lucas);
  const entry = fc.oneof(
    fc.uint8Array({ maxLength: 512 }),
    fc.uint8Array({ maxLength: 200 }).map((tail) => Uint8Array.from([...bytes(whole.slice(0, 26)), ...tail])),
    fc
      .tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }))
      .map(([at, byte]) => bytes(whole).map((each, index) => (index === at ? byte : each))),
  );
  fc.assert(
    fc.property(entry, (entered) => {
      const isWhole = new TextDecoder("latin1").decode(entered) === whole;
      const { proofs, holders, chip } = examiner().passage(entered);
      expect(isWiped(entered)).toBe(true);
      if (proofs.has("seal")) expect(isWhole).toBe(true);
      else expect([holders, chip.decided?.outcome]).toEqual([[], "denied"]);
    }),
    { numRuns: 500 },
  );
});

test("every objection has a word for rows, and forgeries alone accuse", () => {
  for (const [objection, { detail, alarm, reason }] of Object.entries(SEAL_DENIALS)) {
    expect(detail, objection).toMatch(/^(?:seal[A-Z]\w+|documentExpired|country|trustStoreUnusable)$/);
    if (alarm === "notGenuine") expect(reason).toBe("acs:DocumentAuthenticationFailed");
    if (alarm === "signerUnknown") expect(reason).toBe("acs:TrustAnchorMissing");
  }
});

test("a reader that finds a holder is believed: nothing here judges signatures", () => {
  const holder: SealedHolder = {
    ...{ documentKind: "ID", issuingCountry: "FR", nationality: "FR", sex: "male", birthCountry: "FR" },
    documentNumber: new Secret(bytes("X1")),
    names: new Secret({ surname: { text: "", isTruncated: false }, givenNames: [] }),
  };
  expect([...examiner(() => ok(holder)).passage(bytes("DC04")).proofs]).toEqual(["seal"]);
});
