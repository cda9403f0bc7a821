/**
 * Notices that the wall clock was set anew, by comparing it with the monotonic one, which cannot be. A clock
 * that is slowly corrected moves too little between two looks to be taken for one that jumped.
 */
import type { Clock } from "../ports/clock.ts";

const SMALLEST_JUMP_MS = 1_000;

export class JumpDetector {
  readonly #clock: Clock;
  #ahead: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#ahead = clock.wallTime() - clock.monotonicMs();
  }

  /** By how many ms the wall clock has jumped since the last look, negative for backward; 0 for not at all. */
  look(): number {
    const ahead = this.#clock.wallTime() - this.#clock.monotonicMs();
    const jumpMs = Math.round(ahead - this.#ahead);
    this.#ahead = ahead;
    return Math.abs(jumpMs) > SMALLEST_JUMP_MS ? jumpMs : 0;
  }
}
