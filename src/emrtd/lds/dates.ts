/**
 * Dates of documents. The machine readable zone has two digits for the year, DG11 and DG12 four, in ASCII or packed two
 * to the byte; of a birth date parts may be unknown. `today` comes in as an argument, so that nothing here depends on
 * the day it runs. Governing text: ICAO Doc 9303-3 §4.8, 9303-10 §4.7.11; identity claims sheet, 5.
 */
import { type CivilDate, civilDate, daysSinceEpoch } from "../../time/civil-date.ts";

/** A date as far as it is known. */
export interface PartialDate {
  readonly year: number | undefined;
  readonly month: number | undefined;
  readonly day: number | undefined;
}

const TWO_DIGIT_DATE = /^(\d\d|<<)(\d\d|<<)(\d\d|<<)$/;
const FOUR_DIGIT_DATE = /^(\d{4})(\d\d)(\d\d)$/;
const YEARS_IN_CENTURY = 100;
const THIS_CENTURY = 2000;
const MONTHS = 12;
const LONGEST_MONTH_DAYS = 31;

/**
 * A birth date of the zone, YYMMDD: of the century that makes it no later than `today`, the last one otherwise; only a
 * holder past a hundred is mistaken. Parts `<<` are unknown, as are months and days `00`, and a year `00` with both
 * of them so. `undefined` for a day that no calendar has.
 */
export function birthDate(written: string, today: CivilDate): PartialDate | undefined {
  const parts = TWO_DIGIT_DATE.exec(written);
  if (parts === null) return undefined;
  const [, years = "", months = "", days = ""] = parts;
  const month = known(months);
  const day = known(days);
  const hasNoYear = years === "<<" || written === "000000";
  if (hasNoYear) return possible({ year: undefined, month, day });
  const year = THIS_CENTURY + Number(years);
  const isToCome = isBefore(today, { year, month: month ?? 1, day: day ?? 1 });
  return possible({ year: isToCome ? year - YEARS_IN_CENTURY : year, month, day });
}

/** An expiry date of the zone, YYMMDD: always of this century, for chips are younger than it. */
export function expiryDate(written: string): CivilDate | undefined {
  const [, years, months, days] = TWO_DIGIT_DATE.exec(written) ?? [];
  return wholeDate({ year: THIS_CENTURY + Number(years), month: Number(months), day: Number(days) });
}

/** A date of DG11, DG12 or DG16, YYYYMMDD in digits, see `digitsOf`; `0000` and `00` are unknown parts. */
export function longDate(digits: string): PartialDate | undefined {
  const [, year, month, day] = FOUR_DIGIT_DATE.exec(digits) ?? [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  return possible({ year: known(year), month: known(month), day: known(day) });
}

/**
 * So many decimal digits, written as ASCII characters, or as some States write them, two to the byte; `undefined` for
 * other bytes.
 */
export function digitsOf(value: Uint8Array, count: number): string | undefined {
  if (value.length !== count && value.length * 2 !== count) return undefined;
  const digits =
    value.length === count
      ? String.fromCharCode(...value)
      : Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return /^\d+$/.test(digits) ? digits : undefined;
}

/** The date, if all of it is known and the calendar has it. */
export function wholeDate({ year, month, day }: PartialDate): CivilDate | undefined {
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const date = { year, month, day };
  const real = civilDate(daysSinceEpoch(date));
  return real.year === year && real.month === month && real.day === day ? date : undefined;
}

/** Whether `date` is earlier than `other`: a document has expired when its expiry date is before today. */
export const isBefore = (date: CivilDate, other: CivilDate): boolean =>
  daysSinceEpoch(date) < daysSinceEpoch(other);

/** Number of a part that is not unknown. */
const known = (part: string): number | undefined => (/^(<<|0+)$/.test(part) ? undefined : Number(part));

function possible(date: PartialDate): PartialDate | undefined {
  const { year, month, day } = date;
  const isWhole = year !== undefined && month !== undefined && day !== undefined;
  if (isWhole) return wholeDate(date);
  return (month ?? 1) <= MONTHS && (day ?? 1) <= LONGEST_MONTH_DAYS ? date : undefined;
}
