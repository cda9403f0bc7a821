/**
 * When something holds, as an operator writes it down: times of day for each day of the week, other times
 * (or none) on special days, and the days between which all this is valid (fleet interface, policy and
 * calendar documents). Plain data; `timetable.ts` turns it into instants.
 */
import { civilDate, weekdayOf } from "../time/civil-date.ts";

/**
 * Times of one day, in minutes from its midnight, the end excluded. An end beyond 1,440 lies in the next
 * day: the range belongs to the day on which it begins, whatever the next day is.
 */
export interface TimeRange {
  /** 0 to 1,439. */
  readonly fromMinute: number;
  /** After `fromMinute`, by at most a day. */
  readonly toMinute: number;
}

/** Days that are special, both ends included; `yearly` ones as month × 100 + day, which may go past New Year. */
export type DayRange =
  | { readonly kind: "dates"; readonly firstDay: number; readonly lastDay: number }
  | { readonly kind: "yearly"; readonly first: number; readonly last: number };

/** The times of special days in place of the week's. */
export interface SpecialTimes {
  /** Name of the group of days. */
  readonly group: string;
  readonly days: readonly DayRange[];
  /** None = closed. */
  readonly times: readonly TimeRange[];
}

export interface Schedule {
  readonly name: string;
  /** Seven lists of times, Monday's first. */
  readonly week: readonly (readonly TimeRange[])[];
  /** The first that holds the day decides, so that an operator can put exceptions of exceptions first. */
  readonly special: readonly SpecialTimes[];
  /** First day of validity, as days since 1970-01-01; absent = open. */
  readonly firstDay?: number;
  /** Last day of validity, included; a range that begins on it may still go past its midnight. */
  readonly lastDay?: number;
}

/** What a schedule says of one day. */
export interface DayPlan {
  readonly kind: "outsideValidity" | "special" | "weekly";
  /** The group of special days, where one decided. */
  readonly group?: string;
  readonly times: readonly TimeRange[];
}

/** The times that begin on a day, given as days since 1970-01-01. */
export function planOf(schedule: Schedule, day: number): DayPlan {
  const { firstDay = day, lastDay = day } = schedule;
  if (day < firstDay || day > lastDay) return { kind: "outsideValidity", times: [] };
  const special = schedule.special.find(({ days }) => days.some((range) => holds(range, day)));
  if (special !== undefined) return { kind: "special", group: special.group, times: special.times };
  return { kind: "weekly", times: schedule.week[weekdayOf(day)] ?? [] };
}

function holds(range: DayRange, daysSinceEpoch: number): boolean {
  if (range.kind === "dates") return daysSinceEpoch >= range.firstDay && daysSinceEpoch <= range.lastDay;
  const { month, day } = civilDate(daysSinceEpoch);
  const date = month * 100 + day;
  return range.first <= range.last
    ? date >= range.first && date <= range.last
    : date >= range.first || date <= range.last;
}
