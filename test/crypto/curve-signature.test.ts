// Signatures whose curve is their algorithm: node:crypto signs, and what is verified is compared with what it says.
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { verifyByCurve } from "../../src/crypto/curve-signature.ts";

const MESSAGE = new TextEncoder().encode("DC04FR000001");
const spkiOf = (key: KeyObject) => Uint8Array.from(key.export({ type: "spki", format: "der" }));
const pair = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve });
const signed = (key: KeyObject, hash: string, message = MESSAGE) =>
  Uint8Array.from(sign(hash, message, { key, dsaEncoding: "ieee-p1363" }));

describe.each([
  ["P-256", "sha256", 64],
  ["P-384", "sha384", 96],
  ["P-521", "sha512", 132],
])("on %s with %s", (curve, hash, length) => {
  const { publicKey, privateKey } = pair(curve);
  const spki = spkiOf(publicKey);
  const signature = signed(privateKey, hash);
  const verdict = (changes: Partial<Parameters<typeof verifyByCurve>[0]>) =>
    verifyByCurve({ spki, message: MESSAGE, signature, ...changes });

  test("r and s are as long as the order, and valid", () => {
    expect(signature).toHaveLength(length);
    expect(verdict({})).toBe("valid");
    expect(verdict({ message: MESSAGE.subarray(1) })).toBe("invalid");
    expect(verdict({ spki: spkiOf(pair(curve).publicKey) })).toBe("invalid");
  });

  test("another hash, another length or DER is invalid", () => {
    for (const other of ["sha1", "sha256", "sha384", "sha512"].filter((name) => name !== hash))
      expect(verdict({ signature: signed(privateKey, other) })).toBe("invalid");
    for (const bytes of [0, length - 1, length + 1, 64, 96, 132].filter((count) => count !== length))
      expect(verdict({ signature: new Uint8Array(bytes).fill(1) })).toBe("invalid");
    expect(verdict({ signature: Uint8Array.from(sign(hash, MESSAGE, privateKey)) })).toBe("invalid");
  });

  test("zeros, the largest numbers and any bit changed are invalid", () => {
    for (const value of [0x00, 0xff])
      expect(verdict({ signature: signature.map(() => value) })).toBe("invalid");
    for (let at = 0; at < length; at++)
      expect(verdict({ signature: signature.with(at, (signature[at] ?? 0) ^ 1) })).toBe("invalid");
  });
});

test.each([
  ["keyKind", spkiOf(generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey)],
  ["keyKind", spkiOf(generateKeyPairSync("ed25519").publicKey)],
  ["curve", spkiOf(pair("brainpoolP256r1").publicKey)],
  ["curve", spkiOf(pair("secp256k1").publicKey)],
  ["keyMalformed", new Uint8Array(0)],
  ["keyMalformed", new Uint8Array(5_000)],
])("a key that seals are not made with is unsupported: %s", (unsupported, spki) => {
  const signature = new Uint8Array(createHash("sha512").digest());
  expect(verifyByCurve({ spki, message: MESSAGE, signature })).toEqual({ unsupported });
});

test("no bytes make it throw", () => {
  const spki = spkiOf(pair("P-256").publicKey);
  const bytes = fc.uint8Array({ maxLength: 140 });
  fc.assert(
    fc.property(bytes, bytes, fc.boolean(), (message, signature, isKey) => {
      expect(verifyByCurve({ spki: isKey ? spki : message, message, signature })).not.toBe("valid");
    }),
    { numRuns: 300 },
  );
});
