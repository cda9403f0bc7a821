/**
 * Two-key Triple DES in CBC mode and the retail MAC, for documents of the first generation and the Italian CIE.
 * OpenSSL computes; single DES, which it no longer offers, is Triple DES with the same key twice.
 * Governing text: ISO/IEC 18033-3 §4.2, ISO/IEC 9797-1 §7.4 (algorithm 3), ICAO Doc 9303-11 §9.8.6.
 */
import { createCipheriv, createDecipheriv } from "node:crypto";

export const DES_BLOCK_BYTES = 8;
/** Ka and Kb, eight bytes each. */
export const TRIPLE_DES_KEY_BYTES = 16;

const CIPHER = "des-ede-cbc";

/** CBC without padding: `data` in whole blocks of 8 bytes, `key` and `iv` of 16 and 8. */
export function encryptTripleDes(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
  const cipher = createCipheriv(CIPHER, key, iv).setAutoPadding(false);
  return new Uint8Array(cipher.update(data));
}

/** The inverse of `encryptTripleDes`. */
export function decryptTripleDes(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
  const decipher = createDecipheriv(CIPHER, key, iv).setAutoPadding(false);
  return new Uint8Array(decipher.update(data));
}

/**
 * The retail MAC, 8 bytes, of data that are padded already: one block of 8 bytes at least. DES-CBC with Ka up to
 * the last block; that one is encrypted with Ka, decrypted with Kb, encrypted with Ka, which is Triple DES.
 */
export function retailMac(key: Uint8Array, paddedData: Uint8Array): Uint8Array {
  const head = paddedData.subarray(0, -DES_BLOCK_BYTES);
  const last = paddedData.subarray(-DES_BLOCK_BYTES);
  return encryptTripleDes(key, chainingValue(key, head), last);
}

/** The last block of DES-CBC with Ka over `head`; zeros when that is empty. */
function chainingValue(key: Uint8Array, head: Uint8Array): Uint8Array {
  if (head.length === 0) return new Uint8Array(DES_BLOCK_BYTES);
  const single = new Uint8Array(TRIPLE_DES_KEY_BYTES);
  single.set(key.subarray(0, DES_BLOCK_BYTES));
  single.set(key.subarray(0, DES_BLOCK_BYTES), DES_BLOCK_BYTES);
  const chained = encryptTripleDes(single, new Uint8Array(DES_BLOCK_BYTES), head);
  single.fill(0);
  return chained.subarray(-DES_BLOCK_BYTES);
}
