/** Another `varco` process: started, waited for, stopped; its output goes to a file. */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Clock } from "../../ports/clock.ts";

/** The Node flags of the service unit, so that what is shown and measured is what a Pi runs. */
export const UNIT_NODE_FLAGS = ["--max-old-space-size=128", "--max-semi-space-size=2"] as const;

/** A child that does not end by itself this long after SIGTERM is killed. */
const STOP_PATIENCE_MS = 5_000;

export interface Child {
  readonly process: ChildProcess;
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  stop(): Promise<number | string>;
}

const MAIN = fileURLToPath(new URL("../main.js", import.meta.url));

/** Starts `varco` with these words; standard output and standard error are appended to `logFile`. */
export function startVarco(
  words: readonly string[],
  options: { readonly logFile: string; readonly clock: Clock; readonly nodeFlags: readonly string[] },
): Child {
  const child = spawn(process.execPath, [...options.nodeFlags, MAIN, ...words], {
    stdio: ["ignore", "pipe", "pipe"],
    // A Ctrl-C at the terminal is ours to pass on, in the right order.
    detached: true,
  });
  const log = createWriteStream(options.logFile, { flags: "a", mode: 0o600 });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const ended = new Promise<number | string>((resolve) => {
    child.once("error", (cause) => resolve(cause.message));
    child.once("close", (code, signal) => {
      log.end();
      resolve(code ?? signal ?? "unknown");
    });
  });
  return { process: child, ended, stop: () => stop(child, ended, options.clock) };
}

async function stop(child: ChildProcess, ended: Promise<number | string>, clock: Clock) {
  const patience = new AbortController();
  child.kill("SIGTERM");
  void clock.sleep(STOP_PATIENCE_MS, patience.signal).then(() => {
    if (!patience.signal.aborted) child.kill("SIGKILL");
  });
  const outcome = await ended;
  patience.abort();
  return outcome;
}
