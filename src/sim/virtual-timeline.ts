/**
 * Virtual time: jumps from event to event as fast as the machine can. After each event all promise
 * continuations settle before the next one runs, so that the code under test reacts in zero virtual
 * time and a run depends on its seed alone.
 */
import { setImmediate as soon } from "node:timers";
import { EventHeap, type EventOwner, type PendingEvent } from "./event-heap.ts";
import type { Timeline } from "./timeline.ts";

/** Lets promise continuations, and whatever else the caller's world needs, come to rest. */
export type Settle = () => Promise<void>;

/** Less than this is noise of the arithmetic. */
const GRAIN_US = 0.001;
/** Callbacks asked of one turn of the event loop: enough that the turn itself costs nothing beside them. */
const CALLBACKS_A_TURN = 64;

/**
 * For code that waits for nothing but promises. Node.js empties its queue of continuations after each
 * callback of one turn, so a callback asked for ahead of time ends the wait at a fraction of a turn's cost.
 */
function promiseSettler(): Settle {
  let asked = 0;
  let settled: (() => void) | undefined;
  const callback = (): void => {
    asked -= 1;
    const resume = settled;
    settled = undefined;
    resume?.();
  };
  return () =>
    new Promise((resolve) => {
      settled = resolve;
      if (asked > 0) return;
      asked = CALLBACKS_A_TURN;
      for (let index = 0; index < CALLBACKS_A_TURN; index++) soon(callback);
    });
}

export class VirtualTimeline implements Timeline {
  readonly #events = new EventHeap();
  readonly #settle: Settle;
  #nowUs = 0;
  #owner: EventOwner | undefined;
  #lastUnownedUs = Number.NEGATIVE_INFINITY;
  /** Called when an event and all that followed from it at its instant is over; `limitUs` ends this run. */
  onSettled: (limitUs: number) => void = () => undefined;

  /** `settle` is for worlds whose code under test also waits for real input or output. */
  constructor(settle: Settle = promiseSettler()) {
    this.#settle = settle;
  }

  nowUs(): number {
    return this.#nowUs;
  }

  /** Instants are whole microseconds, so that what repeats itself repeats itself exactly. */
  at(timeUs: number, action: () => void): () => void {
    // Who waits for an instant between two microseconds must not find at its event that it is still to come.
    const leastUs = timeUs > this.#nowUs ? this.#nowUs + 1 : this.#nowUs;
    return this.#events.push(Math.max(Math.ceil(timeUs - GRAIN_US), leastUs), action, this.#owner);
  }

  /**
   * From here on, what is asked for belongs to `owner`, and so does all that comes of it in turn. Gives the
   * order number of the next event.
   */
  claim(owner: EventOwner): number {
    this.#owner = owner;
    return this.#events.nextOrder;
  }

  /** When something happened last that belongs to no owner. */
  lastUnownedUs(): number {
    return this.#lastUnownedUs;
  }

  /** When something happens next. */
  nextUs(): number {
    return this.#events.nextTimeUs() ?? Number.POSITIVE_INFINITY;
  }

  /** What has not happened yet, in no order. */
  pending(): readonly PendingEvent[] {
    return this.#events.pending();
  }

  /** Delays events by whole microseconds. */
  postpone(delayUs: (event: PendingEvent) => number): void {
    this.#events.postpone(delayUs);
  }

  /** Runs every event up to and including `untilUs`, and ends at that instant. */
  async run(untilUs: number): Promise<void> {
    await this.runUntil(() => false, untilUs);
  }

  /**
   * Runs events until `condition` holds or `limitUs` is reached; resolves with whether it held. Time
   * stands at the event that made it true, or at the limit.
   */
  async runUntil(condition: () => boolean, limitUs: number): Promise<boolean> {
    await this.#settle();
    const lastUs = Math.floor(limitUs);
    while (!condition()) {
      const nextUs = this.#events.nextTimeUs();
      if (nextUs === undefined || nextUs > lastUs) {
        this.#nowUs = Math.max(this.#nowUs, lastUs);
        return false;
      }
      await this.#happen(nextUs);
      this.onSettled(lastUs);
    }
    return true;
  }

  async #happen(atUs: number): Promise<void> {
    const event = this.#events.pop();
    this.#nowUs = atUs;
    this.#owner = event?.owner?.owns(event) === true ? event.owner : undefined;
    if (this.#owner === undefined) this.#lastUnownedUs = atUs;
    event?.action();
    await this.#settle();
    this.#owner = undefined;
  }

  /** Runs events until `promise` resolves; throws when it has not by `limitUs`, which is a defect of the test. */
  async resolve<T>(promise: Promise<T>, limitUs = this.#nowUs + 60_000_000): Promise<T> {
    let done = false;
    const mark = (): void => {
      done = true;
    };
    promise.then(mark, mark);
    if (!(await this.runUntil(() => done, limitUs)))
      throw new Error(`nothing resolved by ${limitUs} us of virtual time`);
    return promise;
  }
}
