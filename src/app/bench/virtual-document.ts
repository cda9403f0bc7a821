/**
 * Protocols of a travel document against a virtual chip in this process, with the processor time of our side alone: what
 * passes between an answer and the next command. Chip and transport are left out.
 */
import { type CommandApdu, encodeCommand } from "../../apdu/command.ts";
import type { Exchange } from "../../apdu/exchange.ts";
import { parseResponse } from "../../apdu/response.ts";
import type { PacePassword } from "../../emrtd/pace.ts";
import type { ChipContent } from "../../sim/emrtd/content.ts";
import { contentOf } from "../../sim/emrtd/documents/content-of.ts";
import type { ProfileName } from "../../sim/emrtd/documents/profiles.table.ts";
import type { EmrtdApplication } from "../../sim/emrtd/emrtd-application.ts";
import { makeEmrtd } from "../../sim/emrtd/make-emrtd.ts";
import { good } from "./bench-reader.ts";
import { cpuMs } from "./cpu-time.ts";

export class VirtualDocument {
  readonly content: ChipContent;
  readonly password: PacePassword;
  readonly #chip: EmrtdApplication;

  constructor(profile: ProfileName) {
    this.content = contentOf(profile);
    const { can } = this.content;
    if (can === undefined) throw new Error("a measured document has a CAN");
    this.password = { reference: "CAN", key: new TextEncoder().encode(can) };
    this.#chip = makeEmrtd({ card: "emrtd", profile, latency: "none" }).application;
  }

  activate(): void {
    this.#chip.reset();
  }

  /** Runs `protocol` to its good end. `tookMs` is the processor time of its own steps. */
  run<T, E extends { readonly kind: string }>(
    protocol: Exchange<T, E>,
  ): { readonly value: T; readonly tookMs: number } {
    let tookMs = 0;
    const timed = <R>(work: () => R): R => {
      let result: R[] = [];
      tookMs += cpuMs(() => {
        result = [work()];
      });
      const [only] = result;
      if (only === undefined) throw new Error("work has a result");
      return only;
    };
    let step = timed(() => protocol.next());
    while (step.done !== true) {
      const answer = this.#answer(step.value);
      step = timed(() => protocol.next(answer));
    }
    return { value: good(step.value), tookMs };
  }

  #answer(command: CommandApdu) {
    const { response } = this.#chip.process(encodeCommand(command));
    const answer = parseResponse(typeof response === "function" ? response() : response);
    if (answer === undefined) throw new Error("the virtual chip answers with a status");
    return answer;
  }
}
