/**
 * A host link to a chip that expects exact commands in order, acknowledges each and answers as scripted; any
 * other frame fails the test loudly. For tests above the frame: APDU chaining, start, refusals.
 */
import type { HostLink, Readiness } from "../../../drivers/pn532/host-link.ts";
import { toHex } from "../../../src/bytes/hex.ts";
import type { BusError } from "../../../src/ports/bus.ts";
import type { ReaderError } from "../../../src/ports/card.ts";
import { err, ok, type Result } from "../../../src/result.ts";
import type { Millis } from "../../../src/time/time.ts";
import { ACK_FRAME, command, ERROR_FRAME, response } from "./frames.ts";

/** Command and response by their codes and data; `deaf` = no ACK, `mute` = ACK alone. */
export interface Turn {
  readonly command: string;
  readonly response: string | "error frame" | "deaf" | "mute" | BusError;
}

export const SILENT: ReaderError = { kind: "chipSilent", remedy: "scripted" };

export class ScriptedLink implements HostLink {
  readonly #turns: Turn[];
  #waiting: Uint8Array[] = [];
  degradedLines: readonly string[] = [];
  wakes = 0;
  /** Host ACKs, each of which stops the chip. */
  aborts = 0;
  /** Deadlines of the waits, in the order in which they came. */
  readonly deadlines: number[] = [];
  /** Lengths asked for by the reads, in the order in which they came. */
  readonly reads: number[] = [];

  constructor(...turns: readonly Turn[]) {
    this.#turns = [...turns];
  }

  /** Commands that nobody sent; a test ends with none. */
  get left(): readonly string[] {
    return this.#turns.map((turn) => turn.command);
  }

  async wake(): Promise<Result<void, BusError>> {
    this.wakes += 1;
    return ok(undefined);
  }

  async write(frame: Uint8Array): Promise<Result<void, BusError>> {
    if (toHex(frame) === toHex(ACK_FRAME)) {
      this.#waiting = [];
      this.aborts += 1;
      return ok(undefined);
    }
    const turn = this.#turns.shift();
    if (turn === undefined) throw new Error(`unexpected frame ${toHex(frame)}`);
    const expected = toHex(command(turn.command));
    if (toHex(frame) !== expected) throw new Error(`expected ${expected}, got ${toHex(frame)}`);
    if (typeof turn.response !== "string") return err(turn.response);
    this.#waiting = framesOf(turn.response);
    return ok(undefined);
  }

  async waitReady(until: Millis, signal?: AbortSignal): Promise<Result<Readiness, BusError>> {
    this.deadlines.push(until);
    if (this.#waiting.length > 0) return ok("ready");
    return ok(signal?.aborted === true ? "aborted" : "late");
  }

  async read(wanted: { readonly lengthBytes: number }): Promise<Result<Uint8Array, BusError>> {
    this.reads.push(wanted.lengthBytes);
    const frame = this.#waiting.shift();
    if (frame === undefined) throw new Error("read without a frame");
    if (frame.length > wanted.lengthBytes) this.#waiting.unshift(frame.subarray(wanted.lengthBytes));
    return ok(frame.subarray(0, wanted.lengthBytes));
  }

  explainSilence(): ReaderError {
    return SILENT;
  }

  degraded(): readonly string[] {
    return this.degradedLines;
  }
}

function framesOf(text: string): Uint8Array[] {
  if (text === "deaf") return [];
  if (text === "mute") return [ACK_FRAME];
  return [ACK_FRAME, text === "error frame" ? ERROR_FRAME : response(text)];
}
