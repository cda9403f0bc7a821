/**
 * Which cards are worth a faster radio link: what a card announces, less what its family has shown. A rate that a
 * card refuses costs an activation, and phones refuse in the same way each time, so it is remembered by family.
 * Governing documents: ISO/IEC 14443-4 §5.2.4 (TA(1)), §5.3 (PPS); NXP UM0701-02 §7.3.6 (InPSL).
 */
import type { CardKbits } from "../../src/ports/card.ts";
import type { ActiveCard } from "./active-card.ts";

/** One may be noise, or a card that was taken away just then. */
const MAX_FAILURES = 2;
/** Products of which it is remembered; the oldest makes room. */
const MAX_FAMILIES = 64;

export class CardSpeeds {
  /** Failures in a row, by family. */
  readonly #failures = new Map<string, number>();

  /** The rate to ask this card for. */
  worthTrying({ family, fastestKbits }: ActiveCard): CardKbits {
    return (this.#failures.get(family) ?? 0) < MAX_FAILURES ? fastestKbits : 106;
  }

  /** The card said no and is there still, or it agreed and then never answered. */
  failed({ family }: ActiveCard): void {
    const failures = (this.#failures.get(family) ?? 0) + 1;
    this.#failures.delete(family);
    this.#failures.set(family, failures);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > MAX_FAMILIES && oldest !== undefined) this.#failures.delete(oldest);
  }

  /** The card answered at the faster rate. */
  worked({ family }: ActiveCard): void {
    this.#failures.delete(family);
  }
}
