/**
 * The `Log` port on pino: one JSON object per line, for journald or a pipe. Nothing is redacted here,
 * because nothing secret may arrive here (see `src/ports/log.ts`).
 */
import { pino } from "pino";
import type { Log, LogFields } from "../ports/log.ts";

/** Lines waiting for a stalled reader of our output; beyond it lines are dropped, and no lane waits. */
const MOST_WAITING_BYTES = 1024 * 1024;

export interface LogOptions {
  readonly level: "trace" | "debug" | "info" | "warn" | "error";
  /** 1 is standard output, 2 standard error. */
  readonly fileDescriptor: 1 | 2;
}

/** A log whose lines leave in the background; `flush` writes what still waits, before the process ends. */
export function createPinoLog({ level, fileDescriptor }: LogOptions): { readonly log: Log; flush(): void } {
  const destination = pino.destination({ dest: fileDescriptor, sync: false, maxLength: MOST_WAITING_BYTES });
  // A closed pipe must not end a gate.
  destination.on("error", () => undefined);
  const logger = pino(
    {
      level,
      base: null,
      messageKey: "event",
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  const at = (label: LogOptions["level"]) => (event: string, fields?: LogFields) =>
    logger[label](fields ?? {}, event);
  return {
    log: { trace: at("trace"), debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
    flush: () => flushQuietly(destination),
  };
}

/** The last lines of an ending process; when even they cannot be written there is nobody left to tell. */
function flushQuietly(destination: { flushSync(): void }): void {
  try {
    destination.flushSync();
  } catch (cause) {
    void cause;
  }
}
