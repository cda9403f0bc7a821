/**
 * The symmetric half of a virtual document's protocols: key derivation, CBC, and the codes over messages, on the block
 * ciphers of node:crypto. Padding, retail MAC and CMAC are written out here, apart from the reader's.
 * Governing text: ICAO Doc 9303-11 §9.7.1, §9.8; ISO/IEC 9797-1 algorithm 3; NIST SP 800-38B.
 */
import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import { concat } from "../../bytes/bytes.ts";
import type { ChipSuite } from "./content.ts";
import { bytesOf, numberOf } from "./numbers.ts";

interface Traits {
  readonly blockBytes: 8 | 16;
  readonly keyBytes: 16 | 24 | 32;
  readonly hash: "sha1" | "sha256";
  readonly cbc: string;
}

const TRAITS: Readonly<Record<ChipSuite, Traits>> = {
  "3DES": { blockBytes: 8, keyBytes: 16, hash: "sha1", cbc: "des-ede3-cbc" },
  "AES-128": { blockBytes: 16, keyBytes: 16, hash: "sha1", cbc: "aes-128-cbc" },
  "AES-192": { blockBytes: 16, keyBytes: 24, hash: "sha256", cbc: "aes-192-cbc" },
  "AES-256": { blockBytes: 16, keyBytes: 32, hash: "sha256", cbc: "aes-256-cbc" },
};

const DES_KEY_BYTES = 8;
/** Codes over messages, and PACE's tokens. */
export const CODE_BYTES = 8;
/** What a doubling in the field of 2^128 elements brings back when its highest bit falls out. */
const CMAC_CARRY = 0x87n;

/** What one suite does. All keys are `keyBytes` long, all blocks whole. */
export class ChipCipher {
  readonly suite: ChipSuite;
  readonly blockBytes: 8 | 16;
  readonly keyBytes: 16 | 24 | 32;
  readonly #traits: Traits;

  constructor(suite: ChipSuite) {
    this.suite = suite;
    this.#traits = TRAITS[suite];
    this.blockBytes = this.#traits.blockBytes;
    this.keyBytes = this.#traits.keyBytes;
  }

  /** First bytes of H(secret ‖ counter in four bytes): 1 encryption, 2 codes, 3 a password. No DES parity, which no cipher looks at. */
  deriveKey(secret: Uint8Array, counter: 1 | 2 | 3): Uint8Array {
    const hash = createHash(this.#traits.hash)
      .update(secret)
      .update(bytesOf(BigInt(counter), 4));
    return Uint8Array.from(hash.digest().subarray(0, this.keyBytes));
  }

  encrypt(key: Uint8Array, blocks: Uint8Array, iv: Uint8Array = new Uint8Array(this.blockBytes)): Uint8Array {
    const cipher = createCipheriv(this.#traits.cbc, this.#whole(key), iv).setAutoPadding(false);
    return Uint8Array.from(cipher.update(blocks));
  }

  decrypt(key: Uint8Array, blocks: Uint8Array, iv: Uint8Array = new Uint8Array(this.blockBytes)): Uint8Array {
    const decipher = createDecipheriv(this.#traits.cbc, this.#whole(key), iv).setAutoPadding(false);
    return Uint8Array.from(decipher.update(blocks));
  }

  /** The code as PACE's tokens and BAC have it: 3DES pads what it is over, AES takes it as it is. 8 bytes. */
  code(key: Uint8Array, message: Uint8Array): Uint8Array {
    return this.suite === "3DES"
      ? retailMac(key, padded(message, this.blockBytes))
      : this.#cmac(key, message).subarray(0, CODE_BYTES);
  }

  /** The code as secure messaging has it: over the padded message, with either cipher. 8 bytes. */
  messageCode(key: Uint8Array, message: Uint8Array): Uint8Array {
    return this.suite === "3DES" ? this.code(key, message) : this.code(key, padded(message, this.blockBytes));
  }

  /** What the encryption of the message with this counter begins with. */
  messageIv(key: Uint8Array, counter: Uint8Array): Uint8Array {
    return this.suite === "3DES" ? new Uint8Array(this.blockBytes) : this.encrypt(key, counter);
  }

  /** Of two DES keys the first comes again. */
  #whole(key: Uint8Array): Uint8Array {
    return this.suite === "3DES" ? concat(key, key.subarray(0, DES_KEY_BYTES)) : key;
  }

  /** The last block of CBC, after one of two subkeys was added to what is encrypted last. */
  #cmac(key: Uint8Array, message: Uint8Array): Uint8Array {
    const once = doubled(this.encrypt(key, new Uint8Array(this.blockBytes)));
    const isWhole = message.length > 0 && message.length % this.blockBytes === 0;
    const blocks = isWhole ? Uint8Array.from(message) : padded(message, this.blockBytes);
    const subkey = isWhole ? once : doubled(once);
    const lastAt = blocks.length - this.blockBytes;
    for (const [index, byte] of subkey.entries())
      blocks[lastAt + index] = (blocks[lastAt + index] ?? 0) ^ byte;
    return this.encrypt(key, blocks).subarray(-this.blockBytes);
  }
}

function doubled(block: Uint8Array): Uint8Array {
  const value = numberOf(block) << 1n;
  const bits = BigInt(8 * block.length);
  return bytesOf(value >> bits === 0n ? value : value ^ CMAC_CARRY, block.length);
}

/** DES-CBC with the first key over whole blocks, then once back with the second and forth with the first. */
function retailMac(key: Uint8Array, blocks: Uint8Array): Uint8Array {
  const [first, second] = [key.subarray(0, DES_KEY_BYTES), key.subarray(DES_KEY_BYTES)];
  const chained = desCbc("encrypt", first, blocks).subarray(-DES_KEY_BYTES);
  return desCbc("encrypt", first, desCbc("decrypt", second, chained));
}

/** Single DES is triple DES with one key three times. */
function desCbc(direction: "encrypt" | "decrypt", key: Uint8Array, blocks: Uint8Array): Uint8Array {
  const make = direction === "encrypt" ? createCipheriv : createDecipheriv;
  const cipher = make("des-ede3-cbc", concat(key, key, key), new Uint8Array(8)).setAutoPadding(false);
  return Uint8Array.from(cipher.update(blocks));
}

/** ISO/IEC 9797-1 padding method 2: 80, then zeros to a whole block; at least one byte. */
export function padded(bytes: Uint8Array, blockBytes: number): Uint8Array {
  const zeros = blockBytes - 1 - (bytes.length % blockBytes);
  return concat(bytes, Uint8Array.of(0x80), new Uint8Array(zeros));
}

/** What stood before the padding; nothing when there is none. */
export function unpadded(bytes: Uint8Array): Uint8Array | undefined {
  const end = bytes.findLastIndex((byte) => byte !== 0);
  return bytes[end] === 0x80 ? bytes.subarray(0, end) : undefined;
}
