/**
 * Whether the wall time can be trusted: has anything synchronised this machine's clock since boot? Sets no
 * order at start-up: a gate opens doors before the time is known, and this answer changes while it runs.
 */
import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import type { Clock, ClockState } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";

/** systemd-timesyncd makes this file at its first synchronisation. */
const TIMESYNCD_MARK = "/run/systemd/timesync/synchronized";
const LOOK_EVERY_MS = 60_000;
const ASK_TIMEOUT_MS = 5_000;

/** Looks once, then every minute until the clock is synchronised or `signal` is aborted. */
export function watchClockState(options: {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly look?: () => Promise<ClockState>;
}): { readonly current: () => ClockState; readonly done: Promise<void> } {
  const { clock, log, signal, look = lookAtMachine } = options;
  let state: ClockState = "unsynced";
  const watch = async () => {
    while (!signal.aborted) {
      state = await look();
      // What synchronised once keeps good time for the rest of the boot.
      if (state === "synced") return log.info("clock.synced");
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
  };
  return { current: () => state, done: watch() };
}

/** timesyncd's mark, or for other time services what systemd says of the kernel's clock. */
export async function lookAtMachine(): Promise<ClockState> {
  try {
    await access(TIMESYNCD_MARK);
    return "synced";
  } catch {
    return askTimedatectl();
  }
}

function askTimedatectl(): Promise<ClockState> {
  return new Promise((resolve) => {
    const args = ["show", "--property=NTPSynchronized", "--value"];
    execFile("timedatectl", args, { timeout: ASK_TIMEOUT_MS }, (cause, answer) =>
      resolve(cause === null && answer.trim() === "yes" ? "synced" : "unsynced"),
    );
  });
}
