/**
 * Drives a dialogue of ISO-DEP blocks over the chip: each block is one InCommunicateThru with the card's own waiting time,
 * each status of the chip becomes what was heard. Beside `apdu-channel.ts`, which leaves all that to the firmware.
 * Governing documents: NXP UM0701-02 §7.3.9 (InCommunicateThru); ISO/IEC 14443-4 §7.
 */
import type { LinkError } from "../../src/ports/card.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { err, ok, type Result } from "../../src/result.ts";
import { after, type Millis } from "../../src/time/time.ts";
import { toLinkError } from "./apdu-channel.ts";
import { blamesReader, type CommandRunner } from "./command-runner.ts";
import { type CardAnswer, exchangeRaw } from "./commands.ts";
import type { BlockOut, Heard, IsoDepError } from "./iso-dep.ts";
import type { RetryTimeout } from "./retry-timeout.ts";
import {
  STATUS_BUFFER_TOO_SMALL,
  STATUS_INTERNAL_OVERFLOW,
  STATUS_NO_TARGET,
  STATUS_OK,
  STATUS_OVERFLOW,
  STATUS_TIMEOUT,
} from "./status.table.ts";

/** What a dialogue goes over, and until when. */
export interface BlockRoad {
  readonly runner: CommandRunner;
  readonly clock: Clock;
  readonly timeout: RetryTimeout;
  readonly until: Millis;
  /** The longest that the card may think about one part, with all the waiting time that it asks for. */
  readonly partMs: number;
}

/** How a dialogue went, whatever came of it. */
export interface BlockReport<T> {
  readonly outcome: Result<T, LinkError>;
  /** The longest block that arrived whole. */
  readonly longestBytes: number;
  /** What the last frame came to: the chip's processor did not keep up with it, it was damaged, or neither of the two. */
  readonly lastFrame: "overflow" | "damaged" | "other";
}

/** What a chip may say of a raw frame that it cannot hold; which of them real ones do is not known. */
const TOO_LONG: ReadonlySet<number> = new Set([
  STATUS_BUFFER_TOO_SMALL,
  STATUS_OVERFLOW,
  STATUS_INTERNAL_OVERFLOW,
]);
/** Whether the chip says by this status that a raw frame was too long for it. */
export const isTooLong = (status: number): boolean => TOO_LONG.has(status);

/** A request for waiting time. */
const S_WTX = 0xf2;
/** One block takes a few milliseconds on the air. */
const LEAST_ANSWER_MS = 20;

/**
 * Carries a dialogue to its end. Errors: `cardLost` with the chip's last status, or 01 behind `until`; `cardGarbled` for a
 * card that breaks the protocol; `readerFailed` when the chip itself failed.
 */
export async function carryBlocks<T>(
  road: BlockRoad,
  dialogue: Generator<BlockOut, Result<T, IsoDepError>, Heard>,
): Promise<BlockReport<T>> {
  let lastStatus = STATUS_OK;
  let longestBytes = 0;
  const report = (outcome: Result<T, LinkError>): BlockReport<T> => ({
    outcome,
    longestBytes,
    lastFrame: frameOf(lastStatus),
  });
  let partUntil = partEnd(road);
  for (let step = dialogue.next(); ; ) {
    if (step.done === true) return report(ended(step.value, lastStatus));
    const answer = await carryBlock(road, step.value, partUntil);
    if (!answer.ok) return report(answer);
    lastStatus = answer.value.status;
    if (lastStatus === STATUS_NO_TARGET) return report(lost(lastStatus));
    const heard = heardOf(answer.value);
    if (heard.kind === "block") longestBytes = Math.max(longestBytes, heard.bytes.length);
    if (heard.kind === "block" && heard.bytes[0] !== S_WTX) partUntil = partEnd(road);
    step = dialogue.next(heard);
  }
}

function frameOf(status: number): BlockReport<unknown>["lastFrame"] {
  if (isTooLong(status)) return "overflow";
  return status === STATUS_OK || status === STATUS_TIMEOUT ? "other" : "damaged";
}

function ended<T>(outcome: Result<T, IsoDepError>, lastStatus: number): Result<T, LinkError> {
  if (outcome.ok) return outcome;
  const { error } = outcome;
  if (error.kind === "garbled") return err({ kind: "cardGarbled", why: error.why });
  return lost(lastStatus === STATUS_OK ? STATUS_TIMEOUT : lastStatus);
}

function partEnd({ clock, until, partMs }: BlockRoad): Millis {
  const end = after(clock.monotonicMs(), partMs);
  return end < until ? end : until;
}

async function carryBlock(
  { runner, clock, timeout }: BlockRoad,
  { block, waitMs, answerBytes }: BlockOut,
  until: Millis,
): Promise<Result<CardAnswer, LinkError>> {
  const chipMs = await timeout.reach(waitMs);
  if (!chipMs.ok) return err(toLinkError(chipMs.error));
  const remainingMs = until - clock.monotonicMs();
  if (remainingMs <= 0) return lost(STATUS_TIMEOUT);
  const isWhole = chipMs.value <= remainingMs;
  const responseMs = Math.max(LEAST_ANSWER_MS, Math.min(chipMs.value, remainingMs));
  const command = exchangeRaw(block, { answerBytes, responseMs });
  const answer = await runner.run(command);
  // A chip that was told to wait without end says nothing of a card that is silent for its whole time.
  if (!answer.ok)
    return answer.error.kind === "unanswered" && isWhole ? ok(SILENCE) : err(toLinkError(answer.error));
  const { status } = answer.value;
  const blame = isTooLong(status) ? undefined : blamesReader(command.name, status);
  return blame === undefined ? answer : err({ kind: "readerFailed", error: blame });
}

const SILENCE: CardAnswer = { status: STATUS_TIMEOUT, more: false, data: new Uint8Array(0) };

function heardOf({ status, data }: CardAnswer): Heard {
  if (status === STATUS_OK) return { kind: "block", bytes: data };
  return { kind: status === STATUS_TIMEOUT ? "silence" : "damaged" };
}

const lost = (status: number): Result<never, LinkError> => err({ kind: "cardLost", status });
