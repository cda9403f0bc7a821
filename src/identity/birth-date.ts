/**
 * When the holder was born, how old that makes him, and whether his document still holds, all of it as of a day that is
 * given. DG11 has the whole year and comes first; where it contradicts the zone, both are signed and neither is
 * believed. Governing text: identity claims sheet, 5.
 */
import { birthDate, expiryDate, isBefore, type PartialDate, wholeDate } from "../emrtd/lds/dates.ts";
import type { CivilDate } from "../time/civil-date.ts";
import type { HolderNote } from "./holder-note.ts";

export interface HolderBirth {
  readonly date?: CivilDate;
  /** Only where the date is not known to the day. */
  readonly year?: number;
  readonly notes: readonly HolderNote[];
}

const YEARS_IN_CENTURY = 100;

/** From the six characters of the zone and, where DG11 says a date, from that. */
export function holderBirth(
  zoneDate: string,
  longDate: PartialDate | undefined,
  today: CivilDate,
): HolderBirth {
  const fromZone = birthDate(zoneDate, today);
  if (longDate === undefined)
    return fromZone === undefined ? { notes: ["field.undecodable"] } : known(fromZone, []);
  if (fromZone === undefined || contradicts(fromZone, longDate) || isToCome(longDate, today))
    return { notes: ["birthdate.conflict"] };
  const isOtherCentury = differ(fromZone.year, longDate.year);
  const born = known(longDate, isOtherCentury ? ["birthdate.century_from_dg11"] : []);
  // A year of the zone completes no date, because its century is a guess.
  const isYearOfZone = longDate.year === undefined && fromZone.year !== undefined;
  return isYearOfZone ? { ...born, year: fromZone.year } : born;
}

function known(date: PartialDate, notes: readonly HolderNote[]): HolderBirth {
  const whole = wholeDate(date);
  if (whole !== undefined) return { date: whole, notes };
  const partial: readonly HolderNote[] = [...notes, "birthdate.partial"];
  return date.year === undefined ? { notes: partial } : { year: date.year, notes: partial };
}

/** The century is the zone's guess, so it contradicts nothing; a part that one of them does not know neither. */
const contradicts = (zone: PartialDate, long: PartialDate): boolean =>
  differ(yearOfCentury(zone), yearOfCentury(long)) ||
  differ(zone.month, long.month) ||
  differ(zone.day, long.day);

const differ = (one: number | undefined, other: number | undefined): boolean =>
  one !== undefined && other !== undefined && one !== other;

const yearOfCentury = ({ year }: PartialDate): number | undefined =>
  year === undefined ? undefined : year % YEARS_IN_CENTURY;

const isToCome = ({ year, month, day }: PartialDate, today: CivilDate): boolean =>
  year !== undefined && isBefore(today, { year, month: month ?? 1, day: day ?? 1 });

/** Birthdays up to `today`, that day's included. Who was born on 29 February has his on 1 March in other years. */
export function ageYears(born: CivilDate, today: CivilDate): number {
  const hadBirthday = today.month === born.month ? today.day >= born.day : today.month > born.month;
  return today.year - born.year - (hadBirthday ? 0 : 1);
}

/** Six characters of the zone. A document holds through its last day; one whose last day cannot be read does not. */
export function isExpired(dateOfExpiry: string, today: CivilDate): boolean {
  const lastDay = expiryDate(dateOfExpiry);
  return lastDay === undefined || isBefore(lastDay, today);
}
