/**
 * Rules between the parts that tell when: every name that is used is defined, times do not overlap, and
 * local times have a zone. Like all rules between fields they look at whatever is right by itself.
 */
import { isJsonObject } from "../bytes/json-object.ts";
import type { TimeRange } from "../policy/schedule.ts";
import { WEEKDAYS } from "../policy/timetable-words.ts";
import { dayNumberSchema, specialSchema, weeklySchema } from "./calendar-schema.ts";
import { type ConfigPath, describeFound, type Finding, nearestKey, pathText } from "./config-problem.ts";

type Place = Readonly<Record<string, unknown>>;

const DAY_MINUTES = 1440;
const WEEK_MINUTES = 7 * DAY_MINUTES;

/** Findings about the zone, schedules, admissions with a schedule, and groups of the untrusted clock. */
export function calendarFindings(root: Place): readonly Finding[] {
  const schedules = placeOf(root["schedules"]);
  return [
    ...zoneFindings(root, schedules),
    ...Object.entries(schedules).flatMap(([name, schedule]) =>
      scheduleFindings(["schedules", name], placeOf(schedule), placeOf(root["calendar"])),
    ),
    ...listOf(root["doors"]).flatMap((door, index) =>
      admissionFindings(["doors", index, "groups"], listOf(placeOf(door)["groups"]), schedules),
    ),
    ...unsyncedFindings(root),
  ];
}

function zoneFindings(root: Place, schedules: Place): readonly Finding[] {
  if (root["timeZone"] !== undefined || Object.keys(schedules).length === 0) return [];
  const allowed = "the zone in whose local time the schedules are written, for example Europe/Rome";
  return [error(["timeZone"], "nothing", allowed, "add timeZone")];
}

function scheduleFindings(path: ConfigPath, schedule: Place, calendar: Place): readonly Finding[] {
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

function validityFindings(path: ConfigPath, { from, until }: Place): readonly Finding[] {
  const first = dayNumberSchema.safeParse(from).data;
  const last = dayNumberSchema.safeParse(until).data;
  if (first === undefined || last === undefined || first <= last) return [];
  const place = [...path, "until"];
  return [
    error(place, describeFound(place, until), `from (${String(from)}) or later`, "correct one of the two"),
  ];
}

function admissionFindings(path: ConfigPath, admissions: readonly unknown[], schedules: Place) {
  const seen = new Set<string>();
  return admissions.flatMap((admission, index) => {
    const group = groupOf(admission);
    const repeated = group !== undefined && seen.has(group);
    if (group !== undefined) seen.add(group);
    const schedule = placeOf(admission)["schedule"];
    const place = [...path, index];
    return [
      ...(repeated
        ? [
            error(
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

function unsyncedFindings(root: Place): readonly Finding[] {
  const admitted = listOf(root["doors"]).flatMap((door) => listOf(placeOf(door)["groups"]).map(groupOf));
  const known = [...new Set(admitted.filter((group) => group !== undefined))];
  return listOf(placeOf(root["unsyncedClock"])["groups"]).flatMap((group, index) =>
    typeof group === "string"
      ? unknownName(["unsyncedClock", "groups", index], group, known, "the doors' groups")
      : [],
  );
}

const groupOf = (admission: unknown): string | undefined => {
  const group = typeof admission === "string" ? admission : placeOf(admission)["group"];
  return typeof group === "string" ? group : undefined;
};

function unknownName(
  path: ConfigPath,
  name: string,
  known: readonly string[],
  where: string,
): readonly Finding[] {
  if (known.includes(name)) return [];
  const meant = nearestKey(name, known);
  const allowed = known.length === 0 ? `a name of ${where}, which has none` : `one of ${known.join(", ")}`;
  const remedy = meant === undefined ? `add it to ${where}` : `did you mean ${meant}?`;
  return [error(path, describeFound(path, name), allowed, remedy)];
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
  return error(
    path,
    `a time${on} that overlaps ${pathText(before.path)}${before.day === undefined ? "" : ` on ${before.day}`}`,
    "times of which each begins after the one before has ended",
    "join the two or change one",
  );
}

const error = (path: ConfigPath, found: string, allowed: string, remedy: string): Finding => ({
  severity: "error",
  path,
  found,
  allowed,
  remedy,
});

const placeOf = (value: unknown): Place => (isJsonObject(value) ? value : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
