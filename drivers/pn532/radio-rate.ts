/**
 * A faster radio link for a card that this driver speaks ISO-DEP with by itself: protocol and parameter selection in a raw
 * frame, then the chip's radio set to what was agreed. The firmware does both for its own engine (InPSL).
 * Governing documents: ISO/IEC 14443-4 §5.3 (PPS); NXP UM0701-02 §7.2.5, §7.2.6 (registers).
 */
import type { CardKbits } from "../../src/ports/card.ts";
import { ok, type Result } from "../../src/result.ts";
import type { CommandError, CommandRunner } from "./command-runner.ts";
import { type CardAnswer, exchangeRaw, readRadioModes, writeRadioRate } from "./commands.ts";
import { isPpsAnswer, ppsFrame } from "./iso-dep-activation.ts";
import { type RetryTimeout, SIGN_OF_LIFE_MS } from "./retry-timeout.ts";
import { STATUS_OK, STATUS_TIMEOUT } from "./status.table.ts";

/** It may not have heard the first. */
const PPS_TRIES = 2;
const PPS_ANSWER_BYTES = 1;

/** `refused`: the card is silent or said something else, and may be in any state. The other value is the chip's status. */
export type Agreement = { readonly kind: "agreed" } | { readonly kind: "refused"; readonly status: number };

/** Asks the card, which answers within 4.8 ms (65536 / fc), for the same rate both ways, and sets the chip to it. To be called before the first block. */
export async function agreeOnRate(
  { runner, timeout }: { readonly runner: CommandRunner; readonly timeout: RetryTimeout },
  kbits: Exclude<CardKbits, 106>,
): Promise<Result<Agreement, CommandError>> {
  const responseMs = await timeout.reach(SIGN_OF_LIFE_MS);
  if (!responseMs.ok) return responseMs;
  const request = exchangeRaw(ppsFrame(kbits), {
    answerBytes: PPS_ANSWER_BYTES,
    responseMs: responseMs.value,
  });
  for (let tries = 1; ; tries++) {
    const answer = await runner.run(request);
    if (!answer.ok) return answer;
    const agreed = isAgreement(answer.value);
    if (agreed) break;
    if (answer.value.status !== STATUS_TIMEOUT || tries === PPS_TRIES)
      return ok({ kind: "refused", status: answer.value.status });
  }
  const modes = await runner.run(readRadioModes());
  if (!modes.ok) return modes;
  const set = await runner.run(writeRadioRate(modes.value, kbits));
  return set.ok ? ok({ kind: "agreed" }) : set;
}

const isAgreement = ({ status, data }: CardAnswer): boolean => status === STATUS_OK && isPpsAnswer(data);
