/**
 * A card as a list of expected commands and their answers. It fails the test at the first command that is
 * not the next of the list, and at the end when some were never sent.
 */
import { expect } from "vitest";
import { hex, toHex } from "../../src/bytes/hex.ts";
import type { CardChannel, LinkError } from "../../src/ports/card.ts";
import { err, ok, type Result } from "../../src/result.ts";

export type Script = readonly (readonly [command: string, answer: string | LinkError])[];

export class ScriptedCard implements CardChannel {
  readonly #script: Script;
  #sent = 0;

  constructor(script: Script) {
    this.#script = script;
  }

  async transceive(command: Uint8Array): Promise<Result<Uint8Array, LinkError>> {
    const step = this.#script[this.#sent];
    this.#sent += 1;
    expect(toHex(command)).toBe(step?.[0].replaceAll(" ", ""));
    const answer = step?.[1] ?? "";
    return typeof answer === "string" ? ok(hex(answer)) : err(answer);
  }

  expectFinished(): void {
    expect(this.#sent).toBe(this.#script.length);
  }
}
