import { expect, test } from "vitest";
import { hex } from "../../src/bytes/hex.ts";
import { type AnchorRecord, anchorRecord, TrustAnchors } from "../../src/pki/trust-anchors.ts";
import { authority } from "../../src/sim/pki/authority.ts";
import { distinguishedName, makeCertificate } from "../../src/sim/pki/certificate.ts";
import { CRL_SIGN, KEY_CERT_SIGN, keyUsage } from "../../src/sim/pki/extensions.ts";
import { SCHEMES } from "../../src/sim/pki/signature-scheme.ts";
import { testKey } from "../../src/sim/pki/test-key.ts";
import { bad, good } from "../good.ts";
import { AT, COUNTRY_SIGNERS, certificateOf, day, documentSigner, flipped, store } from "./makers.ts";

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

test("a hundred anchors of its country that did not sign it do not make a signer trusted", () => {
  const flood = Array.from({ length: 100 }, (_, number) => certificateOf(bystander(number)));
  const trusted = anchors(flood.map(anchorRecord));
  expect(bad(trusted.judge(SIGNER, { at: AT }))).toEqual({ kind: "noTrustAnchor" });
});
