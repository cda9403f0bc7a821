/**
 * Dates of a seal's header: days since the year 2000 in hexadecimal (text form), or the number MMDDYYYY in three bytes
 * (binary form); in fields, the digits DDMMYYYY. And the stretch of time that such a day may be, since a seal says no
 * hour and no place. ANTS, 2D-Doc specification 3.2.6, 3.3 and 7.5.
 */
import { type CivilDate, civilDate, DAY_MS, daysSinceEpoch } from "../time/civil-date.ts";
import { type Instant, instant } from "../time/time.ts";

/** A date that is there, or the value that says that there is none. */
export type WellFormedDate = CivilDate | "none";
/** `malformed` for any other value. */
export type HeaderDate = WellFormedDate | "malformed";

const NO_DAY = "FFFF";
const FIRST_DAY = daysSinceEpoch({ year: 2000, month: 1, day: 1 });
const HEX_DAY = /^[0-9A-F]{4}$/;

/** Four characters of a header in text form. */
export function hexDate(text: string): HeaderDate {
  if (text === NO_DAY) return "none";
  return HEX_DAY.test(text) ? civilDate(FIRST_DAY + Number.parseInt(text, 16)) : "malformed";
}

const NO_NUMBER = 0xff_ffff;

/** Three bytes of a header in binary form. */
export function numberDate(bytes: Uint8Array): HeaderDate {
  const [high = 0, middle = 0, low = 0] = bytes;
  const number = (high << 16) | (middle << 8) | low;
  if (number === NO_NUMBER) return "none";
  const digits = number.toString().padStart(8, "0");
  const date = digitsDate(`${digits.slice(2, 4)}${digits.slice(0, 2)}${digits.slice(4)}`);
  return date ?? "malformed";
}

const DIGITS = /^(\d\d)(\d\d)(\d{4})$/;

/** The day of eight digits DDMMYYYY, if the calendar has it. */
export function digitsDate(text: string): CivilDate | undefined {
  const match = DIGITS.exec(text);
  if (match === null) return undefined;
  const [day = 0, month = 0, year = 0] = match.slice(1).map(Number);
  const real = civilDate(daysSinceEpoch({ year, month, day }));
  return real.year === year && real.month === month && real.day === day ? real : undefined;
}

/** From the first to the last instant at which it is this day in some place. */
export interface DayBounds {
  readonly from: Instant;
  readonly to: Instant;
}

/** France has days that begin twelve hours before those of UTC (Wallis) and days that end ten hours later (Tahiti). */
const FARTHEST_FROM_UTC_MS = 12 * 3_600_000;

export function boundsOf(date: CivilDate): DayBounds {
  const start = daysSinceEpoch(date) * DAY_MS;
  return {
    from: instant(start - FARTHEST_FROM_UTC_MS),
    to: instant(start + DAY_MS + FARTHEST_FROM_UTC_MS),
  };
}
