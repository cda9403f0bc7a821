// What a gate goes by when its clock is put back: by a time service that lies, or by one that sets it right.
import { expect, test } from "vitest";
import { GateTime } from "../../src/app/gate-time.ts";
import type { Clock, ClockState } from "../../src/ports/clock.ts";
import type { JournalEvent } from "../../src/ports/journal.ts";
import { instant, millis } from "../../src/time/time.ts";

const NOON = Date.UTC(2026, 10, 22, 12);
const YEAR_MS = 365 * 86_400_000;

/** A gate built two years ago, at noon, with rows of these times and clocks in its journal. */
function gate(...rows: readonly (readonly [number, ClockState])[]) {
  const machine: { wall: number; state: ClockState } = { wall: NOON, state: "synced" };
  const clock: Clock = {
    wallTime: () => instant(machine.wall),
    monotonicMs: () => millis(0),
    sleep: () => Promise.resolve(),
  };
  const time = new GateTime({
    clock,
    clockState: () => machine.state,
    buildTime: instant(NOON - 2 * YEAR_MS),
  });
  time.follow(rows.map(row), () => instant(rows.at(-1)?.[0] ?? NOON - 2 * YEAR_MS));
  return { time, machine };
}

const row = ([time, clock]: readonly [number, ClockState], index: number): JournalEvent => ({
  id: `${index}`,
  source: "acs:site/gate",
  journal: "00",
  seq: index + 1,
  type: "acs.system.started",
  time: instant(time),
  boot: "boot",
  mono: 0,
  clock,
  prev: "",
  hash: "",
  data: {},
});

test("a time service that puts the clock back a year is not followed", () => {
  const { time, machine } = gate();
  expect(time.now()).toEqual({ instant: NOON, state: "synced" });
  machine.wall = NOON - YEAR_MS;
  expect(time.now()).toEqual({ instant: NOON, state: "unsynced" });
  machine.wall = NOON + 1;
  expect(time.now()).toEqual({ instant: NOON + 1, state: "synced" });
});

test("nor after a restart, by the rows that the trusted clock has left", () => {
  const { time, machine } = gate([NOON, "synced"], [NOON, "unsynced"]);
  machine.wall = NOON - YEAR_MS;
  expect(time.now()).toEqual({ instant: NOON, state: "unsynced" });
});

test("a clock once set ahead by nobody that is trusted holds up no time service", () => {
  const { time, machine } = gate([NOON - 1, "synced"], [NOON + YEAR_MS, "unsynced"]);
  expect(time.now()).toEqual({ instant: NOON, state: "synced" });
  machine.state = "unsynced";
  expect(time.now()).toEqual({ instant: NOON + YEAR_MS, state: "unsynced" });
  machine.state = "synced";
  expect(time.now()).toEqual({ instant: NOON, state: "synced" });
});
