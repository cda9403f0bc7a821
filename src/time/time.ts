/**
 * The two kinds of time. `Millis` is monotonic and only for deadlines; `Instant` is wall time and only
 * for the journal, validity dates and certificates. The brands keep one from being used as the other.
 */
declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]: B };

/** Monotonic milliseconds since an arbitrary start; may have a fraction. */
export type Millis = Brand<number, "monotonicMs">;
/** Wall time: whole milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = Brand<number, "instantMs">;

/** Brands a reading of a monotonic clock. */
export const millis = (value: number): Millis => value as Millis;
/** Brands a reading of a wall clock. */
export const instant = (value: number): Instant => value as Instant;
/** The monotonic time `durationMs` after `from`. */
export const after = (from: Millis, durationMs: number): Millis => millis(from + durationMs);
