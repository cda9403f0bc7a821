// Whether a seal is believed: every reason against it has a seal that is refused for it and nothing else.
import { createPublicKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import { hex } from "../../src/bytes/hex.ts";
import { isSealedBy, judgeSeal } from "../../src/seal/judge-seal.ts";
import { parseSeal } from "../../src/seal/parse-seal.ts";
import { boolean, octetString, oid, sequence } from "../../src/sim/pki/der.ts";
import { CRL_SIGN, DIGITAL_SIGNATURE, KEY_CERT_SIGN, keyUsage } from "../../src/sim/pki/extensions.ts";
import { SCHEMES } from "../../src/sim/pki/signature-scheme.ts";
import { rsaSigner } from "../../src/sim/pki/signer-key.ts";
import { testKey } from "../../src/sim/pki/test-key.ts";
import { type Instant, instant } from "../../src/time/time.ts";
import { bad, good } from "../good.ts";
import { day } from "../pki/makers.ts";
import vectors from "../vectors/2ddoc.json" with { type: "json" };
import reference from "../vectors/2ddoc-reference.json" with { type: "json" };
import {
  binarySeal,
  latin,
  type SealBytes,
  type SealCurve,
  type SealSign,
  type SealText,
  sealSign,
  textSeal,
} from "./seal-maker.ts";
import {
  authorityMaker,
  keyOf,
  type Maker,
  nameOf,
  record,
  revocationListBy,
  rootMaker,
  type SealStore,
  sealStore,
  signerMaker,
} from "./sealer-makers.ts";

const AT = day("2026-06-15");
const authority = authorityMaker();
const signer = signerMaker(authority);
const byKey = sealSign("P-256", "signer");
const HELD = [record("authority", authority), record("signer", signer)];

const seal = (text: SealText = {}, sign: SealSign = byKey) => good(parseSeal(textSeal(text, sign)));
const binary = (bytes: SealBytes, sign: SealSign = byKey) => good(parseSeal(binarySeal(bytes, sign)));
const judge = (
  sealed: ReturnType<typeof seal>,
  { at = AT, ...store }: Partial<SealStore> & { readonly at?: Instant } = {},
) => judgeSeal(sealed, sealStore({ sealers: HELD, ...store }), at);
/** The verdict on the usual seal of a signer that stands alone below an authority. */
const onSigner = (maker: Maker, store: Partial<SealStore> = {}) =>
  judge(seal(), { sealers: [record("authority", authority), record("signer", maker)], ...store });

describe("a seal is believed", () => {
  test("when its signer's key made it and an authority of the store stands behind him", () => {
    const verdict = good(judge(seal()));
    expect(verdict.signer.subject.commonName).toBe("0001");
    expect(verdict.authority.subject.commonName).toBe("FR05");
    expect(verdict.warnings).toEqual(["crlMissing"]);
  });

  test.each<SealCurve>(["P-256", "P-384", "P-521"])("on %s, with the hash that goes with it", (curve) => {
    const maker = signerMaker(authority, "0001", { key: keyOf("other", curve) });
    const sealers = [record("authority", authority), record("signer", maker)];
    expect(judge(seal({}, sealSign(curve, "other")), { sealers }).ok).toBe(true);
    expect(bad(judge(seal({}, sealSign(curve, "other", "sha224")), { sealers }))).toEqual({
      kind: "signatureInvalid",
    });
  });

  test("in the binary form, whose certificates have five digits", () => {
    const maker = signerMaker(authority, "00001");
    const sealers = [record("authority", authority), record("signer", maker, { certificateId: "00001" })];
    expect(judge(binary({ fields: [[1, latin("data")]] }), { sealers }).ok).toBe(true);
  });

  test("of all versions, whatever the document's date", () => {
    for (const version of ["02", "03", "04"] as const) expect(judge(seal({ version })).ok).toBe(true);
    for (const documentDate of ["0000", "2415", "FFFE", "FFFF"])
      expect(judge(seal({ documentDate })).ok).toBe(true);
  });

  test("when its authority is below a root of the store, or named by a list", () => {
    const root = rootMaker();
    const below = authorityMaker("FR05", { under: root });
    const held = [record("authority", below), record("signer", signerMaker(below))];
    expect(bad(judge(seal(), { sealers: held }))).toEqual({ kind: "noTrustAnchor" });
    expect(judge(seal(), { sealers: [...held, record("root", root)] }).ok).toBe(true);
    expect(bad(judge(seal(), { sealers: [...held, record("root", rootMaker("another"))] }))).toEqual({
      kind: "noTrustAnchor",
    });
    const listed = [record("authority", below, { isListed: true }), record("signer", signerMaker(below))];
    expect(judge(seal(), { sealers: listed }).ok).toBe(true);
  });

  test("by any of the signers of one name, and any of the authorities", () => {
    const sealers = [
      record("authority", authorityMaker("FR05", { key: keyOf("another") })),
      record("signer", signerMaker(authority, "0001", { key: keyOf("another") })),
      ...HELD,
    ];
    expect(judge(seal(), { sealers }).ok).toBe(true);
  });
});

describe("who made it", () => {
  test("is unknown without the authority, or without the signer", () => {
    expect(bad(judge(seal({ authorityId: "FR06" })))).toEqual({ kind: "authorityUnknown" });
    expect(bad(judge(seal({ certificateId: "0002" })))).toEqual({ kind: "signerUnknown" });
    expect(bad(judge(seal(), { sealers: [] }))).toEqual({ kind: "authorityUnknown" });
    expect(bad(judge(seal(), { sealers: [record("signer", signer)] }))).toEqual({ kind: "noTrustAnchor" });
  });

  test("is nobody whom another authority signed, whatever the store calls him", () => {
    const other = authorityMaker("FR06");
    const sealers = [
      ...[record("authority", authority), record("authority", other, { authorityId: "FR06" })],
      record("signer", signerMaker(other)),
    ];
    expect(bad(judge(seal(), { sealers }))).toEqual({ kind: "noTrustAnchor" });
  });

  test("is nobody whose certificate is of another authority's key", () => {
    const impostor = authorityMaker("FR05", { key: keyOf("impostor") });
    expect(bad(onSigner(signerMaker(impostor)))).toEqual({ kind: "noTrustAnchor" });
  });

  test("is nobody whose certificate is damaged in the store", () => {
    const held = record("signer", signer);
    for (const at of [90, -1]) {
      const der = held.der.with(at, (held.der.at(at) ?? 0) ^ 1);
      const sealers = [record("authority", authority), { ...held, der }];
      expect(bad(judge(seal(), { sealers })), `${at}`).toEqual({ kind: "signerUnknown" });
    }
  });
});

describe("a test seal", () => {
  const TESTS: readonly (readonly [string, { authorityId?: string; certificateId?: string }])[] = [
    ["of an authority xx00", { authorityId: "FR00" }],
    ["of a certificate of zeros", { certificateId: "0000" }],
  ];

  test.each(TESTS)("%s counts in a laboratory only", (_, names) => {
    const own = authorityMaker(names.authorityId);
    const maker = signerMaker(own, names.certificateId);
    const sealers = [record("authority", own, names), record("signer", maker, names)];
    const held = sealers.map((sealer) =>
      sealer.role === "signer" ? sealer : { ...sealer, certificateId: "" },
    );
    expect(bad(judge(seal(names), { sealers: held }))).toEqual({ kind: "testAuthority" });
    expect(judge(seal(names), { sealers: held, testAnchors: "accept" }).ok).toBe(true);
  });

  test("of the binary form has five zeros", () => {
    expect(bad(judge(binary({ certificateId: "00000" })))).toEqual({ kind: "testAuthority" });
  });

  test("is refused before anybody looks for its signer", () => {
    expect(bad(judge(seal({ authorityId: "DE00" }), { sealers: [] }))).toEqual({ kind: "testAuthority" });
  });

  test("is one whose certificate says so", () => {
    const maker = signerMaker(authority, "0001", { subject: nameOf("0001", "TEST - Imprimerie") });
    expect(bad(onSigner(maker))).toEqual({ kind: "testAuthority" });
    expect(onSigner(maker, { testAnchors: "accept" }).ok).toBe(true);
  });
});

describe("the day of signing", () => {
  test("must be there", () => {
    expect(bad(judge(seal({ signatureDate: "FFFF" })))).toEqual({ kind: "signatureDateMissing" });
  });

  test("must not be to come, but may have begun on the other side of the world", () => {
    const midnight = Date.UTC(2025, 3, 15);
    const hours = (count: number) => instant(midnight + count * 3_600_000);
    expect(bad(judge(seal(), { at: hours(-13) }))).toEqual({ kind: "signatureDateFuture" });
    expect(judge(seal(), { at: hours(-12) }).ok).toBe(true);
    expect(judge(seal(), { at: day("2040-01-01") }).ok).toBe(true);
  });

  test.each([
    ["20250417000000Z", "20270101000000Z", "signerNotYetValid"],
    ["20250416120000Z", "20270101000000Z", undefined],
    ["20240101000000Z", "20250414120000Z", undefined],
    ["20240101000000Z", "20250414115959Z", "signerExpired"],
  ])("must be in the signer's time: from %s to %s is %s", (from, to, kind) => {
    const verdict = onSigner(signerMaker(authority, "0001", { validity: { from, to } }));
    expect(verdict.ok ? undefined : verdict.error.kind).toBe(kind);
  });

  test.each([
    [{ from: "20250417000000Z", to: "20360101000000Z" }, "anchorNotYetValid"],
    [{ from: "20120101000000Z", to: "20220101000000Z" }, "anchorExpired"],
  ])("must be in the authority's and the root's time: %o is %s", (validity, kind) => {
    const own = authorityMaker("FR05", { validity });
    expect(
      bad(judge(seal(), { sealers: [record("authority", own), record("signer", signerMaker(own))] })),
    ).toEqual({ kind });
    const root = rootMaker("root", { validity });
    const below = authorityMaker("FR05", { under: root });
    const sealers = [record("root", root), record("authority", below), record("signer", signerMaker(below))];
    expect(bad(judge(seal(), { sealers }))).toEqual({ kind });
  });

  test("counts, not today: a signer who has expired since keeps what he signed", () => {
    expect(judge(seal(), { at: day("2034-01-01") }).ok).toBe(true);
  });
});

describe("the certificates above it", () => {
  const critical = sequence(oid("1.2.3.4"), boolean(true), octetString(octetString(new Uint8Array(0))));

  test("must be for what they do", () => {
    const usage = (...bits: readonly number[]) =>
      signerMaker(authority, "0001", { extensions: [keyUsage(...bits)] });
    const NON_REPUDIATION = 1;
    expect(onSigner(usage(NON_REPUDIATION)).ok).toBe(true);
    expect(onSigner(signerMaker(authority, "0001", { extensions: [] })).ok).toBe(true);
    expect(bad(onSigner(usage(CRL_SIGN)))).toEqual({ kind: "signerUsage" });
    expect(bad(onSigner(usage(DIGITAL_SIGNATURE, KEY_CERT_SIGN)))).toEqual({ kind: "signerUsage" });
    const own = authorityMaker("FR05", { extensions: [keyUsage(CRL_SIGN)] });
    const sealers = [record("authority", own), record("signer", signerMaker(own))];
    expect(bad(judge(seal(), { sealers }))).toEqual({ kind: "anchorUsage" });
  });

  test("must be understood in what they call critical", () => {
    const maker = signerMaker(authority, "0001", { extensions: [keyUsage(DIGITAL_SIGNATURE), critical] });
    expect(bad(onSigner(maker))).toEqual({ kind: "signerCriticalExtension" });
    const own = authorityMaker("FR05", { extensions: [keyUsage(KEY_CERT_SIGN), critical] });
    const sealers = [record("authority", own), record("signer", signerMaker(own))];
    expect(bad(judge(seal(), { sealers }))).toEqual({ kind: "anchorCriticalExtension" });
  });

  test("must be signed in a way that is supported", () => {
    const scheme = { identifier: sequence(oid("1.2.3.4")), sign: () => new Uint8Array(64) };
    const maker = signerMaker(authority, "0001", { scheme });
    expect(bad(onSigner(maker))).toEqual({ kind: "certificateAlgorithm" });
  });
});

describe("revocation", () => {
  test("of the signer holds for all that he ever signed", () => {
    const lists = [revocationListBy(authority, { revoked: [signer] })];
    expect(bad(judge(seal(), { lists }))).toEqual({ kind: "signerRevoked" });
    expect(bad(judge(seal(), { lists, at: day("2026-01-02") }))).toEqual({ kind: "signerRevoked" });
  });

  test("of the authority is its root's word", () => {
    const root = rootMaker();
    const below = authorityMaker("FR05", { under: root });
    const sealers = [record("root", root), record("authority", below), record("signer", signerMaker(below))];
    const lists = [revocationListBy(root, { revoked: [below] }), revocationListBy(below, { revoked: [] })];
    expect(bad(judge(seal(), { sealers, lists }))).toEqual({ kind: "anchorRevoked" });
  });

  test("list by nobody of that name, or by somebody else of that name, says nothing", () => {
    const forged = revocationListBy(authorityMaker("FR05", { key: keyOf("impostor") }), {
      revoked: [signer],
    });
    expect(good(judge(seal(), { lists: [forged] })).warnings).toEqual(["crlMissing"]);
  });

  test("list that is current leaves no warning; one that is overdue or missing warns, or refuses where it must be there", () => {
    const fresh = revocationListBy(authority, { revoked: [] });
    const old = revocationListBy(authority, {
      revoked: [],
      updates: { from: "20250101080000Z", to: "20250601080000Z" },
    });
    expect(good(judge(seal(), { lists: [fresh] })).warnings).toEqual([]);
    expect(good(judge(seal(), { lists: [old] })).warnings).toEqual(["crlStale"]);
    expect(bad(judge(seal(), { lists: [old], crl: "require" }))).toEqual({ kind: "crlStale" });
    expect(bad(judge(seal(), { crl: "require" }))).toEqual({ kind: "crlMissing" });
    expect(judge(seal(), { lists: [fresh], crl: "require" }).ok).toBe(true);
  });
});

describe("the signature", () => {
  test("must be the signer's own", () => {
    expect(bad(judge(seal({}, sealSign("P-256", "somebody"))))).toEqual({ kind: "signatureInvalid" });
    expect(bad(judge(seal({}, sealSign("P-384", "signer"))))).toEqual({ kind: "signatureInvalid" });
    expect(bad(judge(seal({}, () => new Uint8Array(64))))).toEqual({ kind: "signatureInvalid" });
    expect(bad(judge(seal({}, () => new Uint8Array(64).fill(0xff))))).toEqual({ kind: "signatureInvalid" });
  });

  test("must be of a key that seals are made with", () => {
    const key = rsaSigner(testKey("otherCsca"), SCHEMES[2]);
    expect(bad(onSigner(signerMaker(authority, "0001", { key })))).toEqual({
      kind: "signatureAlgorithm",
      why: "keyKind",
    });
  });

  test("that is wrong says so, though the signer has expired, too", () => {
    const maker = signerMaker(authority, "0001", {
      validity: { from: "20200101000000Z", to: "20210101000000Z" },
    });
    const sealers = [record("authority", authority), record("signer", maker)];
    expect(bad(judge(seal({}, sealSign("P-256", "somebody")), { sealers }))).toEqual({
      kind: "signatureInvalid",
    });
    expect(bad(judge(seal(), { sealers }))).toEqual({ kind: "signerExpired" });
  });
});

test.each([
  ["text", textSeal({}, byKey)],
  ["binary", binarySeal({ fields: [[7, latin("data")]] }, byKey)],
] as const)("a seal in %s form with any bit changed is no seal, or not believed", (_, whole) => {
  const sealers = [...HELD, record("signer", signerMaker(authority, "00001"), { certificateId: "00001" })];
  const anchors = sealStore({ sealers });
  const believed = (bytes: Uint8Array) => {
    const parsed = parseSeal(bytes);
    return parsed.ok && judgeSeal(parsed.value, anchors, AT).ok;
  };
  expect(believed(whole)).toBe(true);
  for (let at = 0; at < whole.length; at++)
    for (let bit = 0; bit < 8; bit++)
      expect(believed(whole.with(at, (whole[at] ?? 0) ^ (1 << bit))), `${at}.${bit}`).toBe(false);
});

test("the chain behind a signer is found once, and a seal costs one verification from then on", () => {
  const anchors = sealStore({ sealers: HELD });
  const first = good(judgeSeal(seal(), anchors, AT));
  const second = good(judgeSeal(seal({ documentDate: "0001" }), anchors, AT));
  expect(second.signer).toBe(first.signer);
  expect(second.authority).toBe(first.authority);
});

test.each(vectors.signed)(
  "$name verifies under its published key: $verifies",
  ({ text, publicKey, verifies }) => {
    const point = publicKey ?? vectors.signed[2]?.publicKey;
    const key = createPublicKey({ key: { kty: "EC", ...point }, format: "jwk" });
    const spki = Uint8Array.from(key.export({ type: "spki", format: "der" }));
    expect(isSealedBy(good(parseSeal(latin(text))), { spki })).toBe(verifies ? "valid" : "invalid");
  },
);

test("all reference codes verify under the test key of the specification", () => {
  const key = createPublicKey({ key: { kty: "EC", ...reference.publicKey }, format: "jwk" });
  const spki = Uint8Array.from(key.export({ type: "spki", format: "der" }));
  const bare = reference.bare.map(({ signed, signature }) => concat(latin(signed), hex(signature)));
  for (const bytes of [...reference.seals.map(latin), ...bare])
    expect(isSealedBy(good(parseSeal(bytes)), { spki })).toBe("valid");
});
