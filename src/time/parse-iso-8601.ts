/**
 * Wall time from text: a calendar day, or an instant with its offset (ISO 8601 as RFC 3339 profiles it).
 * Pure arithmetic, because `Date` is kept out of the core; a date that does not exist is refused.
 */
import { DAY_MS, daysSinceEpoch } from "./civil-date.ts";
import { toIso8601 } from "./iso-8601.ts";
import { type Instant, instant } from "./time.ts";

const MINUTE_MS = 60_000;
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const INSTANT =
  /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?(?:Z|([+-])(\d{2}):(\d{2}))$/;

/** The first instant, in UTC, of a day written `YYYY-MM-DD`; `undefined` for anything else. */
export function parseDay(text: string): Instant | undefined {
  const match = DAY.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0] = match.slice(1).map(Number);
  const start = instant(daysSinceEpoch({ year, month, day }) * DAY_MS);
  return toIso8601(start).startsWith(text) ? start : undefined;
}

/** An instant such as `2027-06-30T22:00:00Z` or `…T23:59+02:00`; `undefined` for anything else. */
export function parseInstant(text: string): Instant | undefined {
  const match = INSTANT.exec(text);
  const day = parseDay(match?.[1] ?? "");
  if (match === null || day === undefined) return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = match.slice(2, 5).map((part) => Number(part ?? 0));
  const offsetHours = Number(match[7] ?? 0);
  const offsetMinutes = Number(match[8] ?? 0);
  if (hours > 23 || minutes > 59 || seconds > 59 || offsetHours > 23 || offsetMinutes > 59) return undefined;
  const offset = (match[6] === "-" ? -1 : 1) * (offsetHours * 60 + offsetMinutes);
  const thousandths = Number((match[5] ?? "").padEnd(3, "0"));
  return instant(day + (hours * 60 + minutes - offset) * MINUTE_MS + seconds * 1000 + thousandths);
}
