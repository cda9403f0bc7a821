/**
 * Protocols of a travel document against a virtual chip, with the processor time of our side alone: what passes between
 * an answer and the next command. The chip answers once to each row of commands; said again, the row gets what is
 * remembered, so that its arithmetic does not run between the steps that are measured, as it would on no real card.
 */
import { type CommandApdu, encodeCommand } from "../../apdu/command.ts";
import type { Exchange } from "../../apdu/exchange.ts";
import { parseResponse, type ResponseApdu } from "../../apdu/response.ts";
import { concat } from "../../bytes/bytes.ts";
import { toHex } from "../../bytes/hex.ts";
import { sha256 } from "../../crypto/hash.ts";
import type { PacePassword } from "../../emrtd/pace.ts";
import { bytesOfResponse } from "../../sim/cards/iso-dep.ts";
import type { ChipContent } from "../../sim/emrtd/content.ts";
import { contentOf } from "../../sim/emrtd/documents/content-of.ts";
import type { ProfileName } from "../../sim/emrtd/documents/profiles.table.ts";
import type { EmrtdApplication } from "../../sim/emrtd/emrtd-application.ts";
import { makeEmrtd } from "../../sim/emrtd/make-emrtd.ts";
import { timed } from "./cpu-time.ts";
import { good } from "./good.ts";

export class VirtualDocument {
  readonly content: ChipContent;
  readonly password: PacePassword;
  readonly #chip: EmrtdApplication;
  readonly #remembered = new Map<string, ResponseApdu>();
  /** All commands since the activation, as a hash. */
  #said = "";
  /** The chip has not heard the row that goes on. */
  #isByHeart = false;

  constructor(profile: ProfileName) {
    this.content = contentOf(profile);
    const { can } = this.content;
    if (can === undefined) throw new Error("a measured document has a CAN");
    this.password = { reference: "CAN", key: new TextEncoder().encode(can) };
    this.#chip = makeEmrtd({ card: "emrtd", profile, latency: "none" }).application;
  }

  /** Begins anew. What our side then says must be the same whenever `seed`, of its secrets, is. */
  activate(seed: number): void {
    this.#chip.reset();
    this.#said = `${seed}`;
    this.#isByHeart = false;
  }

  /**
   * Runs `protocol` to its good end. `tookMs` is the processor time of its own steps, in `betweenMs` without what is reckoned
   * while the card reckons.
   */
  run<T, E extends { readonly kind: string }>(
    protocol: Exchange<T, E>,
  ): { readonly value: T; readonly tookMs: number; readonly betweenMs: number } {
    let { value: step, tookMs: betweenMs } = timed(() => protocol.next());
    let meanwhileMs = 0;
    while (step.done !== true) {
      const { meanwhile = () => undefined, ...command } = step.value;
      const answer = this.#answer(command);
      meanwhileMs += timed(meanwhile).tookMs;
      const next = timed(() => protocol.next(answer));
      step = next.value;
      betweenMs += next.tookMs;
    }
    return { value: good(step.value), tookMs: betweenMs + meanwhileMs, betweenMs };
  }

  #answer(command: CommandApdu): ResponseApdu {
    const bytes = encodeCommand(command);
    this.#said = toHex(sha256(concat(new TextEncoder().encode(this.#said), bytes)));
    const remembered = this.#remembered.get(this.#said);
    this.#isByHeart ||= remembered !== undefined;
    const answer = remembered ?? this.#ask(bytes);
    this.#remembered.set(this.#said, answer);
    return answer;
  }

  #ask(command: Uint8Array): ResponseApdu {
    if (this.#isByHeart) throw new Error("a reading that was the same so far goes on otherwise");
    const answer = parseResponse(bytesOfResponse(this.#chip.process(command).response));
    if (answer === undefined) throw new Error("the virtual chip answers with a status");
    return answer;
  }
}
