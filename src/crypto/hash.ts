/** Hash, message authentication code and key derivation, named once for the whole program. */
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";

/** SHA-256 (FIPS 180-4), 32 bytes. */
export function sha256(message: Uint8Array): Uint8Array {
  return nobleSha256(message);
}

/** HMAC-SHA-256 (RFC 2104), 32 bytes. */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  return hmac(nobleSha256, key, message);
}

/** HKDF-SHA-256 (RFC 5869) with an empty salt: `lengthBytes` bytes bound to `info`. */
export function hkdfSha256(inputKey: Uint8Array, info: Uint8Array, lengthBytes: number): Uint8Array {
  return hkdf(nobleSha256, inputKey, undefined, info, lengthBytes);
}
