/**
 * When what was given up is tried once more: a gate runs for years, and what a noisy hour has shown need not hold for
 * the rest of them. Each trial in vain makes the next one twice as late, up to a bound, so that a chip or a kind of card
 * that cannot do it costs hardly anything. Pure; `iso-dep-choice.ts` and `card-speed.ts` say what a trial is.
 */
import { after, type Millis } from "../../src/time/time.ts";

const HOUR_MS = 3_600_000;
const FIRST_WAIT_MS = HOUR_MS;
/** Between five and six days. */
const LONGEST_WAIT_MS = 128 * HOUR_MS;

/** What was given up is tried at the first occasion behind `dueAt`. */
export interface SecondChance {
  readonly waitMs: number;
  readonly dueAt: Millis;
}

/** It was given up at `now`: for the first time, or after the chance that it had before, which makes this one later. */
export function chanceAfter(before: SecondChance | undefined, now: Millis): SecondChance {
  const waitMs = before === undefined ? FIRST_WAIT_MS : Math.min(before.waitMs * 2, LONGEST_WAIT_MS);
  return { waitMs, dueAt: after(now, waitMs) };
}

/** The trial came to nothing, and proved nothing: as long a wait once more. */
export const sameAgain = ({ waitMs }: SecondChance, now: Millis): SecondChance => ({
  waitMs,
  dueAt: after(now, waitMs),
});

export const isDue = ({ dueAt }: SecondChance, now: Millis): boolean => now >= dueAt;
