/**
 * Ways in which States sign with RSA keys: PKCS#1 v1.5 (RFC 8017 §8.2) and PSS (§8.1) over the hashes of ICAO
 * Doc 9303-12 §4.4. A scheme names itself in DER and signs. Those with elliptic curves are in `ec-signer.ts`.
 */
import { createHash } from "node:crypto";
import { context, nothing, octetString, oid, sequence, smallInteger } from "./der.ts";
import { pssBlock, typeOneBlock } from "./rsa-blocks.ts";
import type { TestKey } from "./test-key.ts";

/** Generation of a card, and of the certificates behind it: 1 until about 2021, 2 since. */
export type Generation = 1 | 2;

export interface SignatureScheme<Key = TestKey> {
  /** AlgorithmIdentifier, DER. */
  readonly identifier: Uint8Array;
  /** With RSA as long as the modulus. */
  sign(signed: Uint8Array, key: Key): Uint8Array;
}

const HASH_OIDS = {
  sha1: "1.3.14.3.2.26",
  sha224: "2.16.840.1.101.3.4.2.4",
  sha256: "2.16.840.1.101.3.4.2.1",
  sha384: "2.16.840.1.101.3.4.2.2",
  sha512: "2.16.840.1.101.3.4.2.3",
} as const;

export type HashName = keyof typeof HASH_OIDS;

/** AlgorithmIdentifier of a hash, with NULL for parameters. */
export const hashIdentifier = (name: HashName): Uint8Array => sequence(oid(HASH_OIDS[name]), nothing());

/** Digest of 20 to 64 bytes. */
export const hash = (name: HashName, bytes: Uint8Array): Uint8Array =>
  Uint8Array.from(createHash(name).update(bytes).digest());

/** `<hash>WithRSAEncryption` (RFC 8017 A.2.4). */
const PKCS1_OIDS: Readonly<Record<HashName, string>> = {
  sha1: "1.2.840.113549.1.1.5",
  sha224: "1.2.840.113549.1.1.14",
  sha256: "1.2.840.113549.1.1.11",
  sha384: "1.2.840.113549.1.1.12",
  sha512: "1.2.840.113549.1.1.13",
};
const RSA_PSS = "1.2.840.113549.1.1.10";
const MGF1 = "1.2.840.113549.1.1.8";

/** PKCS#1 v1.5; the block holds the DigestInfo. */
export const rsaPkcs1 = (name: HashName): SignatureScheme => ({
  identifier: sequence(oid(PKCS1_OIDS[name]), nothing()),
  sign(signed, key) {
    const digestInfo = sequence(hashIdentifier(name), octetString(hash(name, signed)));
    return key.power(typeOneBlock(digestInfo, key.modulusBytes));
  },
});

export interface PssChoice {
  readonly hash: HashName;
  readonly saltBytes: number;
  /** `left out`: the identifier is silent about the salt, so a reader who trusts it takes 20 bytes for granted. */
  readonly saltIs?: "stated" | "left out";
}

/** RSASSA-PSS: hash and mask generation are named, the trailer is the usual one. */
export function rsaPss({ hash: name, saltBytes, saltIs = "stated" }: PssChoice): SignatureScheme {
  const salt = saltIs === "stated" ? [context(2, smallInteger(saltBytes))] : [];
  const mask = sequence(oid(MGF1), hashIdentifier(name));
  const parameters = sequence(context(0, hashIdentifier(name)), context(1, mask), ...salt);
  const digest = (bytes: Uint8Array) => hash(name, bytes);
  return {
    identifier: sequence(oid(RSA_PSS), parameters),
    sign: (signed, { modulusBytes, power }) => power(pssBlock(signed, { digest, saltBytes, modulusBytes })),
  };
}

/** What each generation of the Italian service side is signed with. */
export const SCHEMES: Readonly<Record<Generation, SignatureScheme>> = {
  1: rsaPkcs1("sha1"),
  2: rsaPss({ hash: "sha512", saltBytes: 64 }),
};
