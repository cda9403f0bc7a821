/**
 * The two ways in which the Italian authority has signed: SHA-1 with PKCS#1 v1.5 until about 2021, PSS over SHA-512
 * since. A scheme names itself in DER and signs.
 */
import { createHash } from "node:crypto";
import { context, nothing, octetString, oid, sequence, smallInteger } from "./der.ts";
import { PSS_SALT_BYTES, pssBlock, typeOneBlock } from "./rsa-blocks.ts";
import type { TestKey } from "./test-key.ts";

/** Generation of a card, and of the certificates behind it: 1 until about 2021, 2 since. */
export type Generation = 1 | 2;

export interface SignatureScheme {
  /** AlgorithmIdentifier, DER. */
  readonly identifier: Uint8Array;
  /** As long as the modulus. */
  sign(signed: Uint8Array, key: TestKey): Uint8Array;
}

const HASH_OIDS = {
  sha1: "1.3.14.3.2.26",
  sha256: "2.16.840.1.101.3.4.2.1",
  sha512: "2.16.840.1.101.3.4.2.3",
} as const;

export type HashName = keyof typeof HASH_OIDS;

/** AlgorithmIdentifier of a hash, with NULL for parameters. */
export const hashIdentifier = (name: HashName): Uint8Array => sequence(oid(HASH_OIDS[name]), nothing());

/** Digest of 20, 32 or 64 bytes. */
export const hash = (name: HashName, bytes: Uint8Array): Uint8Array =>
  Uint8Array.from(createHash(name).update(bytes).digest());

/** sha1WithRSAEncryption; the block holds the DigestInfo. */
const SHA1_WITH_RSA: SignatureScheme = {
  identifier: sequence(oid("1.2.840.113549.1.1.5"), nothing()),
  sign(signed, key) {
    const digestInfo = sequence(hashIdentifier("sha1"), octetString(hash("sha1", signed)));
    return key.power(typeOneBlock(digestInfo, key.modulusBytes));
  },
};

/** RSASSA-PSS: hash, mask generation and salt length are named, the trailer is the usual one. */
const PSS_SHA512: SignatureScheme = {
  identifier: sequence(
    oid("1.2.840.113549.1.1.10"),
    sequence(
      context(0, hashIdentifier("sha512")),
      context(1, sequence(oid("1.2.840.113549.1.1.8"), hashIdentifier("sha512"))),
      context(2, smallInteger(PSS_SALT_BYTES)),
    ),
  ),
  sign: (signed, key) => key.power(pssBlock(signed, key.modulusBytes)),
};

/** What each generation is signed with. */
export const SCHEMES: Readonly<Record<Generation, SignatureScheme>> = { 1: SHA1_WITH_RSA, 2: PSS_SHA512 };
