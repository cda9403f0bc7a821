// When somebody may pass, as an operator writes it: what is understood, and what is said of each mistake.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDayRange, parseTimeRange } from "../../src/config/calendar-text.ts";
import { parseConfig } from "../../src/config/load-config.ts";

const EXAMPLE = readFileSync("deploy/gate.example.yaml", "utf8");
/** The example from `timeZone` to `doors` with other text, and with other groups at its door. */
function withCalendar(text: string, groups = "groups: [members, staff]"): string {
  const changed = EXAMPLE.replace(/^timeZone:[\s\S]*?^doors:/m, `${text}\ndoors:`).replace(
    /groups: \[members.*$/m,
    groups,
  );
  expect(changed).not.toBe(EXAMPLE);
  return changed;
}
const schedule = (text: string, calendar = "calendar: { holidays: [12-25] }") =>
  withCalendar(`timeZone: Europe/Rome\n${calendar}\nschedules:\n  hours: ${text}`);

function problemsOf(text: string) {
  const result = parseConfig(text);
  return result.ok ? result.value.warnings : result.error;
}

function configOf(text: string) {
  const result = parseConfig(text);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value.config;
}

describe("times of a day", () => {
  test.each([
    ["06:30-23:00", 390, 1380],
    ["00:00-24:00", 0, 1440],
    ["22:00-02:00", 1320, 1560],
    ["22:00-00:00", 1320, 1440],
    ["08:00-08:00", 480, 1920],
    ["00:00-00:00", 0, 1440],
    ["23:59-24:00", 1439, 1440],
  ])("%s", (text, fromMinute, toMinute) => {
    expect(parseTimeRange(text)).toEqual({ fromMinute, toMinute });
  });

  test.each([
    "",
    "24:00-08:00",
    "08:00-24:01",
    "08:60-09:00",
    "8:00-9:00",
    "08:00",
    "08:00-09:00-10:00",
    "08:00 - 09:00",
  ])("%j is none", (text) => expect(parseTimeRange(text)).toBeUndefined());

  test("last more than nothing and at most a day, however they are written", () => {
    const two = (most: number) => fc.nat({ max: most }).map((n) => String(n).padStart(2, "0"));
    fc.assert(
      fc.property(two(23), two(59), two(24), two(59), (a, b, c, d) => {
        const range = parseTimeRange(`${a}:${b}-${c}:${d}`);
        if (range === undefined) {
          expect(c).toBe("24");
          return;
        }
        const length = range.toMinute - range.fromMinute;
        expect(length > 0 && length <= 1440).toBe(true);
      }),
    );
  });
});

describe("special days", () => {
  const day = (text: string) => Date.parse(text) / 86_400_000;
  test.each([
    ["2026-12-25", { kind: "dates", firstDay: day("2026-12-25"), lastDay: day("2026-12-25") }],
    ["2026-08-10/2026-08-23", { kind: "dates", firstDay: day("2026-08-10"), lastDay: day("2026-08-23") }],
    ["12-25", { kind: "yearly", first: 1225, last: 1225 }],
    ["02-29", { kind: "yearly", first: 229, last: 229 }],
    ["12-24/01-06", { kind: "yearly", first: 1224, last: 106 }],
  ])("%s", (text, range) => expect(parseDayRange(text)).toEqual(range));

  test.each([
    "",
    "25-12",
    "02-30",
    "2026-02-29",
    "2026-08-23/2026-08-10",
    "12-25/2026-12-26",
    "2026-12-25/",
    "a/b",
    "01-01/01-02/01-03",
  ])("%j are none", (text) => expect(parseDayRange(text)).toBeUndefined());
});

describe("the documented example", () => {
  test("has a schedule with special days, for a group of its door", () => {
    const config = configOf(EXAMPLE);
    expect(config.timeZone).toBe("Europe/Rome");
    expect(config.doors[0]?.groups).toEqual([
      { group: "members" },
      { group: "staff" },
      { group: "off-peak", schedule: "quiet-hours" },
    ]);
    const quiet = config.schedules["quiet-hours"];
    expect(quiet?.week.map((times) => times.length)).toEqual([2, 2, 2, 2, 2, 1, 0]);
    expect(quiet?.week[5]).toEqual([{ fromMinute: 1200, toMinute: 1500 }]);
    expect(quiet?.special.map(({ days, times }) => [days, times.length])).toEqual([
      ["stocktaking", 0],
      ["holidays", 1],
    ]);
    expect([quiet?.firstDay, quiet?.lastDay]).toEqual(
      ["2026-09-01", "2027-07-31"].map((text) => Date.parse(text) / 86_400_000),
    );
    expect(config.calendar["holidays"]).toContainEqual({ kind: "yearly", first: 1225, last: 1226 });
  });

  test("says no more than what holds without it", () => {
    const config = configOf(withCalendar(""));
    expect(config).toMatchObject({ calendar: {}, schedules: {}, unsyncedClock: "lastKnown", maxSkewS: 60 });
    expect(config.timeZone).toBeUndefined();
  });
});

describe("each mistake", () => {
  const weekly = "weekly: [{ days: [mon], times: ['08:00-12:00'] }]";
  test.each([
    [
      "a zone that is none",
      withCalendar("timeZone: Europe/Atlantis"),
      "timeZone",
      '"Europe/Atlantis"',
      "correct the value",
    ],
    [
      "an offset in place of a zone",
      withCalendar("timeZone: '+01:00'"),
      "timeZone",
      '"+01:00"',
      "correct the value",
    ],
    [
      "schedules without a zone",
      withCalendar(`schedules: { hours: { ${weekly} } }`),
      "timeZone",
      "nothing",
      "add timeZone",
    ],
    [
      "a day that does not exist",
      schedule(`{ ${weekly} }`, "calendar: { holidays: [2027-02-29] }"),
      "calendar.holidays[0]",
      '"2027-02-29"',
      "correct the value",
    ],
    [
      "a name with capitals",
      schedule(`{ ${weekly} }`, "calendar: { Holidays: [12-25] }"),
      "calendar.Holidays",
      "a name that cannot be one",
      "rename it",
    ],
    [
      "a time that cannot be",
      schedule("{ weekly: [{ days: [mon], times: ['08:00-25:00'] }] }"),
      "schedules.hours.weekly[0].times[0]",
      '"08:00-25:00"',
      "correct the value",
    ],
    [
      "a day of no week",
      schedule("{ weekly: [{ days: [monday], times: [] }] }"),
      "schedules.hours.weekly[0].days[0]",
      '"monday"',
      "correct the value",
    ],
    ["no week at all", schedule("{ special: [] }"), "schedules.hours.weekly", "nothing", "add weekly"],
    [
      "an unknown key",
      schedule(`{ ${weekly}, untill: 2027-01-01 }`),
      "schedules.hours.untill",
      "a key that is not known here",
      "did you mean until?",
    ],
    [
      "days without a definition",
      schedule(`{ ${weekly}, special: [{ days: holiday, times: [] }] }`),
      "schedules.hours.special[0].days",
      '"holiday"',
      "did you mean holidays?",
    ],
    [
      "days of an empty calendar",
      schedule(`{ ${weekly}, special: [{ days: holidays, times: [] }] }`, ""),
      "schedules.hours.special[0].days",
      '"holidays"',
      "add it to calendar",
    ],
    [
      "an end before the beginning",
      schedule(`{ ${weekly}, from: 2027-01-02, until: 2027-01-01 }`),
      "schedules.hours.until",
      '"2027-01-01"',
      "correct one of the two",
    ],
    [
      "an unknown schedule",
      withCalendar("", "groups: [{ group: members, schedule: hours }]"),
      "doors[0].groups[0].schedule",
      '"hours"',
      "add it to schedules",
    ],
    [
      "a mistyped schedule",
      schedule(`{ ${weekly} }`).replace(
        /groups: \[members.*$/m,
        "groups: [{ group: members, schedule: hour }]",
      ),
      "doors[0].groups[0].schedule",
      '"hour"',
      "did you mean hours?",
    ],
    [
      "a group twice",
      withCalendar("", "groups: [members, staff, members]"),
      "doors[0].groups[2]",
      '"members" again',
      "remove one of the two",
    ],
    [
      "a group that is none",
      withCalendar("", "groups: [members, 7]"),
      "doors[0].groups[1]",
      "7",
      "correct the value",
    ],
    [
      "a group with an unknown key",
      withCalendar("", "groups: [{ group: members, shedule: hours }]"),
      "doors[0].groups[0].schedule",
      "nothing",
      "add schedule",
    ],
    [
      "an unknown way without a clock",
      withCalendar("unsyncedClock: maybe"),
      "unsyncedClock",
      '"maybe"',
      "correct the value",
    ],
    [
      "a group that no door admits",
      withCalendar("unsyncedClock: { groups: [member] }"),
      "unsyncedClock.groups[0]",
      '"member"',
      "did you mean members?",
    ],
    ["a skew without end", withCalendar("maxSkewS: 1201"), "maxSkewS", "1201", "correct the value"],
  ])("%s", (_what, text, path, found, remedy) => {
    expect(problemsOf(text)[0]).toMatchObject({ severity: "error", path, found, remedy });
    expect(parseConfig(text).ok).toBe(false);
  });

  test("is told with what is allowed there", () => {
    expect(problemsOf(schedule("{ weekly: [{ days: [mon], times: ['8-12'] }] }"))[0]?.allowed).toMatch(
      /^from-to in local time/,
    );
    expect(problemsOf(withCalendar("", "groups: [{}]"))[0]?.allowed).toBe(
      "a group that this door admits: 1 to 63 of a-z, 0-9 and -, not beginning with -",
    );
    expect(problemsOf(withCalendar("", "groups: [7]"))[0]?.allowed).toMatch(
      /^the name of a group .* or \{ group: NAME, schedule: NAME \}$/,
    );
    expect(problemsOf(withCalendar("calendar: { A: [] }"))[0]?.allowed).toMatch(
      /^the name of a group of special days: 1 to 63/,
    );
  });

  test("is told with all others", () => {
    const text = withCalendar(
      "timeZone: Nowhere\ncalendar: { holidays: [13-01] }\nschedules:\n  hours: { weekly: [{ days: [mon], times: ['08:00-12:00', '11:00-13:00'] }], special: [{ days: feasts, times: [] }] }",
      "groups: [{ group: members, schedule: ours }]",
    );
    expect(problemsOf(text).map(({ path }) => path)).toEqual([
      "timeZone",
      "calendar.holidays[0]",
      "schedules.hours.weekly[0].times[1]",
      "schedules.hours.special[0].days",
      "doors[0].groups[0].schedule",
    ]);
  });
});

describe("times that overlap", () => {
  const overlaps = (text: string) =>
    problemsOf(schedule(text)).map(
      ({ path, found }) =>
        `${path.replace("schedules.hours.", "")}: ${found.replaceAll("schedules.hours.", "")}`,
    );

  test.each([
    [
      "in one entry",
      "{ weekly: [{ days: [mon, tue], times: ['08:00-12:00', '11:59-13:00'] }] }",
      ["weekly[0].times[1]: a time on mon that overlaps weekly[0].times[0] on mon"],
    ],
    [
      "in two entries",
      "{ weekly: [{ days: [mon, fri], times: ['08:00-12:00'] }, { days: [fri], times: ['09:00-10:00'] }] }",
      ["weekly[1].times[0]: a time on fri that overlaps weekly[0].times[0] on fri"],
    ],
    [
      "past midnight",
      "{ weekly: [{ days: [mon], times: ['22:00-02:00'] }, { days: [tue], times: ['01:00-05:00'] }] }",
      ["weekly[1].times[0]: a time on tue that overlaps weekly[0].times[0] on mon"],
    ],
    [
      "past the end of the week",
      "{ weekly: [{ days: [sun], times: ['22:00-02:00'] }, { days: [mon], times: ['01:00-05:00'] }] }",
      ["weekly[1].times[0]: a time on mon that overlaps weekly[0].times[0] on sun"],
    ],
    [
      "on special days",
      "{ weekly: [], special: [{ days: holidays, times: ['08:00-12:00', '10:00-11:00'] }] }",
      ["special[0].times[1]: a time that overlaps special[0].times[0]"],
    ],
    [
      "inside a longer one before the last",
      "{ weekly: [{ days: [mon], times: ['08:00-20:00', '09:00-10:00', '12:00-13:00'] }] }",
      [
        "weekly[0].times[1]: a time on mon that overlaps weekly[0].times[0] on mon",
        "weekly[0].times[2]: a time on mon that overlaps weekly[0].times[0] on mon",
      ],
    ],
  ])("%s", (_where, text, found) => expect(overlaps(text)).toEqual(found));

  test("do not when one begins as the other ends, every day around the clock", () => {
    const days = "days: [mon, tue, wed, thu, fri, sat, sun]";
    expect(overlaps(`{ weekly: [{ ${days}, times: ['08:00-12:00', '12:00-08:00'] }] }`)).toEqual([]);
    expect(overlaps(`{ weekly: [{ ${days}, times: ['00:00-24:00'] }] }`)).toEqual([]);
  });
});
