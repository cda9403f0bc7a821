/**
 * AES in CBC mode and CMAC for documents, keys of 16, 24 or 32 bytes (FIPS 197, NIST SP 800-38A and -38B).
 * No padding is added or removed here: documents have a padding of their own.
 */
import { cbc, cmac } from "@noble/ciphers/aes.js";

export const AES_BLOCK_BYTES = 16;
/** Documents cut the code of 16 bytes to its first 8 (ICAO Doc 9303-11 §9.8.7). */
const MAC_BYTES = 8;

/** CBC: `data` in whole blocks of 16 bytes, `iv` of 16. */
export const encryptAes = (key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array =>
  cbc(key, iv, { disablePadding: true }).encrypt(data);

/** The inverse of `encryptAes`. */
export const decryptAes = (key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array =>
  cbc(key, iv, { disablePadding: true }).decrypt(data);

/** The first 8 bytes of the CMAC of `data` of any length. */
export const shortCmac = (key: Uint8Array, data: Uint8Array): Uint8Array =>
  cmac(data, key).subarray(0, MAC_BYTES);
