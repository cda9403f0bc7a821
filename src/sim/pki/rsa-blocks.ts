/**
 * The blocks that RSA is applied to, built by hand from RFC 8017: type 1 of PKCS#1 v1.5 (§9.2), which a card also
 * puts around a bare challenge, and PSS (§9.1.1). A salt follows from what is signed, so that the same object has
 * the same bytes in every process.
 */
import { concat } from "../../bytes/bytes.ts";

/** `00 01 FF … FF 00 || message`, as long as the modulus; throws when fewer than eight FF would fit. */
export function typeOneBlock(message: Uint8Array, modulusBytes: number): Uint8Array {
  const paddingBytes = modulusBytes - 3 - message.length;
  if (paddingBytes < MIN_PADDING_BYTES) throw new Error("message too long for this key");
  return concat(Uint8Array.of(0, 1), new Uint8Array(paddingBytes).fill(0xff), Uint8Array.of(0), message);
}

export const MIN_PADDING_BYTES = 8;
const PSS_TRAILER = 0xbc;
const SALT_LABEL = Uint8Array.from("salt", (letter) => letter.charCodeAt(0));

export interface PssShape {
  /** Hash of message, block and mask alike. */
  readonly digest: (bytes: Uint8Array) => Uint8Array;
  readonly saltBytes: number;
  /** Whole bytes of the modulus. */
  readonly modulusBytes: number;
}

/** PSS with MGF1 over the same hash. */
export function pssBlock(signed: Uint8Array, { digest, saltBytes, modulusBytes }: PssShape): Uint8Array {
  const message = digest(signed);
  const salt = maskOf(digest, concat(message, SALT_LABEL), saltBytes);
  const seed = digest(concat(new Uint8Array(8), message, salt));
  const dataBytes = modulusBytes - seed.length - 1;
  const zeros = new Uint8Array(dataBytes - 1 - salt.length);
  const data = concat(zeros, Uint8Array.of(1), salt);
  const mask = maskOf(digest, seed, dataBytes);
  const masked = data.map((byte, index) => byte ^ (mask[index] ?? 0));
  // The block has one bit less than the modulus.
  masked[0] = (masked[0] ?? 0) & 0x7f;
  return concat(masked, seed, Uint8Array.of(PSS_TRAILER));
}

/** MGF1 (RFC 8017 §B.2.1). */
function maskOf(digest: PssShape["digest"], seed: Uint8Array, lengthBytes: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let count = 0; blocks.length * digestBytes(digest) < lengthBytes; count++) {
    blocks.push(digest(concat(seed, Uint8Array.of(0, 0, 0, count))));
  }
  return concat(...blocks).subarray(0, lengthBytes);
}

const digestBytes = (digest: PssShape["digest"]): number => digest(new Uint8Array(0)).length;
