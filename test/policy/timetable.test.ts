// Schedules at a place, against an oracle that knows nothing of offsets: it walks through the minutes of a
// few days and reads from the platform's own clock face what each of them is called.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DayRange, Schedule, TimeRange } from "../../src/policy/schedule.ts";
import { Timetable } from "../../src/policy/timetable.ts";
import { daysSinceEpoch } from "../../src/time/civil-date.ts";
import { instant } from "../../src/time/time.ts";
import { TimeZone } from "../../src/time/time-zone.ts";

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;

const zoneNamed = (name: string): TimeZone => {
  const zone = TimeZone.named(name);
  if (zone === undefined) throw new Error(`no zone ${name}`);
  return zone;
};

/** `06:30-23:00` in minutes; an end not after the beginning is the next day's. */
function range(text: string): TimeRange {
  const [fromHour = 0, fromMinute = 0, toHour = 0, toMinute = 0] = text.split(/[:-]/).map(Number);
  const from = fromHour * 60 + fromMinute;
  const to = toHour * 60 + toMinute;
  return { fromMinute: from, toMinute: to <= from ? to + DAY_MINUTES : to };
}

const date = (text: string): number => Date.parse(text) / 86_400_000;
const dates = (first: string, last = first): DayRange => ({
  kind: "dates",
  firstDay: date(first),
  lastDay: date(last),
});

const everyDay = (...times: readonly string[]): Schedule => ({
  name: "hours",
  week: Array.from({ length: 7 }, () => times.map(range)),
  special: [],
});
const weekdays = (times: Readonly<Record<number, readonly string[]>>): Schedule => ({
  name: "hours",
  week: Array.from({ length: 7 }, (_, weekday) => (times[weekday] ?? []).map(range)),
  special: [],
});
const [MONDAY, SATURDAY, SUNDAY] = [0, 5, 6];

/** The instants, in UTC, at which the timetable opens (+) and closes (-) between two days, found minute by minute. */
function edges(schedule: Schedule, zone: string, from: string, to: string): readonly string[] {
  const timetable = new Timetable(schedule, zoneNamed(zone));
  const found: string[] = [];
  let open = timetable.covers(instant(Date.parse(from) - MINUTE_MS));
  for (let at = Date.parse(from); at < Date.parse(to); at += MINUTE_MS) {
    const now = timetable.covers(instant(at));
    if (now !== open) found.push(`${now ? "+" : "-"}${new Date(at).toISOString().slice(5, 16)}`);
    open = now;
  }
  return found;
}

describe("an ordinary day", () => {
  test("includes the first instant and excludes the end", () => {
    const timetable = new Timetable(everyDay("08:00-12:00"), zoneNamed("UTC"));
    const eight = Date.parse("2026-11-22T08:00Z");
    expect(
      [eight - 1, eight, eight + 4 * 3_600_000 - 1, eight + 4 * 3_600_000].map((at) =>
        timetable.covers(instant(at)),
      ),
    ).toEqual([false, true, true, false]);
  });

  test("counts in the place's own time, winter and summer", () => {
    expect(edges(everyDay("08:00-12:00"), "Europe/Rome", "2026-01-10", "2026-01-11")).toEqual([
      "+01-10T07:00",
      "-01-10T11:00",
    ]);
    expect(edges(everyDay("08:00-12:00"), "Europe/Rome", "2026-07-10", "2026-07-11")).toEqual([
      "+07-10T06:00",
      "-07-10T10:00",
    ]);
  });

  test("may have several ranges, or none", () => {
    expect(
      edges(everyDay("06:00-07:30", "20:00-24:00"), "UTC", "2026-11-22T01:00Z", "2026-11-23T12:00Z"),
    ).toEqual([
      "+11-22T06:00",
      "-11-22T07:30",
      "+11-22T20:00",
      "-11-23T00:00",
      "+11-23T06:00",
      "-11-23T07:30",
    ]);
    expect(edges(everyDay(), "UTC", "2026-11-22", "2026-11-24")).toEqual([]);
  });

  test("24:00 and the next day's 00:00 leave no gap between them", () => {
    for (const zone of ["Europe/Rome", "America/Santiago", "Africa/Cairo", "America/Havana"]) {
      expect(edges(everyDay("00:00-24:00"), zone, "2026-03-01", "2026-05-01")).toEqual([]);
    }
  });
});

describe("the week", () => {
  test("a range past midnight belongs to the day on which it begins", () => {
    expect(
      edges(weekdays({ [SATURDAY]: ["22:00-02:00"] }), "Europe/Rome", "2026-11-16", "2026-11-24"),
    ).toEqual(["+11-21T21:00", "-11-22T01:00"]);
  });

  test("a whole day may be written from any hour to the same hour of the next day", () => {
    expect(edges(weekdays({ [MONDAY]: ["06:00-06:00"] }), "UTC", "2026-11-22", "2026-11-25")).toEqual([
      "+11-23T06:00",
      "-11-24T06:00",
    ]);
  });

  test("goes on over the end of the year and over a leap day", () => {
    expect(edges(everyDay("22:00-02:00"), "Europe/Paris", "2026-12-31", "2027-01-01T12:00Z")).toEqual([
      "-12-31T01:00",
      "+12-31T21:00",
      "-01-01T01:00",
    ]);
    expect(edges(weekdays({ 1: ["08:00-09:00"] }), "Europe/Paris", "2028-02-28", "2028-03-02")).toEqual([
      "+02-29T07:00",
      "-02-29T08:00",
    ]);
  });
});

describe("the night in which clocks are put forward", () => {
  // Rome and Paris, 2026-03-29: 01:00Z is 02:00 and becomes 03:00.
  test.each(["Europe/Rome", "Europe/Paris"])(
    "in %s a time in the gap is the first instant after it",
    (zone) => {
      const night = ["2026-03-28T20:00Z", "2026-03-29T08:00Z"] as const;
      expect(edges(everyDay("02:30-05:00"), zone, ...night)).toEqual(["+03-29T01:00", "-03-29T03:00"]);
      expect(edges(everyDay("23:00-02:30"), zone, ...night)).toEqual(["+03-28T22:00", "-03-29T01:00"]);
      expect(edges(everyDay("02:10-02:50"), zone, ...night)).toEqual([]);
      expect(edges(everyDay("02:00-03:00"), zone, ...night)).toEqual([]);
    },
  );

  test("in a zone that changes at midnight the day begins where the gap ends", () => {
    // Cairo, 2026-04-24: 00:00 becomes 01:00, at 22:00Z of the day before.
    expect(edges(weekdays({ 4: ["00:00-06:00"] }), "Africa/Cairo", "2026-04-23", "2026-04-25")).toEqual([
      "+04-23T22:00",
      "-04-24T03:00",
    ]);
  });

  test("south of the equator it is in October", () => {
    expect(
      edges(everyDay("02:30-05:00"), "Australia/Sydney", "2026-10-03T12:00Z", "2026-10-04T00:00Z"),
    ).toEqual(["+10-03T16:00", "-10-03T18:00"]);
  });
});

describe("the night in which clocks are put back", () => {
  // Rome and Paris, 2026-10-25: 01:00Z is 03:00 and becomes 02:00; 00:30Z and 01:30Z are both 02:30.
  test.each(["Europe/Rome", "Europe/Paris"])(
    "in %s a beginning is the first of two, an end the second",
    (zone) => {
      const night = ["2026-10-24T20:00Z", "2026-10-25T08:00Z"] as const;
      expect(edges(everyDay("02:30-05:00"), zone, ...night)).toEqual(["+10-25T00:30", "-10-25T04:00"]);
      expect(edges(everyDay("23:00-02:30"), zone, ...night)).toEqual(["+10-24T21:00", "-10-25T01:30"]);
      expect(edges(everyDay("02:10-02:50"), zone, ...night)).toEqual(["+10-25T00:10", "-10-25T01:50"]);
    },
  );

  test("a range that ends as the repeated hour begins ends before it, the one that follows begins with it", () => {
    const night = ["2026-10-24T20:00Z", "2026-10-25T08:00Z"] as const;
    expect(edges(everyDay("01:00-02:00"), "Europe/Rome", ...night)).toEqual(["+10-24T23:00", "-10-25T00:00"]);
    expect(edges(everyDay("02:00-03:00"), "Europe/Rome", ...night)).toEqual(["+10-25T00:00", "-10-25T02:00"]);
    expect(edges(everyDay("03:00-04:00"), "Europe/Rome", ...night)).toEqual(["+10-25T02:00", "-10-25T03:00"]);
  });

  test("a change of half an hour, on Lord Howe Island", () => {
    // 2026-04-05: 02:00 (+11) becomes 01:30 (+10:30), at 15:00Z of the day before.
    expect(
      edges(everyDay("01:45-01:50"), "Australia/Lord_Howe", "2026-04-04T12:00Z", "2026-04-04T18:00Z"),
    ).toEqual(["+04-04T14:45", "-04-04T15:20"]);
  });

  test("where the repeated hour is the day's last, the day is closed before it when it began closed", () => {
    // Santiago, 2026-04-05: 24:00 of Saturday becomes 23:00.
    expect(
      edges(
        weekdays({ [SATURDAY]: ["20:00-24:00"], [SUNDAY]: [] }),
        "America/Santiago",
        "2026-04-04T12:00Z",
        "2026-04-05T12:00Z",
      ),
    ).toEqual(["+04-04T23:00", "-04-05T04:00"]);
  });
});

test("clocks put back past midnight do not close what began with the day", () => {
  // St. John's, 2010-11-07: 00:01 became 23:01 of the day before, at 02:31Z.
  const night = ["2010-11-06T22:00Z", "2010-11-07T12:00Z"] as const;
  expect(edges(weekdays({ [SUNDAY]: ["00:00-02:00"] }), "America/St_Johns", ...night)).toEqual([
    "+11-07T02:30",
    "-11-07T05:30",
  ]);
  // A gate that starts while its clocks show Saturday again knows it too.
  const fresh = new Timetable(weekdays({ [SUNDAY]: ["00:00-02:00"] }), zoneNamed("America/St_Johns"));
  expect(fresh.covers(instant(Date.parse("2010-11-07T03:00Z")))).toBe(true);
});

describe("a half-hour zone", () => {
  test("is no different", () => {
    expect(edges(everyDay("08:00-12:00"), "Asia/Kolkata", "2026-11-22", "2026-11-23")).toEqual([
      "+11-22T02:30",
      "-11-22T06:30",
    ]);
  });
});

describe("special days", () => {
  const closed = (...days: readonly DayRange[]): Schedule => ({
    ...everyDay("08:00-12:00", "22:00-02:00"),
    special: [{ group: "holidays", days, times: [] }],
  });

  test("replace the week's times, also by none; what began the evening before goes on", () => {
    expect(edges(closed(dates("2026-12-25")), "UTC", "2026-12-24T12:00Z", "2026-12-26T12:00Z")).toEqual([
      "-12-24T12:00",
      "+12-24T22:00",
      "-12-25T02:00",
      "+12-26T08:00",
    ]);
  });

  test("may be a range of dates, both ends included", () => {
    const schedule = {
      ...everyDay("08:00-12:00"),
      special: closed(dates("2026-08-10", "2026-08-12")).special,
    };
    expect(edges(schedule, "UTC", "2026-08-09T18:00Z", "2026-08-13T18:00Z")).toEqual([
      "+08-13T08:00",
      "-08-13T12:00",
    ]);
  });

  test("may come every year, past New Year too, and a leap day in leap years", () => {
    const yearly = (first: number, last: number) => ({
      ...everyDay("08:00-12:00"),
      special: closed({ kind: "yearly", first, last }).special,
    });
    for (const year of [2026, 2027, 2028]) {
      expect(edges(yearly(1224, 106), "UTC", `${year}-12-23T18:00Z`, `${year + 1}-01-07T10:00Z`)).toEqual([
        "+01-07T08:00",
      ]);
    }
    expect(edges(yearly(229, 229), "UTC", "2028-02-28T18:00Z", "2028-03-01T18:00Z")).toEqual([
      "+03-01T08:00",
      "-03-01T12:00",
    ]);
    expect(edges(yearly(229, 229), "UTC", "2027-02-28T18:00Z", "2027-03-01T18:00Z")).toEqual([
      "+03-01T08:00",
      "-03-01T12:00",
    ]);
  });

  test("of two groups with the same day the first decides", () => {
    const schedule: Schedule = {
      ...everyDay("08:00-12:00"),
      special: [
        { group: "open-day", days: [dates("2026-12-26")], times: [range("10:00-11:00")] },
        { group: "holidays", days: [dates("2026-12-25", "2026-12-26")], times: [] },
      ],
    };
    expect(edges(schedule, "UTC", "2026-12-25", "2026-12-27")).toEqual(["+12-26T10:00", "-12-26T11:00"]);
  });
});

test("a schedule holds between its days, and what begins on the last one goes past its midnight", () => {
  const schedule = { ...everyDay("22:00-02:00"), firstDay: date("2026-11-21"), lastDay: date("2026-11-22") };
  expect(edges(schedule, "UTC", "2026-11-20", "2026-11-25")).toEqual([
    "+11-21T22:00",
    "-11-22T02:00",
    "+11-22T22:00",
    "-11-23T02:00",
  ]);
});

describe("against a walk through the minutes", () => {
  /** Zones with their changes in either half of the year, at midnight, of half an hour, of a whole day, or none. */
  const ZONES = [
    "Europe/Rome",
    "Europe/Paris",
    "UTC",
    "America/New_York",
    "America/Santiago",
    "America/Havana",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
  ];
  const faces = new Map<string, Intl.DateTimeFormat>(
    ZONES.map((timeZone) => [
      timeZone,
      new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" }),
    ]),
  );
  /** `2026-11-22 07:05`, which sorts as time does. */
  const face = (zone: string, at: number): string => faces.get(zone)?.format(at) ?? "";
  const faceOf = (day: number, minute: number): string =>
    new Date((day * DAY_MINUTES + minute) * MINUTE_MS).toISOString().slice(0, 16).replace("T", " ");

  const walks = new Map<string, readonly string[]>();
  function shownFrom(zone: string, start: number, minutes: number): readonly string[] {
    const key = `${zone} ${start}`;
    const shown =
      walks.get(key) ?? Array.from({ length: minutes }, (_, index) => face(zone, start + index * MINUTE_MS));
    walks.set(key, shown);
    return shown;
  }

  /** Where each range of the days around lies, read off the clock faces of the minutes from `start` on. */
  function oracle(zone: string, start: number, minutes: number, times: readonly TimeRange[]) {
    const shown = shownFrom(zone, start, minutes);
    const firstDay = Math.floor(start / 86_400_000) - 2;
    const open = new Array<boolean>(minutes).fill(false);
    for (let day = firstDay; day < firstDay + 9; day++) {
      for (const { fromMinute, toMinute } of times) {
        const [beginning, end] = [faceOf(day, fromMinute), faceOf(day, toMinute)];
        const from = shown.findIndex((text) => text >= beginning);
        const last = shown.findLastIndex((text) => text < end);
        if (from >= 0) open.fill(true, from, Math.max(from, last + 1));
      }
    }
    return open;
  }

  /** Every change of offset of 2025 to 2027 is within reach of the day that is drawn. */
  const days = fc.integer({ min: date("2025-01-02"), max: date("2027-12-30") });
  const timeRange = fc
    .tuple(fc.nat({ max: DAY_MINUTES - 1 }), fc.integer({ min: 1, max: DAY_MINUTES }))
    .map(([fromMinute, length]) => ({ fromMinute, toMinute: fromMinute + length }));

  function check(zone: string, day: number, times: readonly TimeRange[], jump: number): void {
    const start = (day - 2) * 86_400_000;
    const minutes = 5 * DAY_MINUTES;
    const open = oracle(zone, start, minutes, times);
    const timetable = new Timetable(
      { name: "hours", week: Array.from({ length: 7 }, () => times), special: [] },
      zoneNamed(zone),
    );
    // The first and last days of the walk lack ranges that begin or end outside of it.
    for (let index = 2 * DAY_MINUTES; index < 3 * DAY_MINUTES; index++) {
      const asked = 2 * DAY_MINUTES + ((index * jump) % DAY_MINUTES);
      const at = start + asked * MINUTE_MS;
      if (timetable.covers(instant(at)) !== open[asked])
        throw new Error(`${zone} ${face(zone, at)} (${new Date(at).toISOString()}): not ${open[asked]}`);
    }
  }

  test("any times in any zone on any day, asked in any order", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        days,
        fc.array(timeRange, { maxLength: 3 }),
        fc.constantFrom(1, 7, 1439),
        (zone, day, times, jump) => check(zone, day, times, jump),
      ),
      { numRuns: 30 },
    );
  });

  test.each(ZONES)("the days on which the clocks of %s change", (zone) => {
    const offsets = Array.from({ length: 3 * 365 }, (_, index) => date("2025-01-01") + index).filter(
      (day) => {
        const [before, after] = [day, day + 1].map((each) => face(zone, each * 86_400_000).slice(-5));
        return before !== after;
      },
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...(offsets.length > 0 ? offsets : [date("2026-06-01")])),
        fc.array(timeRange, { maxLength: 3 }),
        (day, times) => check(zone, day, times, 1),
      ),
      { numRuns: 12 },
    );
  });
});

test("the words tell the clock of the place and the plan of its day", () => {
  const timetable = new Timetable(
    { ...everyDay("08:00-12:00"), special: [{ group: "holidays", days: [dates("2026-12-25")], times: [] }] },
    zoneNamed("Europe/Rome"),
  );
  const moment = timetable.momentOf(instant(Date.parse("2026-12-24T23:30Z")));
  expect(moment).toMatchObject({
    zone: "Europe/Rome",
    plan: { kind: "special", group: "holidays", times: [] },
  });
  expect(new Date(moment.local).toISOString()).toBe("2026-12-25T00:30:00.000Z");
  expect(daysSinceEpoch({ year: 2026, month: 12, day: 25 })).toBe(date("2026-12-25"));
});
