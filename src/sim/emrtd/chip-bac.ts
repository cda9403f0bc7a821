/**
 * The chip's side of Basic Access Control: GET CHALLENGE, and EXTERNAL AUTHENTICATE with both sides' halves of a key.
 * Governing text: ICAO Doc 9303-11 §4.3, §9.7.2, appendix D.3.
 */
import { createHash } from "node:crypto";
import { concat, equalBytes } from "../../bytes/bytes.ts";
import type { Random } from "../../ports/random.ts";
import type { CardCommand } from "../cards/apdu.ts";
import { ascii } from "../pki/der.ts";
import { ChipCipher, CODE_BYTES } from "./chip-cipher.ts";
import type { ChipBehaviour } from "./chip-faults.ts";
import type { ChipLatency } from "./chip-latency.ts";
import { done, type Reply, SW, status, type Work } from "./chip-work.ts";
import type { ChipContent } from "./content.ts";
import { numberOf } from "./numbers.ts";
import type { WrongPasswords } from "./wrong-passwords.ts";

export interface BacSetting {
  readonly content: ChipContent;
  readonly behaviour: ChipBehaviour;
  readonly latency: ChipLatency;
  /** Drawn from: 8 bytes for a challenge, 16 for the chip's half of the key. */
  readonly random: Random;
  readonly wrongPasswords: WrongPasswords;
}

const NONCE_BYTES = 8;
const KEY_BYTES = 16;
/** RND ‖ RND ‖ K of one side. */
const PLAIN_BYTES = 2 * NONCE_BYTES + KEY_BYTES;
const COUNTER_PART_BYTES = 4;

export class ChipBac {
  readonly #setting: BacSetting;
  readonly #cipher = new ChipCipher("3DES");
  #challenge: Uint8Array | undefined;

  constructor(setting: BacSetting) {
    this.#setting = setting;
  }

  clear(): void {
    this.#challenge = undefined;
  }

  /** GET CHALLENGE: 8 bytes, good for the next command. */
  challenge({ p1, p2, data, le }: CardCommand): Reply {
    if (p1 !== 0 || p2 !== 0) return status(SW.wrongParameters);
    if (data.length > 0 || (le !== NONCE_BYTES && le !== 256)) return status(SW.wrongLength);
    this.#challenge = this.#setting.random.bytes(NONCE_BYTES);
    return done(this.#challenge);
  }

  /** EXTERNAL AUTHENTICATE, data E_IFD(32) ‖ M_IFD(8): E_IC ‖ M_IC, and the keys of the session. */
  authenticate(command: CardCommand): Work {
    const { behaviour, content, latency, wrongPasswords } = this.#setting;
    const challenge = this.#challenge;
    this.clear();
    const withdrawn = behaviour.bacStatus ?? (content.bac ? undefined : SW.referenceNotFound);
    const workUs = latency.apduUs + wrongPasswords.delayUs;
    if (withdrawn !== undefined) return { workUs: latency.apduUs, reply: () => status(withdrawn) };
    return { workUs, reply: () => this.#answer(command, challenge) };
  }

  #answer({ p1, p2, data, le }: CardCommand, challenge: Uint8Array | undefined): Reply {
    if (challenge === undefined) return status(SW.conditionsOfUse);
    if (p1 !== 0 || p2 !== 0) return status(SW.wrongParameters);
    if (data.length !== PLAIN_BYTES + CODE_BYTES || le === undefined) return status(SW.wrongLength);
    const digest = createHash("sha1").update(ascii(this.#setting.content.mrzInformation)).digest();
    const seed = digest.subarray(0, KEY_BYTES);
    const [enc, mac] = [this.#cipher.deriveKey(seed, 1), this.#cipher.deriveKey(seed, 2)];
    const [cryptogram, code] = [data.subarray(0, PLAIN_BYTES), data.subarray(PLAIN_BYTES)];
    const plain = this.#cipher.decrypt(enc, cryptogram);
    const theirNonce = plain.subarray(0, NONCE_BYTES);
    const isOurs = equalBytes(plain.subarray(NONCE_BYTES, 2 * NONCE_BYTES), challenge);
    if (!equalBytes(code, this.#cipher.code(mac, cryptogram)) || !isOurs) {
      this.#setting.wrongPasswords.wrong();
      return status(SW.wrongPassword);
    }
    this.#setting.wrongPasswords.right();
    return this.#accepted({ enc, mac, challenge, theirNonce, theirKey: plain.subarray(2 * NONCE_BYTES) });
  }

  #accepted(run: {
    readonly enc: Uint8Array;
    readonly mac: Uint8Array;
    readonly challenge: Uint8Array;
    readonly theirNonce: Uint8Array;
    readonly theirKey: Uint8Array;
  }): Reply {
    const { enc, mac, challenge, theirNonce, theirKey } = run;
    const lie = this.#setting.behaviour.bac;
    const key = lie === "reflected" ? theirKey : this.#setting.random.bytes(KEY_BYTES);
    const echoed = lie === "nonce" ? theirNonce.map((byte) => byte ^ 0xff) : theirNonce;
    const cryptogram = this.#cipher.encrypt(enc, concat(challenge, echoed, key));
    const code = this.#cipher.code(mac, cryptogram);
    if (lie === "mac") code[0] = (code[0] ?? 0) ^ 0x01;
    const seed = theirKey.map((byte, index) => byte ^ (key[index] ?? 0));
    const counter = concat(challenge.subarray(-COUNTER_PART_BYTES), theirNonce.subarray(-COUNTER_PART_BYTES));
    const session = {
      suite: "3DES",
      enc: this.#cipher.deriveKey(seed, 1),
      mac: this.#cipher.deriveKey(seed, 2),
      counter: numberOf(counter),
    } as const;
    return { ...done(concat(cryptogram, code)), session };
  }
}
