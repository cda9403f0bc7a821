/**
 * Who set this machine's clock in this boot, and when: systemd-timesyncd, chrony, any other time service as
 * the kernel knows of it, or a battery clock (Raspberry Pi notes, time). Looks, and sets nothing.
 */
import { readFile, stat } from "node:fs/promises";
import { uptime } from "node:os";
import { join } from "node:path";
import type { ClockSetting } from "../time/clock-trust.ts";
import type { Instant } from "../time/time.ts";
import { askProgram } from "./ask-program.ts";

/** Where a machine shows its time sources. */
export interface TimeSources {
  /** systemd-timesyncd touches this file at each synchronisation, and each boot begins without it. */
  readonly timesyncdMark: string;
  /** One battery clock, as the kernel shows it. */
  readonly rtc: string;
  /** What a program prints; `undefined` when it is missing, fails or does not answer in time. */
  readonly ask: (program: string, words: readonly string[]) => Promise<string | undefined>;
  readonly uptimeMs: () => number;
}

/** What the wall time is, and what it cannot truly be below. */
export interface TimeLimits {
  readonly wallTime: Instant;
  readonly buildTime: Instant;
  /** How far a battery clock may be from the wall clock that was set by it. */
  readonly maxSkewMs: number;
}

export const THIS_MACHINE: TimeSources = {
  timesyncdMark: "/run/systemd/timesync/synchronized",
  rtc: "/sys/class/rtc/rtc0",
  ask: askProgram,
  uptimeMs: () => uptime() * 1_000,
};

/** The latest setting of the clock by a source that can be trusted; `undefined` when there was none. */
export async function lastSetting(
  sources: TimeSources,
  limits: TimeLimits,
): Promise<ClockSetting | undefined> {
  const setAt =
    (await timesyncdTime(sources)) ?? (await chronyTime(sources)) ?? (await kernelTime(sources, limits));
  const ageMs = setAt === undefined ? undefined : limits.wallTime - setAt;
  // A setting in the future was made before the clock was put back: who did that is not to be trusted.
  if (ageMs !== undefined && ageMs >= 0) return { by: "timeService", ageMs };
  return (await agreesWithBatteryClock(sources, limits))
    ? { by: "batteryClock", ageMs: sources.uptimeMs() }
    : undefined;
}

/** In ms since 1970, as all times here. */
async function timesyncdTime({ timesyncdMark }: TimeSources): Promise<number | undefined> {
  const mark = await stat(timesyncdMark).catch(absent);
  return mark === undefined ? undefined : Math.floor(mark.mtimeMs);
}

/** Fields of `chronyc -c tracking`: the fourth is the time of the last measurement, in seconds. */
const REFERENCE_TIME = 3;
const LEAP_STATUS = 13;

async function chronyTime({ ask }: TimeSources): Promise<number | undefined> {
  const fields = (await ask("chronyc", ["-c", "tracking"]))?.split(",") ?? [];
  const seconds = Number(fields[REFERENCE_TIME]);
  const never = fields[LEAP_STATUS] === undefined || fields[LEAP_STATUS] === "Not synchronised";
  return never || !(seconds > 0) ? undefined : Math.floor(seconds * 1_000);
}

/** A service that says no more than that it keeps the kernel's clock does so now. */
async function kernelTime({ ask }: TimeSources, { wallTime }: TimeLimits): Promise<number | undefined> {
  const answer = await ask("timedatectl", ["show", "--property=NTPSynchronized", "--value"]);
  return answer === "yes" ? wallTime : undefined;
}

/**
 * Whether the wall clock is what a battery clock says. The kernel's note that it was set by one (`hctosys`)
 * is not enough: with an empty battery it was set to 1970, and systemd then put it at its own build time.
 * Without the note it may still have been set by one, since on newer systems systemd does it.
 */
async function agreesWithBatteryClock({ rtc }: TimeSources, limits: TimeLimits): Promise<boolean> {
  const text = await readFile(join(rtc, "since_epoch"), "utf8").catch(absent);
  const batteryTime = Number(text ?? Number.NaN) * 1_000;
  return (
    batteryTime >= limits.buildTime &&
    Math.abs(limits.wallTime - batteryTime) <= limits.maxSkewMs + BATTERY_CLOCK_STEP_MS
  );
}

/** It counts whole seconds. */
const BATTERY_CLOCK_STEP_MS = 1_000;

const absent = (): undefined => undefined;
