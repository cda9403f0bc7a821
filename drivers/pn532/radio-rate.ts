/**
 * The rate of the radio link where this driver speaks ISO-DEP by itself: protocol and parameter selection in a raw frame,
 * the chip's radio set to what was agreed, and set back before anybody is looked for. The firmware does all of it for its
 * own engine (InPSL).
 * Governing documents: ISO/IEC 14443-4 §5.3 (PPS); NXP UM0701-02 §7.2.5, §7.2.6 (registers).
 */
import type { CardKbits } from "../../src/ports/card.ts";
import { ok, type Result } from "../../src/result.ts";
import type { CommandError, CommandRunner } from "./command-runner.ts";
import { type CardAnswer, exchangeRaw, type RadioModes, readRadioModes, writeRadioRate } from "./commands.ts";
import { isPpsAnswer, ppsFrame } from "./iso-dep-activation.ts";
import { type RetryTimeout, SIGN_OF_LIFE_MS } from "./retry-timeout.ts";
import { STATUS_OK, STATUS_TIMEOUT } from "./status.table.ts";

/** It may not have heard the first. */
const PPS_TRIES = 2;
const PPS_ANSWER_BYTES = 1;

/** `refused`: the card is silent or said something else, and may be in any state. The other value is the chip's status. */
export type Agreement = { readonly kind: "agreed" } | { readonly kind: "refused"; readonly status: number };

/** One for each chip. */
export class RadioRate {
  readonly #runner: CommandRunner;
  readonly #timeout: RetryTimeout;
  /** The modes as they were before the radio was set to a faster rate; `unknown` where somebody else may have done it. */
  #raised: RadioModes | "unknown" | undefined;

  constructor({ runner, timeout }: { readonly runner: CommandRunner; readonly timeout: RetryTimeout }) {
    this.#runner = runner;
    this.#timeout = timeout;
  }

  /** A program that was killed may have left the chip so; without a reset line a start does not touch its registers. */
  mayBeRaised(): void {
    this.#raised = "unknown";
  }

  /**
   * Asks the card, which answers within 4.8 ms (65536 / fc), for the same rate both ways, and sets the chip to it. To be
   * called before the first block.
   */
  async agree(kbits: Exclude<CardKbits, 106>): Promise<Result<Agreement, CommandError>> {
    const asked = await this.#ask(kbits);
    if (!asked.ok || asked.value.kind === "refused") return asked;
    const modes = await this.#runner.run(readRadioModes());
    if (!modes.ok) return modes;
    // Whether a chip that does not answer has obeyed, nobody knows.
    this.#raised = modes.value;
    const set = await this.#runner.run(writeRadioRate(modes.value, kbits));
    return set.ok ? asked : set;
  }

  async #ask(kbits: CardKbits): Promise<Result<Agreement, CommandError>> {
    const responseMs = await this.#timeout.reach(SIGN_OF_LIFE_MS);
    if (!responseMs.ok) return responseMs;
    const request = exchangeRaw(ppsFrame(kbits), {
      answerBytes: PPS_ANSWER_BYTES,
      responseMs: responseMs.value,
    });
    for (let tries = 1; ; tries++) {
      const answer = await this.#runner.run(request);
      if (!answer.ok) return answer;
      if (isAgreement(answer.value)) return ok({ kind: "agreed" });
      const { status } = answer.value;
      if (status !== STATUS_TIMEOUT || tries === PPS_TRIES) return ok({ kind: "refused", status });
    }
  }

  /**
   * The radio as every activation needs it, at 106 kbit/s; costs nothing where it was never raised. Other programs poll
   * with the speed left as it was, so that InListPassiveTarget seems to set that by itself; but the firmware knows nothing
   * of what was written behind its back, and nobody has seen it set the modulation width and the receiver again.
   */
  async lower(): Promise<Result<void, CommandError>> {
    if (this.#raised === undefined) return ok(undefined);
    const modes = this.#raised === "unknown" ? await this.#runner.run(readRadioModes()) : ok(this.#raised);
    if (!modes.ok) return modes;
    const set = await this.#runner.run(writeRadioRate(modes.value, 106));
    if (!set.ok) return set;
    this.#raised = undefined;
    return ok(undefined);
  }
}

const isAgreement = ({ status, data }: CardAnswer): boolean => status === STATUS_OK && isPpsAnswer(data);
