/**
 * The field of one reader: carrier, the cards in it, and the account of where the time of a tap went.
 * Cards are placed and removed at any instant; the chip asks at the instants at which it transmits.
 */
import type { CardAnswer } from "./cards/iso-dep.ts";
import type { TypeACard } from "./cards/type-a.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { TapSplit } from "./tap.ts";
import type { Timeline } from "./timeline.ts";
import type { Share, Timing } from "./timing.ts";

type Account = { -readonly [Member in keyof TapSplit]: TapSplit[Member] };

/** What comes back when the chip transmits. */
export type FieldAnswer = CardAnswer | "silence" | "collision";

export class Antenna {
  readonly #timeline: Timeline;
  readonly #timing: Timing;
  readonly #random: SeededRandom;
  readonly #cards = new Map<TypeACard, { readonly placedAtUs: number }>();
  #fieldOn = false;
  #changedAtUs = Number.NEGATIVE_INFINITY;
  #account: Account | undefined;
  #pending: TypeACard | undefined;
  #departures = 0;
  /** Called when something was put on the reader or waits for the next try: the chip need not look before. */
  onArrival: () => void = () => undefined;
  /** Called when the chip begins to wait, for so many activation tries, for somebody to come into an empty field. */
  onVacancy: (tries: number) => void = () => undefined;

  constructor(timeline: Timeline, timing: Timing, random: SeededRandom) {
    this.#timeline = timeline;
    this.#timing = timing;
    this.#random = random;
  }

  place(card: TypeACard): void {
    if (this.#cards.has(card)) return;
    card.enterField();
    this.#cards.set(card, { placedAtUs: this.#timeline.nowUs() });
    this.onArrival();
  }

  /** Puts the card into the field at the start of the next activation try, the moment from which taps are measured. */
  placeAtNextTry(card: TypeACard): void {
    this.#pending = card;
    this.onArrival();
  }

  /** Takes this card, or all of them, out of the field. */
  remove(card?: TypeACard): void {
    if (card === undefined || card === this.#pending) this.#pending = undefined;
    for (const present of card === undefined ? [...this.#cards.keys()] : [card]) {
      present.powerOff();
      if (this.#cards.delete(present)) this.#departures += 1;
    }
  }

  /** Counts cards taken away, so that an exchange can tell that its card left in between. */
  departures(): number {
    return this.#departures;
  }

  cards(): readonly TypeACard[] {
    return [...this.#cards.keys()];
  }

  /** Whether an activation try can find anything now, or a card waits for one. */
  isOccupied(): boolean {
    return this.#cards.size > 0 || this.#pending !== undefined;
  }

  fieldIsOn(): boolean {
    return this.#fieldOn;
  }

  /** A carrier that was off for long enough has taken all state from the cards. */
  setField(state: "on" | "off"): void {
    const on = state === "on";
    if (on === this.#fieldOn) return;
    const offUs = this.#timeline.nowUs() - this.#changedAtUs;
    this.#fieldOn = on;
    this.#changedAtUs = this.#timeline.nowUs();
    if (on && offUs >= this.#timing.cardResetUs) for (const card of this.#cards.keys()) card.powerOff();
  }

  /** What is left of the guard time between carrier on and the first REQA. */
  guardLeftUs(): number {
    return Math.max(0, this.#changedAtUs + this.#timing.fieldGuardUs - this.#timeline.nowUs());
  }

  /**
   * One REQA. Exactly one card answering is found; none, or several that collide, is nobody. Opens a new
   * account, with `commands` at one.
   */
  request(): TypeACard | undefined {
    if (this.#pending !== undefined) {
      const pending = this.#pending;
      this.#pending = undefined;
      this.place(pending);
    }
    if (!this.#fieldOn) return undefined;
    const [card, ...others] = [...this.#cards.keys()].filter((present) => present.answersPoll());
    if (card === undefined || others.length > 0) return undefined;
    const nowUs = this.#timeline.nowUs();
    const placedAtUs = this.#cards.get(card)?.placedAtUs ?? nowUs;
    this.#account = { placedAtUs, foundAtUs: nowUs, radioUs: 0, chipUs: 0, busUs: 0, cardUs: 0, commands: 1 };
    return card;
  }

  select(card: TypeACard): Uint8Array {
    return card.select(this.#random);
  }

  /** One frame, without CRC, to whatever is in the field. A second card garbles every answer. */
  transmit(frame: Uint8Array): FieldAnswer {
    if (!this.#fieldOn) return "silence";
    const answers = [...this.#cards.keys()]
      .map((card) => card.receive(frame))
      .filter((answer) => answer !== undefined);
    if (answers.length === 0) return "silence";
    return this.#cards.size > 1 ? "collision" : (answers[0] ?? "silence");
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
