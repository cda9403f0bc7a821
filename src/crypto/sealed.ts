/**
 * Small secrets at rest: sealed under a key derived from the site key, and bound to the row that they belong to, so
 * that one moved to another row does not open. AES-256-GCM (NIST SP 800-38D) with a random nonce; HKDF-SHA-256.
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { concat } from "../bytes/bytes.ts";
import type { Random } from "../ports/random.ts";
import { hkdfSha256 } from "./hash.ts";
import type { SiteKey } from "./site-key.ts";

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What a sealed secret is for; another purpose has another key. */
export interface SealContext {
  readonly siteKey: SiteKey;
  readonly purpose: "cardAccessNumber";
  /** The holder whose row keeps it, 32 bytes. */
  readonly pseudonym: Uint8Array;
}

/** nonce (12) ‖ ciphertext (as long as `secret`) ‖ tag (16). */
export function seal(secret: Uint8Array, context: SealContext, random: Random): Uint8Array {
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, keyOf(context), nonce).setAAD(context.pseudonym);
  const sealed = concat(nonce, cipher.update(secret), cipher.final());
  return concat(sealed, cipher.getAuthTag());
}

/** The secret, or `undefined` when key, holder or bytes are not those that it was sealed with. */
export function unseal(sealed: Uint8Array, context: SealContext): Uint8Array | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const tag = sealed.subarray(sealed.length - TAG_BYTES);
  const decipher = createDecipheriv(CIPHER, keyOf(context), nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(context.pseudonym).setAuthTag(tag);
  const opened = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES));
  try {
    decipher.final();
    // A view: a copy would leave the secret here when its owner wipes his.
    return new Uint8Array(opened.buffer, opened.byteOffset, opened.byteLength);
  } catch {
    opened.fill(0);
    return undefined;
  }
}

const keyOf = ({ siteKey, purpose }: SealContext): Uint8Array =>
  hkdfSha256(siteKey.key.reveal(), new TextEncoder().encode(`varco/seal/${purpose}`), KEY_BYTES);
