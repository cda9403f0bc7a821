// Keys bound to an algorithm, and the parts of BER: what node:crypto and OpenSSL make of them.
import { constants, createPublicKey, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import { concat } from "../../../src/bytes/bytes.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { ber } from "../../../src/sim/pki/ber.ts";
import { octetString, oid, sequence, smallInteger } from "../../../src/sim/pki/der.ts";
import { type EcSignerChoice, ecSigner } from "../../../src/sim/pki/ec-signer.ts";
import { namedCurveKey } from "../../../src/sim/pki/public-key-info.ts";
import { rsaPkcs1, rsaPss } from "../../../src/sim/pki/signature-scheme.ts";
import { ownScheme, rsaSigner, type SignerKey } from "../../../src/sim/pki/signer-key.ts";
import { testKey } from "../../../src/sim/pki/test-key.ts";
import { ascii } from "../../pki/makers.ts";
import { hasOpenssl, openssl } from "./openssl.ts";

const MESSAGE = ascii("what is signed");
const HASHES = ["sha1", "sha224", "sha256", "sha384", "sha512"] as const;

const openHalf = ({ publicKeyInfo }: SignerKey) =>
  createPublicKey({ key: Buffer.from(publicKeyInfo), format: "der", type: "spki" });
const signatureOf = (key: SignerKey) => ownScheme(key).sign(MESSAGE, key);

describe.each(HASHES)("RSA over %s", (hash) => {
  test("PKCS#1 v1.5 verifies under that hash alone", () => {
    const key = rsaSigner(testKey("documentSignerPkcs1"), rsaPkcs1(hash));
    const judged = HASHES.map((name) => verify(name, MESSAGE, openHalf(key), signatureOf(key)));
    expect(judged).toEqual(HASHES.map((name) => name === hash));
  });

  test.each([0, 20, 33, 64])("PSS has a salt of %i bytes, no more and no less", (saltBytes) => {
    const key = rsaSigner(testKey("documentSignerPss"), rsaPss({ hash, saltBytes }));
    const withSalt = (saltLength: number) =>
      verify(
        hash,
        MESSAGE,
        { key: openHalf(key), padding: constants.RSA_PKCS1_PSS_PADDING, saltLength },
        signatureOf(key),
      );
    expect([saltBytes, saltBytes + 1].map(withSalt)).toEqual([true, false]);
    expect(toHex(key.algorithm)).toContain(toHex(smallInteger(saltBytes)));
  });
});

test("a salt that is not stated leaves no trace in the identifier", () => {
  const [stated, silent] = (["stated", "left out"] as const).map((saltIs) =>
    toHex(rsaPss({ hash: "sha256", saltBytes: 32, saltIs }).identifier),
  );
  expect(stated).toContain("A203020120");
  expect(silent).not.toContain("A203020120");
});

const brainpool: EcSignerChoice = {
  curve: "brainpoolP256r1",
  label: "a signer",
  hash: "sha256",
  parameters: "explicit",
};

describe("ECDSA", () => {
  test.each([
    ["P-256", "sha256", "prime256v1"],
    ["P-256", "sha512", "prime256v1"],
    ["P-384", "sha384", "secp384r1"],
    ["P-521", "sha512", "secp521r1"],
    ["brainpoolP256r1", "sha1", "brainpoolP256r1"],
    ["brainpoolP384r1", "sha384", "brainpoolP384r1"],
  ] as const)("on %s over %s verifies, the curve spelled out or named", (curve, hash, name) => {
    for (const parameters of ["explicit", { named: curve }] as const) {
      const key = ecSigner({ ...brainpool, curve, hash, parameters });
      expect(openHalf(key).asymmetricKeyDetails?.namedCurve).toBe(name);
      expect(verify(hash, MESSAGE, openHalf(key), signatureOf(key))).toBe(true);
      expect(verify(hash, ascii("another"), openHalf(key), signatureOf(key))).toBe(false);
    }
  });

  test("a label is a key, and a message a signature", () => {
    const [first, again, other] = ["a signer", "a signer", "another"].map((label) =>
      ecSigner({ ...brainpool, label }),
    );
    expect(first?.sign(MESSAGE)).toEqual(again?.sign(MESSAGE));
    expect(first?.keyId).not.toEqual(other?.keyId);
  });

  test("padded integers are the same numbers, and a strict reader refuses them", () => {
    const [minimal, padded] = (["minimal", "padded"] as const).map((integers) =>
      ecSigner({ ...brainpool, integers }),
    );
    if (minimal === undefined || padded === undefined) throw new Error("two keys were made");
    expect(padded.publicKeyInfo).toEqual(minimal.publicKeyInfo);
    expect(toHex(signatureOf(padded)).slice(4)).toMatch(/^02220000[0-9A-F]{64}02220000[0-9A-F]{64}$/);
    expect(verify("sha256", MESSAGE, openHalf(minimal), signatureOf(padded))).toBe(false);
  });

  test("a curve that is named wrongly makes the key unreadable, and only that", () => {
    const [misnamed, right] = (["P-256", "brainpoolP256r1"] as const).map((named) =>
      ecSigner({ ...brainpool, parameters: { named } }),
    );
    if (misnamed === undefined || right === undefined) throw new Error("two keys were made");
    expect(() => openHalf(misnamed)).toThrow();
    expect(signatureOf(misnamed)).toEqual(signatureOf(right));
    expect(misnamed.keyId).toEqual(right.keyId);
  });
});

test("a key on a named curve is identifier, name and point", () => {
  expect(toHex(namedCurveKey("1.2.840.10045.3.1.7", hex("04AABB")))).toBe(
    "301B301306072A8648CE3D020106082A8648CE3D03010703040004AABB",
  );
});

describe("BER", () => {
  const content = new Uint8Array(150).map((_, index) => index);

  test("an octet string comes in pieces between indefinite lengths", () => {
    const pieces = [content.subarray(0, 64), content.subarray(64, 128), content.subarray(128)];
    const expected = concat(hex("2480"), ...pieces.map((piece) => octetString(piece)), hex("0000"));
    expect(toHex(ber.octetString(content))).toBe(toHex(expected));
    expect(toHex(ber.octetString(new Uint8Array(0)))).toBe("24800000");
  });

  test.runIf(hasOpenssl)("OpenSSL finds every element where it is", () => {
    const tree = ber.sequence(oid("1.2.3"), ber.context(0, ber.octetString(content)), ber.setOf(sequence()));
    const { exit, out } = openssl({ input: tree }, "asn1parse", "-inform", "DER");
    expect(exit).toBe(0);
    const names = out
      .split("\n")
      .flatMap((line) => /(?:cons|prim): +(\S+(?: \[ \d \])?)/.exec(line)?.[1] ?? []);
    expect(names).toEqual(
      ["SEQUENCE", "OBJECT", "cont [ 0 ]", "OCTET"].concat(
        ["OCTET", "OCTET", "OCTET", "EOC", "EOC"],
        ["SET", "SEQUENCE", "EOC", "EOC"],
      ),
    );
  });
});
