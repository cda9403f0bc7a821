// For which time a question is asked: what the words say, or what the gate would go by now.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseMoment, timeOf } from "../../src/app/commands/explain-time.ts";
import { parseConfig } from "../../src/config/load-config.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { err, ok } from "../../src/result.ts";
import { type Instant, instant, millis } from "../../src/time/time.ts";

const parsed = parseConfig(readFileSync("deploy/gate.example.yaml", "utf8"));
const config = parsed.ok ? parsed.value.config : expect.fail("the example is not valid");
const { timeZone: _, ...elsewhere } = config;
const FUTURE = instant(Date.parse("2090-01-01T00:00Z"));

const clockAt = (wall: Instant): Clock => ({
  wallTime: () => wall,
  monotonicMs: () => millis(0),
  sleep: () => Promise.resolve(),
});

describe("a time in words", () => {
  const at = (text: string, of = config) => {
    const moment = parseMoment({ at: text, clock: undefined }, of);
    return moment.ok ? moment.value.at : undefined;
  };

  test.each([
    ["2026-12-25T10:00:00Z", "2026-12-25T10:00Z"],
    ["2026-12-25T10:00+02:00", "2026-12-25T08:00Z"],
    ["2026-12-25T10:00", "2026-12-25T09:00Z"],
    ["2026-07-25T10:00:30", "2026-07-25T08:00:30Z"],
    ["2026-10-25T02:30", "2026-10-25T00:30Z"],
    ["2026-03-29T02:30", "2026-03-29T01:00Z"],
  ])("%s", (text, time) => expect(at(text)).toBe(Date.parse(time)));

  test("without a zone must say its offset", () => {
    expect(at("2026-12-25T10:00", elsewhere)).toBeUndefined();
    expect(at("2026-12-25T10:00Z", elsewhere)).toBe(Date.parse("2026-12-25T10:00Z"));
  });
});

describe("now", () => {
  const newest = { newestTime: () => ok(FUTURE) };

  test("is not below the newest row of the journal while the clock is untrusted", async () => {
    const surroundings = { config, inquiry: newest, clock: clockAt(instant(FUTURE - 1)) };
    expect(await timeOf({ clock: "unsynced" }, surroundings)).toEqual(
      ok({ instant: FUTURE, state: "unsynced" }),
    );
    expect(await timeOf({ clock: "synced" }, surroundings)).toEqual(
      ok({ instant: FUTURE - 1, state: "synced" }),
    );
  });

  test("is what the clock shows above that, and a time in words has no floor", async () => {
    const surroundings = { config, inquiry: newest, clock: clockAt(instant(FUTURE + 1)) };
    expect(await timeOf({ clock: "holdover" }, surroundings)).toEqual(
      ok({ instant: FUTURE + 1, state: "holdover" }),
    );
    expect(await timeOf({ at: "2026-12-25T10:00Z" }, surroundings)).toEqual(
      ok({ instant: Date.parse("2026-12-25T10:00Z"), state: "synced" }),
    );
  });

  test("cannot be told while the journal cannot be read", async () => {
    const damaged = err({ kind: "corrupt", file: "varco.db", remedy: "none" } as const);
    const inquiry = { newestTime: () => damaged };
    expect(await timeOf({ clock: "unsynced" }, { config, inquiry, clock: clockAt(FUTURE) })).toEqual(damaged);
  });
});
