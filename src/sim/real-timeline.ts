/**
 * Real time for a process of its own: sleeps for the coarse part of a wait and spins over the event loop
 * for the last stretch, so that sockets are still served and each instant is met to a fraction of a
 * tenth of a millisecond. How late it was is on record.
 */
import { performance } from "node:perf_hooks";
import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import { EventHeap } from "./event-heap.ts";
import { Lateness, type LatenessReport } from "./lateness.ts";
import type { Timeline } from "./timeline.ts";

/** After news in either direction more is likely to come at once: a process that sleeps takes a while to wake. */
const LINGER_US = 3_000;
/** Timers have a grain of one millisecond and fire late; the spin begins this long before the instant. */
const SPIN_US = 1_500;

export class RealTimeline implements Timeline {
  readonly #events = new EventHeap();
  readonly #lateness = new Lateness();
  readonly #startMs = performance.now();
  #actingAtUs: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerUs = Number.POSITIVE_INFINITY;
  #spinning = false;
  #closed = false;
  #lingerUntilUs = 0;

  /** While an action runs it is the instant that the action was due, so that lateness does not add up. */
  nowUs(): number {
    return this.#actingAtUs ?? (performance.now() - this.#startMs) * 1000;
  }

  at(timeUs: number, action: () => void): () => void {
    const cancel = this.#events.push(Math.max(timeUs, this.nowUs()), action);
    if (this.#actingAtUs === undefined) this.#arm();
    return cancel;
  }

  /**
   * To be called before acting on news from outside: they must not overtake an event that was due earlier.
   */
  hear(): void {
    this.#lingerUntilUs = this.nowUs() + LINGER_US;
    this.#runDue();
    this.#arm();
  }

  lateness(): LatenessReport {
    return this.#lateness.report();
  }

  /** Nothing runs any more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #runDue(): void {
    for (let dueUs = this.#events.nextTimeUs(); dueUs !== undefined; dueUs = this.#events.nextTimeUs()) {
      const lateUs = this.nowUs() - dueUs;
      if (lateUs < 0 || this.#closed) return;
      this.#lateness.record(lateUs);
      this.#act(dueUs);
    }
  }

  #act(dueUs: number): void {
    this.#actingAtUs = dueUs;
    this.#lingerUntilUs = dueUs + LINGER_US;
    try {
      this.#events.pop()?.action();
    } finally {
      this.#actingAtUs = undefined;
    }
  }

  #turn(): void {
    this.#runDue();
    this.#arm();
  }

  #arm(): void {
    if (this.#spinning || this.#closed) return;
    const lingers = this.nowUs() < this.#lingerUntilUs;
    const dueUs = this.#events.nextTimeUs() ?? Number.POSITIVE_INFINITY;
    if (dueUs === Number.POSITIVE_INFINITY && !lingers) return;
    const sleepMs = Math.floor((dueUs - this.nowUs() - SPIN_US) / 1000);
    if (sleepMs < 1 || lingers) this.#spin();
    else if (this.#timer === undefined || dueUs < this.#timerUs) this.#sleep(dueUs, sleepMs);
  }

  #spin(): void {
    this.#spinning = true;
    setImmediate(() => {
      this.#spinning = false;
      this.#turn();
    });
  }

  #sleep(dueUs: number, sleepMs: number): void {
    clearTimeout(this.#timer);
    this.#timerUs = dueUs;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#turn();
    }, sleepMs);
  }
}
