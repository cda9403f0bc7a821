/**
 * Whose carrier is on among readers whose antennas see the same cards: one at a time, in the order of asking, and
 * between two of them none, for long enough that every card forgets the reader before. One that keeps its turn for
 * too long is passed over. `shared-field.ts` takes and yields for a reader; here nobody knows of chips or cards.
 * Governing document: ISO/IEC 14443-3 (a field that was off for 5 ms has reset every card).
 */
import type { Clock } from "../../src/ports/clock.ts";
import { after, type Millis } from "../../src/time/time.ts";
import { Waker } from "../../src/time/waker.ts";
import { FIELD_OFF_MS } from "./start-up.ts";

/** Longer than any reading of a card; then the turn of whoever waits begins, whatever this one does. */
const MAX_TURN_MS = 10_000;
/** Whoever is not the first in a queue that stands still looks again no sooner. */
const LEAST_PAUSE_MS = 1;

/** One reader's place at the antennas. */
export interface FieldTurn {
  /**
   * Waits for the turn, which is kept until `yield`; `false` when `until` passed, or `signal` was aborted, before it
   * came. Whoever ran out of patience keeps his place, and is passed over until he asks again.
   */
  take(until: Millis, signal?: AbortSignal): Promise<boolean>;
  /** Begins anew a turn that is this reader's: it is at work, and does not hang. */
  renew(): void;
  /** Ends the turn, if it is this reader's. The carrier has to be off by then. */
  yield(): void;
  /** As `yield`, and gives up the place among those who wait. */
  leave(): void;
  /** Whether it is this reader's turn; one that kept it for too long may have lost it. */
  isMine(): boolean;
  /** Whether another reader waits for its turn. */
  isWanted(): boolean;
}

interface Place {
  readonly waker: Waker;
  /** Its reader sleeps in `take`, and would have the turn at once. */
  isReady: boolean;
}

/** The antennas of one group. */
export class FieldTurns {
  readonly #clock: Clock;
  /** In the order of asking. */
  readonly #waiting: Place[] = [];
  #holder: Place | undefined;
  /** When the next turn can begin. */
  #freeAt: Millis;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#freeAt = clock.monotonicMs();
  }

  /** A place for one more reader. */
  join(): FieldTurn {
    const place: Place = { waker: new Waker(this.#clock), isReady: false };
    return {
      take: (until, signal) => this.#take(place, until, signal),
      renew: () => this.#renew(place),
      yield: () => this.#yield(place),
      leave: () => this.#leave(place),
      isMine: () => this.#holder === place,
      isWanted: () => this.#waiting.length > 0,
    };
  }

  async #take(place: Place, until: Millis, signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#holder === place) return true;
    const wake = (): void => place.waker.wake();
    signal?.addEventListener("abort", wake);
    if (!this.#waiting.includes(place)) this.#waiting.push(place);
    place.isReady = true;
    while (!this.#isNext(place) && signal?.aborted !== true && this.#clock.monotonicMs() < until) {
      const pauseMs = Math.min(until, this.#freeAt) - this.#clock.monotonicMs();
      await place.waker.sleep(Math.max(pauseMs, LEAST_PAUSE_MS));
    }
    signal?.removeEventListener("abort", wake);
    const isNext = this.#isNext(place) && signal?.aborted !== true;
    place.isReady = false;
    if (isNext || signal?.aborted === true) this.#forget(place);
    if (isNext) {
      this.#holder = place;
      this.#renew(place);
    } else {
      this.#wakeNext();
    }
    return isNext;
  }

  #isNext(place: Place): boolean {
    return this.#next() === place && this.#clock.monotonicMs() >= this.#freeAt;
  }

  #next(): Place | undefined {
    return this.#waiting.find(({ isReady }) => isReady);
  }

  #renew(place: Place): void {
    if (this.#holder === place) this.#freeAt = after(this.#clock.monotonicMs(), MAX_TURN_MS);
  }

  #yield(place: Place): void {
    if (this.#holder !== place) return;
    this.#holder = undefined;
    this.#freeAt = after(this.#clock.monotonicMs(), FIELD_OFF_MS);
    this.#wakeNext();
  }

  #leave(place: Place): void {
    this.#yield(place);
    this.#forget(place);
  }

  #forget(place: Place): void {
    const index = this.#waiting.indexOf(place);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  #wakeNext(): void {
    this.#next()?.waker.wake();
  }
}
