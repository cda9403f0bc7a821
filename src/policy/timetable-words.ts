/** A timetable's answer in words: what the clock of the place shows, and what the schedule has for that day. */
import { DAY_MS, weekdayOf } from "../time/civil-date.ts";
import { toIso8601 } from "../time/iso-8601.ts";
import { type Instant, instant, type LocalTime } from "../time/time.ts";
import type { DayPlan, TimeRange } from "./schedule.ts";
import type { Moment, Timetable } from "./timetable.ts";

/** Monday first; the same words name the days in a configuration. */
export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;

/** For example `fri 2026-12-25 11:00 in Europe/Rome is outside opening-hours: closed on special days holidays`. */
export function timetableWords(timetable: Timetable, at: Instant): string {
  const moment = timetable.momentOf(at);
  const side = moment.opening === undefined ? "outside" : "within";
  const where = `${localWords(moment.local)} in ${moment.zone} is ${side} ${timetable.name}`;
  return `${where}: ${planWords(moment.plan)}${oddityWords(moment)}`;
}

/** Why it is open although the day's own times do not show it; nothing where they do. */
function oddityWords({ opening, day, local }: Moment): string {
  if (opening === undefined) return "";
  if (opening.day < day) return ", and a time of the day before goes on";
  if (opening.day > day) return ", and a time of the day after has begun, since the clocks were put back";
  // A beginning that comes twice counts the first time and an end the last time, so the clocks may show
  // less than the beginning again, or the end already.
  return includes(opening.range, local)
    ? ""
    : `, and ${rangeWords(opening.range)} goes on, since the clocks show this hour twice`;
}

function planWords({ kind, group, times }: DayPlan): string {
  const hours = times.length === 0 ? "closed" : times.map(rangeWords).join(", ");
  switch (kind) {
    case "outsideValidity":
      return "not valid on this day";
    case "special":
      return `${hours} on special days ${group}`;
    case "weekly":
      return `${hours} on this day of the week`;
  }
}

/** `fri 2026-12-25 11:00`. A local time is written like the instant at which UTC shows the same. */
export function localWords(local: LocalTime): string {
  const [date = "", time = ""] = toIso8601(instant(local)).split("T");
  return `${WEEKDAYS[weekdayOf(Math.floor(local / DAY_MS))]} ${date} ${time.slice(0, 5)}`;
}

const rangeWords = ({ fromMinute, toMinute }: TimeRange): string =>
  `${clockWords(fromMinute)}-${clockWords(toMinute > DAY_MINUTES ? toMinute - DAY_MINUTES : toMinute)}`;

const clockWords = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

function includes({ fromMinute, toMinute }: TimeRange, local: LocalTime): boolean {
  const minute = (local % DAY_MS) / MINUTE_MS;
  return minute >= fromMinute && minute < toMinute;
}
