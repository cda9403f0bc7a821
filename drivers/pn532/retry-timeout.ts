/**
 * The chip's patience with raw frames (fRetryTimeout): set by the time that a card may take for its next block, and only
 * when it has to change, since each change costs a command. Below the engine of our own and the presence check.
 * Governing document: NXP UM0701-02 §7.3.1 (RFConfiguration, item 02).
 */
import { ok, type Result } from "../../src/result.ts";
import type { CommandError, CommandRunner } from "./command-runner.ts";
import { rfTimings } from "./commands.ts";

/** Code n stands for 100 µs · 2^(n-1). */
const UNIT_MS = 0.1;
const LAST_CODE = 0x10;
/** The chip waits until it is told to stop: for the longest frame waiting times, which no code reaches. */
const NO_END_CODE = 0x00;
/** For a card's sign of life, as the start sets it: R-blocks are answered in well under 5 ms. */
export const SIGN_OF_LIFE_MS = 25.6;
/** Its code. */
export const START_CODE = 0x09;
/** Room for two frames of 256 bytes on the air, the chip and the host link. */
const MARGIN_MS = 80;

export class RetryTimeout {
  readonly #runner: CommandRunner;
  #code = START_CODE;

  constructor(runner: CommandRunner) {
    this.#runner = runner;
  }

  /** The chip was started, or given its settings anew. */
  wasReset(): void {
    this.#code = START_CODE;
  }

  /**
   * Makes the chip wait at least `waitMs` for an answer, and at most four times as long. Resolves with the time in
   * milliseconds behind which the host need not expect the chip's word any more.
   */
  async reach(waitMs: number): Promise<Result<number, CommandError>> {
    const code = codeFor(waitMs);
    const isNear = this.#code === code || (code !== NO_END_CODE && this.#code === code + 1);
    if (!isNear) {
      const set = await this.#runner.run(rfTimings(code));
      if (!set.ok) return set;
      this.#code = code;
    }
    return ok(MARGIN_MS + (this.#code === NO_END_CODE ? waitMs : durationMs(this.#code)));
  }
}

/** The smallest code whose time is long enough. */
function codeFor(waitMs: number): number {
  for (let code = 1; code <= LAST_CODE; code++) if (durationMs(code) >= waitMs) return code;
  return NO_END_CODE;
}

const durationMs = (code: number): number => UNIT_MS * 2 ** (code - 1);
