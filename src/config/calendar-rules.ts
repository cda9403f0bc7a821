/**
 * Rules between the parts that tell when: every name that is used is defined, times do not overlap, and
 * local times have a zone. Like all rules between fields they look at whatever is right by itself.
 */
import type { TimeRange } from "../policy/schedule.ts";
import { WEEKDAYS } from "../policy/timetable-words.ts";
import { dayNumberSchema, specialSchema, weeklySchema } from "./calendar-schema.ts";
import {
  type ConfigPath,
  describeFound,
  errorAt,
  type Finding,
  pathText,
  unknownName,
} from "./config-problem.ts";
import { groupIn, listIn, type RawSection, sectionIn } from "./raw-part.ts";

const DAY_MINUTES = 1440;
const WEEK_MINUTES = 7 * DAY_MINUTES;

/** Findings about the zone, schedules, admissions with a schedule, and groups of the untrusted clock. */
export function calendarFindings(root: RawSection): readonly Finding[] {
  const schedules = sectionIn(root["schedules"]);
  return [
    ...zoneFindings(root, schedules),
    ...Object.entries(schedules).flatMap(([name, schedule]) =>
      scheduleFindings(["schedules", name], sectionIn(schedule), sectionIn(root["calendar"])),
    ),
    ...listIn(root["doors"]).flatMap((door, index) =>
      admissionFindings(["doors", index, "groups"], listIn(sectionIn(door)["groups"]), schedules),
    ),
    ...unsyncedFindings(root),
  ];
}

function zoneFindings(root: RawSection, schedules: RawSection): readonly Finding[] {
  if (root["timeZone"] !== undefined || Object.keys(schedules).length === 0) return [];
  const allowed = "the zone in whose local time the schedules are written, for example Europe/Rome";
  return [errorAt(["timeZone"], "nothing", allowed, "add timeZone")];
}

function scheduleFindings(path: ConfigPath, schedule: RawSection, calendar: RawSection): readonly Finding[] {
  const special = specialSchema.safeParse(schedule["special"]).data ?? [];
  return [
    ...overlapFindings(weekSpans(path, schedule["weekly"])),
    ...special.flatMap((entry, index) => [
      ...overlapFindings(daySpans([...path, "special", index, "times"], entry.times)),
      ...unknownName([...path, "special", index, "days"], entry.days, Object.keys(calendar), "calendar"),
    ]),
    ...validityFindings(path, schedule),
  ];
}

function validityFindings(path: ConfigPath, { from, until }: RawSection): readonly Finding[] {
  const first = dayNumberSchema.safeParse(from).data;
  const last = dayNumberSchema.safeParse(until).data;
  if (first === undefined || last === undefined || first <= last) return [];
  const place = [...path, "until"];
  return [
    errorAt(place, describeFound(place, until), `from (${String(from)}) or later`, "correct one of the two"),
  ];
}

function admissionFindings(path: ConfigPath, admissions: readonly unknown[], schedules: RawSection) {
  const seen = new Set<string>();
  return admissions.flatMap((admission, index) => {
    const group = groupIn(admission);
    const repeated = group !== undefined && seen.has(group);
    if (group !== undefined) seen.add(group);
    const schedule = sectionIn(admission)["schedule"];
    const place = [...path, index];
    return [
      ...(repeated
        ? [
            errorAt(
              place,
              `${JSON.stringify(group)} again`,
              "a group once for each door",
              "remove one of the two",
            ),
          ]
        : []),
      ...(typeof schedule === "string"
        ? unknownName([...place, "schedule"], schedule, Object.keys(schedules), "schedules")
        : []),
    ];
  });
}

function unsyncedFindings(root: RawSection): readonly Finding[] {
  const admitted = listIn(root["doors"]).flatMap((door) => listIn(sectionIn(door)["groups"]).map(groupIn));
  const known = [...new Set(admitted.filter((group) => group !== undefined))];
  return listIn(sectionIn(root["unsyncedClock"])["groups"]).flatMap((group, index) =>
    typeof group === "string"
      ? unknownName(["unsyncedClock", "groups", index], group, known, "the doors' groups")
      : [],
  );
}

/** A stretch of minutes, in a week or in one day, and the place that it comes from. */
interface Span {
  readonly path: ConfigPath;
  readonly from: number;
  readonly to: number;
  readonly day?: string;
}

function weekSpans(path: ConfigPath, weekly: unknown): readonly Span[] {
  const entries = weeklySchema.safeParse(weekly).data ?? [];
  const week = entries.flatMap((entry, index) =>
    entry.days.flatMap((day) =>
      daySpans([...path, "weekly", index, "times"], entry.times).map((span) => {
        const shift = WEEKDAYS.indexOf(day) * DAY_MINUTES;
        return { ...span, from: span.from + shift, to: span.to + shift, day };
      }),
    ),
  );
  // What goes on past Sunday's midnight meets Monday's times, so those are looked at once more at the end.
  const nextMonday = week
    .filter(({ from }) => from < DAY_MINUTES)
    .map((span) => ({ ...span, from: span.from + WEEK_MINUTES, to: span.to + WEEK_MINUTES }));
  return [...week, ...nextMonday];
}

const daySpans = (path: ConfigPath, times: readonly TimeRange[]): readonly Span[] =>
  times.map(({ fromMinute, toMinute }, index) => ({
    path: [...path, index],
    from: fromMinute,
    to: toMinute,
  }));

/** Spans that begin before an earlier one has ended, one finding for each place. */
function overlapFindings(spans: readonly Span[]): readonly Finding[] {
  const found = new Map<string, Finding>();
  let before: Span | undefined;
  for (const span of [...spans].sort((left, right) => left.from - right.from)) {
    const place = pathText(span.path);
    if (before !== undefined && span.from < before.to && !found.has(place))
      found.set(place, overlap(span, before));
    if (before === undefined || span.to > before.to) before = span;
  }
  return [...found.values()];
}

function overlap({ path, day }: Span, before: Span): Finding {
  const on = day === undefined ? "" : ` on ${day}`;
  return errorAt(
    path,
    `a time${on} that overlaps ${pathText(before.path)}${before.day === undefined ? "" : ` on ${before.day}`}`,
    "times of which each begins after the one before has ended",
    "join the two or change one",
  );
}
