/**
 * Key derivation of documents: KDF(K, c) = the first bytes of H(K ‖ c), c as four bytes big-endian.
 * Governing text: ICAO Doc 9303-11 §9.7.1.
 */
import { concat } from "../bytes/bytes.ts";
import { digest, type HashName } from "./digest.ts";

/** c: 1 for the key that encrypts, 2 for the key of the MAC, 3 for the key that comes from a password. */
export type KdfCounter = 1 | 2 | 3;

/** The key of `keyBytes` bytes, no more than the hash is long. Wiping it is the caller's. */
export function deriveDocumentKey(
  { hash, keyBytes }: { readonly hash: HashName; readonly keyBytes: number },
  secret: Uint8Array,
  counter: KdfCounter,
): Uint8Array {
  const input = concat(secret, Uint8Array.of(0, 0, 0, counter));
  const hashed = digest(hash, input);
  const key = hashed.slice(0, keyBytes);
  input.fill(0);
  hashed.fill(0);
  return key;
}

/** DES keys with the lowest bit of each byte set to odd parity, in place: no cipher asks for it, published keys show it. */
export function setOddParity(key: Uint8Array): Uint8Array {
  for (const [index, byte] of key.entries()) key[index] = (byte & 0xfe) | (hasOddBits(byte >> 1) ? 0 : 1);
  return key;
}

function hasOddBits(byte: number): boolean {
  const nibble = byte ^ (byte >> 4);
  const pair = nibble ^ (nibble >> 2);
  return ((pair ^ (pair >> 1)) & 1) === 1;
}
