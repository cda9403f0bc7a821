/**
 * Whose carrier is on among readers whose antennas are so near that they detune and jam each other: one at a
 * time, in the order of asking. A reader that keeps its turn for too long, as one that hangs, is passed over.
 */
import type { Clock } from "../../src/ports/clock.ts";
import { after, type Millis } from "../../src/time/time.ts";
import { Waker } from "../../src/time/waker.ts";

/** Longer than any reading of a card; then the next one's turn begins whatever this one does. */
const MAX_TURN_MS = 20_000;

/** Whoever is not the first in a queue that stands still looks again no sooner. */
const LEAST_PAUSE_MS = 1;

/** One reader's place at the antennas. */
export interface FieldTurn {
  /** Waits for the turn; `false` when `until` passed, or `signal` was aborted, before it came. Kept until `yield`. */
  take(until: Millis, signal?: AbortSignal): Promise<boolean>;
  /** Ends the turn, if it is this reader's. The carrier has to be off by then. */
  yield(): void;
  /** Whether another reader waits for its turn. */
  isWanted(): boolean;
}

interface Place {
  readonly waker: Waker;
}

/** The antennas that disturb each other. */
export class FieldTurns {
  readonly #clock: Clock;
  /** In the order of asking. */
  readonly #waiting: Place[] = [];
  #holder: Place | undefined;
  #since: Millis;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.monotonicMs();
  }

  /** A place for one more reader. */
  join(): FieldTurn {
    const place: Place = { waker: new Waker(this.#clock) };
    return {
      take: (until, signal) => this.#take(place, until, signal),
      yield: () => this.#yield(place),
      isWanted: () => this.#waiting.length > 0,
    };
  }

  async #take(place: Place, until: Millis, signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#holder === place) return true;
    const wake = (): void => place.waker.wake();
    signal?.addEventListener("abort", wake);
    this.#waiting.push(place);
    while (!this.#isNext(place) && signal?.aborted !== true && this.#clock.monotonicMs() < until) {
      const pauseMs = Math.min(until, this.#endOfTurn()) - this.#clock.monotonicMs();
      await place.waker.sleep(Math.max(pauseMs, LEAST_PAUSE_MS));
    }
    signal?.removeEventListener("abort", wake);
    const isNext = this.#isNext(place) && signal?.aborted !== true;
    this.#waiting.splice(this.#waiting.indexOf(place), 1);
    if (isNext) {
      this.#holder = place;
      this.#since = this.#clock.monotonicMs();
    } else {
      this.#wakeNext();
    }
    return isNext;
  }

  #isNext(place: Place): boolean {
    const isFree = this.#holder === undefined || this.#clock.monotonicMs() >= this.#endOfTurn();
    return isFree && this.#waiting[0] === place;
  }

  #endOfTurn(): Millis {
    return after(this.#since, MAX_TURN_MS);
  }

  #yield(place: Place): void {
    if (this.#holder !== place) return;
    this.#holder = undefined;
    this.#wakeNext();
  }

  #wakeNext(): void {
    if (this.#holder === undefined) this.#waiting[0]?.waker.wake();
  }
}
