/** A sleep that can be cut short, by work that arrives or by the end of what it waits for. */
import type { Clock } from "../ports/clock.ts";

export class Waker {
  readonly #clock: Clock;
  #controller = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends the present sleep, or the next one if nobody sleeps. */
  wake(): void {
    this.#controller.abort("woken");
  }

  /** Resolves after `durationMs` or at the next `wake`. One caller at a time. */
  async sleep(durationMs: number): Promise<void> {
    await this.#clock.sleep(durationMs, this.#controller.signal);
    this.#controller = new AbortController();
  }
}
