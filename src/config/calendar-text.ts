/** Times and days as people write them in a calendar, and the plain numbers that the policy works with. */
import type { DayRange, TimeRange } from "../policy/schedule.ts";
import { DAY_MS } from "../time/civil-date.ts";
import { parseDay } from "../time/parse-iso-8601.ts";

const DAY_MINUTES = 1440;
const TIMES = /^([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;
/** Of a leap year, so that 29 February can be named. */
const LEAP_YEAR = "2028";
const YEARLY = /^\d{2}-\d{2}$/;

/** `06:30-23:00`; the end may be 24:00, and one that is not after the beginning lies in the next day. */
export function parseTimeRange(text: string): TimeRange | undefined {
  const match = TIMES.exec(text);
  if (match === null) return undefined;
  const [fromHour = 0, fromMinute = 0, toHour = 24, toMinute = 0] = match
    .slice(1)
    .map((digits: string | undefined) => (digits === undefined ? undefined : Number(digits)));
  const from = fromHour * 60 + fromMinute;
  const to = toHour * 60 + toMinute;
  return { fromMinute: from, toMinute: to <= from ? to + DAY_MINUTES : to };
}

/** `2026-12-25`, `12-25` (every year), or two of a kind joined by `/`, both included. */
export function parseDayRange(text: string): DayRange | undefined {
  const ends = text.split("/");
  const [first = "", last = first] = ends;
  if (ends.length > 2) return undefined;
  if (YEARLY.test(first) && YEARLY.test(last)) return yearlyRange(first, last);
  const firstDay = parseDayNumber(first);
  const lastDay = parseDayNumber(last);
  if (firstDay === undefined || lastDay === undefined || lastDay < firstDay) return undefined;
  return { kind: "dates", firstDay, lastDay };
}

function yearlyRange(first: string, last: string): DayRange | undefined {
  const exist = [first, last].every((text) => parseDay(`${LEAP_YEAR}-${text}`) !== undefined);
  return exist ? { kind: "yearly", first: yearlyNumber(first), last: yearlyNumber(last) } : undefined;
}

/** `12-25` as 1225. */
const yearlyNumber = (text: string): number => Number(text.replace("-", ""));

/** `2026-12-25` as days since 1970-01-01. */
export function parseDayNumber(text: string): number | undefined {
  const start = parseDay(text);
  return start === undefined ? undefined : start / DAY_MS;
}
