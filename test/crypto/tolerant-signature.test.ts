import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import { hex } from "../../src/bytes/hex.ts";
import { verifyPss } from "../../src/crypto/pss.ts";
import { type SignatureAlgorithm, verifySignature } from "../../src/crypto/signature.ts";
import { verifyTolerantly } from "../../src/crypto/tolerant-signature.ts";
import { octetString, rawInteger, sequence } from "../../src/sim/pki/der.ts";
import { namedCurveKey } from "../../src/sim/pki/public-key-info.ts";
import { ascii, flipped } from "../pki/makers.ts";

const MESSAGE = ascii("what was signed");
const ECDSA: SignatureAlgorithm = { kind: "ecdsa", hash: "sha256" };
const spkiOf = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ type: "spki", format: "der" }));
const judge = (spki: Uint8Array, signature: Uint8Array, algorithm: SignatureAlgorithm = ECDSA) =>
  verifyTolerantly({ algorithm, spki, message: MESSAGE, signature });

/** A key on P-256, and what it signs. */
const pair = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const plain = new Uint8Array(sign("sha256", MESSAGE, { key: pair.privateKey, dsaEncoding: "ieee-p1363" }));
const [r, s] = [plain.subarray(0, 32), plain.subarray(32)];
const der = (zeros: number) =>
  sequence(...[r, s].map((number) => rawInteger(concat(new Uint8Array(zeros), number))));

describe("ECDSA", () => {
  test("what is right is right, without defect", () => {
    const signature = new Uint8Array(sign("sha256", MESSAGE, pair.privateKey));
    expect(judge(spkiOf(pair.publicKey), signature)).toEqual({ verdict: "valid", defects: [] });
  });

  test.each([2, 5, 60])("numbers with %i zeros in front are right, and that is told", (zeros) => {
    expect(judge(spkiOf(pair.publicKey), der(zeros))).toEqual({
      verdict: "valid",
      defects: ["ecdsaPadding"],
    });
    const strict = {
      algorithm: ECDSA,
      spki: spkiOf(pair.publicKey),
      message: MESSAGE,
      signature: der(zeros),
    };
    expect(verifySignature(strict)).toBe("invalid");
  });

  test.each<[curve: string, other: string, oid: string]>([
    ["secp224r1", "brainpoolP224r1", "1.3.36.3.3.2.8.1.1.5"],
    ["brainpoolP224r1", "secp224r1", "1.3.132.0.33"],
    ["prime256v1", "brainpoolP256r1", "1.3.36.3.3.2.8.1.1.7"],
    ["brainpoolP256r1", "prime256v1", "1.2.840.10045.3.1.7"],
    ["secp384r1", "brainpoolP384r1", "1.3.36.3.3.2.8.1.1.11"],
    ["brainpoolP384r1", "secp384r1", "1.3.132.0.34"],
  ])("a key on %s that is said to be on %s is found out", (namedCurve, _, oid) => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve });
    const bytes =
      { secp224r1: 57, brainpoolP224r1: 57, secp384r1: 97, brainpoolP384r1: 97 }[namedCurve] ?? 65;
    const misnamed = namedCurveKey(oid, spkiOf(publicKey).slice(-bytes));
    const signature = new Uint8Array(sign("sha256", MESSAGE, privateKey));
    expect(judge(misnamed, signature)).toEqual({ verdict: "valid", defects: ["wrongCurve"] });
    expect(judge(misnamed, flipped(signature, signature.length - 1)).verdict).not.toBe("valid");
  });

  test("a point of a size that one curve alone has is not tried on others", () => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "brainpoolP512r1" });
    const misnamed = namedCurveKey("1.3.132.0.35", spkiOf(publicKey).slice(-129));
    const signature = new Uint8Array(sign("sha256", MESSAGE, privateKey));
    expect(judge(misnamed, signature)).toEqual({ verdict: { unsupported: "keyMalformed" }, defects: [] });
  });

  test.each<[name: string, signature: Uint8Array]>([
    ["no bytes", new Uint8Array(0)],
    ["one number", sequence(rawInteger(r))],
    ["three numbers", sequence(rawInteger(r), rawInteger(s), rawInteger(s))],
    ["bytes behind them", concat(der(2), hex("00"))],
    ["strings in place of numbers", sequence(octetString(r), octetString(s))],
    ["numbers longer than the order", sequence(rawInteger(concat(hex("01"), r)), rawInteger(s))],
    ["zeros", sequence(rawInteger(hex("00")), rawInteger(hex("00")))],
    ["numbers changed about", sequence(rawInteger(s), rawInteger(r))],
  ])("%s are wrong", (_, signature) => {
    expect(judge(spkiOf(pair.publicKey), signature)).toEqual({ verdict: "invalid", defects: [] });
  });

  test("no bytes of key or signature make it throw", () => {
    const spki = spkiOf(pair.publicKey);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 90 }), fc.nat(spki.length - 1), (bytes, at) => {
        expect(judge(spki, bytes).verdict).toBe("invalid");
        void judge(flipped(spki, at, at % 8), der(2));
        void judge(bytes, der(2));
      }),
      { numRuns: 200 },
    );
  });
});

describe("PSS with two hashes", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const spki = spkiOf(rsa.publicKey);

  /** A key that OpenSSL may only use with these hashes, and so does; the public half is given without the marks. */
  function signedWith(hashAlgorithm: string, mgf1HashAlgorithm: string, modulusLength = 2_048) {
    const marked = generateKeyPairSync("rsa-pss", { modulusLength, hashAlgorithm, mgf1HashAlgorithm });
    const signature = new Uint8Array(sign(hashAlgorithm, MESSAGE, marked.privateKey));
    const pkcs1 = createPublicKey({ key: plainModulus(marked.publicKey), format: "jwk" });
    return { signature, key: pkcs1 };
  }

  /** The numbers of a marked key, by way of its DER: the modulus stands behind the marks. */
  function plainModulus(key: KeyObject) {
    const der = Buffer.from(key.export({ type: "spki", format: "der" }));
    const modulusBytes = (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
    const end = der.length - 5;
    return { kty: "RSA", n: der.subarray(end - modulusBytes, end).toString("base64url"), e: "AQAB" };
  }

  test.each([
    ["sha256", "sha1"],
    ["sha512", "sha256"],
    ["sha1", "sha512"],
    ["sha256", "sha256"],
  ] as const)("%s for the message and %s for the mask", (hash, mgfHash) => {
    const { signature, key } = signedWith(hash, mgfHash);
    expect(verifyPss(key, { hash, mgfHash }, MESSAGE, signature)).toBe(true);
    expect(verifyPss(key, { hash, mgfHash }, ascii("something else"), signature)).toBe(false);
    expect(
      verifyPss(key, { hash, mgfHash: mgfHash === "sha1" ? "sha256" : "sha1" }, MESSAGE, signature),
    ).toBe(false);
    for (let at = 0; at < signature.length; at += 17)
      expect(verifyPss(key, { hash, mgfHash }, MESSAGE, flipped(signature, at, at % 8))).toBe(false);
    const algorithm = { kind: "rsaPss", hash, mgfHash } as const;
    expect(judge(spkiOf(key), signature, algorithm)).toEqual({ verdict: "valid", defects: [] });
  });

  test.each([0, 1, 20, 32, 100, 222])("a salt of %i bytes, as OpenSSL makes it", (saltLength) => {
    const { privateKey, publicKey } = rsa;
    const options = { key: privateKey, padding: 6, saltLength };
    const signature = new Uint8Array(sign("sha256", MESSAGE, options));
    expect(verifyPss(publicKey, { hash: "sha256", mgfHash: "sha256" }, MESSAGE, signature)).toBe(true);
  });

  test.each([1_023, 1_025, 1_031])(
    "a modulus of %i bits, whose block does not fill its bytes",
    (modulusLength) => {
      const odd = generateKeyPairSync("rsa", { modulusLength });
      const signature = new Uint8Array(
        sign("sha256", MESSAGE, { key: odd.privateKey, padding: 6, saltLength: 32 }),
      );
      expect(verifyPss(odd.publicKey, { hash: "sha256", mgfHash: "sha256" }, MESSAGE, signature)).toBe(true);
    },
  );

  test("bytes of any length and content are wrong", () => {
    const algorithm = { kind: "rsaPss", hash: "sha256", mgfHash: "sha1" } as const;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (signature) => {
        expect(judge(spki, signature, algorithm)).toEqual({ verdict: "invalid", defects: [] });
      }),
      { numRuns: 200 },
    );
  });

  test("what the strict judgement cannot tell for other reasons stays untold", () => {
    const weak = generateKeyPairSync("rsa", { modulusLength: 1_024 }).publicKey;
    const algorithm = { kind: "rsaPss", hash: "sha256", mgfHash: "sha1" } as const;
    expect(judge(spkiOf(weak), new Uint8Array(128), algorithm).verdict).toEqual({
      unsupported: "keyStrength",
    });
    const curve: SignatureAlgorithm = { kind: "rsaPkcs1", hash: "sha256" };
    expect(judge(spkiOf(pair.publicKey), der(2), curve).verdict).toEqual({ unsupported: "keyKind" });
  });
});
