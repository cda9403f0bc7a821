import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import { hex } from "../../src/bytes/hex.ts";
import { CARD_OBJECT, parseAsn1 } from "../../src/pki/asn1.ts";
import { parseCertificate } from "../../src/pki/certificate.ts";
import { readName } from "../../src/pki/name.ts";
import { readSignedData } from "../../src/pki/signed-data.ts";
import { authority } from "../../src/sim/pki/authority.ts";
import {
  context,
  element,
  octetString,
  oid,
  printableString,
  sequence,
  setOf,
  smallInteger,
  utf8String,
} from "../../src/sim/pki/der.ts";
import { keyUsage } from "../../src/sim/pki/extensions.ts";
import { bad, good } from "../good.ts";
import { certificateOf, documentSigner, flipped, offsetOf, replaced, sod } from "./makers.ts";

const DER = documentSigner().certificate;
const changed = (part: Uint8Array, by: Uint8Array) => bad(parseCertificate(replaced(DER, part, by)));

describe("a certificate", () => {
  test("is cut at its own length", () => {
    expect(certificateOf(concat(DER, new Uint8Array(99))).der).toEqual(DER);
  });

  test("may have a negative serial number, which is told as it is written", () => {
    const part = hex("02025A01");
    expect(certificateOf(replaced(DER, part, hex("0202FF01"))).serial).toBe("FF01");
  });

  test.each<[name: string, der: Uint8Array, field: string]>([
    ["another structure", sequence(smallInteger(1)), "structure"],
    [
      "a date that does not exist",
      replaced(DER, hex("170D3233303230313038"), hex("170D3233303233313038")),
      "validity",
    ],
    [
      "an extension twice",
      documentSigner({ extensions: [keyUsage(0), keyUsage(0)] }).certificate,
      "extensions",
    ],
    [
      "an extension that is no ASN.1",
      documentSigner({ extensions: [sequence(oid("2.5.29.15"), octetString(hex("0302")))] }).certificate,
      "extensions",
    ],
    [
      "a name that is none",
      documentSigner({ subject: sequence(setOf(sequence(hex("0500")))) }).certificate,
      "subject",
    ],
    [
      "an issuer that is none",
      documentSigner({ issuer: sequence(setOf(sequence(hex("0500")))) }).certificate,
      "issuer",
    ],
  ])("is refused with %s", (_, der, field) => {
    expect(bad(parseCertificate(der))).toEqual({ kind: "certificate", field });
  });

  test("is refused when the algorithm outside is not the signed one", () => {
    const outside = Buffer.from(DER).lastIndexOf(oid("1.2.840.113549.1.1.10"));
    expect(bad(parseCertificate(flipped(DER, outside + 10)))).toEqual({
      kind: "certificate",
      field: "algorithm",
    });
  });

  test("is refused when its length lies", () => {
    expect(bad(parseCertificate(DER.subarray(0, DER.length - 1)))).toMatchObject({
      kind: "asn1",
      why: "truncated",
    });
    expect(changed(DER.slice(0, 4), concat(hex("3083"), DER.slice(2, 4))).kind).toBe("asn1");
  });

  test("of any bytes is answered without a throw", () => {
    const places = fc.array(fc.record({ at: fc.nat(DER.length - 1), bit: fc.nat(7) }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(places, (all) => {
        void parseCertificate(all.reduce((der, { at, bit }) => flipped(der, at, bit), DER));
      }),
      { numRuns: 500 },
    );
  });
});

const nameOf = (der: Uint8Array) => readName(good(parseAsn1(der, CARD_OBJECT)));
const pair = (type: string, value: Uint8Array) => setOf(sequence(oid(type), value));
const [C, O, CN] = ["2.5.4.6", "2.5.4.10", "2.5.4.3"] as const;

describe("a name", () => {
  const name = nameOf(
    sequence(pair(C, printableString("IT")), pair(O, printableString("Ministry of Interior"))),
  );

  test.each<[how: string, der: Uint8Array]>([
    [
      "in another case",
      sequence(pair(C, printableString("it")), pair(O, printableString("MINISTRY OF INTERIOR"))),
    ],
    [
      "in another type of string",
      sequence(pair(C, utf8String("IT")), pair(O, utf8String("Ministry of Interior"))),
    ],
    [
      "in another order",
      sequence(pair(O, printableString("Ministry of Interior")), pair(C, printableString("IT"))),
    ],
    [
      "with more blanks",
      sequence(pair(C, printableString("IT")), pair(O, printableString("  Ministry  of Interior "))),
    ],
  ])("is the same %s", (_, der) => {
    expect(nameOf(der)?.key).toBe(name?.key);
    expect(nameOf(der)?.country).toBe("IT");
  });

  test("has a common name when it gives exactly one", () => {
    const common = (...texts: readonly string[]) =>
      nameOf(sequence(pair(O, utf8String("CN=FR05")), ...texts.map((text) => pair(CN, utf8String(text)))))
        ?.commonName;
    expect(common("FR05")).toBe("FR05");
    expect(common()).toBe("");
    expect(common("FR05", "FR07")).toBe("");
  });

  test("is another with one letter more", () => {
    const other = sequence(pair(C, printableString("IT")), pair(O, printableString("Ministry of Interiors")));
    expect(nameOf(other)?.key).not.toBe(name?.key);
  });

  test("is shown without control characters, and to a bounded length", () => {
    const text =
      nameOf(sequence(pair(CN, utf8String(`a\u0007\n\u001b[2Jb${"x".repeat(9_000)}`))))?.text ?? "";
    expect(text).toMatch(/^CN=a \[2Jbx+$/);
    expect(text.length).toBeLessThan(300);
  });

  test.each([
    ["Italian Country Signer CA - TEST", true],
    ["test-csca", true],
    ["Contest Authority", false],
    ["Testament Office", false],
  ])("%s is of a test: %s", (text, expected) => {
    expect(nameOf(sequence(pair(CN, utf8String(text))))?.isTest).toBe(expected);
  });
});

describe("signed data", () => {
  const inner = sod().subarray(4);
  const read = (bytes: Uint8Array) => readSignedData(good(parseAsn1(bytes, CARD_OBJECT)));
  const field = (bytes: Uint8Array) => bad(read(bytes)).field;
  const attributeType = oid("1.2.840.113549.1.9.4");
  const dataOf = (...parts: readonly Uint8Array[]) =>
    sequence(oid("1.2.840.113549.1.7.2"), context(0, sequence(smallInteger(3), setOf(), ...parts)));
  const content = sequence(oid("2.23.136.1.1.1"), context(0, octetString(hex("00"))));

  test("keep the signed attributes byte for byte, but for their tag", () => {
    const { attributes } = good(read(inner));
    const signed = attributes?.signedBytes ?? new Uint8Array(0);
    expect(signed[0]).toBe(0x31);
    expect(offsetOf(inner, signed.subarray(1))).toBeGreaterThan(0);
  });

  test.each<[name: string, bytes: Uint8Array, expected: string]>([
    ["no content", dataOf(sequence(oid("2.23.136.1.1.1")), setOf()), "content"],
    ["no signer", dataOf(content, setOf()), "signerInfos"],
    ["two signers", dataOf(content, setOf(sequence(), sequence(smallInteger(1)))), "signerInfos"],
    ["an empty signer", dataOf(content, setOf(sequence())), "signerInfo"],
    ["an attribute twice", replaced(inner, attributeType, oid("1.2.840.113549.1.9.3")), "attributes"],
  ])("with %s are refused", (_, bytes, expected) => {
    expect(field(bytes)).toBe(expected);
  });

  test("leave out embedded objects that are no certificates", () => {
    const strange = context(
      0,
      element(0xa3, hex("0500")),
      authority("self-made").countrySigner(2).certificate,
    );
    const signer = sequence(
      smallInteger(1),
      element(0x80, hex("0102")),
      sequence(oid("2.16.840.1.101.3.4.2.1")),
      sequence(oid("1.2.840.10045.4.3.2")),
      octetString(hex("00")),
    );
    const { certificates, signerId } = good(read(dataOf(content, strange, setOf(signer))));
    expect(certificates).toHaveLength(1);
    expect(signerId).toEqual({ kind: "subjectKeyId", keyId: "0102" });
  });
});
