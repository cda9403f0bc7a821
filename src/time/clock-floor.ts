/**
 * What time it is when the wall clock may be wrong. A board without a battery clock wakes up in the past, and
 * whoever answers for a time server can put a clock back, by which an expired card would be valid again. So
 * time never goes below a floor, and a clock below it is untrusted (Raspberry Pi notes, time, rule 1).
 *
 * One deviation from that rule: a clock that a time service keeps is measured by the build time and by what a
 * trusted clock has shown before, not by every journal entry. An entry of a clock that nobody had set may lie
 * in the future; were it a floor for the service's clock too, one such row would hold a gate's time for ever.
 */
import type { ClockState } from "../ports/clock.ts";
import { type Instant, instant } from "./time.ts";

/** The times that have certainly been. */
export interface Floors {
  readonly buildTime: Instant;
  /** Time of the newest journal entry, whatever clock it was made by. */
  readonly newestEntry: Instant;
  /** The latest time that a trusted clock has shown; absent where that is not known. */
  readonly newestTrusted?: Instant | undefined;
}

/** A time and what it is worth. */
export interface WorthyTime {
  readonly instant: Instant;
  readonly state: ClockState;
}

/** A trusted clock may have been ahead by the largest `maxSkewS` that can be configured: so much is no contradiction. */
const LARGEST_SKEW_MS = 1_200_000;

/** The wall time with its state; below what it can be by its state, the latest of the floors, unsynchronised. */
export function timeAbove(floors: Floors, wall: Instant, state: ClockState): WorthyTime {
  const { buildTime, newestEntry, newestTrusted = buildTime } = floors;
  const least = state === "synced" ? newestTrusted - LARGEST_SKEW_MS : newestEntry;
  if (wall >= buildTime && wall >= least) return { instant: wall, state };
  return { instant: instant(Math.max(buildTime, newestEntry, newestTrusted, wall)), state: "unsynced" };
}
