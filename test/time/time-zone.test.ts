import { describe, expect, test } from "vitest";
import { type Instant, instant, localTime } from "../../src/time/time.ts";
import { TimeZone } from "../../src/time/time-zone.ts";

const zoneNamed = (name: string): TimeZone => TimeZone.named(name) ?? expect.fail(`no zone ${name}`);
const local = (text: string) => localTime(Date.parse(`${text}Z`));
const iso = (at: Instant): string => new Date(at).toISOString().slice(0, 16);

describe("a name", () => {
  test.each(["Europe/Rome", "America/Argentina/Buenos_Aires", "Asia/Kolkata", "Etc/GMT+3", "UTC"])(
    "%s is a zone's",
    (name) => expect(TimeZone.named(name)?.name).toBe(name),
  );

  test.each(["", "Europe", "Europe/Atlantis", "+01:00", "CET\n", "Europe/Rome ", "../../etc/passwd"])(
    "%j is not",
    (name) => expect(TimeZone.named(name)).toBeUndefined(),
  );
});

describe("a local time", () => {
  const rome = zoneNamed("Europe/Rome");

  test.each([
    ["in winter", "2026-01-10T08:00", "2026-01-10T07:00", "2026-01-10T07:00"],
    ["in summer", "2026-07-10T08:00", "2026-07-10T06:00", "2026-07-10T06:00"],
    ["before the gap", "2026-03-29T01:59", "2026-03-29T00:59", "2026-03-29T00:59"],
    ["in the gap", "2026-03-29T02:30", "2026-03-29T01:00", "2026-03-29T01:00"],
    ["after the gap", "2026-03-29T03:00", "2026-03-29T01:00", "2026-03-29T01:00"],
    ["twice", "2026-10-25T02:30", "2026-10-25T00:30", "2026-10-25T01:30"],
    ["where the repetition begins", "2026-10-25T02:00", "2026-10-25T00:00", "2026-10-25T00:00"],
    ["where the repetition ends", "2026-10-25T03:00", "2026-10-25T02:00", "2026-10-25T02:00"],
  ])("%s begins and ends something at", (_when, text, beginning, ending) => {
    expect([iso(rome.beginning(local(text))), iso(rome.ending(local(text)))]).toEqual([beginning, ending]);
  });

  test("of a day that a zone left out is the first instant after it", () => {
    // Samoa went from 29 to 31 December 2011.
    const apia = zoneNamed("Pacific/Apia");
    expect(iso(apia.beginning(local("2011-12-30T12:00")))).toBe("2011-12-30T10:00");
    expect(iso(apia.ending(local("2011-12-30T12:00")))).toBe("2011-12-30T10:00");
    expect(iso(apia.beginning(local("2011-12-31T00:00")))).toBe("2011-12-30T10:00");
  });

  test("is what the clocks show, to the millisecond", () => {
    expect(rome.localAt(instant(Date.parse("2026-07-10T06:00:00.123Z")))).toBe(
      Date.parse("2026-07-10T08:00:00.123Z"),
    );
    expect(rome.localAt(instant(Date.parse("1969-12-31T23:59:59.999Z")))).toBe(
      Date.parse("1970-01-01T00:59:59.999Z"),
    );
  });
});
