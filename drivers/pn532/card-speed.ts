/**
 * Which cards are worth a faster radio link: what a card announces, less what its family has shown. A rate that a
 * card refuses costs an activation, and phones refuse in the same way each time, so it is remembered by family; now and
 * then, ever more seldom, the family is asked again.
 * Governing documents: ISO/IEC 14443-4 §5.2.4 (TA(1)), §5.3 (PPS); NXP UM0701-02 §7.3.6 (InPSL).
 */
import type { CardKbits } from "../../src/ports/card.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { ActiveCard } from "./active-card.ts";
import { chanceAfter, isDue, type SecondChance } from "./second-chance.ts";

/** One of the others may be noise, or a card that was taken away just then. A refusal is the card's word. */
const MAX_FAILURES = 2;
/** Products of which it is remembered; the oldest makes room. */
const MAX_FAMILIES = 64;

/**
 * How a faster rate came to nothing. `refused`: the card was silent to each request, or said something else, and is there
 * still. `damaged`: what it said was not understood. `silent`: it agreed, and then never answered.
 */
export type SpeedFailure = "refused" | "damaged" | "silent";

interface History {
  /** In a row. */
  readonly failures: number;
  /** Of the rate, where it was given up. */
  readonly chance: SecondChance | undefined;
  /** The rate has lost a card: none is asked for it before one was read. */
  readonly isOwedReading: boolean;
}

const UNTRIED: History = { failures: 0, chance: undefined, isOwedReading: false };

export class CardSpeeds {
  readonly #clock: Pick<Clock, "monotonicMs">;
  /** By family. */
  readonly #histories = new Map<string, History>();

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock;
  }

  /** The rate to ask this card for. */
  worthTrying({ family, fastestKbits }: ActiveCard): CardKbits {
    const { chance, isOwedReading } = this.#histories.get(family) ?? UNTRIED;
    const isGivenUp = chance !== undefined && (isOwedReading || !isDue(chance, this.#clock.monotonicMs()));
    return isGivenUp ? 106 : fastestKbits;
  }

  failed({ family }: ActiveCard, how: SpeedFailure): void {
    const before = this.#histories.get(family) ?? UNTRIED;
    const failures = before.failures + 1;
    const isGivenUp = how === "refused" || failures >= MAX_FAILURES;
    const chance = isGivenUp ? chanceAfter(before.chance, this.#clock.monotonicMs()) : undefined;
    // The others cost an activation, and not the card.
    const isOwedReading = how === "silent";
    this.#histories.delete(family);
    this.#histories.set(family, { failures, chance, isOwedReading });
    const [oldest] = this.#histories.keys();
    if (this.#histories.size > MAX_FAMILIES && oldest !== undefined) this.#histories.delete(oldest);
  }

  /** The card answered its first APDU at this rate. */
  worked({ family }: ActiveCard, kbits: CardKbits): void {
    const history = this.#histories.get(family);
    if (kbits > 106) this.#histories.delete(family);
    else if (history?.isOwedReading === true)
      this.#histories.set(family, { ...history, isOwedReading: false });
  }
}
