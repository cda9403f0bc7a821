import { expect, test } from "vitest";
import { hex } from "../../src/bytes/hex.ts";
import { parseNis } from "../../src/cie/nis.ts";
import { checkServiceSod } from "../../src/cie/service-sod.ts";
import { type AnchorRecord, anchorRecord, TrustAnchors } from "../../src/pki/trust-anchors.ts";
import { authority } from "../../src/sim/pki/authority.ts";
import { distinguishedName, makeCertificate } from "../../src/sim/pki/certificate.ts";
import { CRL_SIGN, KEY_CERT_SIGN, keyUsage } from "../../src/sim/pki/extensions.ts";
import { SCHEMES } from "../../src/sim/pki/signature-scheme.ts";
import { testKey } from "../../src/sim/pki/test-key.ts";
import {
  AT,
  ascii,
  bad,
  COUNTRY_SIGNERS,
  certificateOf,
  day,
  documentSigner,
  flipped,
  good,
  NIS_DIGITS,
  PUBLIC_KEY,
  sod,
  store,
} from "./makers.ts";

const parent = authority("self-made").countrySigner(2);
const SIGNER = certificateOf(documentSigner().certificate);

const anchors = (records: readonly AnchorRecord[]) =>
  new TrustAnchors({ anchors: records, revocationLists: [], crl: "warn", testAnchors: "refuse" });

/** A country signer of the given names over a key that signed nothing here. */
function bystander(number: number, country = "IT") {
  const key = testKey("otherCsca");
  const name = distinguishedName({
    country,
    organisation: "Bystander",
    unit: "None",
    commonName: `No. ${number}`,
  });
  return makeCertificate({
    serial: hex("01"),
    issuer: name,
    subject: name,
    validity: { from: "20200101000000Z", to: "20490101000000Z" },
    key,
    keyId: key.keyId,
    issuerKeyId: key.keyId,
    extensions: [keyUsage(KEY_CERT_SIGN, CRL_SIGN)],
    signedBy: key,
    scheme: SCHEMES[2],
  }).certificate;
}

test("an anchor is found among others by the key identifier that the signer names", () => {
  const others = COUNTRY_SIGNERS.map(({ certificate }) => certificate);
  const verdict = good(store({ anchors: [bystander(1), ...others] }).judge(SIGNER, { at: AT }));
  expect(verdict.anchor.fingerprint).toBe(certificateOf(parent.certificate).fingerprint);
});

test("names and key identifiers that fit are worth nothing without the signature", () => {
  const impostor = authority("impostor").countrySigner(2).certificate;
  expect(certificateOf(impostor).subjectKeyId).toBe(SIGNER.authorityKeyId);
  expect(bad(store({ anchors: [impostor] }).judge(SIGNER, { at: AT }))).toEqual({ kind: "noTrustAnchor" });
});

test("a signer is judged anew at each time, although its anchor is remembered", () => {
  const trusted = store();
  expect(trusted.judge(SIGNER, { at: AT }).ok).toBe(true);
  expect(bad(trusted.judge(SIGNER, { at: day("2056-01-01") }))).toEqual({ kind: "signerExpired" });
});

test("a damaged record is trusted for nothing, and harms no other", () => {
  const record = anchorRecord(certificateOf(parent.certificate));
  const damaged = [
    { ...record, der: flipped(record.der, 200) },
    { ...record, der: record.der.subarray(0, 50) },
    { ...record, der: authority("self-made").countrySigner(1).certificate },
    { ...record, der: new Uint8Array(0) },
  ];
  for (const one of damaged)
    expect(bad(anchors([one]).judge(SIGNER, { at: AT }))).toEqual({ kind: "noTrustAnchor" });
  const beside = { ...record, fingerprint: "0", der: new Uint8Array(0) };
  expect(anchors([beside, record]).judge(SIGNER, { at: AT }).ok).toBe(true);
});

test("a signer without country, names or identifiers joins nobody", () => {
  const nameless = distinguishedName({ country: "", organisation: "", unit: "", commonName: "" });
  const signer = certificateOf(
    documentSigner({ issuer: nameless, issuerKeyId: new Uint8Array(0) }).certificate,
  );
  expect(bad(store().judge(signer, { at: AT }))).toEqual({ kind: "noTrustAnchor" });
});

test("a hundred anchors of one country cost bounded time", () => {
  const flood = Array.from({ length: 100 }, (_, number) => certificateOf(bystander(number)));
  const trusted = anchors(flood.map(anchorRecord));
  const started = performance.now();
  expect(trusted.judge(SIGNER, { at: AT }).ok).toBe(false);
  expect(performance.now() - started).toBeLessThan(2_000);
});

test("a store of 600 is built in no time, and checks a card in a few milliseconds", () => {
  const one = anchorRecord(certificateOf(parent.certificate));
  const other = anchorRecord(certificateOf(bystander(1, "XX")));
  const many = Array.from({ length: 599 }, (_, number) => ({
    ...other,
    fingerprint: `${number}`,
    subjectKeyId: `${number}`,
    subjectKey: `name ${number}`,
    country: `${number % 112}`,
  }));
  const built = performance.now();
  const trusted = anchors([...many, one]);
  const buildMs = performance.now() - built;
  const nis = parseNis(ascii(NIS_DIGITS));
  if (nis === undefined) throw new Error("no NIS");
  const object = sod();
  const times = Array.from({ length: 100 }, () => {
    const started = performance.now();
    good(checkServiceSod({ sod: object, nis, publicKey: PUBLIC_KEY, anchors: trusted, at: AT }));
    return performance.now() - started;
  }).sort((left, right) => left - right);
  const checkMs = times[50] ?? 0;
  process.stdout.write(
    `600 anchors: built in ${buildMs.toFixed(1)} ms, a card checked in ${checkMs.toFixed(2)} ms\n`,
  );
  // Ten times the aims, so that only a broken way of doing it fails on a busy machine.
  expect(buildMs).toBeLessThan(2_000);
  expect(checkMs).toBeLessThan(50);
});
