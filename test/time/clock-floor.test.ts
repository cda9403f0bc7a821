// No clock goes below the build time, and none far below what a trusted clock has shown.
import { describe, expect, test } from "vitest";
import type { ClockState } from "../../src/ports/clock.ts";
import { timeAbove } from "../../src/time/clock-floor.ts";
import { instant } from "../../src/time/time.ts";

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;
const [BUILT, ENTRY] = [instant(100 * YEAR_MS), instant(101 * YEAR_MS)];

type Case = readonly [string, number, ClockState, number, ClockState];

describe("a clock of which nothing is known but build time and newest entry", () => {
  test.each<Case>([
    ["is believed above both", ENTRY + 1, "holdover", ENTRY + 1, "holdover"],
    ["and at them", ENTRY, "holdover", ENTRY, "holdover"],
    ["below the entry the floor counts, and nothing is trusted", ENTRY - 1, "holdover", ENTRY, "unsynced"],
    ["an untrusted clock stays so", ENTRY + 1, "unsynced", ENTRY + 1, "unsynced"],
    ["and does not go below the entry", ENTRY - 1, "unsynced", ENTRY, "unsynced"],
    ["a time service knows better than a row of any clock", BUILT, "synced", BUILT, "synced"],
    ["but not than the build time", BUILT - 1, "synced", ENTRY, "unsynced"],
  ])("%s", (_what, wall, state, decided, worth) => {
    const time = timeAbove({ buildTime: BUILT, newestEntry: ENTRY }, instant(wall), state);
    expect(time).toEqual({ instant: decided, state: worth });
  });
});

describe("after a trusted clock has shown a time", () => {
  const NEWEST = instant(102 * YEAR_MS);
  test.each<Case>([
    ["a time service may set it right", NEWEST - HOUR_MS / 3, "synced", NEWEST - HOUR_MS / 3, "synced"],
    ["not put it back by more than a skew", NEWEST - HOUR_MS / 3 - 1, "synced", NEWEST, "unsynced"],
    ["nor by a year", NEWEST - YEAR_MS, "synced", NEWEST, "unsynced"],
  ])("%s", (_what, wall, state, decided, worth) => {
    const floors = { buildTime: BUILT, newestEntry: ENTRY, newestTrusted: NEWEST };
    expect(timeAbove(floors, instant(wall), state)).toEqual({ instant: decided, state: worth });
  });
});
