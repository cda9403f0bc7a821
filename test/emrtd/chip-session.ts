/**
 * The chip's end of secure messaging, written apart from the reader's: on bytes, with node:crypto alone, its own
 * key derivation, CMAC, retail MAC and length coding. What both ends agree on was not made by one mistake.
 * Governing text: ICAO Doc 9303-11 §9.8.
 */
import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import type { SuiteName } from "../../src/crypto/document-suite.ts";

export interface PlainCommand {
  readonly header: Uint8Array;
  readonly data: Uint8Array;
  readonly le: number | undefined;
}

interface ChipSuite {
  readonly block: number;
  readonly keyBytes: number;
  readonly hash: "sha1" | "sha256";
  readonly cbc: string;
  readonly ecb: string | undefined;
}

const SUITES: Readonly<Record<SuiteName, ChipSuite>> = {
  "3DES": { block: 8, keyBytes: 16, hash: "sha1", cbc: "des-ede3-cbc", ecb: undefined },
  "AES-128": { block: 16, keyBytes: 16, hash: "sha1", cbc: "aes-128-cbc", ecb: "aes-128-ecb" },
  "AES-192": { block: 16, keyBytes: 24, hash: "sha256", cbc: "aes-192-cbc", ecb: "aes-192-ecb" },
  "AES-256": { block: 16, keyBytes: 32, hash: "sha256", cbc: "aes-256-cbc", ecb: "aes-256-ecb" },
};

/** First bytes of H(secret ‖ 000000c); no DES parity, which no cipher looks at. */
export function chipKey(name: SuiteName, secret: Uint8Array, counter: number): Uint8Array {
  const { hash, keyBytes } = SUITES[name];
  const hashed = createHash(hash)
    .update(secret)
    .update(Uint8Array.of(0, 0, 0, counter))
    .digest();
  return new Uint8Array(hashed.subarray(0, keyBytes));
}

export class ChipSession {
  readonly #suite: ChipSuite;
  readonly #enc: Uint8Array;
  readonly #mac: Uint8Array;
  #counter: bigint;

  constructor(name: SuiteName, keys: { enc: Uint8Array; mac: Uint8Array; counter?: bigint }) {
    this.#suite = SUITES[name];
    this.#enc = keys.enc;
    this.#mac = keys.mac;
    this.#counter = keys.counter ?? 0n;
  }

  /** Opens a protected command APDU; throws where a chip would answer 6987 or 6988. */
  open(apdu: Uint8Array): PlainCommand {
    this.#counter += 1n;
    const header = apdu.slice(0, 4);
    const body = bodyOf(apdu);
    const objects = splitObjects(body);
    const code = objects.at(-1);
    if (code?.tag !== 0x8e) throw new Error("no code");
    const covered = concatenated(this.#padded(header), body.subarray(0, code.start));
    if (!same(code.value, this.#code(covered))) throw new Error("wrong code");
    const odd = (header[1] ?? 0) % 2 === 1;
    const carrier = objects.find((object) => object.tag === (odd ? 0x85 : 0x87));
    const le = objects.find((object) => object.tag === 0x97);
    if (objects.length !== 1 + [carrier, le].filter((object) => object !== undefined).length)
      throw new Error("strange object");
    return {
      header: Uint8Array.of((header[0] ?? 0) & ~0x0c, ...header.subarray(1)),
      data: carrier === undefined ? new Uint8Array(0) : this.#decrypted(carrier.value, odd),
      le: le === undefined ? undefined : number(le.value) || (le.value.length === 1 ? 256 : 65_536),
    };
  }

  /** A protected answer, status word included: `[87|85] 99 8E SW`. */
  answer(data: Uint8Array, sw: number, odd = false): Uint8Array {
    this.#counter += 1n;
    const status = Uint8Array.of(sw >> 8, sw & 0xff);
    return this.seal(concatenated(this.carrier(data, odd), Uint8Array.of(0x99, 0x02), status), sw);
  }

  /** Any objects with a right code behind them: what only a chip that misbehaves sends. */
  seal(objects: Uint8Array, sw: number): Uint8Array {
    return concatenated(
      objects,
      Uint8Array.of(0x8e, 0x08),
      this.#code(objects),
      Uint8Array.of(sw >> 8, sw & 0xff),
    );
  }

  /** Counts an answer whose objects the test writes itself. */
  count(): void {
    this.#counter += 1n;
  }

  carrier(data: Uint8Array, odd = false): Uint8Array {
    if (data.length === 0) return new Uint8Array(0);
    return this.carrierOfBlocks(this.#padded(data), odd);
  }

  carrierOfBlocks(blocks: Uint8Array, odd = false): Uint8Array {
    const cipher = createCipheriv(this.#suite.cbc, this.#cipherKey(), this.#iv()).setAutoPadding(false);
    const cryptogram = cipher.update(blocks);
    const content = odd ? cryptogram : concatenated(Uint8Array.of(0x01), cryptogram);
    return concatenated(Uint8Array.of(odd ? 0x85 : 0x87), lengthField(content.length), content);
  }

  #decrypted(value: Uint8Array, odd: boolean): Uint8Array {
    if (!odd && value[0] !== 0x01) throw new Error("no padding indicator");
    const decipher = createDecipheriv(this.#suite.cbc, this.#cipherKey(), this.#iv()).setAutoPadding(false);
    const padded = decipher.update(odd ? value : value.subarray(1));
    return new Uint8Array(padded.subarray(0, padded.lastIndexOf(0x80)));
  }

  #padded(data: Uint8Array): Uint8Array {
    const zeros = this.#suite.block - 1 - (data.length % this.#suite.block);
    return concatenated(data, Uint8Array.of(0x80), new Uint8Array(zeros));
  }

  #counterBytes(): Uint8Array {
    const bits = 8 * this.#suite.block;
    const digits = BigInt.asUintN(bits, this.#counter)
      .toString(16)
      .padStart(2 * this.#suite.block, "0");
    return new Uint8Array(Buffer.from(digits, "hex"));
  }

  #cipherKey(): Uint8Array {
    return this.#suite.ecb === undefined ? concatenated(this.#enc, this.#enc.subarray(0, 8)) : this.#enc;
  }

  #iv(): Uint8Array {
    const { ecb, block } = this.#suite;
    return ecb === undefined ? new Uint8Array(block) : oneBlock(ecb, this.#enc, this.#counterBytes());
  }

  #code(data: Uint8Array): Uint8Array {
    const message = this.#padded(concatenated(this.#counterBytes(), data));
    const { ecb } = this.#suite;
    return ecb === undefined ? retail(this.#mac, message) : cmac(ecb, this.#mac, message).subarray(0, 8);
  }
}

/** DES-CBC with Ka block by block, then D(Kb) and E(Ka): ISO/IEC 9797-1 algorithm 3 as it is written. */
export function retail(key: Uint8Array, message: Uint8Array): Uint8Array {
  const [ka, kb] = [key.subarray(0, 8), key.subarray(8, 16)];
  let state = new Uint8Array(8);
  for (let offset = 0; offset < message.length; offset += 8)
    state = des("encrypt", ka, xor(state, message.subarray(offset, offset + 8)));
  return des("encrypt", ka, des("decrypt", kb, state));
}

function des(direction: "encrypt" | "decrypt", key: Uint8Array, block: Uint8Array): Uint8Array<ArrayBuffer> {
  const thrice = concatenated(key, key, key);
  const make = direction === "encrypt" ? createCipheriv : createDecipheriv;
  return new Uint8Array(make("des-ede3", thrice, null).setAutoPadding(false).update(block));
}

/** NIST SP 800-38B, for messages of whole blocks. */
function cmac(ecb: string, key: Uint8Array, message: Uint8Array): Uint8Array {
  const subkey = doubled(oneBlock(ecb, key, new Uint8Array(16)));
  let state = new Uint8Array(16);
  for (let offset = 0; offset < message.length; offset += 16) {
    const block = xor(state, message.subarray(offset, offset + 16));
    state = oneBlock(ecb, key, offset + 16 === message.length ? xor(block, subkey) : block);
  }
  return state;
}

function doubled(block: Uint8Array): Uint8Array {
  const value = BigInt(`0x${Buffer.from(block).toString("hex")}`);
  const carry = value >> 127n === 1n ? 0x87n : 0n;
  const digits = (BigInt.asUintN(128, value << 1n) ^ carry).toString(16).padStart(32, "0");
  return new Uint8Array(Buffer.from(digits, "hex"));
}

const oneBlock = (ecb: string, key: Uint8Array, block: Uint8Array): Uint8Array<ArrayBuffer> =>
  new Uint8Array(createCipheriv(ecb, key, null).setAutoPadding(false).update(block));

const xor = (left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(left, (byte, index) => byte ^ (right[index] ?? 0));

/** What stands between Lc' and Le', both checked: Le' is 00, or 0000 behind an extended Lc'. */
function bodyOf(apdu: Uint8Array): Uint8Array {
  const extended = apdu[4] === 0;
  const start = extended ? 7 : 5;
  const lc = extended ? number(apdu.subarray(5, 7)) : (apdu[4] ?? 0);
  const trailer = Buffer.from(apdu.subarray(start + lc)).toString("hex");
  if (trailer !== (extended ? "0000" : "00")) throw new Error(`Le' is ${trailer}`);
  return apdu.subarray(start, start + lc);
}

const same = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0;

const concatenated = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

const number = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => sum * 256 + byte, 0);

function lengthField(length: number): Uint8Array {
  if (length < 128) return Uint8Array.of(length);
  return length < 256 ? Uint8Array.of(0x81, length) : Uint8Array.of(0x82, length >> 8, length & 0xff);
}

interface DataObject {
  readonly tag: number;
  readonly start: number;
  readonly value: Uint8Array;
}

function splitObjects(body: Uint8Array): readonly DataObject[] {
  const objects: DataObject[] = [];
  for (let start = 0; start < body.length; ) {
    const first = body[start + 1] ?? 0;
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    const valueStart = start + 2 + lengthBytes;
    const length = lengthBytes === 0 ? first : number(body.subarray(start + 2, valueStart));
    objects.push({ tag: body[start] ?? 0, start, value: body.subarray(valueStart, valueStart + length) });
    start = valueStart + length;
  }
  return objects;
}
