/**
 * Something that was entered at a lane, kept for the one presentation that it is for: for whoever waits for it already, else
 * for ten seconds, one at a time and for one use. Whatever is not taken is wiped.
 * Governing text: privacy rules §2 ("the gate holds the value in memory for the one session") and §5 (ten seconds at most).
 */
import type { Clock } from "../ports/clock.ts";
import { after, type Millis } from "../time/time.ts";

/** From the entry to the card: time to lay it down, and too little for the next person to profit. */
export const KEPT_MS = 10_000;

interface Kept<T> {
  readonly value: T;
  readonly until: Millis;
  /** Aborted when it is kept no longer. */
  readonly gone: AbortController;
}

type Waiting<T> = (value: T | undefined) => void;

export interface KeptEntryParts<T> {
  readonly clock: Clock;
  readonly wipe: (value: T) => void;
}

/** Of one lane. What is taken from it is the taker's, who wipes it. */
export class KeptEntry<T> {
  readonly #parts: KeptEntryParts<T>;
  #kept: Kept<T> | undefined;
  #waiting: Waiting<T> | undefined;

  constructor(parts: KeptEntryParts<T>) {
    this.#parts = parts;
  }

  /** Gives the value to whoever waits; else keeps it, in place of what was kept before. */
  enter(value: T): void {
    this.clear();
    if (this.#waiting === undefined) void this.#keep(value);
    else this.#waiting(value);
  }

  /** What was entered not too long ago and not yet taken. */
  take(): T | undefined {
    const kept = this.#kept;
    if (kept === undefined) return undefined;
    if (this.#parts.clock.monotonicMs() >= kept.until) {
      this.clear();
      return undefined;
    }
    this.#kept = undefined;
    kept.gone.abort();
    return kept.value;
  }

  /**
   * The same, waiting for it if need be; nothing if `signal` is aborted first. One waits at a time: a second one would be of
   * another presentation, and throws.
   */
  waitFor(signal: AbortSignal): Promise<T | undefined> {
    if (this.#waiting !== undefined) throw new Error("a document of this lane waits already");
    if (signal.aborted) return Promise.resolve(undefined);
    const kept = this.take();
    if (kept !== undefined) return Promise.resolve(kept);
    return new Promise((resolve) => {
      const end: Waiting<T> = (value) => {
        this.#waiting = undefined;
        signal.removeEventListener("abort", giveUp);
        resolve(value);
      };
      const giveUp = (): void => end(undefined);
      this.#waiting = end;
      signal.addEventListener("abort", giveUp);
    });
  }

  /** Wipes what is kept. */
  clear(): void {
    const kept = this.#kept;
    if (kept === undefined) return;
    this.#kept = undefined;
    this.#parts.wipe(kept.value);
    kept.gone.abort();
  }

  async #keep(value: T): Promise<void> {
    const { clock } = this.#parts;
    const gone = new AbortController();
    this.#kept = { value, until: after(clock.monotonicMs(), KEPT_MS), gone };
    await clock.sleep(KEPT_MS, gone.signal);
    // Whoever took it has it for himself.
    if (!gone.signal.aborted) this.clear();
  }
}
