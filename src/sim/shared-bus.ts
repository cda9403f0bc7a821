/** A bus that one transaction after the other has to itself: readers on it share its time. */
import type { Timeline } from "./timeline.ts";

export class SharedBus {
  readonly #timeline: Timeline;
  #freeAtUs = 0;
  #waits = 0;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** How many transactions found the bus occupied. */
  get waits(): number {
    return this.#waits;
  }

  /** Calls `begin` once the bus is free; it says how long it takes it and what to do when that time is over. */
  occupy(expectedUs: number, begin: () => { readonly durationUs: number; readonly end: () => void }): void {
    const startUs = Math.max(this.#timeline.nowUs(), this.#freeAtUs);
    this.#freeAtUs = startUs + expectedUs;
    const run = (): void => {
      const { durationUs, end } = begin();
      this.#timeline.at(startUs + durationUs, end);
    };
    if (startUs > this.#timeline.nowUs()) {
      this.#waits += 1;
      this.#timeline.at(startUs, run);
    } else run();
  }
}
