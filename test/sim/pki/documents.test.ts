// The authorities of the virtual documents and what they sign, judged by OpenSSL: certificates, links, revocation, every
// profile's EF.SOD. Where OpenSSL is stricter than a gate must be, that is said.
import { X509Certificate } from "node:crypto";
import { afterAll, describe, expect, test, vi } from "vitest";
import { toHex } from "../../../src/bytes/hex.ts";
import { ldifValues } from "../../../src/pki/ldif.ts";
import { readMasterList } from "../../../src/pki/master-list.ts";
import type { ContentFault } from "../../../src/sim/emrtd/documents/content-faults.ts";
import { contentOf } from "../../../src/sim/emrtd/documents/content-of.ts";
import { PROFILES, type ProfileName } from "../../../src/sim/emrtd/documents/profiles.table.ts";
import { PROFILE_NAMES } from "../../../src/sim/emrtd/parse-emrtd-spec.ts";
import {
  COUNTRY_SIGNERS,
  type CountrySignerName,
  SIGNING_KINDS,
} from "../../../src/sim/pki/document-authorities.table.ts";
import {
  countryLink,
  countrySigner,
  documentSigner,
  signerSerial,
} from "../../../src/sim/pki/document-authorities.ts";
import { documentTrust } from "../../../src/sim/pki/document-trust.ts";
import { good } from "../../good.ts";
import { AT, ascii, certificateOf } from "../../pki/makers.ts";
import { Bench, hasOpenssl, type Judgement, openssl } from "./openssl.ts";

const isName = (name: string): name is CountrySignerName => Object.hasOwn(COUNTRY_SIGNERS, name);
const AUTHORITIES = Object.keys(COUNTRY_SIGNERS).filter(isName);
/** Seconds since 1970 of 2026-01-01. */
const IN_2026 = ["-attime", "1767225600"];
/** OpenSSL asks for 112 bits of security otherwise, which SHA-1 has not. */
const LENIENT = ["-auth_level", "0", "-no-CApath", ...IN_2026];
const EF_SOD = 0x011d;
const SOD_HEADER_BYTES = 4;

const bench = new Bench();
afterAll(() => bench.clear());

function verify(signer: Uint8Array, trusted: Uint8Array, ...words: readonly string[]): Judgement {
  const trust = bench.certificates("trust.pem", trusted);
  const file = bench.certificates("signer.pem", signer);
  return openssl({}, "verify", ...LENIENT, "-CAfile", trust, ...words, file);
}

/** `openssl verify` refuses every chain in which a curve is spelled out, as those of most States are. */
const NAMED = AUTHORITIES.filter((authority) =>
  ["FR-2015", "FR-2020", "IT-2020", "NL-2019", "US-2020", "AT-2012"].includes(authority),
);
const SPELLED_OUT = AUTHORITIES.filter((authority) => !NAMED.includes(authority));

/** The signature on a certificate alone, which OpenSSL checks under any key. */
const isSigned = (certificate: Uint8Array, by: Uint8Array): boolean =>
  new X509Certificate(certificate).verify(new X509Certificate(by).publicKey);

const textOf = (certificate: Uint8Array): string =>
  openssl({ input: certificate }, "x509", "-inform", "DER", "-noout", "-text").out;

describe.runIf(hasOpenssl)("country signers", () => {
  test.each(SPELLED_OUT)(
    "%s, whose curve is spelled out, signs itself and its document signer",
    (authority) => {
      const trusted = countrySigner(authority).certificate;
      const signer = documentSigner({ authority, kind: "RSA SHA-256" }).certificate;
      expect(verify(signer, trusted).err).toMatch(/explicit ECC parameters/i);
      const impostor = countrySigner(authority, "impostor").certificate;
      expect([trusted, signer].map((certificate) => isSigned(certificate, trusted))).toEqual([true, true]);
      expect(isSigned(signer, impostor)).toBe(false);
    },
  );

  test.each(NAMED)("%s signs itself and its document signer", (authority) => {
    const trusted = countrySigner(authority).certificate;
    const signer = documentSigner({ authority, kind: "RSA SHA-256" }).certificate;
    expect(verify(trusted, trusted, "-check_ss_sig").exit).toBe(0);
    expect(verify(signer, trusted).exit).toBe(0);
    expect(verify(signer, countrySigner(authority, "impostor").certificate).exit).not.toBe(0);
  });

  test.each([
    ["FR-2015", "sha256WithRSAEncryption", "(4096 bit)"],
    ["IT-2020", "rsassaPss", "(4096 bit)"],
    ["NL-2019", "rsassaPss", "(4096 bit)"],
    ["AT-2012", "sha1WithRSAEncryption", "(2048 bit)"],
    ["DE-2021", "ecdsa-with-SHA384", "Field Type: prime-field"],
    ["US-2020", "ecdsa-with-SHA384", "ASN1 OID: secp384r1"],
    ["CH-2019", "ecdsa-with-SHA512", "Field Type: prime-field"],
  ] as const)("%s is of the kind %s %s", (authority, algorithm, key) => {
    const text = textOf(countrySigner(authority).certificate);
    expect(text).toContain(`Signature Algorithm: ${algorithm}`);
    expect(text).toContain(key);
    expect(text).toMatch(/CA:TRUE, pathlen:0/);
    expect(text).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
  });

  test("the link leads from the older French key to signers under the newer, all of one name", () => {
    const signer = documentSigner({ authority: "FR-2020", kind: "RSA SHA-256" }).certificate;
    const [older, newer] = [countrySigner("FR-2015"), countrySigner("FR-2020")];
    const link = countryLink("FR-2020");
    const file = bench.certificates("link.pem", link?.certificate ?? new Uint8Array(0));
    expect(verify(signer, older.certificate).exit).not.toBe(0);
    expect(verify(signer, older.certificate, "-untrusted", file).exit).toBe(0);
    const names = [older, newer, link].map((certified) => toHex(certified?.subject ?? new Uint8Array(0)));
    expect(new Set(names).size).toBe(1);
    expect(countryLink("DE-2021")).toBeUndefined();
  });
});

describe.runIf(hasOpenssl)("document signers", () => {
  test.each([
    ["valid", /OK$/m],
    ["expired", /certificate has expired/],
    ["not yet valid", /certificate is not yet valid/],
  ] as const)("%s ones are found so", (state, verdict) => {
    const signer = documentSigner({ authority: "FR-2020", kind: "P-256", state }).certificate;
    const { out, err } = verify(signer, countrySigner("FR-2020").certificate);
    expect(out + err).toMatch(verdict);
  });

  test.each(SPELLED_OUT)("of %s the list is signed, and has one entry for each kind", (authority) => {
    const list = documentTrust().revocationLists[AUTHORITIES.indexOf(authority)];
    const trust = bench.certificates("csca.pem", countrySigner(authority).certificate);
    const words = ["-inform", "DER", "-CAfile", trust, "-noout", "-text"];
    const { out, err } = openssl({ input: list ?? new Uint8Array(0) }, "crl", ...words);
    expect(err).toContain("verify OK");
    const serials = [...out.matchAll(/Serial Number: ([0-9A-F]+)/g)].map(([, serial]) => serial);
    expect(serials).toHaveLength(Object.keys(SIGNING_KINDS).length);
    const revoked = signerSerial({ authority, kind: "P-256", state: "revoked" });
    expect(serials).toContain(toHex(revoked));
  });

  test.each(NAMED)("of %s the revoked ones, and no others, are on its list", (authority) => {
    const list = documentTrust().revocationLists[AUTHORITIES.indexOf(authority)];
    const words = ["-crl_check", "-CRLfile", bench.revocationList("list.pem", list ?? new Uint8Array(0))];
    const trusted = countrySigner(authority).certificate;
    const signer = (state: "valid" | "revoked") =>
      documentSigner({ authority, kind: "RSA SHA-256", state }).certificate;
    expect(verify(signer("valid"), trusted, ...words).exit).toBe(0);
    expect(verify(signer("revoked"), trusted, ...words).err).toContain("certificate revoked");
  });

  test("an impostor's certificates differ from the State's in key and signature alone", () => {
    const choice = { authority: "FR-2015", kind: "RSA SHA-256" } as const;
    const facts = (owner: "State" | "impostor") => {
      const { subject, issuer, serial, keyId } = documentSigner({ ...choice, owner });
      return [subject, issuer, serial, keyId].map(toHex);
    };
    expect(facts("impostor")).toEqual(facts("State"));
    expect(documentSigner({ ...choice, owner: "impostor" }).key.publicKeyInfo).not.toEqual(
      documentSigner(choice).key.publicKeyInfo,
    );
  });

  test("a State that writes its country in small letters", () => {
    const signer = documentSigner({ authority: "DE-2021", kind: "P-256", countryCase: "lower" }).certificate;
    expect(textOf(signer)).toMatch(/Issuer: C ?= ?de,/);
    expect(isSigned(signer, countrySigner("DE-2021").certificate)).toBe(true);
  });
});

/**
 * What OpenSSL says of a document's SOD when it knows nobody but the country signer of the profile. A chain with a curve
 * that is spelled out is left aside: then the signature counts.
 */
function judgeSod(profile: ProfileName, fault?: ContentFault): Judgement {
  const file = contentOf(profile, fault === undefined ? {} : { fault }).application.get(EF_SOD);
  const sod = bench.file("sod.cms", file?.subarray(SOD_HEADER_BYTES) ?? new Uint8Array(0));
  const { authority } = PROFILES[profile].sod.signer;
  const trust = bench.certificates("csca.pem", countrySigner(authority).certificate);
  const chain = SPELLED_OUT.includes(authority) ? ["-noverify"] : [];
  return verifyCms(sod, trust, ...chain);
}

function verifyCms(file: string, trust: string, ...chain: readonly string[]): Judgement {
  const words = ["-verify", "-inform", "DER", "-in", file, "-CAfile", trust, "-purpose", "any", "-binary"];
  return openssl({}, "cms", ...words, ...chain, ...LENIENT);
}

describe.runIf(hasOpenssl)("EF.SOD by OpenSSL's own check of CMS", () => {
  test.each(PROFILE_NAMES)("of %s is right", (profile) => {
    expect(judgeSod(profile).exit).toBe(0);
  });

  test.each([
    ["cnie", "sodIndefinite"],
    ["cnie", "contentTypeBelgium"],
    ["passport-nl", "contentTypeNetherlands"],
    ["passport-us", "contentTypeData"],
    ["cnie", "groupHashLonger"],
    ["passport-de", "groupHashLonger"],
  ] as const)("of %s with %s is right as well", (profile, fault) => {
    expect(judgeSod(profile, fault).exit).toBe(0);
  });

  test.each([
    ["cnie", "signatureBroken", /verification failure|bad signature|verify error/i],
    ["passport-de", "signatureBroken", /verification failure|bad signature|verify error/i],
    ["passport-de", "messageDigestWrong", /verification failure/],
    ["cie", "unknownAuthority", /certificate signature failure|certificate verify error|bad signature/],
    ["passport-us", "signerExpired", /certificate has expired/],
    ["passport-us", "signerNotYetValid", /certificate is not yet valid/],
    ["cie", "countryMismatch", /unable to get (local )?issuer/],
    ["cnie", "signerUnnamed", /signer certificate not found/],
  ] as const)("of %s with %s is wrong", (profile, fault, reason) => {
    const { exit, err } = judgeSod(profile, fault);
    expect(exit).not.toBe(0);
    expect(err).toMatch(reason);
  });

  test("a salt that is not the one stated is not accepted by the letter, and the gate's automatic length finds it", () => {
    expect(judgeSod("passport-nl", "saltUnstated").exit).not.toBe(0);
  });

  test("EF.CardSecurity of the German passport is signed like its SOD", () => {
    const file = contentOf("passport-de").masterFile.get(0x011d) ?? new Uint8Array(0);
    const trust = bench.certificates("de.pem", countrySigner("DE-2021").certificate);
    expect(verifyCms(bench.file("card-security.cms", file), trust, "-noverify").exit).toBe(0);
    const { out } = openssl({ input: file }, "asn1parse", "-inform", "DER");
    expect(out).toContain("0.4.0.127.0.7.3.2.1");
  });
});

describe("what an operator imports", () => {
  const trust = documentTrust();

  test("a master list whose signer leads to the pinned certificate", () => {
    const pinned = [certificateOf(trust.masterListPin)];
    const list = good(readMasterList({ bytes: trust.masterList, pinned, at: AT }));
    expect(list.certificates.map(({ der }) => toHex(der)).sort()).toEqual(
      trust.certificates.map(toHex).sort(),
    );
    const outside = trust.outsideLists.map((der) => certificateOf(der).subject.country);
    expect(outside).toEqual(["ID"]);
  });

  test("the same objects out of an LDIF file, whose lines are folded", () => {
    const values = [...ldifValues([ascii(trust.ldif)])];
    expect(values.map(({ kind }) => kind)).toEqual([
      "masterList",
      "certificate",
      ...trust.revocationLists.map(() => "revocationList"),
    ]);
    expect(values.map((value) => ("der" in value ? toHex(value.der) : ""))).toEqual(
      [
        trust.masterList,
        documentSigner({ authority: "DE-2021", kind: "brainpoolP256r1" }).certificate,
        ...trust.revocationLists,
      ].map(toHex),
    );
    expect(Math.max(...trust.ldif.split("\n").map(({ length }) => length))).toBe(76);
  });

  test("no two certificates of one authority share a serial number", () => {
    const kinds = ["RSA SHA-256", "P-256", "P-521"] as const;
    const serials = kinds.flatMap((kind) =>
      (["valid", "expired", "revoked", "not yet valid"] as const).map((state) =>
        toHex(signerSerial({ authority: "FR-2015", kind, state })),
      ),
    );
    expect(new Set(serials).size).toBe(serials.length);
  });
});

test("another process makes the same documents", async () => {
  const before = toHex(contentOf("passport-de").application.get(EF_SOD) ?? new Uint8Array(0));
  vi.resetModules();
  const elsewhere = await import("../../../src/sim/emrtd/documents/content-of.ts");
  expect(elsewhere.contentOf).not.toBe(contentOf);
  expect(toHex(elsewhere.contentOf("passport-de").application.get(EF_SOD) ?? new Uint8Array(1))).toBe(before);
});
