/**
 * What systemd is told: that the gate is ready, and from then on that it is alive. Its notification socket is a
 * Unix datagram socket, which Node.js cannot open, so each message goes out by the small program that systemd
 * ships for it. Without systemd (`NOTIFY_SOCKET` unset) nothing is sent.
 */
import { spawn } from "node:child_process";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";

export interface Liveness {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Settles when storage is checked, the relays are off and a reader polls, or is reported as faulty. */
  readonly ready: Promise<unknown>;
  /** Evidence that the gate does its work: a recent poll, a recent write. Silence makes systemd restart it. */
  readonly alive: () => boolean;
  /** How a message is sent; by systemd's own program unless a test looks on. */
  readonly send?: (message: string) => void;
}

/** Several beats fit into the time after which systemd loses patience. */
const BEATS_IN_PATIENCE = 3;
const MICROSECONDS_IN_MS = 1000;

/** Says READY once and then beats while there is evidence, until `signal` is aborted. */
export async function reportToSystemd(liveness: Liveness): Promise<void> {
  const { environment, clock, log, signal, ready, alive } = liveness;
  if ((environment["NOTIFY_SOCKET"] ?? "") === "") return;
  const send = liveness.send ?? sendBySystemdNotify(log);
  await ready;
  send("READY=1");
  const patienceMs = Number(environment["WATCHDOG_USEC"] ?? 0) / MICROSECONDS_IN_MS;
  while (patienceMs > 0 && !signal.aborted) {
    if (alive()) send("WATCHDOG=1");
    else log.error("watchdog.no-evidence");
    await clock.sleep(patienceMs / BEATS_IN_PATIENCE, signal);
  }
}

function sendBySystemdNotify(log: Log): (message: string) => void {
  return (message) => {
    const child = spawn("systemd-notify", [message], { stdio: "ignore" });
    child.on("error", () => log.warn("watchdog.notify-failed"));
    child.unref();
  };
}
