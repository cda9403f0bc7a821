/**
 * What time it is when the wall clock cannot be trusted. A board without a battery clock wakes up in the
 * past; time then never goes below the floor: the build time or the newest journal entry, whichever is
 * later (Raspberry Pi notes, time, rule 1).
 */
import type { ClockState } from "../ports/clock.ts";
import type { Instant } from "./time.ts";

/** The wall time when synchronised; otherwise the later of the wall time and the floor. */
export function trustedInstant(wall: Instant, floor: Instant, state: ClockState): Instant {
  return state === "synced" || wall >= floor ? wall : floor;
}
