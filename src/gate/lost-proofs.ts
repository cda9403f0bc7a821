/**
 * Cards that say a pinned number and are gone whenever they are to prove it. Once is a card that slipped away, and is
 * read again; again and again, back at once and gone at the same step, is a device without the key.
 */
import { after, type Millis } from "../time/time.ts";

/** Losses in a row that are no accident; a lane tries a card five times before it gives up. */
const SUSPICIOUS_LOSSES = 4;
/** A person who goes away and comes back begins anew. */
const WITHIN_MS = 10_000;

/** One per door. */
export class LostProofs {
  #who = "";
  #losses = 0;
  #lastAt: Millis | undefined;
  #troubles = 0;

  /**
   * Notes that the card with this number was lost in its proof; whether that is one time too many. `troubles` counts
   * what went wrong with the reader so far: a card is not suspected for what befell that.
   */
  lost(who: string, now: Millis, troubles: number): boolean {
    const isRecent = this.#lastAt !== undefined && now < after(this.#lastAt, WITHIN_MS);
    const goesOn = isRecent && who === this.#who && troubles === this.#troubles;
    this.#troubles = troubles;
    this.#losses = goesOn ? this.#losses + 1 : 1;
    this.#who = who;
    this.#lastAt = now;
    if (this.#losses < SUSPICIOUS_LOSSES) return false;
    this.#losses = 0;
    return true;
  }

  /** A card of this number has proven itself: what was lost before was an accident. */
  proven(who: string): void {
    if (who === this.#who) this.#losses = 0;
  }
}
