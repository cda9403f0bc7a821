/**
 * A keypad or a document scanner on a serial line, as an `EntrySource`. It sends characters; CR, LF, CRLF or ETX end a line.
 * A line tells nobody that its adapter was unplugged, so it is asked now and then whether it is there.
 */
import type { SerialLine } from "../../src/ports/bus.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { EntryFault, EntrySource } from "../../src/ports/entry.ts";
import { faultOf, KeptSource, type UseOfDevice } from "./kept-source.ts";

export interface SerialEntryOptions {
  /** The source's own from now on, closed by its `stop`; its port may still be missing. */
  readonly line: SerialLine;
  /** Speed of keypad or scanner, in bit/s. */
  readonly baud: number;
  readonly clock: Clock;
}

/** Between two looks whether the port is there. */
export const LOOK_EVERY_MS = 2_000;

const FAILED_REMEDY =
  "check plug and cable of the adapter, and that no other program, such as a serial console, uses the line";

const NOTHING = new Uint8Array();

/** A source of what comes over the line. */
export const createSerialEntry = (options: SerialEntryOptions): EntrySource =>
  new KeptSource({
    clock: options.clock,
    use: (use) => useLine(options, use),
    close: () => options.line.close(),
  });

async function useLine(
  { line, baud, clock }: SerialEntryOptions,
  { collector, isUp, signal }: UseOfDevice,
): Promise<EntryFault | undefined> {
  // Opens a port that is gone; one that is open forgets what it had received, so this is no way to look.
  const begun = await line.setRate(baud);
  if (!begun.ok) return faultOf(begun.error, FAILED_REMEDY);
  const stop = line.onData((bytes) => {
    for (const byte of bytes) collector.type(byte);
    // The bytes are nobody else's, and must not stay in the memory of the port.
    bytes.fill(0);
  });
  isUp();
  const failure = await failureOf(line, clock, signal);
  stop();
  return failure;
}

/** Looks until the line is there no more; nothing if it still was when `signal` was aborted. */
async function failureOf(
  line: SerialLine,
  clock: Clock,
  signal: AbortSignal,
): Promise<EntryFault | undefined> {
  while (!signal.aborted) {
    await clock.sleep(LOOK_EVERY_MS, signal);
    // Writes nothing on the line, and fails where there is none.
    const there = await line.write(NOTHING);
    if (!there.ok) return faultOf(there.error, FAILED_REMEDY);
  }
  return undefined;
}
