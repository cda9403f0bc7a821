/**
 * When an idle chip is to be asked whether it is well; `reader.ts` asks. One that is too hot has switched its antenna
 * drivers off, finds no card, and says nothing by itself.
 */
import type { Clock } from "../../src/ports/clock.ts";

/** Two commands so often are nothing beside the polls, and a door is deaf for no longer. */
const CHECK_UP_MS = 30_000;

export class CheckUp {
  readonly #clock: Clock;
  #timer = new AbortController();
  #isDue = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isDue(): boolean {
    return this.#isDue;
  }

  /** The chip is well now; it is to be asked again after a while. */
  postpone(): void {
    this.stop();
    const timer = this.#timer;
    void this.#clock.sleep(CHECK_UP_MS, timer.signal).then(() => {
      if (!timer.signal.aborted) this.#isDue = true;
    });
  }

  stop(): void {
    this.#timer.abort("not any more");
    this.#timer = new AbortController();
    this.#isDue = false;
  }
}
