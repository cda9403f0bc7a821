/**
 * Real time in which nobody waits: the machine's clock goes on, and whatever is due later is done at once, as
 * if the time until then had passed. For foreign programs that test themselves against the virtual chip.
 */
import { performance } from "node:perf_hooks";
import { clearImmediate, setImmediate } from "node:timers";
import { EventHeap } from "./event-heap.ts";
import type { Timeline } from "./timeline.ts";

export class HastyTimeline implements Timeline {
  readonly #events = new EventHeap();
  readonly #startMs = performance.now();
  #skippedUs = 0;
  #actingAtUs: number | undefined;
  #turn: ReturnType<typeof setImmediate> | undefined;

  nowUs(): number {
    return this.#actingAtUs ?? (performance.now() - this.#startMs) * 1000 + this.#skippedUs;
  }

  at(timeUs: number, action: () => void): () => void {
    const cancel = this.#events.push(Math.max(timeUs, this.nowUs()), action);
    this.#arm();
    return cancel;
  }

  /** Nothing runs any more. */
  close(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
  }

  /** One event in each turn of the loop, so that news from outside is heard in between. */
  #arm(): void {
    if (this.#turn !== undefined || this.#events.nextTimeUs() === undefined) return;
    this.#turn = setImmediate(() => {
      this.#turn = undefined;
      this.#act();
      this.#arm();
    });
  }

  #act(): void {
    const event = this.#events.pop();
    if (event === undefined) return;
    this.#skippedUs += Math.max(0, event.timeUs - this.nowUs());
    this.#actingAtUs = event.timeUs;
    try {
      event.action();
    } finally {
      this.#actingAtUs = undefined;
    }
  }
}
