/**
 * The simulator's RSA keys: fixed, published, worth nothing. Making one takes seconds on a small machine and
 * would differ from process to process, so they come from a table and are unpacked when first used.
 */
import {
  constants,
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  privateEncrypt,
} from "node:crypto";
import { CARD_KEYS, KEYS, type KeyName } from "./test-keys.table.ts";

export interface TestKey {
  /** RSAPublicKey of PKCS#1: SEQUENCE of modulus and exponent, DER. */
  readonly publicKey: Uint8Array;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKeyInfo: Uint8Array;
  /** SHA-1 of `publicKey` (RFC 5280 §4.2.1.2, method 1). */
  readonly keyId: Uint8Array;
  /** The secret half, for programs that reckon with it by themselves. */
  readonly secretKey: KeyObject;
  /** Length of the modulus. */
  readonly modulusBytes: number;
  /** `block^d mod n` for a block as long as the modulus and less than it. */
  power(block: Uint8Array): Uint8Array;
}

const unpacked = new Map<string, TestKey>();

/** How many keys the cards share: two cards of one index have one key. */
export const CARD_KEY_COUNT = CARD_KEYS.length;

/** A key by what it is for. */
export const testKey = (name: KeyName): TestKey => unpackedOnce(KEYS[name]);

/** One of the cards' keys, RSA-2048; throws on an index that is not below `CARD_KEY_COUNT`. */
export function cardKey(index: number): TestKey {
  const text = CARD_KEYS[index];
  if (text === undefined) throw new Error("no card has a key of this index");
  return unpackedOnce(text);
}

function unpackedOnce(text: string): TestKey {
  const known = unpacked.get(text);
  if (known !== undefined) return known;
  const key = unpack(text);
  unpacked.set(text, key);
  return key;
}

function unpack(text: string): TestKey {
  const secret = createPrivateKey({ key: text, format: "der", type: "pkcs8", encoding: "base64" });
  const open = createPublicKey(secret);
  const publicKey = Uint8Array.from(open.export({ format: "der", type: "pkcs1" }));
  return {
    publicKey,
    publicKeyInfo: Uint8Array.from(open.export({ format: "der", type: "spki" })),
    keyId: Uint8Array.from(createHash("sha1").update(publicKey).digest()),
    secretKey: secret,
    modulusBytes: (secret.asymmetricKeyDetails?.modulusLength ?? 0) / 8,
    power: (block) =>
      Uint8Array.from(privateEncrypt({ key: secret, padding: constants.RSA_NO_PADDING }, block)),
  };
}
