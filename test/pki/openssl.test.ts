// Certificates, signed data and revocation lists made by OpenSSL, read and judged by us; and where both can judge, the
// same verdict. Node's own reader of certificates is the witness for the fields.
import { X509Certificate } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { CARD_OBJECT, parseAsn1 } from "../../src/pki/asn1.ts";
import { isSignedBy } from "../../src/pki/certificate.ts";
import { isListSignedBy, parseRevocationList } from "../../src/pki/crl.ts";
import { readTrustFile } from "../../src/pki/pem.ts";
import { checkSignedData, readSignedData } from "../../src/pki/signed-data.ts";
import { instant } from "../../src/time/time.ts";
import { bad, good } from "../good.ts";
import { Bench, hasOpenssl, openssl } from "../sim/pki/openssl.ts";
import { AT, ascii, certificateOf, day, flipped, store } from "./makers.ts";
import { opensslAuthority, SCHEMES } from "./openssl-authority.ts";

const bench = new Bench();
afterAll(() => bench.clear());
const CONTENT = ascii("a content of no meaning, long enough to be looked at");
const NEVER = day("1990-01-01");

const signedData = (bytes: Uint8Array) => good(readSignedData(good(parseAsn1(bytes, CARD_OBJECT))));

describe.runIf(hasOpenssl).each(SCHEMES)("$name", (scheme) => {
  const made = hasOpenssl ? opensslAuthority(bench, scheme) : undefined;
  if (made === undefined) return;
  const parent = certificateOf(made.countrySigner);
  const signer = certificateOf(made.documentSigner);

  test("every field of a certificate is as Node reads it", () => {
    for (const [certificate, der] of [
      [parent, made.countrySigner],
      [signer, made.documentSigner],
    ] as const) {
      const witness = new X509Certificate(der);
      expect(certificate.fingerprint).toBe(witness.fingerprint256.replaceAll(":", ""));
      expect(certificate.serial.replace(/^00/, "")).toBe(witness.serialNumber);
      expect(certificate.notBefore).toBe(instant(Date.parse(witness.validFrom)));
      expect(certificate.notAfter).toBe(instant(Date.parse(witness.validTo)));
      expect(certificate.isAuthority).toBe(witness.ca);
      expect(toHex(certificate.spki)).toBe(toHex(witness.publicKey.export({ type: "spki", format: "der" })));
    }
  });

  test("names, identifiers and extensions are told", () => {
    expect(parent.subject.text).toBe("C=it, O=Ministero di Prova, CN=Università, serialNumber=00042");
    expect(parent.subject.country).toBe("IT");
    expect(signer.issuer.key).toBe(parent.subject.key);
    expect(signer.authorityKeyId).toBe(parent.subjectKeyId);
    const usages = { digitalSignature: false, nonRepudiation: false, keyCertSign: false, crlSign: false };
    expect(parent.keyUsage).toEqual({ ...usages, keyCertSign: true, crlSign: true });
    expect(signer.keyUsage).toEqual({ ...usages, digitalSignature: true });
    expect(signer.extendedKeyUsage).toEqual(["2.23.136.1.1.3"]);
    expect(signer.documentTypes).toEqual(["C"]);
    expect([parent.unknownCritical, signer.unknownCritical]).toEqual([[], ["1.2.3.4.5"]]);
  });

  test("signatures between certificates are judged as openssl does", () => {
    expect(isSignedBy(parent, parent)).toBe("valid");
    expect(isSignedBy(signer, parent)).toBe("valid");
    expect(isSignedBy(parent, signer)).not.toBe("valid");
    const witness = new X509Certificate(made.documentSigner);
    expect(witness.verify(new X509Certificate(made.countrySigner).publicKey)).toBe(true);
    if (scheme.beyondOpenssl === "chain") return;
    const words = ["verify", "-partial_chain", "-ignore_critical", "-CAfile", made.countrySignerFile];
    expect(openssl({}, ...words, made.documentSignerFile).exit).toBe(0);
  });

  test("signed data of every form are read and verified", () => {
    const streamed = scheme.beyondOpenssl === "streaming" ? [] : [["-stream"]];
    for (const words of [[], ["-keyid"], ["-certfile", made.countrySignerFile], ...streamed]) {
      const signed = signedData(made.sign(CONTENT, ...words));
      expect(signed.content).toEqual(CONTENT);
      expect(signed.contentType).toBe("2.23.136.1.1.1");
      expect(good(checkSignedData(signed)).fingerprint).toBe(signer.fingerprint);
    }
  });

  test("signed data without attributes, or without the signer's certificate, are refused", () => {
    expect(bad(checkSignedData(signedData(made.sign(CONTENT, "-noattr"))))).toEqual({
      kind: "attributesMissing",
    });
    expect(bad(checkSignedData(signedData(made.sign(CONTENT, "-nocerts"))))).toEqual({
      kind: "signerMismatch",
    });
  });

  test("a changed content is refused by both", () => {
    const whole = made.sign(CONTENT);
    const changed = flipped(whole, Buffer.from(whole).indexOf(CONTENT) + 5);
    expect(bad(checkSignedData(signedData(changed)))).toEqual({ kind: "messageDigestMismatch" });
    const verify = ["cms", "-verify", "-noverify", "-inform", "DER", "-binary"];
    expect(openssl({ input: whole }, ...verify).exit).toBe(0);
    expect(openssl({ input: changed }, ...verify).exit).not.toBe(0);
  });

  test("a changed signature is refused by both", () => {
    const whole = made.sign(CONTENT);
    const changed = flipped(whole, whole.length - 3);
    expect(bad(checkSignedData(signedData(changed))).kind).toBe("signatureInvalid");
    expect(
      openssl({ input: changed }, "cms", "-verify", "-noverify", "-inform", "DER", "-binary").exit,
    ).not.toBe(0);
  });

  test("a revocation list names the signer, and its issuer alone vouches for it", () => {
    const { pem, der } = made.revocationList();
    const list = good(parseRevocationList(der));
    expect(list.revoked).toContain(signer.serial);
    expect([...list.revoked]).toHaveLength(1);
    expect(list.nextUpdate - list.thisUpdate).toBe(30 * 86_400_000);
    expect(isListSignedBy(list, parent)).toBe("valid");
    expect(isListSignedBy(list, signer)).toBe("invalid");
    expect(readTrustFile(pem).revocationLists.map((one) => one.der)).toEqual([der]);
    for (let offset = 0; offset < der.length; offset += 11) {
      const changed = parseRevocationList(flipped(der, offset, offset % 8));
      if (changed.ok) expect(isListSignedBy(changed.value, parent)).not.toBe("valid");
    }
  });

  test("a critical extension that nobody knows keeps the signer out, its revocation too", () => {
    const now = instant(parent.notBefore + 60_000);
    const anchors = { anchors: [made.countrySigner] };
    expect(bad(store(anchors).judge(signer, { at: now }))).toEqual({ kind: "signerCriticalExtension" });
    expect(bad(store(anchors).judge(signer, { at: NEVER }))).toEqual({ kind: "signerCriticalExtension" });
    expect(bad(store().judge(signer, { at: AT }))).toEqual({ kind: "noTrustAnchor" });
  });

  test("a bit turned anywhere in a certificate is seen", () => {
    const der = made.documentSigner;
    for (let offset = 0; offset < der.length; offset += 5) {
      const changed = readTrustFile(flipped(der, offset, offset % 8)).certificates[0];
      if (changed !== undefined) expect(isSignedBy(changed, parent)).not.toBe("valid");
    }
  });
});
