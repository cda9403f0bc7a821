/**
 * Seals at a door that may go by them alone: each is decided on when nobody's card is there, at most one a second, since each
 * becomes a durable row; of several that came meanwhile the last one counts. Between the scanner and the lane's runner.
 */
import type { Clock } from "../ports/clock.ts";
import { after, type Millis } from "../time/time.ts";
import type { EnteredSeal } from "./entered-seal.ts";
import type { SealExaminer } from "./examine-seal.ts";
import type { KeptEntry } from "./kept-entry.ts";
import type { Passage } from "./passage.ts";

/** A seal that was decided on as far as it goes without the lists. */
export interface ShownSeal {
  readonly shownAt: Millis;
  readonly passage: Passage;
}

/** Whoever floods a scanner fills no disk. */
export const SEAL_PACE_MS = 1_000;

export interface SealAloneParts {
  readonly clock: Clock;
  readonly entry: KeptEntry<EnteredSeal>;
  readonly examiner: Pick<SealExaminer, "passage">;
}

/** Of one lane. */
export class SealAlone {
  readonly #parts: SealAloneParts;
  #nextAt: Millis | undefined;

  constructor(parts: SealAloneParts) {
    this.#parts = parts;
  }

  /** The seal that waits, if it is time for one. */
  next(): ShownSeal | undefined {
    const { clock, entry } = this.#parts;
    if (this.#nextAt !== undefined && clock.monotonicMs() < this.#nextAt) return undefined;
    const seal = entry.take();
    if (seal === undefined) return undefined;
    this.#nextAt = after(clock.monotonicMs(), SEAL_PACE_MS);
    return { shownAt: seal.enteredAt, passage: this.passage(seal) };
  }

  /** The seal that is shown while a document lies on the reader and waits for its password: in its place. */
  waitFor(signal: AbortSignal): Promise<EnteredSeal | undefined> {
    return this.#parts.entry.waitFor(signal);
  }

  /** Whom the seal may stand for. Wipes it. */
  passage({ bytes }: EnteredSeal): Passage {
    return this.#parts.examiner.passage(bytes);
  }
}
