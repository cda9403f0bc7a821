import { constants, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import { hex } from "../../src/bytes/hex.ts";
import { type SignatureAlgorithm, verifySignature } from "../../src/crypto/signature.ts";
import { element, oid, sequence, unsignedInteger } from "../../src/sim/pki/der.ts";
import { ascii, flipped } from "../pki/makers.ts";

const MESSAGE = ascii("what was signed");
const HASHES = ["sha1", "sha224", "sha256", "sha384", "sha512"] as const;
const spkiOf = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ type: "spki", format: "der" }));
const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING };

const verdict = (algorithm: SignatureAlgorithm, key: KeyObject, signature: Uint8Array) =>
  verifySignature({ algorithm, spki: spkiOf(key), message: MESSAGE, signature });

describe.each(HASHES)("with %s", (hash) => {
  test("RSA PKCS#1 v1.5", () => {
    const signature = sign(hash, MESSAGE, rsa.privateKey);
    expect(verdict({ kind: "rsaPkcs1", hash }, rsa.publicKey, signature)).toBe("valid");
    expect(verdict({ kind: "rsaPkcs1", hash }, rsa.publicKey, flipped(signature, 9))).toBe("invalid");
    expect(verdict({ kind: "rsaPss", hash, mgfHash: hash }, rsa.publicKey, signature)).toBe("invalid");
  });

  test.each([0, 20, 32, 64])("RSA PSS with a salt of %i bytes", (saltLength) => {
    const signature = sign(hash, MESSAGE, { key: rsa.privateKey, ...PSS, saltLength });
    expect(verdict({ kind: "rsaPss", hash, mgfHash: hash }, rsa.publicKey, signature)).toBe("valid");
    expect(verdict({ kind: "rsaPss", hash, mgfHash: hash }, rsa.publicKey, flipped(signature, 9))).toBe(
      "invalid",
    );
    expect(verdict({ kind: "rsaPkcs1", hash }, rsa.publicKey, signature)).toBe("invalid");
  });

  test.each([
    "prime256v1",
    "secp384r1",
    "secp521r1",
    "brainpoolP256r1",
    "brainpoolP384r1",
    "brainpoolP512r1",
  ])("ECDSA on %s, its parameters named or spelled out", (namedCurve) => {
    for (const paramEncoding of ["named", "explicit"] as const) {
      const pair = generateKeyPairSync("ec", { namedCurve, paramEncoding });
      const signature = sign(hash, MESSAGE, pair.privateKey);
      expect(verdict({ kind: "ecdsa", hash }, pair.publicKey, signature)).toBe("valid");
      expect(verdict({ kind: "ecdsa", hash }, pair.publicKey, flipped(signature, signature.length - 1))).toBe(
        "invalid",
      );
    }
  });
});

describe("keys marked for PSS", () => {
  const free = generateKeyPairSync("rsa-pss", { modulusLength: 2_048 });
  const bound = generateKeyPairSync("rsa-pss", {
    modulusLength: 2_048,
    hashAlgorithm: "sha256",
    mgf1HashAlgorithm: "sha256",
  });

  test.each([free, bound])("sign so, and not otherwise", ({ publicKey, privateKey }) => {
    const signature = sign("sha256", MESSAGE, { key: privateKey, ...PSS, saltLength: 32 });
    expect(verdict({ kind: "rsaPss", hash: "sha256", mgfHash: "sha256" }, publicKey, signature)).toBe(
      "valid",
    );
    expect(verdict({ kind: "rsaPkcs1", hash: "sha256" }, publicKey, signature)).toEqual({
      unsupported: "keyKind",
    });
  });
});

describe("what cannot be told", () => {
  const ANY = new Uint8Array(256).fill(1);
  const weak = generateKeyPairSync("rsa", { modulusLength: 1_024 }).publicKey;
  const curve = generateKeyPairSync("ec", { namedCurve: "prime256v1" }).publicKey;
  const exotic = generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey;
  const edwards = generateKeyPairSync("ed25519").publicKey;

  test.each<[name: string, algorithm: SignatureAlgorithm, key: KeyObject, why: string]>([
    ["1,024 bits", { kind: "rsaPkcs1", hash: "sha256" }, weak, "keyStrength"],
    [
      "another hash for the mask",
      { kind: "rsaPss", hash: "sha256", mgfHash: "sha1" },
      rsa.publicKey,
      "maskHash",
    ],
    ["an RSA key for ECDSA", { kind: "ecdsa", hash: "sha256" }, rsa.publicKey, "keyKind"],
    ["a curve for RSA", { kind: "rsaPkcs1", hash: "sha256" }, curve, "keyKind"],
    ["a curve that no State uses", { kind: "ecdsa", hash: "sha256" }, exotic, "curve"],
    ["another kind of key", { kind: "ecdsa", hash: "sha256" }, edwards, "keyKind"],
  ])("%s", (_, algorithm, key, why) => {
    expect(verdict(algorithm, key, ANY)).toEqual({ unsupported: why });
  });

  const RSA_ENCRYPTION = sequence(oid("1.2.840.113549.1.1.1"), hex("0500"));
  const bits = (content: Uint8Array) => element(0x03, hex("00"), content);
  const rsaKey = (modulus: Uint8Array, exponent: Uint8Array) =>
    sequence(RSA_ENCRYPTION, bits(sequence(unsignedInteger(modulus), unsignedInteger(exponent))));
  const big = (lengthBytes: number) => new Uint8Array(lengthBytes).fill(0xc1);
  /** A curve over a composite field: y² = x³ + 3 modulo 2^256 − 2, whatever the rest. */
  const nonsense = (fieldBytes: number) =>
    sequence(
      sequence(
        oid("1.2.840.10045.2.1"),
        sequence(
          hex("020101"),
          sequence(oid("1.2.840.10045.1.1"), unsignedInteger(big(fieldBytes).with(fieldBytes - 1, 0xfe))),
          sequence(element(0x04, hex("00")), element(0x04, hex("03"))),
          element(0x04, hex("04"), big(fieldBytes).with(0, 1), big(fieldBytes).with(0, 2)),
          unsignedInteger(big(fieldBytes).with(0, 3)),
          hex("020101"),
        ),
      ),
      bits(concat(hex("04"), big(fieldBytes).with(0, 1), big(fieldBytes).with(0, 2))),
    );

  test.each<[name: string, spki: Uint8Array, algorithm: SignatureAlgorithm]>([
    ["no bytes", new Uint8Array(0), { kind: "rsaPkcs1", hash: "sha256" }],
    ["RSA of 65,536 bits", rsaKey(big(8_192), hex("010001")), { kind: "rsaPkcs1", hash: "sha256" }],
    ["an exponent of 2,000 bits", rsaKey(big(256), big(250)), { kind: "rsaPkcs1", hash: "sha256" }],
    ["an exponent of 1", rsaKey(big(256), hex("01")), { kind: "rsaPkcs1", hash: "sha256" }],
    ["an even exponent", rsaKey(big(256), hex("010000")), { kind: "rsaPkcs1", hash: "sha256" }],
    ["a curve of nonsense", nonsense(32), { kind: "ecdsa", hash: "sha256" }],
    ["a curve of nonsense over 8,000 bits", nonsense(1_000), { kind: "ecdsa", hash: "sha256" }],
  ])("%s, told at once", (_, spki, algorithm) => {
    const started = performance.now();
    expect(verifySignature({ algorithm, spki, message: MESSAGE, signature: ANY })).toHaveProperty(
      "unsupported",
    );
    expect(performance.now() - started).toBeLessThan(500);
  });

  test("no bytes of key or signature make it throw", () => {
    const spki = spkiOf(curve);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(spki.length - 1), (signature, at) => {
        const algorithm: SignatureAlgorithm = { kind: "ecdsa", hash: "sha256" };
        expect(verifySignature({ algorithm, spki, message: MESSAGE, signature })).toBe("invalid");
        void verifySignature({ algorithm, spki: flipped(spki, at, at % 8), message: MESSAGE, signature });
      }),
      { numRuns: 300 },
    );
  });
});
