/**
 * How long a chip is given for one poll; used by `reader.ts`. A chip that lost its settings in a brown-out polls for
 * ever, and a door is deaf until the deadline shows it. How long a try takes differs from chip to chip and is
 * nowhere documented, so it is learned from polls that ended by themselves (UM0701-02 §7.3.5, InListPassiveTarget).
 */
import { POLL_TRIES } from "./polling-round.ts";

/** Slowest observed try; a deadline below the chip's own tries would miss valid cards. */
const SLOWEST_TRY_MS = 150;
const MARGIN_MS = 100;
/** A card that answers by halves keeps the chip longer than an empty field. */
const OF_AN_EMPTY_POLL = 2;
/** No poll is given less, however soon one ended: a chip that keeps its carrier off may be through at once. */
const LEAST_MS = 1_000;

export class PollDeadline {
  #fastestMs = Number.POSITIVE_INFINITY;

  /** Nothing is known of a chip that was started anew; one that failed at this deadline may just be slow. */
  forget(): void {
    this.#fastestMs = Number.POSITIVE_INFINITY;
  }

  /** A poll of so many tries found nobody. A host that was late makes one seem long, so the shortest one counts. */
  foundNobody(tries: number, tookMs: number): void {
    if (tries === POLL_TRIES) this.#fastestMs = Math.min(this.#fastestMs, tookMs);
  }

  /** For a poll of so many tries, in ms from its acknowledgement. */
  deadlineMs(tries: number): number {
    const slowestMs = tries * SLOWEST_TRY_MS;
    const usualMs = tries === POLL_TRIES ? Math.max(this.#fastestMs * OF_AN_EMPTY_POLL, LEAST_MS) : slowestMs;
    return Math.min(usualMs, slowestMs) + MARGIN_MS;
  }
}
