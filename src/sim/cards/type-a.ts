/**
 * A card of ISO/IEC 14443 type A as an antenna sees it: polling state, UID, and what answers once it is
 * selected. A selected card does not answer REQA; it falls back to idle and answers the next one, which
 * is why a card left lying flaps between present and absent under a naive poll.
 */
import { hex } from "../../bytes/hex.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { RATES_106 } from "../timing.ts";
import type { CardAnswer, IsoDepCard } from "./iso-dep.ts";

export interface TypeAProfile {
  /** SENS_RES, two bytes, most significant first as the PN532 reports it. */
  readonly sensRes: number;
  /** SEL_RES; bit 6 (20) announces ISO-DEP. */
  readonly selRes: number;
  /** Makes the UID of one power-on: 4, 7 or 10 bytes; random for identity documents and phones. */
  readonly uid: (random: SeededRandom) => Uint8Array;
  /** Layer 4, for cards that have it. */
  readonly isoDep?: IsoDepCard;
}

/** S(DESELECT) without CID. The card then sleeps (HALT) until WUPA, which the chip is modelled to poll with. */
const DESELECT = 0xc2;

export class TypeACard {
  readonly type = "A";
  readonly profile: TypeAProfile;
  #selected = false;
  #uid: Uint8Array = new Uint8Array();

  constructor(profile: TypeAProfile) {
    this.profile = profile;
  }

  /** The UID of this power-on; empty before the first. */
  get uid(): Uint8Array {
    return this.#uid;
  }

  /** Whether the card answers REQA. */
  answersPoll(): boolean {
    if (this.isTorn()) return false;
    const answers = !this.#selected;
    this.#becomeIdle();
    return answers;
  }

  /** Anticollision and SELECT, all cascade levels: the UID. */
  select(): Uint8Array {
    this.#selected = true;
    return this.#uid;
  }

  /** One frame after selection; nothing when the card stays silent. */
  receive(frame: Uint8Array, rates = RATES_106): CardAnswer | undefined {
    if (!this.#selected || this.isTorn()) return undefined;
    const answer = this.profile.isoDep?.receive(frame, rates);
    if (answer !== undefined && frame[0] === DESELECT) this.#becomeIdle();
    return answer;
  }

  /** Power returns after it was gone: idle, with the UID of this power-on. */
  powerOn(random: SeededRandom): void {
    this.#becomeIdle();
    this.#uid = this.profile.uid(random);
  }

  /** Every session state is gone. */
  powerOff(): void {
    this.#becomeIdle();
  }

  /** Taken away by its own script; silent until it is put on a reader again. */
  isTorn(): boolean {
    return this.profile.isoDep?.isTorn() === true;
  }

  /** Put into a field, as a new card would be. */
  enterField(random: SeededRandom): void {
    this.powerOn(random);
    this.profile.isoDep?.enterField();
  }

  #becomeIdle(): void {
    this.#selected = false;
    this.profile.isoDep?.powerOff();
  }
}

/**
 * The UID that identity documents and phones invent whenever they get power, and keep until they lose it
 * (ISO/IEC 14443-3): 08 and three random bytes.
 */
export const randomUid = (random: SeededRandom): Uint8Array => Uint8Array.of(0x08, ...random.bytes(3));

/** The same number at every power-on, from hexadecimal; nothing when none is given. */
export const fixed = (text: string | undefined): (() => Uint8Array) | undefined =>
  text === undefined ? undefined : () => hex(text);
