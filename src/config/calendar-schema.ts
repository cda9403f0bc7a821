/**
 * The part of the schema that tells when: groups of special days, and schedules by day of the week with
 * exceptions for those groups. It yields the policy's plain data, by name.
 */
import { z } from "zod";
import { WEEKDAYS } from "../policy/timetable-words.ts";
import { TimeZone } from "../time/time-zone.ts";
import { parseDayNumber, parseDayRange, parseTimeRange } from "./calendar-text.ts";
import { name, section } from "./field.ts";

const MOST_DAYS = 400;
const MOST_TIMES = 8;
const MOST_ENTRIES = 16;
const MOST_NAMES = 64;

/** Text that `parse` understands; `allowed` says in words what that is. */
const written = <T>(allowed: string, parse: (text: string) => T | undefined) =>
  z
    .string()
    .describe(allowed)
    .transform((text, context) => {
      const value = parse(text);
      if (value !== undefined) return value;
      context.issues.push({ code: "custom", input: text });
      return z.NEVER;
    });

export const timeZoneSchema = written(
  "a name of the IANA time zone database, for example Europe/Rome",
  (text) => (TimeZone.named(text) === undefined ? undefined : text),
);

const times = z
  .array(
    written(
      'from-to in local time, for example "06:30-23:00"; to may be 24:00, or be earlier than from and in the next day',
      parseTimeRange,
    ),
  )
  .max(MOST_TIMES)
  .readonly()
  .describe(`at most ${MOST_TIMES} times of a day; an empty list = closed`);

/** Names of at most `MOST_NAMES` things. */
const named = <Value extends z.ZodType>(what: string, value: Value) =>
  z
    .record(name(what), value)
    .refine((record) => Object.keys(record).length <= MOST_NAMES)
    .describe(`a section with at most ${MOST_NAMES} names: ${what}`);

export const calendarSchema = named(
  "the name of a group of special days",
  z
    .array(
      written(
        "a day as YYYY-MM-DD, one of every year as MM-DD, or first/last of either, both included",
        parseDayRange,
      ),
    )
    .max(MOST_DAYS)
    .readonly()
    .describe(`a list of at most ${MOST_DAYS} days`),
);

export const weeklySchema = z
  .array(
    section({
      days: z
        .array(z.enum(WEEKDAYS).describe(`a day of the week: ${WEEKDAYS.join(", ")}`))
        .min(1)
        .max(WEEKDAYS.length)
        .readonly()
        .describe(`a list of days of the week: ${WEEKDAYS.join(", ")}`),
      times,
    }).readonly(),
  )
  .max(MOST_ENTRIES)
  .readonly()
  .describe(`a list of at most ${MOST_ENTRIES} entries with days and times`);

export const specialSchema = z
  .array(section({ days: name("a group of special days of the calendar"), times }).readonly())
  .max(MOST_ENTRIES)
  .readonly()
  .describe(
    `a list of at most ${MOST_ENTRIES} entries with days and times; the first that holds a day decides`,
  );

export const dayNumberSchema = written("a day as YYYY-MM-DD", parseDayNumber);

const scheduleSchema = section({
  weekly: weeklySchema,
  special: specialSchema.default([]),
  from: dayNumberSchema.exactOptional(),
  until: dayNumberSchema.exactOptional(),
})
  .transform(({ weekly, special, from, until }) => ({
    week: WEEKDAYS.map((day) => weekly.flatMap((entry) => (entry.days.includes(day) ? entry.times : []))),
    special,
    ...(from === undefined ? {} : { firstDay: from }),
    ...(until === undefined ? {} : { lastDay: until }),
  }))
  .readonly();

export const schedulesSchema = named("the name of a schedule", scheduleSchema);
