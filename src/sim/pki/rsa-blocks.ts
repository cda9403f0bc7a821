/**
 * The blocks that RSA is applied to, built by hand from RFC 8017: type 1 of PKCS#1 v1.5 (§9.2), which a card also
 * puts around a bare challenge, and PSS (§9.1.1). A salt follows from what is signed, so that the same object has
 * the same bytes in every process.
 */
import { createHash } from "node:crypto";
import { concat } from "../../bytes/bytes.ts";

/** `00 01 FF … FF 00 || message`, as long as the modulus; throws when fewer than eight FF would fit. */
export function typeOneBlock(message: Uint8Array, modulusBytes: number): Uint8Array {
  const paddingBytes = modulusBytes - 3 - message.length;
  if (paddingBytes < MIN_PADDING_BYTES) throw new Error("message too long for this key");
  return concat(Uint8Array.of(0, 1), new Uint8Array(paddingBytes).fill(0xff), Uint8Array.of(0), message);
}

export const MIN_PADDING_BYTES = 8;
/** Of salt and digest alike. */
export const PSS_SALT_BYTES = 64;
const PSS_TRAILER = 0xbc;

/** PSS over SHA-512 with MGF1 over the same and a salt of 64 bytes, for a modulus of `modulusBytes` whole bytes. */
export function pssBlock(signed: Uint8Array, modulusBytes: number): Uint8Array {
  const digest = sha512(signed);
  const salt = sha512(concat(digest, SALT_LABEL));
  const seed = sha512(concat(new Uint8Array(8), digest, salt));
  const dataBytes = modulusBytes - seed.length - 1;
  const zeros = new Uint8Array(dataBytes - 1 - salt.length);
  const data = concat(zeros, Uint8Array.of(1), salt);
  const mask = maskOf(seed, dataBytes);
  const masked = data.map((byte, index) => byte ^ (mask[index] ?? 0));
  // The block has one bit less than the modulus.
  masked[0] = (masked[0] ?? 0) & 0x7f;
  return concat(masked, seed, Uint8Array.of(PSS_TRAILER));
}

const SALT_LABEL = Uint8Array.from("salt", (letter) => letter.charCodeAt(0));

/** MGF1 (RFC 8017 §B.2.1). */
function maskOf(seed: Uint8Array, lengthBytes: number): Uint8Array {
  const count = Math.ceil(lengthBytes / PSS_SALT_BYTES);
  const blocks = Array.from({ length: count }, (_, index) =>
    sha512(concat(seed, Uint8Array.of(0, 0, 0, index))),
  );
  return concat(...blocks).subarray(0, lengthBytes);
}

const sha512 = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from(createHash("sha512").update(bytes).digest());
