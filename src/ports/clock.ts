/**
 * Time as a port: the gate runs unchanged on the machine's clock and on the simulator's virtual one.
 */
import type { Instant, Millis } from "../time/time.ts";

export interface Clock {
  /** Monotonic time, for deadlines and durations only. */
  monotonicMs(): Millis;
  /** Wall time as the machine believes it; may be wrong or jump (see `ClockState`). */
  wallTime(): Instant;
  /**
   * Resolves after `durationMs`, or at once when `signal` is or becomes aborted; it never rejects.
   * The caller looks at the signal to tell the two apart.
   */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

/**
 * What the wall time is worth (fleet interface, clock rules): a time service keeps it; it was set by one, or by
 * a battery clock, in this boot and is thought to be near enough; or no trusted source stands behind it.
 */
export type ClockState = "synced" | "holdover" | "unsynced";
