/**
 * The machine's own time behind the `Clock` port. The event loop's timers count whole milliseconds and may
 * fire a little early; a sleep here is never shorter than asked, and short ones, which the reader's
 * dialogue is made of, end within a small part of a millisecond.
 */
import type { Clock } from "../ports/clock.ts";
import { type Instant, instant, type Millis, millis } from "../time/time.ts";

/** Sleeps below this are ended exactly, by turning the event loop through the last fraction. */
const EXACT_BELOW_MS = 5;
/** The event loop's timers take at most 31 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class SystemClock implements Clock {
  monotonicMs(): Millis {
    return millis(performance.now());
  }

  wallTime(): Instant {
    return instant(Date.now());
  }

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    // Even a sleep of nothing lets what is already waiting in the event loop go first.
    if (durationMs <= 0) return pause(nextTurn, signal);
    const until = performance.now() + durationMs;
    const exact = durationMs < EXACT_BELOW_MS;
    for (;;) {
      const leftMs = until - performance.now();
      if (leftMs <= 0 || signal?.aborted === true) return;
      if (exact && leftMs < 1) await pause(nextTurn, signal);
      else await pause(timer(exact ? Math.floor(leftMs) : Math.ceil(leftMs)), signal);
    }
  }
}

/** Starts a wait that ends with `done`; returns how to give it up. */
type Wait = (done: () => void) => () => void;

function timer(delayMs: number): Wait {
  return (done) => {
    const handle = setTimeout(done, Math.min(delayMs, LONGEST_TIMER_MS));
    return () => clearTimeout(handle);
  };
}

const nextTurn: Wait = (done) => {
  const handle = setImmediate(done);
  return () => clearImmediate(handle);
};

/** One wait, ended early by `signal`. */
function pause(wait: Wait, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      giveUp();
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const giveUp = wait(finish);
    signal?.addEventListener("abort", finish, { once: true });
  });
}
