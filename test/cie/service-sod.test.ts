import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readTlv } from "../../src/bytes/ber-tlv.ts";
import { concat } from "../../src/bytes/bytes.ts";
import { hex } from "../../src/bytes/hex.ts";
import { type Nis, parseNis } from "../../src/cie/nis.ts";
import { checkServiceSod, type ServiceSodQuestion, type SodFailure } from "../../src/cie/service-sod.ts";
import { serviceSodOf } from "../../src/sim/cards/cie-chip.ts";
import { authority } from "../../src/sim/pki/authority.ts";
import { distinguishedName, makeCertificate } from "../../src/sim/pki/certificate.ts";
import { element, octetString, oid, sequence, smallInteger } from "../../src/sim/pki/der.ts";
import {
  CRL_SIGN,
  DIGITAL_SIGNATURE,
  documentTypeList,
  KEY_CERT_SIGN,
  keyUsage,
} from "../../src/sim/pki/extensions.ts";
import { makeRevocationList } from "../../src/sim/pki/revocation-list.ts";
import { SCHEMES } from "../../src/sim/pki/signature-scheme.ts";
import { cardKey, testKey } from "../../src/sim/pki/test-key.ts";
import { bad, good } from "../good.ts";
import {
  AT,
  ascii,
  CARD_KEY,
  certificateOf,
  day,
  documentSigner,
  entry,
  flipped,
  NIS_DIGITS,
  offsetOf,
  PUBLIC_KEY,
  replaced,
  securityObject,
  sod,
  store,
} from "../pki/makers.ts";

function nisOf(content: Uint8Array): Nis {
  const nis = parseNis(content);
  if (nis === undefined) throw new Error("no NIS");
  return nis;
}

const NIS = nisOf(ascii(NIS_DIGITS));
const TRUSTED = store();
const honest = (generation: 1 | 2) => serviceSodOf({ nis: NIS_DIGITS, generation, key: CARD_KEY });
const check = (question: Partial<ServiceSodQuestion>) =>
  checkServiceSod({ sod: sod(), nis: NIS, publicKey: PUBLIC_KEY, anchors: TRUSTED, at: AT, ...question });
const failure = (question: Partial<ServiceSodQuestion>): SodFailure => bad(check(question));

describe("an honest card", () => {
  test.each([1, 2] as const)("of generation %i is proven, and by whom", (generation) => {
    const signer = certificateOf(authority("self-made").documentSigner(generation).certificate);
    const anchor = certificateOf(authority("self-made").countrySigner(generation).certificate);
    expect(good(check({ sod: honest(generation) }))).toEqual({
      generation,
      signer: signer.fingerprint,
      signerCountry: "IT",
      anchor: anchor.fingerprint,
      warnings: ["crlMissing"],
    });
  });

  test.each([1, 2] as const)("of generation %i may have filler behind its objects", (generation) => {
    const padded = new Uint8Array(3_072);
    padded.set(honest(generation));
    const nis = nisOf(concat(NIS, hex("002200")));
    expect(check({ sod: padded, nis }).ok).toBe(true);
  });

  test("of a mixture not seen so far is judged by its own algorithms", () => {
    const mixed = sod({ content: securityObject({ digest: "sha256", version: 0 }), digest: "sha256" });
    expect(good(check({ sod: mixed })).generation).toBe("other");
  });

  test("is proven without warning when the list of its State is fresh", () => {
    const list = makeRevocationList({ authority: "self-made", generation: 2 });
    expect(good(check({ anchors: store({ lists: [list], crl: "require" }) })).warnings).toEqual([]);
  });
});

describe("each check has a card that fails it alone", () => {
  const garbled = replaced(sod(), oid("1.2.840.113549.1.7.2"), oid("1.2.840.113549.1.7.3"));
  test.each<[name: string, sod: Uint8Array, expected: SodFailure]>([
    ["no bytes", new Uint8Array(0), { kind: "malformed", part: "sod" }],
    ["nothing but filler", new Uint8Array(3_072), { kind: "malformed", part: "sod" }],
    ["another tag", concat(hex("61"), sod().subarray(1)), { kind: "malformed", part: "sod" }],
    ["an end too early", sod().subarray(0, 1_000), { kind: "malformed", part: "sod" }],
    [
      "64 kB and a byte",
      concat(sod(), new Uint8Array(65_537 - sod().length)),
      { kind: "malformed", part: "sod" },
    ],
    ["no signed data", garbled, { kind: "malformed", part: "signedData" }],
    ["another content", sod({ contentType: "2.23.136.1.1.2" }), { kind: "wrongContentType" }],
    [
      "no list of hashes",
      sod({ content: sequence(smallInteger(1)) }),
      { kind: "malformed", part: "securityObject" },
    ],
    [
      "version 2",
      sod({ content: securityObject({ version: 2 }) }),
      { kind: "malformed", part: "securityObject" },
    ],
    [
      "a number twice",
      sod({ content: securityObject({ more: [entry(hex("A1"), new Uint8Array(64))] }) }),
      { kind: "malformed", part: "securityObject" },
    ],
    [
      "no NIS listed",
      sod({ content: securityObject({ numbers: [hex("A7"), hex("A5")] }) }),
      { kind: "hashMissing", file: "nis" },
    ],
    [
      "a NIS listed as the two-byte number 161",
      sod({ content: securityObject({ numbers: [hex("00A1"), hex("A5")] }) }),
      { kind: "hashMissing", file: "nis" },
    ],
    [
      "no key listed",
      sod({ content: securityObject({ numbers: [hex("A1"), hex("A4")] }) }),
      { kind: "hashMissing", file: "publicKey" },
    ],
    [
      "another NIS",
      sod({ content: securityObject({ nis: ascii("999999999999") }) }),
      { kind: "nisHashMismatch" },
    ],
    [
      "another key",
      sod({ content: securityObject({ publicKey: cardKey(0).publicKey }) }),
      { kind: "keyHashMismatch" },
    ],
  ])("%s", (_, object, expected) => {
    expect(failure({ sod: object })).toEqual(expected);
  });

  test("a content that was changed", () => {
    const object = sod();
    const hashes = offsetOf(object, hex("0201A1 0440"));
    expect(failure({ sod: flipped(object, hashes + 10) })).toEqual({ kind: "messageDigestMismatch" });
  });

  test("attributes for another type of content", () => {
    const object = sod();
    const type = oid("2.23.136.1.1.1");
    const second = Buffer.from(object).lastIndexOf(type);
    expect(failure({ sod: flipped(object, second + type.length - 1, 1) })).toEqual({
      kind: "attributesMissing",
    });
  });

  test("a signer that is not in the object", () => {
    const object = sod();
    const serial = Buffer.from(object).lastIndexOf(hex("02025A01"));
    expect(failure({ sod: flipped(object, serial + 3) })).toEqual({ kind: "signerMismatch" });
  });

  test("a signature of somebody else", () => {
    const object = sod({ signer: { ...documentSigner(), key: testKey("impostorSigner") } });
    expect(failure({ sod: object })).toEqual({ kind: "signatureInvalid" });
  });

  test("an algorithm that nobody supports", () => {
    const unheardOf = sequence(oid("1.2.840.113549.1.1.9"));
    const scheme = { ...SCHEMES[2], identifier: unheardOf };
    expect(failure({ sod: sod({ scheme }) })).toEqual({ kind: "unsupportedAlgorithm", why: "algorithm" });
  });

  test("a chain of one's own under the names, serial numbers and key identifiers of the true one", () => {
    for (const generation of [1, 2] as const) {
      const object = serviceSodOf(
        { nis: NIS_DIGITS, generation, key: CARD_KEY },
        { signer: { authority: "impostor" } },
      );
      expect(failure({ sod: object })).toEqual({ kind: "noTrustAnchor" });
    }
  });

  test("a trust store without a single certificate", () => {
    expect(failure({ anchors: store({ anchors: [] }) })).toEqual({ kind: "noTrustAnchor" });
  });

  test("a test card, although its country signer is known", () => {
    const test = authority("test");
    const anchors = [test.countrySigner(2).certificate];
    const object = serviceSodOf(
      { nis: NIS_DIGITS, generation: 2, key: CARD_KEY },
      { signer: { authority: "test" } },
    );
    expect(failure({ sod: object, anchors: store({ anchors }) })).toEqual({ kind: "testSigner" });
    expect(check({ sod: object, anchors: store({ anchors, testAnchors: "accept" }) }).ok).toBe(true);
  });

  test("the signer of another State", () => {
    const anchors = store({ anchors: [authority("foreign").countrySigner(2).certificate] });
    const object = serviceSodOf(
      { nis: NIS_DIGITS, generation: 2, key: CARD_KEY },
      { signer: { authority: "foreign" } },
    );
    expect(failure({ sod: object, anchors })).toEqual({ kind: "wrongCountry" });
  });

  test.each<[name: string, extensions: readonly Uint8Array[], expected: SodFailure | undefined]>([
    ["for passports only", [keyUsage(DIGITAL_SIGNATURE), documentTypeList("P")], { kind: "documentType" }],
    ["for nothing in particular", [keyUsage(DIGITAL_SIGNATURE)], { kind: "documentType" }],
    ["for passports and cards", [keyUsage(DIGITAL_SIGNATURE), documentTypeList("P", "C")], undefined],
    [
      "that may sign certificates only",
      [keyUsage(KEY_CERT_SIGN), documentTypeList("C")],
      { kind: "signerUsage" },
    ],
    ["without any usage", [documentTypeList("C")], { kind: "signerUsage" }],
    [
      "with a critical extension that nobody here knows",
      [keyUsage(DIGITAL_SIGNATURE), documentTypeList("C"), criticalExtension("1.2.3.4")],
      { kind: "signerCriticalExtension" },
    ],
  ])("a signer %s", (_, extensions, expected) => {
    const result = check({ sod: sod({ signer: documentSigner({ extensions }) }) });
    expect(result.ok ? undefined : result.error).toEqual(expected);
  });

  test("a signer of generation 1 needs no list of documents, as its own State's cards have none", () => {
    const parent = authority("self-made").countrySigner(1);
    const fields = { issuerKeyId: parent.keyId, signedBy: parent.key, scheme: SCHEMES[1] };
    const signer = documentSigner({ ...fields, extensions: [keyUsage(DIGITAL_SIGNATURE)] });
    const content = securityObject({ version: 0, digest: "sha256" });
    const object = sod({ signer, content, digest: "sha256", scheme: SCHEMES[1] });
    expect(good(check({ sod: object })).generation).toBe(1);
  });
});

describe("dates", () => {
  const expired = (generation: 1 | 2) =>
    serviceSodOf({ nis: NIS_DIGITS, generation, key: CARD_KEY }, { signer: { state: "expired" } });

  test.each([1, 2] as const)(
    "an expired signer of generation %i is told apart from a forger",
    (generation) => {
      expect(failure({ sod: expired(generation) })).toEqual({ kind: "signerExpired" });
    },
  );

  test("a signer is not valid before its time", () => {
    expect(failure({ at: day("2022-12-31") })).toEqual({ kind: "signerNotYetValid" });
  });

  test("a country signer must be valid too", () => {
    const signer = documentSigner({ validity: { from: "20230201080000Z", to: "20600515080000Z" } });
    expect(failure({ sod: sod({ signer }), at: day("2050-08-01") })).toEqual({ kind: "anchorExpired" });
    const early = documentSigner({ validity: { from: "20190201080000Z", to: "20490515080000Z" } });
    expect(failure({ sod: sod({ signer: early }), at: day("2020-01-01") })).toEqual({
      kind: "anchorNotYetValid",
    });
  });
});

describe("revocation", () => {
  const self = authority("self-made");
  const revoked = serviceSodOf(
    { nis: NIS_DIGITS, generation: 2, key: CARD_KEY },
    { signer: { state: "revoked" } },
  );
  const list = makeRevocationList({ authority: "self-made", generation: 2 });

  test("a revoked signer is refused, whatever the policy on missing lists", () => {
    expect(failure({ sod: revoked, anchors: store({ lists: [list] }) })).toEqual({ kind: "signerRevoked" });
    expect(check({ sod: revoked }).ok).toBe(true);
  });

  test("a revoked country signer takes its signers with it", () => {
    const all = makeRevocationList({
      authority: "self-made",
      generation: 2,
      revoked: [self.countrySigner(2).serial],
    });
    expect(failure({ anchors: store({ lists: [all] }) })).toEqual({ kind: "anchorRevoked" });
  });

  test("a list in the anchor's name counts, however the signer spells its issuer", () => {
    const issuer = distinguishedName({
      country: "IT",
      organisation: "Other",
      unit: "Other",
      commonName: "Other",
    });
    const signer = documentSigner({ issuer });
    const all = makeRevocationList({ authority: "self-made", generation: 2, revoked: [signer.serial] });
    expect(failure({ sod: sod({ signer }), anchors: store({ lists: [all] }) })).toEqual({
      kind: "signerRevoked",
    });
  });

  test("a list under a stranger's signature revokes nothing and refreshes nothing", () => {
    const forged = makeRevocationList({ authority: "impostor", generation: 2 });
    expect(good(check({ sod: revoked, anchors: store({ lists: [forged] }) })).warnings).toEqual([
      "crlMissing",
    ]);
  });

  test("without a fresh list the policy decides", () => {
    const updates = { from: "20240101080000Z", to: "20240401080000Z" };
    const stale = makeRevocationList({ authority: "self-made", generation: 2, updates });
    expect(failure({ anchors: store({ crl: "require" }) })).toEqual({ kind: "crlMissing" });
    expect(failure({ anchors: store({ lists: [stale], crl: "require" }) })).toEqual({ kind: "crlStale" });
    expect(good(check({ anchors: store({ lists: [stale] }) })).warnings).toEqual(["crlStale"]);
    expect(failure({ sod: revoked, anchors: store({ lists: [stale] }) })).toEqual({ kind: "signerRevoked" });
  });
});

describe("country signers", () => {
  test("a certificate that may not sign certificates is no anchor", () => {
    const parent = authority("self-made").countrySigner(2);
    const powerless = makeCertificate({
      serial: hex("01"),
      issuer: parent.subject,
      subject: parent.subject,
      validity: { from: "20200429080000Z", to: "20500725080000Z" },
      key: parent.key,
      keyId: parent.keyId,
      issuerKeyId: parent.keyId,
      extensions: [keyUsage(CRL_SIGN)],
      signedBy: parent.key,
      scheme: SCHEMES[2],
    }).certificate;
    expect(failure({ anchors: store({ anchors: [powerless] }) })).toEqual({ kind: "anchorUsage" });
    // The same key in a certificate that may: the other one does no harm.
    expect(check({ anchors: store({ anchors: [powerless, parent.certificate] }) }).ok).toBe(true);
  });

  test("a signer whose names and key identifiers are all wrong is found by its country", () => {
    const issuer = distinguishedName({
      country: "it",
      organisation: "Other",
      unit: "Other",
      commonName: "Other",
    });
    const signer = documentSigner({ issuer, issuerKeyId: hex("00112233") });
    expect(check({ sod: sod({ signer }) }).ok).toBe(true);
  });
});

describe("hostile bytes", () => {
  const limitMs = 500;
  const timed = (object: Uint8Array): SodFailure | undefined => {
    const started = performance.now();
    const result = check({ sod: object });
    expect(performance.now() - started).toBeLessThan(limitMs);
    return result.ok ? undefined : result.error;
  };
  const full = (byte: number) => element(0x77, new Uint8Array(65_000).fill(byte));

  test.each<[name: string, object: Uint8Array]>([
    ["10,000 levels", concat(hex("7783009C40"), ...Array<Uint8Array>(10_000).fill(hex("3080")))],
    ["thousands of empty sequences", full(0x30).map((byte, at) => (at > 5 && at % 2 === 1 ? 0x00 : byte))],
    ["64 kB of zeros", full(0x00)],
    ["64 kB of ones", full(0xff)],
    ["64 kB without a length", concat(hex("7780"), new Uint8Array(65_000).fill(0x30))],
    ["a length that lies", concat(hex("7784FFFFFFFF"), sod())],
  ])("of %s are refused at once", (_, object) => {
    expect(timed(object)).toEqual({ kind: "malformed", part: "sod" });
  });

  test("a bomb in the signed content is refused at once", () => {
    const bomb = concat(...Array<Uint8Array>(10_000).fill(hex("3080")));
    expect(timed(sod({ content: bomb }))).toEqual({ kind: "malformed", part: "securityObject" });
    const entries = concat(...Array.from({ length: 3_000 }, () => hex("30050201010400")));
    expect(timed(sod({ content: sequence(smallInteger(0), entries) }))).toEqual({
      kind: "malformed",
      part: "securityObject",
    });
  });

  test("many certificates of nobody cost bounded time", () => {
    const alsoCarries = Array.from({ length: 15 }, () => documentSigner().certificate);
    expect(timed(sod({ alsoCarries }))).toBeUndefined();
    expect(timed(sod({ alsoCarries: Array(40).fill(documentSigner().certificate) }))).toEqual({
      kind: "malformed",
      part: "sod",
    });
  });

  test("cut, changed and repeated at random are refused without a throw", () => {
    const object = honest(2);
    const change = fc.record({ at: fc.nat(object.length - 1), byte: fc.nat(255), take: fc.nat(40) });
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 6 }),
        fc.constantFrom("set", "cut", "repeat" as const),
        (changes, how) => {
          const bytes = changes.reduce((whole, one) => CHANGES[how](whole, one), object);
          const result = check({ sod: bytes });
          if (result.ok) expect(result.value.signer).toBe(good(check({ sod: object })).signer);
        },
      ),
      { numRuns: 150 },
    );
  }, 120_000);
});

/**
 * What may change without being noticed, because nobody relies on it: numbers of versions, the list of digests that is
 * sent ahead, the NULL behind a hash algorithm, of the PSS parameters the length of the salt (found by the verification
 * itself), and how the signer's identifier spells the issuer's name. Every other bit is covered by a signature.
 */
const UNRELIED = {
  version: [0, 1, 0, 0],
  digestAlgorithms: [0, 1, 0, 1],
  signerInfoVersion: [0, 1, 0, 4, 0, 0],
  issuerSpelling: [0, 1, 0, 4, 0, 1, 0],
  digestParameters: [0, 1, 0, 4, 0, 2, 1],
  signatureParameters: [0, 1, 0, 4, 0, 4, 1],
} as const;
/** Every bit takes minutes: with FUZZ_INPUTS one bit of every byte is turned, else of every thirteenth. */
const STRIDE = process.env["FUZZ_INPUTS"] === undefined ? 13 : 1;

describe("a flipped bit", () => {
  test.each([1, 2] as const)(
    "anywhere in a SOD of generation %i is refused, or changes nothing relied on",
    (generation) => {
      const object = honest(generation);
      const proof = good(check({ sod: object }));
      const free = new Set(Object.values(UNRELIED).flatMap((path) => offsetsAt(object, path)));
      for (let offset = 0; offset < object.length; offset++) {
        if (offset % STRIDE !== generation % STRIDE && !free.has(offset)) continue;
        const result = check({ sod: flipped(object, offset, offset % 8) });
        if (!result.ok) continue;
        expect(free).toContain(offset);
        expect({ ...result.value, generation: proof.generation }).toEqual(proof);
      }
    },
    300_000,
  );

  test("anywhere in NIS or key is refused", () => {
    for (let offset = 0; offset < PUBLIC_KEY.length; offset += STRIDE)
      expect(failure({ publicKey: flipped(PUBLIC_KEY, offset, offset % 8) })).toEqual({
        kind: "keyHashMismatch",
      });
    for (let offset = 0; offset < NIS.length; offset++)
      expect(failure({ nis: nisOf(flipped(NIS, offset)) })).toEqual({ kind: "nisHashMismatch" });
  });
});

interface Change {
  readonly at: number;
  readonly byte: number;
  readonly take: number;
}

/** Ways of damaging an object in one place. */
const CHANGES = {
  set: (whole: Uint8Array, { at, byte }: Change) => whole.map((old, index) => (index === at ? byte : old)),
  cut: (whole: Uint8Array, { at, take }: Change) => concat(whole.subarray(0, at), whole.subarray(at + take)),
  repeat: (whole: Uint8Array, { at, take }: Change) =>
    concat(whole.subarray(0, at + take), whole.subarray(at)),
} as const;

/** The bytes of the element at a path of positions, the outermost element being the root. */
function offsetsAt(object: Uint8Array, path: readonly number[]): readonly number[] {
  let start = 0;
  let end = good(readTlv(object)).end;
  for (const position of path) {
    start = good(readTlv(object, start)).value.byteOffset - object.byteOffset;
    for (let index = 0; index < position; index++) start = good(readTlv(object, start)).end;
    end = good(readTlv(object, start)).end;
  }
  return Array.from({ length: end - start }, (_, index) => start + index);
}

function criticalExtension(id: string): Uint8Array {
  return sequence(oid(id), element(0x01, hex("FF")), octetString(hex("0500")));
}
