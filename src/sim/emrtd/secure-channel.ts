/**
 * The chip's end of secure messaging: opens protected commands, seals answers, counts each message. What is not sound is
 * refused with the status that ends a session. Can be told to seal falsely, as a chip does that lies or is broken.
 * Governing text: ICAO Doc 9303-11 §9.8; ISO/IEC 7816-4 §10.
 */
import { concat, equalBytes } from "../../bytes/bytes.ts";
import { type CardCommand, statusOnly } from "../cards/apdu.ts";
import { tlv } from "../tlv.ts";
import { ChipCipher, CODE_BYTES, padded, unpadded } from "./chip-cipher.ts";
import type { ChipSuite } from "./content.ts";
import { dataObjects } from "./data-objects.ts";
import { bytesOf, numberOf } from "./numbers.ts";

export interface SessionKeys {
  readonly suite: ChipSuite;
  readonly enc: Uint8Array;
  readonly mac: Uint8Array;
  /** Of the message before the first. */
  readonly counter: bigint;
}

/** How an answer is sealed falsely. */
export type FalseSeal =
  /** One bit of the code is wrong. */
  | "mac"
  /** The status under the code is not the one that follows it. */
  | "status"
  /** The counter is one ahead. */
  | "counter"
  /** 90 00 and nothing else. */
  | "bare"
  /** The data in clear, and the status. */
  | "clear"
  /** The chip has forgotten the session. */
  | "dropped";

/** What is said to a command, before it is sealed. */
export interface Plain {
  readonly data: Uint8Array;
  readonly sw: number;
}

const CLA_SECURE = 0x0c;
const TAG = { padded: 0x87, unmarked: 0x85, le: 0x97, status: 0x99, code: 0x8e } as const;
const PADDING_METHOD_2 = 0x01;
const OK = 0x9000;
const SW_WRONG_LENGTH = 0x6700;
const SW_OBJECTS_MISSING = 0x6987;
/** Objects of secure messaging incorrect; also said to whatever comes outside the session that is on. */
export const SW_SESSION_OVER = 0x6988;

export class SecureChannel {
  readonly #cipher: ChipCipher;
  readonly #keys: SessionKeys;
  #counter: bigint;

  constructor(keys: SessionKeys) {
    this.#cipher = new ChipCipher(keys.suite);
    this.#keys = keys;
    this.#counter = keys.counter;
  }

  /** The command under the protection, or the status of the refusal, after which the session is over. */
  open(command: CardCommand): CardCommand | number {
    this.#counter += 1n;
    const { cla, ins, p1, p2, data: body } = command;
    if (command.le === undefined) return SW_WRONG_LENGTH;
    const objects = dataObjects(body);
    const code = objects?.at(-1);
    if (objects === undefined || code?.tag !== TAG.code) return SW_OBJECTS_MISSING;
    const header = padded(Uint8Array.of(cla, ins, p1, p2), this.#cipher.blockBytes);
    const covered = concat(header, body.subarray(0, code.startsAt));
    if (!equalBytes(code.value, this.#code(covered))) return SW_SESSION_OVER;
    const carrier = objects.find(({ tag }) => tag === (ins % 2 === 1 ? TAG.unmarked : TAG.padded));
    const le = objects.find(({ tag }) => tag === TAG.le);
    const isWhole = objects.length === [carrier, le, code].filter((object) => object !== undefined).length;
    const data = carrier === undefined ? new Uint8Array() : this.#decrypted(carrier.tag, carrier.value);
    if (!isWhole || data === undefined) return SW_SESSION_OVER;
    const plain = { cla: cla & ~CLA_SECURE, ins, p1, p2, data };
    if (le === undefined) return plain;
    const { length } = le.value;
    return length === 1 || length === 2 ? { ...plain, le: expected(le.value) } : SW_SESSION_OVER;
  }

  /** The answer as it is sent: `[87|85] 99 8E SW`; 85 carries the data of an instruction that is odd. */
  seal({ data, sw }: Plain, ins: number, lie?: FalseSeal): Uint8Array {
    this.#counter += lie === "counter" ? 2n : 1n;
    if (lie === "bare") return statusOnly(OK);
    if (lie === "clear") return concat(data, statusOnly(sw));
    if (lie === "dropped") return statusOnly(SW_SESSION_OVER);
    const carrier = data.length === 0 ? data : this.#carrier(data, ins);
    const objects = concat(carrier, tlv(TAG.status, statusOnly(sw)));
    const code = this.#code(objects);
    if (lie === "mac") code[0] = (code[0] ?? 0) ^ 0x01;
    return concat(objects, tlv(TAG.code, code), statusOnly(lie === "status" ? sw ^ 0x0001 : sw));
  }

  #carrier(data: Uint8Array, ins: number): Uint8Array {
    const blocks = padded(data, this.#cipher.blockBytes);
    const cryptogram = this.#cipher.encrypt(this.#keys.enc, blocks, this.#iv());
    if (ins % 2 === 1) return tlv(TAG.unmarked, cryptogram);
    return tlv(TAG.padded, concat(Uint8Array.of(PADDING_METHOD_2), cryptogram));
  }

  #decrypted(tag: number, value: Uint8Array): Uint8Array | undefined {
    if (tag === TAG.padded && value[0] !== PADDING_METHOD_2) return undefined;
    const blocks = tag === TAG.padded ? value.subarray(1) : value;
    if (blocks.length === 0 || blocks.length % this.#cipher.blockBytes !== 0) return undefined;
    return unpadded(this.#cipher.decrypt(this.#keys.enc, blocks, this.#iv()));
  }

  #iv(): Uint8Array {
    return this.#cipher.messageIv(this.#keys.enc, this.#counterBytes());
  }

  #code(message: Uint8Array): Uint8Array {
    return this.#cipher.messageCode(this.#keys.mac, concat(this.#counterBytes(), message));
  }

  #counterBytes(): Uint8Array {
    return bytesOf(this.#counter, this.#cipher.blockBytes);
  }
}

/** Content of object 97: zeros stand for the most that its one or two bytes can ask for. */
function expected(value: Uint8Array): number {
  const le = Number(numberOf(value));
  return le === 0 ? 256 ** value.length : le;
}

/** Most bytes of data that an answer of `limitBytes` at most can carry under protection. */
export function roomInside(suite: ChipSuite, limitBytes: number): number {
  const { blockBytes } = new ChipCipher(suite);
  const statusAndCode = 4 + 2 + CODE_BYTES;
  const left = limitBytes - statusAndCode;
  // Tag, one to three bytes of length, padding indicator.
  const header = left < 0x83 ? 3 : left < 0x103 ? 4 : 5;
  const blocks = Math.floor((left - header) / blockBytes);
  return blocks * blockBytes - 1;
}
