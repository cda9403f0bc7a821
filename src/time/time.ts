/**
 * The kinds of time. `Millis` is monotonic and only for deadlines; `Instant` is wall time and only for the
 * journal, validity dates and certificates; `LocalTime` is what a clock on a wall of some place shows, and
 * only for finding instants. The brands keep one from being used as the other.
 */
declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]: B };

/** Monotonic milliseconds since an arbitrary start; may have a fraction. */
export type Millis = Brand<number, "monotonicMs">;
/** Wall time: whole milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = Brand<number, "instantMs">;
/** What the clocks of a place show, as the milliseconds that UTC would have when showing the same. */
export type LocalTime = Brand<number, "localMs">;

/** Brands a reading of a monotonic clock. */
export const millis = (value: number): Millis => value as Millis;
/** Brands a reading of a wall clock. */
export const instant = (value: number): Instant => value as Instant;
/** Brands a local day and time of day. */
export const localTime = (value: number): LocalTime => value as LocalTime;
/** The monotonic time `durationMs` after `from`. */
export const after = (from: Millis, durationMs: number): Millis => millis(from + durationMs);
