/**
 * RSASSA-PSS with one hash for the message and another for the mask. OpenSSL through Node verifies only where the two
 * are alike, and a signer who leaves the mask's hash at its default of SHA-1 is within the standard. The power is
 * OpenSSL's; taking the block apart is done here. RFC 8017 §8.1.2, §9.1.2 (EMSA-PSS), B.2.1 (MGF1).
 */
import type { KeyObject } from "node:crypto";
import { concat, equalBytes } from "../bytes/bytes.ts";
import { digest, type HashName } from "./digest.ts";
import { rsaPublicPower } from "./public-key.ts";

export interface PssHashes {
  readonly hash: HashName;
  readonly mgfHash: HashName;
}

const TRAILER = 0xbc;
const SEPARATOR = 0x01;
/** Zeros before the hash of the message in what is hashed a second time. */
const LEADING_ZEROS = 8;

/** Whether `signature` is one over `message`, with a salt of any length. `key` is an RSA key that was judged before. */
export function verifyPss(
  key: KeyObject,
  hashes: PssHashes,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const block = rsaPublicPower(key, signature);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (block === undefined || bits === 0) return false;
  // The encoded message has one bit less than the modulus: with 8n + 1 bits of modulus a whole byte less.
  const encodedBytes = Math.ceil((bits - 1) / 8);
  const encoded = block.subarray(block.length - encodedBytes);
  const unusedBits = 8 * encodedBytes - (bits - 1);
  const isInRange = block.length === encodedBytes || block[0] === 0;
  return isInRange && opensTo(encoded, unusedBits, hashes, digest(hashes.hash, message));
}

function opensTo(
  encoded: Uint8Array,
  unusedBits: number,
  { hash, mgfHash }: PssHashes,
  messageHash: Uint8Array,
): boolean {
  const maskedBytes = encoded.length - messageHash.length - 1;
  if (maskedBytes < 1 || encoded.at(-1) !== TRAILER) return false;
  const masked = encoded.subarray(0, maskedBytes);
  const hashed = encoded.subarray(maskedBytes, -1);
  const usedBits = 0xff >> unusedBits;
  if (((masked[0] ?? 0) & ~usedBits) !== 0) return false;
  const mask = maskOf(mgfHash, hashed, maskedBytes);
  const block = masked.map((byte, index) => byte ^ (mask[index] ?? 0));
  block[0] = (block[0] ?? 0) & usedBits;
  const separator = block.findIndex((byte) => byte !== 0);
  if (separator < 0 || block[separator] !== SEPARATOR) return false;
  const salt = block.subarray(separator + 1);
  return equalBytes(digest(hash, concat(new Uint8Array(LEADING_ZEROS), messageHash, salt)), hashed);
}

/** MGF1: hashes of the seed and a counter of four bytes, as many as it takes. */
function maskOf(hash: HashName, seed: Uint8Array, lengthBytes: number): Uint8Array {
  const mask = new Uint8Array(lengthBytes);
  let offset = 0;
  for (let counter = 0; offset < lengthBytes; counter++) {
    const part = digest(hash, concat(seed, Uint8Array.of(0, 0, counter >> 8, counter & 0xff)));
    mask.set(part.subarray(0, lengthBytes - offset), offset);
    offset += part.length;
  }
  return mask;
}
