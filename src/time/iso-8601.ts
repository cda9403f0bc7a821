/**
 * Wall time as text: UTC with `Z` and milliseconds, the only form in which time leaves the device
 * (fleet interface, events). Pure arithmetic, because `Date` is kept out of the core.
 */
import { civilDate, DAY_MS } from "./civil-date.ts";
import type { Instant } from "./time.ts";

/** `2026-11-22T18:02:11.482Z` for years 0 to 9999. */
export function toIso8601(time: Instant): string {
  const days = Math.floor(time / DAY_MS);
  const inDay = time - days * DAY_MS;
  const { year, month, day } = civilDate(days);
  const date = `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
  const hours = Math.floor(inDay / 3_600_000);
  const minutes = Math.floor(inDay / 60_000) % 60;
  const seconds = Math.floor(inDay / 1000) % 60;
  return `${date}T${pad(hours, 2)}:${pad(minutes, 2)}:${pad(seconds, 2)}.${pad(inDay % 1000, 3)}Z`;
}

const pad = (value: number, width: number): string => String(value).padStart(width, "0");
