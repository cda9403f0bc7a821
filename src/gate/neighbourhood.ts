/**
 * Lanes whose readers see the same cards: the two sides of a turnstile, doors side by side. A card that one of them
 * admitted opens no other before its presentation has ended everywhere, however it moves between the antennas. One
 * that may lie at a reader that does not work is counted as there for `UNSEEN_REARM_MS`.
 * Kept in memory by the lanes' runners; a lane without neighbours has none.
 */

import type { Millis } from "../time/time.ts";
import { hasAdmitted, type Lane, mayHaveBrushed } from "./lane.ts";

export class Neighbourhood {
  /** The present state of each lane, by its door. */
  readonly #lanes = new Map<string, Lane<unknown>>();

  /** To be told of every step before anybody else takes one. */
  update(door: string, lane: Lane<unknown>): void {
    this.#lanes.set(door, lane);
  }

  /** Whether a holder who was found at `foundAt` at `door` is still being presented to, and admitted by, another one. */
  isNextDoor(door: string, who: string, foundAt: Millis): boolean {
    return this.#neighbours(door).some((lane) => hasAdmitted(lane, who, foundAt));
  }

  /** Whether a card found at `foundAt` at `door`, and lost unread, may belong to somebody whom another one has admitted. */
  mayBeNextDoor(door: string, foundAt: Millis): boolean {
    return this.#neighbours(door).some((lane) => mayHaveBrushed(lane, foundAt));
  }

  #neighbours(door: string): readonly Lane<unknown>[] {
    return [...this.#lanes].filter(([other]) => other !== door).map(([, lane]) => lane);
  }
}
