// What the wall clock is worth: who says so on a machine, and how it changes while a gate runs.
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { journalClockJumps } from "../../src/app/clock-jumps.ts";
import { lastSetting, type TimeSources } from "../../src/app/clock-sources.ts";
import { watchClockState } from "../../src/app/clock-state.ts";
import type { NewEvent } from "../../src/ports/journal.ts";
import { silentLog } from "../../src/ports/log.ts";
import { VirtualClock } from "../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";
import type { ClockSetting } from "../../src/time/clock-trust.ts";
import { instant } from "../../src/time/time.ts";
import { TemporaryJournal } from "../journal/temporary-journal.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const NOON = Date.UTC(2026, 10, 22, 12);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe("who set the clock", () => {
  interface Signs {
    /** When systemd-timesyncd touched its mark last. */
    readonly mark?: number;
    /** What the battery clock shows. */
    readonly battery?: number;
    /** What programs answer, by their name. */
    readonly answers?: Readonly<Record<string, string>>;
  }

  async function settingOf({ mark, battery, answers = {} }: Signs): Promise<ClockSetting | undefined> {
    const folder = temporaryFolder("clock");
    const timesyncdMark = join(folder, "synchronized");
    const rtc = join(folder, "rtc0");
    if (mark !== undefined) {
      await writeFile(timesyncdMark, "");
      await utimes(timesyncdMark, new Date(mark), new Date(mark));
    }
    if (battery !== undefined) {
      await mkdir(rtc);
      await writeFile(join(rtc, "since_epoch"), `${Math.floor(battery / 1_000)}\n`);
    }
    const sources: TimeSources = {
      timesyncdMark,
      rtc,
      ask: async (program) => answers[program],
      uptimeMs: () => 2 * HOUR_MS,
    };
    const limits = { wallTime: instant(NOON), buildTime: instant(NOON - 30 * DAY_MS), maxSkewMs: 60_000 };
    return lastSetting(sources, limits);
  }

  const tracking = (seconds: number, leap: string) =>
    `C0A80001,192.168.0.1,3,${seconds}.123456789,0.000012,-0.00001,0.00002,-7.1,0.001,0.03,0.01,0.001,64.2,${leap}`;

  test.each<[string, Signs, ClockSetting | undefined]>([
    ["nobody", {}, undefined],
    ["systemd-timesyncd", { mark: NOON - 5_000 }, { by: "timeService", ageMs: 5_000 }],
    [
      "systemd-timesyncd, which has been silent for a day",
      { mark: NOON - DAY_MS },
      { by: "timeService", ageMs: DAY_MS },
    ],
    ["systemd-timesyncd, before the clock was put back", { mark: NOON + 1_000 }, undefined],
    [
      "systemd-timesyncd, though the kernel thinks it may still be right",
      { mark: NOON - DAY_MS, answers: { timedatectl: "yes" } },
      { by: "timeService", ageMs: DAY_MS },
    ],
    [
      "chrony",
      { answers: { chronyc: tracking(NOON / 1_000 - 64, "Normal") } },
      { by: "timeService", ageMs: 63_877 },
    ],
    ["chrony, which has no source", { answers: { chronyc: tracking(0, "Not synchronised") } }, undefined],
    ["chrony, with an answer that is none", { answers: { chronyc: "506 Cannot talk to daemon" } }, undefined],
    [
      "a service known to the kernel alone",
      { answers: { timedatectl: "yes" } },
      { by: "timeService", ageMs: 0 },
    ],
    ["no service that the kernel knows of", { answers: { timedatectl: "no" } }, undefined],
    ["a battery clock, at start", { battery: NOON - 1_000 }, { by: "batteryClock", ageMs: 2 * HOUR_MS }],
    ["a battery clock with an empty battery", { battery: Date.UTC(1970, 0, 1, 2) }, undefined],
    ["somebody else than the battery clock", { battery: NOON - HOUR_MS }, undefined],
    ["a service rather than a battery clock", { mark: NOON, battery: NOON }, { by: "timeService", ageMs: 0 }],
  ])("%s", async (_who, signs, setting) => {
    expect(await settingOf(signs)).toEqual(setting);
  });
});

describe("while the gate runs", () => {
  const now: ClockSetting = { by: "timeService", ageMs: 0 };

  interface Machine {
    setting: ClockSetting | undefined;
    looks: number;
    /** In place of `setting`: worked out when it is asked. */
    answer?: (() => ClockSetting | undefined) | undefined;
    lookTakesMs?: number;
  }

  /** A watch in virtual time, over a machine whose sources say what `setting` says. */
  function world(setting?: ClockSetting) {
    const timeline = new VirtualTimeline();
    const clock = VirtualClock.startingAt(timeline, instant(NOON));
    const stop = new AbortController();
    const machine: Machine = { setting, looks: 0 };
    const watch = watchClockState({
      clock,
      log: silentLog,
      signal: stop.signal,
      maxSkewMs: 60_000,
      look: async () => {
        machine.looks += 1;
        const setting = machine.answer === undefined ? machine.setting : machine.answer();
        await clock.sleep(machine.lookTakesMs ?? 0);
        return setting;
      },
    });
    const events: NewEvent[] = [];
    watch.onJump((event) => events.push(event));
    const pass = (ms: number) => timeline.runUntil(() => false, timeline.nowUs() + ms * 1_000);
    const setWall = (wall: number) => clock.setWallOffset(instant(wall - clock.monotonicMs()));
    return { clock, machine, watch, events, pass, setWall, stop };
  }
  test("a clock is untrusted until somebody has set it, and looked at every minute", async () => {
    const { machine, watch, pass } = world();
    await pass(150_000);
    expect([watch.current(), machine.looks]).toEqual(["unsynced", 3]);
    machine.setting = now;
    await pass(60_000);
    expect(watch.current()).toBe("synced");
  });

  test("a service that falls silent leaves a clock that gets worse by itself", async () => {
    const { clock, machine, watch, pass } = world(now);
    await pass(1_000);
    const seen: string[] = [];
    const since = (): ClockSetting => ({ by: "timeService", ageMs: clock.monotonicMs() });
    for (const hours of [5, 1, 12 * 24, 2 * 24]) {
      machine.answer = since;
      await pass(hours * HOUR_MS);
      seen.push(watch.current());
    }
    machine.answer = undefined;
    expect(seen).toEqual(["synced", "holdover", "holdover", "unsynced"]);
    machine.setting = now;
    await pass(60_000);
    expect(watch.current()).toBe("synced");
  });

  test("a battery clock holds over", async () => {
    const { watch, pass } = world({ by: "batteryClock", ageMs: HOUR_MS });
    await pass(1_000);
    expect(watch.current()).toBe("holdover");
  });

  test("a jump backward is told at once, and the clock is untrusted until it is set anew", async () => {
    const { clock, machine, watch, events, pass, setWall } = world(now);
    await pass(1_000);
    machine.setting = { by: "timeService", ageMs: 600_000 };
    setWall(clock.wallTime() - 2 * HOUR_MS);
    expect(watch.current()).toBe("unsynced");
    expect(events).toEqual([
      { type: "acs.security.clockJump", data: { jumpMs: -2 * HOUR_MS, was: "synced" } },
    ]);
    await pass(60_000);
    expect(watch.current()).toBe("unsynced");
    machine.setting = now;
    await pass(60_000);
    expect(watch.current()).toBe("synced");
    expect(events).toHaveLength(1);
  });

  test("the jump of a first synchronisation is no news, and is followed by a look at once", async () => {
    const { clock, machine, watch, events, pass, setWall } = world();
    await pass(1_000);
    const { looks } = machine;
    machine.setting = now;
    setWall(clock.wallTime() + 3 * DAY_MS);
    watch.current();
    await pass(1);
    expect([machine.looks, watch.current()]).toEqual([looks + 1, "synced"]);
    expect(events).toEqual([]);
  });

  test("a jump forward of a synchronised clock is told", async () => {
    const { clock, watch, events, pass, setWall } = world(now);
    await pass(1_000);
    setWall(clock.wallTime() + DAY_MS);
    await pass(60_000);
    expect(events).toMatchObject([{ data: { jumpMs: DAY_MS, was: "synced" } }]);
    expect(watch.current()).toBe("synced");
  });

  test("an answer of before a jump that came while it was awaited is not believed", async () => {
    const { clock, machine, watch, pass, setWall } = world(now);
    machine.lookTakesMs = 4_000;
    await pass(62_000);
    expect(watch.current()).toBe("synced");
    // The look of the first minute is under way and has its answer.
    machine.setting = undefined;
    setWall(clock.wallTime() + DAY_MS);
    await pass(3_000);
    expect(watch.current()).toBe("unsynced");
    await pass(10_000);
    expect(watch.current()).toBe("unsynced");
  });

  test("a source that says nothing any more leaves no trust behind", async () => {
    const { machine, watch, pass } = world(now);
    await pass(1_000);
    machine.setting = undefined;
    await pass(60_000);
    expect(watch.current()).toBe("unsynced");
  });

  /** The service made a mark `markedMs`, and somebody moved the clock by `jumpMs` at `jumpedMs`, all after the look at 60 s. */
  async function stateAfter(events: { markedMs: number; jumpedMs: number; jumpMs: number }) {
    const { clock, machine, watch, pass, setWall } = world();
    let markedAt = NOON - HOUR_MS;
    machine.answer = () =>
      clock.wallTime() < markedAt
        ? undefined
        : { by: "timeService" as const, ageMs: clock.wallTime() - markedAt };
    await pass(60_500);
    const steps = [
      { at: events.markedMs, act: () => (markedAt = clock.wallTime()) },
      { at: events.jumpedMs, act: () => setWall(clock.wallTime() + events.jumpMs) },
    ].sort((a, b) => a.at - b.at);
    let passed = 0;
    for (const { at, act } of steps) {
      await pass(at - passed);
      passed = at;
      act();
    }
    await pass(60_000);
    return watch.current();
  }

  test.each([
    ["of a step that a service made is believed", 20_001, 20_000, DAY_MS, "synced"],
    ["of a step backward too", 20_001, 20_000, -2 * HOUR_MS, "synced"],
    ["made before a jump is not, though it is newer than the last look", 10_000, 20_000, DAY_MS, "unsynced"],
    ["made before a small jump is not either", 10_000, 20_000, 5_000, "unsynced"],
    ["nor before a small jump backward", 10_000, 20_000, -5_000, "unsynced"],
  ] as const)("a mark %s", async (_what, markedMs, jumpedMs, jumpMs, state) => {
    expect(await stateAfter({ markedMs, jumpedMs, jumpMs })).toBe(state);
  });

  test("jumps before anybody listens are told to the first listener, and only to that one", async () => {
    const timeline = new VirtualTimeline();
    const clock = VirtualClock.startingAt(timeline, instant(NOON));
    const options = { clock, log: silentLog, signal: new AbortController().signal, maxSkewMs: 60_000 };
    const watch = watchClockState({ ...options, look: async () => now });
    for (let jump = 1; jump <= 20; jump++) {
      clock.setWallOffset(instant(NOON - jump * HOUR_MS));
      watch.current();
    }
    const [first, second]: [NewEvent[], NewEvent[]] = [[], []];
    watch.onJump((event) => first.push(event));
    watch.onJump((event) => second.push(event));
    expect(first).toHaveLength(16);
    expect(first[0]).toMatchObject({ type: "acs.security.clockJump", data: { jumpMs: -HOUR_MS } });
    expect(second).toEqual([]);
  });

  test("a jump that the journal cannot keep is in the log", async () => {
    const { clock, watch, pass, setWall } = world(now);
    const journal = new TemporaryJournal();
    journal.database.connection.exec("PRAGMA query_only = ON");
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (event: string) => void warnings.push(event) };
    journalClockJumps(watch, journal.journal, log);
    await pass(1_000);
    setWall(clock.wallTime() - HOUR_MS);
    watch.current();
    await pass(1_000);
    expect(warnings).toEqual(["clockJumpNotJournalled"]);
  });

  test("the watch ends with the gate", async () => {
    const { watch, pass, stop } = world();
    await pass(1_000);
    stop.abort();
    await watch.done;
  });
});
