/**
 * An SPI bus that expects exact transactions in order, in the chip's own bit order, and fails loudly on any
 * other: the double for tests that are about bytes on the wire.
 */
import { hex, toHex } from "../../../src/bytes/hex.ts";
import type { BusError, SpiBus } from "../../../src/ports/bus.ts";
import { err, ok, type Result } from "../../../src/result.ts";

/** What the host must send and what it then sees, as hexadecimal text, least significant bit first undone. */
export interface Transaction {
  readonly out: string;
  readonly in: string;
}

const reversed = (bytes: Uint8Array): Uint8Array =>
  bytes.map((value) => Number.parseInt(value.toString(2).padStart(8, "0").split("").reverse().join(""), 2));

export class ScriptedBus implements SpiBus {
  readonly #script: (Transaction | BusError)[];

  constructor(...script: readonly (Transaction | BusError)[]) {
    this.#script = [...script];
  }

  async transfer(bytes: Uint8Array): Promise<Result<Uint8Array, BusError>> {
    const expected = this.#script.shift();
    const seen = toHex(reversed(bytes));
    if (expected === undefined) throw new Error(`unexpected transaction ${seen}`);
    if ("kind" in expected) return err(expected);
    const out = toHex(hex(expected.out));
    if (seen !== out) throw new Error(`expected transaction ${out}, got ${seen}`);
    const answer = hex(expected.in);
    if (answer.length !== bytes.length)
      throw new Error(`script answers ${answer.length} bytes to ${bytes.length}`);
    return ok(reversed(answer));
  }

  async close(): Promise<void> {
    return;
  }

  /** Transactions that nobody asked for; a test ends with none. */
  get left(): number {
    return this.#script.length;
  }
}
