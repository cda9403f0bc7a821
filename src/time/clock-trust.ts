/**
 * What a wall clock is worth by who set it last and how long ago: a crystal that nobody corrects is thought
 * to go wrong by 50 millionths (fleet interface, clock rules).
 */
import type { ClockState } from "../ports/clock.ts";

/** The last time that a trusted source set the clock in this boot. */
export interface ClockSetting {
  readonly by: "timeService" | "batteryClock";
  readonly ageMs: number;
}

const DRIFT_PER_MS = 50e-6;
/** A clock kept by a time service counts as synchronised while its error is thought to be below this. */
const SYNCED_ERROR_MS = 1_000;

/** How wrong the clock may be by now, in ms. */
export const estimatedErrorMs = ({ ageMs }: ClockSetting): number => ageMs * DRIFT_PER_MS;

/** `maxSkewMs` is how wrong a clock may be and still be trusted. */
export function clockStateOf(setting: ClockSetting | undefined, maxSkewMs: number): ClockState {
  if (setting === undefined) return "unsynced";
  const errorMs = estimatedErrorMs(setting);
  if (setting.by === "timeService" && errorMs < SYNCED_ERROR_MS) return "synced";
  return errorMs <= maxSkewMs ? "holdover" : "unsynced";
}
