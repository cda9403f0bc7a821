/**
 * The chip's side of PACE for tests: all mappings, with arithmetic of its own (`chip-group.ts`) and a view of each answer
 * before it leaves, so that a test can spoil it. The symmetric half is the reader's, which vectors prove.
 */
import { concat } from "../../src/bytes/bytes.ts";
import { hex } from "../../src/bytes/hex.ts";
import { writeTlv } from "../../src/bytes/write-tlv.ts";
import { toFixedBytes, toInteger } from "../../src/crypto/big-endian.ts";
import { pad } from "../../src/crypto/block-padding.ts";
import { type SuiteName, suite } from "../../src/crypto/document-suite.ts";
import { pseudoRandom } from "../../src/emrtd/pace-mapping.ts";
import type { PaceMapping } from "../../src/emrtd/security-infos.ts";
import type { ChipGroup } from "./chip-group.ts";
import type { Chip } from "./play.ts";

export interface ChipSetting {
  readonly mapping: PaceMapping;
  readonly suite: SuiteName;
  readonly group: ChipGroup;
  readonly protocol: Uint8Array;
  /** K, from which the password's key comes. */
  readonly password: Uint8Array;
  readonly nonce: Uint8Array;
  readonly secrets: { readonly map: bigint; readonly agree: bigint; readonly fixed?: bigint };
}

export type AnswerName = "set" | "nonce" | "map" | "agree" | "token";

/** What the chip has after its token. */
export interface ChipKeys {
  readonly ksEnc: Uint8Array;
  readonly ksMac: Uint8Array;
}

const OK = hex("9000");
const WRONG_TOKEN = hex("6300");

export class PaceChip {
  readonly #setting: ChipSetting;
  readonly #spoil: (name: AnswerName, answer: Uint8Array) => Uint8Array;
  readonly commands: Uint8Array[] = [];
  /** The secret that both sides agreed on. */
  shared = new Uint8Array(0);
  keys: ChipKeys | undefined;
  #generator = new Uint8Array(0);
  #mapKey = new Uint8Array(0);
  #ours = new Uint8Array(0);
  #theirs = new Uint8Array(0);

  constructor(
    setting: ChipSetting,
    spoil: (name: AnswerName, answer: Uint8Array) => Uint8Array = (_, answer) => answer,
  ) {
    this.#setting = setting;
    this.#spoil = spoil;
  }

  /** The reader's public key of the second agreement. */
  get readerKey(): Uint8Array {
    return this.#theirs;
  }

  readonly answer: Chip = (command) => {
    this.commands.push(command);
    if (command[1] === 0x22) return this.#spoil("set", OK);
    const { tag, value } = sentObject(command);
    if (tag === undefined) return this.#spoil("nonce", this.#nonce());
    if (tag === 0x81) return this.#spoil("map", this.#map(value));
    if (tag === 0x83) return this.#spoil("agree", this.#agree(value));
    return this.#spoil("token", this.#token(value));
  };

  #nonce(): Uint8Array {
    const { suite: name, password, nonce } = this.#setting;
    const cipher = suite(name);
    return dynamic(0x80, cipher.encryptCbc(cipher.kdf(password, 3), nonce));
  }

  #map(theirs: Uint8Array): Uint8Array {
    const { group, mapping, nonce, secrets, suite: name } = this.#setting;
    if (mapping.endsWith("-IM")) {
      const input = { nonce, challenge: theirs, fieldBits: group.fieldBits };
      this.#generator = Uint8Array.from(group.integrated(pseudoRandom(suite(name), input)));
      return dynamic(0x82, new Uint8Array(0));
    }
    this.#mapKey = Uint8Array.from(group.multiply(secrets.map, group.generator));
    const ofNonce = group.multiply(toInteger(nonce) % group.order, group.generator);
    this.#generator = Uint8Array.from(group.add(ofNonce, group.multiply(secrets.map, theirs)));
    return dynamic(0x82, this.#mapKey);
  }

  #agree(theirs: Uint8Array): Uint8Array {
    const { group, secrets, suite: name } = this.#setting;
    this.#theirs = Uint8Array.from(theirs);
    this.#ours = Uint8Array.from(group.multiply(secrets.agree, this.#generator));
    this.shared = Uint8Array.from(group.shared(group.multiply(secrets.agree, theirs)));
    const cipher = suite(name);
    this.keys = { ksEnc: cipher.kdf(this.shared, 1), ksMac: cipher.kdf(this.shared, 2) };
    return dynamic(0x84, this.#ours);
  }

  #token(received: Uint8Array): Uint8Array {
    const { group, mapping, protocol, suite: name } = this.#setting;
    const cipher = suite(name);
    const { ksEnc, ksMac } = this.keys ?? { ksEnc: new Uint8Array(0), ksMac: new Uint8Array(0) };
    const tokenOver = (key: Uint8Array) =>
      cipher.mac(ksMac, writeTlv(0x7f49, writeTlv(0x06, protocol), writeTlv(group.keyTag, key)));
    if (!tokenOver(this.#ours).every((byte, index) => byte === received[index])) return WRONG_TOKEN;
    const objects = [writeTlv(0x86, tokenOver(this.#theirs))];
    if (mapping === "ECDH-CAM") objects.push(writeTlv(0x8a, this.#chipData(ksEnc)));
    return concat(writeTlv(0x7c, ...objects), OK);
  }

  /** CA_IC = map secret / static secret modulo the order, padded and encrypted. */
  #chipData(ksEnc: Uint8Array): Uint8Array {
    const { group, secrets, suite: name } = this.#setting;
    const { order } = group;
    const fixed = secrets.fixed ?? 1n;
    let inverse = 1n;
    for (const bit of (order - 2n).toString(2))
      inverse = (inverse * inverse * (bit === "1" ? fixed : 1n)) % order;
    const data = toFixedBytes((secrets.map * inverse) % order, (group.generator.length - 1) / 2);
    const cipher = suite(name);
    const iv = cipher.encryptCbc(ksEnc, new Uint8Array(16).fill(0xff));
    return cipher.encryptCbc(ksEnc, pad(data, 16), iv);
  }
}

const dynamic = (tag: number, value: Uint8Array): Uint8Array =>
  concat(writeTlv(0x7c, writeTlv(tag, value)), OK);

/** The one object in the 7C of a GENERAL AUTHENTICATE, its lengths short or extended. */
export function sentObject(command: Uint8Array): {
  readonly tag: number | undefined;
  readonly value: Uint8Array;
} {
  const body = command[4] === 0 ? command.subarray(7, -2) : command.subarray(5, -1);
  const inner = behindLength(body);
  return { tag: inner[0], value: behindLength(inner) };
}

function behindLength(object: Uint8Array): Uint8Array {
  const length = object[1] ?? 0;
  return object.subarray(length < 0x80 ? 2 : length - 0x80 + 2);
}
