// The simulated authorities, judged by OpenSSL: it reads every certificate, follows the chains, applies revocation.
import { X509Certificate } from "node:crypto";
import { afterAll, describe, expect, test, vi } from "vitest";
import { type AuthorityName, authority, type SignerState } from "../../../src/sim/pki/authority.ts";
import { makeRevocationList } from "../../../src/sim/pki/revocation-list.ts";
import {
  makeLinkCertificate,
  makeMasterList,
  masterListSigner,
} from "../../../src/sim/pki/trust-material.ts";
import { Bench, hasOpenssl, type Judgement, openssl } from "./openssl.ts";

const GENERATIONS = [1, 2] as const;
type Generation = (typeof GENERATIONS)[number];
/** Seconds since 1970 of 2026-01-01, when every signer but the expired ones is valid. */
const IN_2026 = "1767225600";
const IN_2018 = "1514764800";
const IN_2021 = "1609459200";

const bench = new Bench();
afterAll(() => bench.clear());

/** `openssl verify` of a document signer with nothing trusted but this country signer. */
function verify(signer: Uint8Array, trusted: Uint8Array, ...words: readonly string[]): Judgement {
  const trust = bench.certificates("trust.pem", trusted);
  // OpenSSL asks for 112 bits of security otherwise, which SHA-1 has not.
  const common = ["-auth_level", "0", "-CAfile", trust, "-no-CApath"];
  return openssl({}, "verify", ...common, ...words, bench.certificates("signer.pem", signer));
}

const at = (seconds: string) => ["-attime", seconds];
const countrySigner = (name: AuthorityName, generation: Generation) =>
  authority(name).countrySigner(generation).certificate;
const documentSigner = (name: AuthorityName, generation: Generation, state?: SignerState) =>
  authority(name).documentSigner(generation, state).certificate;
const textOf = (certificate: Uint8Array): string =>
  openssl({ input: certificate }, "x509", "-inform", "DER", "-noout", "-text").out;

describe.runIf(hasOpenssl).each(GENERATIONS)("generation %i", (generation) => {
  test.each(["self-made", "impostor", "test", "foreign"] as const)(
    "%s signs itself and its signer",
    (name) => {
      const trusted = countrySigner(name, generation);
      expect(verify(trusted, trusted, "-check_ss_sig", ...at(IN_2026)).exit).toBe(0);
      expect(verify(documentSigner(name, generation), trusted, ...at(IN_2026)).exit).toBe(0);
    },
  );

  test("the impostor shows the names, serial numbers and key identifiers of the self-made one", () => {
    const parts = (certificate: Uint8Array) =>
      textOf(certificate)
        .split("\n")
        .filter((line) => /Serial|Issuer:|Subject:|^\s+([0-9a-f]{2}:){7}|([0-9A-F]{2}:){19}/.test(line))
        .filter((line) => !/^\s+([0-9a-f]{2}:){15}/.test(line));
    const [own, impostor] = [documentSigner("self-made", generation), documentSigner("impostor", generation)];
    expect(parts(own).length).toBeGreaterThanOrEqual(5);
    expect(parts(impostor).slice(0, 5)).toEqual(parts(own).slice(0, 5));
    expect(verify(impostor, countrySigner("self-made", generation), ...at(IN_2026)).err).toMatch(
      /signature failure|invalid padding|padding check|bad signature/,
    );
  });

  test("an expired signer was valid once", () => {
    const trusted = countrySigner("self-made", generation);
    const expired = documentSigner("self-made", generation, "expired");
    expect(verify(expired, trusted, ...at(IN_2026)).err).toContain("certificate has expired");
    expect(verify(expired, trusted, ...at(generation === 1 ? IN_2018 : IN_2021)).exit).toBe(0);
  });

  test("a revoked signer is valid but for the list, on which no other stands", () => {
    const trusted = countrySigner("self-made", generation);
    const list = bench.revocationList("list.pem", makeRevocationList({ authority: "self-made", generation }));
    const revoked = documentSigner("self-made", generation, "revoked");
    const withList = ["-crl_check", "-CRLfile", list, ...at(IN_2026)];
    expect(verify(revoked, trusted, ...at(IN_2026)).exit).toBe(0);
    expect(verify(revoked, trusted, ...withList).err).toContain("certificate revoked");
    expect(verify(documentSigner("self-made", generation), trusted, ...withList).exit).toBe(0);
  });

  test("a revocation list has the dates and entries that were asked for", () => {
    const updates = { from: "20250601000000Z", to: "20500601000000Z" };
    const list = makeRevocationList({ authority: "foreign", generation, updates, revoked: [] });
    const trust = bench.certificates("foreign.pem", countrySigner("foreign", generation));
    const { out, err } = openssl(
      { input: list },
      "crl",
      "-inform",
      "DER",
      "-CAfile",
      trust,
      "-noout",
      "-text",
    );
    expect(err).toContain("verify OK");
    expect(out).toContain("No Revoked Certificates");
    expect(out).toContain("Next Update: Jun  1 00:00:00 2050 GMT");
  });

  test("certificates say what those of Italy say, and whose they are", () => {
    const signer = textOf(documentSigner("self-made", generation));
    const algorithm = generation === 1 ? "sha1WithRSAEncryption" : "rsassaPss";
    expect(signer).toContain(`Signature Algorithm: ${algorithm}`);
    expect(signer).toMatch(/Subject: C ?= ?IT, .*serialNumber ?= ?000\d\d, CN ?= ?eIdentityCardSigner/);
    expect(signer).toMatch(/Key Usage: critical\s+Digital Signature\n/);
    expect(signer).toContain("Private Key Usage Period");
    expect(signer.includes("2.23.136.1.1.6.2")).toBe(generation === 2);
    expect(signer).toContain("(2048 bit)");
    const country = textOf(countrySigner("self-made", generation));
    expect(country).toMatch(/Subject: C ?= ?IT, O ?= ?Varco Simulator, OU ?= ?Virtual cards without value/);
    expect(country).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
    expect(country).toMatch(/CA:TRUE, pathlen:0/);
    expect(country).toContain("(4096 bit)");
    expect(textOf(countrySigner("test", generation))).toMatch(/CN ?= ?.* - TEST$/m);
    expect(textOf(countrySigner("foreign", generation))).toMatch(/Subject: C ?= ?UT,/);
  });
});

describe.runIf(hasOpenssl)("what vouches for other certificates", () => {
  test("the link certificate leads from the first key to signers under the second", () => {
    const link = bench.certificates("link.pem", makeLinkCertificate().certificate);
    const signer = documentSigner("self-made", 2);
    const first = countrySigner("self-made", 1);
    expect(verify(signer, first, ...at(IN_2026)).exit).not.toBe(0);
    expect(verify(signer, first, "-untrusted", link, ...at(IN_2026)).exit).toBe(0);
  });

  test("a master list is signed for that purpose and holds what was put in", () => {
    const listed = [countrySigner("self-made", 1), countrySigner("foreign", 2)];
    const list = bench.file("list.bin", makeMasterList(listed));
    const trust = bench.certificates("root.pem", countrySigner("self-made", 2));
    const words = ["-verify", "-inform", "DER", "-in", list, "-CAfile", trust, "-purpose", "any", "-binary"];
    const { exit, out } = openssl({}, "cms", ...words, ...at(IN_2026));
    expect(exit).toBe(0);
    const content = Buffer.from(out, "latin1");
    expect(listed.map((certificate) => content.includes(Buffer.from(certificate)))).toEqual([true, true]);
    expect(textOf(masterListSigner().certificate)).toMatch(
      /Extended Key Usage: critical\s+2\.23\.136\.1\.1\.3\n/,
    );
  });
});

test("another process makes the same certificates", async () => {
  const before = new X509Certificate(documentSigner("self-made", 2)).fingerprint256;
  vi.resetModules();
  const elsewhere = await import("../../../src/sim/pki/authority.ts");
  expect(elsewhere.authority).not.toBe(authority);
  const made = elsewhere.authority("self-made").documentSigner(2);
  expect(new X509Certificate(made.certificate).fingerprint256).toBe(before);
});
