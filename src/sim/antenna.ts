/**
 * The field of one reader: carrier, the cards in it, and the account of where the time of a tap went.
 * Cards are placed and removed at any instant, or at any byte on the air; the chip asks at the instants at which
 * it transmits. Two cards of a kind in one field garble each other: documents that lie on one another on a small
 * antenna are modelled as an abnormal collision (status 06), not as one that anticollision resolves.
 */
import type { Card, CardType } from "./cards/card.ts";
import type { CardAnswer } from "./cards/iso-dep.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { TapSplit } from "./tap.ts";
import type { Timeline } from "./timeline.ts";
import { RATES_106, type Share, type Timing } from "./timing.ts";

type Account = { -readonly [Member in keyof TapSplit]: TapSplit[Member] };

/** What comes back when the chip transmits. */
export type FieldAnswer = CardAnswer | "silence" | "collision";

/** Why the chip has switched its antenna drivers off by itself. */
export type Protection = "none" | "overTemperature" | "overCurrent";

/** Status codes of the chip for it (UM0701-02 §7.1). */
const PROTECTION_STATUS = { none: undefined, overTemperature: 0x0d, overCurrent: 0x2d } as const;

export class Antenna {
  readonly #timeline: Timeline;
  readonly #timing: Timing;
  readonly #random: SeededRandom;
  readonly #cards = new Map<Card, { readonly placedAtUs: number }>();
  #fieldOn = false;
  #changedAtUs = Number.NEGATIVE_INFINITY;
  #account: Account | undefined;
  #pending: Card | undefined;
  #wasAnswered = false;
  #departures = 0;
  #bytesToTear = Number.POSITIVE_INFINITY;
  #protection: Protection = "none";
  /** Called when something was put on the reader or waits for the next try: the chip need not look before. */
  onArrival: () => void = () => undefined;
  /** Called when the carrier has gone on or off. */
  onCarrier: (state: "on" | "off") => void = () => undefined;
  /** Called when the chip begins to wait, for so many activation tries, for somebody to come into an empty field. */
  onVacancy: (tries: number) => void = () => undefined;

  constructor(timeline: Timeline, timing: Timing, random: SeededRandom) {
    this.#timeline = timeline;
    this.#timing = timing;
    this.#random = random;
  }

  place(card: Card): void {
    if (this.#cards.has(card)) return;
    card.enterField(this.#random);
    this.#cards.set(card, { placedAtUs: this.#timeline.nowUs() });
    this.onArrival();
  }

  /** Puts the card into the field at the start of the next activation try, the moment from which taps are measured. */
  placeAtNextTry(card: Card): void {
    this.#pending = card;
    this.onArrival();
  }

  /** Takes this card, or all of them, out of the field. */
  remove(card?: Card): void {
    if (card === undefined || card === this.#pending) this.#pending = undefined;
    for (const present of card === undefined ? [...this.#cards.keys()] : [card]) {
      present.powerOff();
      if (this.#cards.delete(present)) this.#departures += 1;
    }
  }

  /** Everything is taken away once so many further bytes of frames, CRC included, have gone over the air, either way. */
  tearAfter(lengthBytes: number): void {
    this.#bytesToTear = lengthBytes;
  }

  /** So many bytes go over the air from now on. */
  carry(lengthBytes: number): void {
    this.#bytesToTear -= lengthBytes;
    if (this.#bytesToTear >= 0) return;
    this.#bytesToTear = Number.POSITIVE_INFINITY;
    this.remove();
  }

  /** Counts cards taken away or left without power, so that an exchange can tell that its card was lost in between. */
  departures(): number {
    return this.#departures;
  }

  cards(): readonly Card[] {
    return [...this.#cards.keys()];
  }

  /** Whether an activation try can find anything now, or a card waits for one. */
  isOccupied(): boolean {
    return this.#cards.size > 0 || this.#pending !== undefined;
  }

  fieldIsOn(): boolean {
    return this.#fieldOn;
  }

  /** While it lasts the carrier is off, and stays off afterwards until the chip or its host wants it again. */
  setProtection(protection: Protection): void {
    this.#protection = protection;
    if (protection === "none") return;
    this.setField("off");
    this.#departures += 1;
  }

  /** The status code of a protection that is at work. */
  protectionStatus(): number | undefined {
    return PROTECTION_STATUS[this.#protection];
  }

  /** A carrier that was off for long enough has taken all state from the cards. */
  setField(state: "on" | "off"): void {
    const on = state === "on" && this.#protection === "none";
    if (on === this.#fieldOn) return;
    const offUs = this.#timeline.nowUs() - this.#changedAtUs;
    this.#fieldOn = on;
    this.#changedAtUs = this.#timeline.nowUs();
    this.onCarrier(on ? "on" : "off");
    if (on && offUs >= this.#timing.cardResetUs)
      for (const card of this.#cards.keys()) card.powerOn(this.#random);
  }

  /** What is left of the guard time between carrier on and the first REQA. */
  guardLeftUs(): number {
    return Math.max(0, this.#changedAtUs + this.#timing.fieldGuardUs - this.#timeline.nowUs());
  }

  /**
   * One request to the cards of a type. Exactly one card answering is found; none, or several that collide, is
   * nobody. Opens a new account, with `commands` at one.
   */
  request<Type extends CardType>(type: Type): Extract<Card, { type: Type }> | undefined {
    if (this.#pending !== undefined) {
      const pending = this.#pending;
      this.#pending = undefined;
      this.place(pending);
    }
    this.#wasAnswered = false;
    if (!this.#fieldOn) return undefined;
    const [card, ...others] = this.#ofType(type).filter((present) => present.answersPoll());
    this.#wasAnswered = card !== undefined;
    if (card === undefined || others.length > 0) return undefined;
    const nowUs = this.#timeline.nowUs();
    const placedAtUs = this.#cards.get(card)?.placedAtUs ?? nowUs;
    this.#account = { placedAtUs, foundAtUs: nowUs, radioUs: 0, chipUs: 0, busUs: 0, cardUs: 0, commands: 1 };
    return card;
  }

  /** Whether anybody answered the last request, understood or not. */
  wasAnswered(): boolean {
    return this.#wasAnswered;
  }

  /** One frame, without CRC, to whatever is in the field. A second card of a kind garbles every answer. */
  transmit(frame: Uint8Array, rates = RATES_106): FieldAnswer {
    if (!this.#fieldOn) return "silence";
    const answers = [...this.#cards.keys()].flatMap((card) => {
      const answer = card.receive(frame, rates);
      return answer === undefined ? [] : [{ card, answer }];
    });
    const [first] = answers;
    if (first === undefined) return "silence";
    return this.#ofType(first.card.type).length > 1 ? "collision" : first.answer;
  }

  #ofType<Type extends CardType>(type: Type): readonly Extract<Card, { type: Type }>[] {
    return [...this.#cards.keys()].filter(
      (card): card is Extract<Card, { type: Type }> => card.type === type,
    );
  }

  spend(share: Share, durationUs: number): void {
    if (this.#account !== undefined) this.#account[`${share}Us`] += durationUs;
  }

  countCommand(): void {
    if (this.#account !== undefined) this.#account.commands += 1;
  }

  /** The account so far of the card found last. */
  tap(): TapSplit | undefined {
    return this.#account === undefined ? undefined : { ...this.#account };
  }
}
