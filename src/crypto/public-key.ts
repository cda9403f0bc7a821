/**
 * The one place where bytes of strangers become a public key of OpenSSL's, for signatures and for the answers of
 * chips, and where an RSA key is judged before any arithmetic is done with it.
 */
import { Buffer } from "node:buffer";
import { constants, createPublicKey, type KeyObject, publicDecrypt } from "node:crypto";

/** An RSA key of 8,192 bits takes 1,062 bytes; elliptic curves with spelled-out parameters take less. */
const MAX_KEY_BYTES = 1_200;
const MAX_EXPONENT = 2n ** 64n;

/** A DER key, `spki` (RFC 5280 §4.1) or `pkcs1` (RFC 8017 A.1.1); `undefined` if it is unreadable or too long. */
export function importPublicKey(der: Uint8Array, type: "spki" | "pkcs1"): KeyObject | undefined {
  if (der.length > MAX_KEY_BYTES) return undefined;
  try {
    // The types of Node ask for a Buffer, which is only another view of the same bytes.
    return createPublicKey({
      key: Buffer.from(der.buffer, der.byteOffset, der.length),
      format: "der",
      type,
    });
  } catch {
    // Why OpenSSL cannot read it helps nobody: the key is refused, and its bytes stay out of the log.
    return undefined;
  }
}

/** True for an RSA key within these sizes whose exponent is odd, at least 3 and at most 64 bits long. */
export function isSoundRsa(key: KeyObject, bits: { readonly least: number; readonly most: number }): boolean {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < bits.least || modulusLength > bits.most) return false;
  return publicExponent >= 3n && publicExponent < MAX_EXPONENT && publicExponent % 2n === 1n;
}

/**
 * block^e modulo n, as long as the modulus: the public operation alone, without any reading of a padding. `undefined` for
 * what OpenSSL refuses: a block of another length than the modulus, or a number not below it.
 */
export function rsaPublicPower(key: KeyObject, block: Uint8Array): Uint8Array | undefined {
  try {
    return new Uint8Array(publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, block));
  } catch {
    // A block that is no number modulo n is a wrong answer like any other.
    return undefined;
  }
}
