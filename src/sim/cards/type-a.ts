/**
 * A card of ISO/IEC 14443 type A as an antenna sees it: polling state, UID, and what answers once it is
 * selected. A selected card does not answer REQA; it falls back to idle and answers the next one, which
 * is why a card left lying flaps between present and absent under a naive poll.
 */
import type { SeededRandom } from "../seeded-random.ts";
import type { CardAnswer, IsoDepCard } from "./iso-dep.ts";

export interface TypeAProfile {
  /** SENS_RES, two bytes, most significant first as the PN532 reports it. */
  readonly sensRes: number;
  /** SEL_RES; bit 6 (20) announces ISO-DEP. */
  readonly selRes: number;
  /** Makes the UID of one activation: 4, 7 or 10 bytes; random for identity documents and phones. */
  readonly uid: (random: SeededRandom) => Uint8Array;
  /** Layer 4, for cards that have it. */
  readonly isoDep?: IsoDepCard;
}

/** S(DESELECT) without CID. */
const DESELECT = 0xc2;

export class TypeACard {
  readonly profile: TypeAProfile;
  #selected = false;

  constructor(profile: TypeAProfile) {
    this.profile = profile;
  }

  /** Whether the card answers REQA. */
  answersPoll(): boolean {
    if (this.isTorn()) return false;
    const answers = !this.#selected;
    this.powerOff();
    return answers;
  }

  /** Anticollision and SELECT, all cascade levels: the UID. */
  select(random: SeededRandom): Uint8Array {
    this.#selected = true;
    return this.profile.uid(random);
  }

  /** One frame after selection; nothing when the card stays silent. */
  receive(frame: Uint8Array): CardAnswer | undefined {
    if (!this.#selected || this.isTorn()) return undefined;
    const answer = this.profile.isoDep?.receive(frame);
    if (answer !== undefined && frame[0] === DESELECT) this.powerOff();
    return answer;
  }

  /** Deselected, or without field for long enough: idle again, every session state gone. */
  powerOff(): void {
    this.#selected = false;
    this.profile.isoDep?.powerOff();
  }

  /** Taken away by its own script; silent until it is put on a reader again. */
  isTorn(): boolean {
    return this.profile.isoDep?.isTorn() === true;
  }

  /** Put into a field, as a new card would be. */
  enterField(): void {
    this.powerOff();
    this.profile.isoDep?.enterField();
  }
}

/** The UID that identity documents and phones invent at each activation: 08 and three random bytes. */
export const randomUid = (random: SeededRandom): Uint8Array => Uint8Array.of(0x08, ...random.bytes(3));
