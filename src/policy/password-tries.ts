/**
 * How often a wrong password of a document may be tried: so often freely, then only after a pause that doubles with each
 * further one. Plain arithmetic over the tries on record; `src/journal/password-try-store.ts` keeps them. No chip is known to
 * count for itself. Governing text: CIE card sheet, 4.1 ("wrong-CAN tries must be rate-limited by us").
 */
import { DAY_MS } from "../time/civil-date.ts";
import { type Instant, instant } from "../time/time.ts";

export interface TryRule {
  /** The wrong try that is the first to be followed by a block. */
  readonly blockingTry: number;
  /** Wrong tries count together within this time, and are forgotten that long after the last of them, or after its block. */
  readonly withinMs: number;
  readonly firstBlockMs: number;
  readonly longestBlockMs: number;
}

/** A wrong try on record. */
export interface WrongTry {
  readonly at: Instant;
  /** Whether it was followed by a block: 0 = no, 1 = by the first, 2 = by the second, twice as long, and so on. */
  readonly block: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Of all who come to a door: an honest crowd mistypes now and then. */
export const DOOR_TRIES: TryRule = {
  blockingTry: 10,
  withinMs: 10 * MINUTE_MS,
  firstBlockMs: MINUTE_MS,
  longestBlockMs: 30 * MINUTE_MS,
};

/** Of one card that says its number: wrong in a row, since a right one makes all before it forgotten. */
export const HOLDER_TRIES: TryRule = {
  blockingTry: 5,
  withinMs: 7 * DAY_MS,
  firstBlockMs: HOUR_MS,
  longestBlockMs: 24 * HOUR_MS,
};

/**
 * The block that follows a wrong try made at `at`. `earlier` are the tries before it, the newest first; no more than
 * `blockingTry` of them matter. A person who has waited for the end of a block is blocked again by the next wrong try.
 */
export function blockAfter(at: Instant, earlier: readonly WrongTry[], rule: TryRule): number {
  const [newest] = earlier;
  if (newest !== undefined && newest.block > 0 && at < forgottenAt(newest, rule)) return newest.block + 1;
  const recent = earlier.filter((wrong) => wrong.at > at - rule.withinMs);
  return recent.length + 1 >= rule.blockingTry ? 1 : 0;
}

/** When the next password may be tried, by the newest wrong try; at once after one without a block. */
export function blockedUntil({ at, block }: WrongTry, rule: TryRule): Instant {
  if (block === 0) return at;
  return instant(at + Math.min(rule.firstBlockMs * 2 ** (block - 1), rule.longestBlockMs));
}

/** From when on a wrong try means nothing any more. */
export const forgottenAt = (wrong: WrongTry, rule: TryRule): Instant =>
  instant(blockedUntil(wrong, rule) + rule.withinMs);
