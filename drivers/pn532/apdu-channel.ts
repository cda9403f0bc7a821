/**
 * APDUs through the chip's own ISO-DEP engine: InDataExchange with the "more information" chaining both
 * ways, so that extended APDUs pass. The chip hides blocks, R-blocks and waiting-time extensions.
 * Governing documents: NXP UM0701-02 §7.3.8 (InDataExchange), ISO/IEC 14443-4 §7 (behind it).
 */
import { concat } from "../../src/bytes/bytes.ts";
import type { LinkError } from "../../src/ports/card.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { err, ok, type Result } from "../../src/result.ts";
import { after, type Millis } from "../../src/time/time.ts";
import { wantedAnswerBytes } from "./answer-length.ts";
import { blamesReader, type CommandError, type CommandRunner } from "./command-runner.ts";
import { type CardAnswer, type DataExchange, dataExchange, MAX_EXCHANGE_BYTES } from "./commands.ts";
import { frameWaitingMs } from "./frame-waiting.ts";
import { STATUS_OK, STATUS_TIMEOUT } from "./status.table.ts";

/** Longest command: extended header, Lc, 65535 bytes, Le (ISO/IEC 7816-4 §5.1). */
const MAX_COMMAND_APDU_BYTES = 65_544;
/** Longest response: 65536 bytes and the status words. */
const MAX_RESPONSE_APDU_BYTES = 65_538;
const MIN_APDU_BYTES = { command: 4, response: 2 } as const;
/** Expected of a card that was not told how much it may answer with: one frame of most cards. */
const USUAL_BYTES = 32;

const NOTHING = new Uint8Array(0);

/** A card may think twice its frame waiting time, but is not given up sooner than this. */
const MIN_ANSWER_MS = 500;
/** Room for the radio and the host link. */
const LINK_MARGIN_MS = 50;
/** End of every APDU, whatever the card asks for; 64 kB at 106 kbit/s take about 7 s. */
export const MAX_APDU_MS = 15_000;

/** The end of an APDU, and the longest that one part of it may take. */
interface Deadline {
  readonly at: Millis;
  readonly partMs: number;
}

/** Where an APDU goes to. */
export interface ApduTarget {
  readonly runner: CommandRunner;
  readonly clock: Clock;
  /** The chip's number of the target. */
  readonly number: number;
  /** FWI, 0 to 14. */
  readonly frameWaitingExponent: number;
}

/**
 * One command APDU (4 to 65544 bytes) to its response APDU (2 to 65538 bytes). No part is ever sent twice.
 * It ends at `until`, until when the card may ask for waiting time as often as it likes (ISO/IEC 14443-4 §7.3); without
 * one each part has the time of one answer. This module's own limit holds besides.
 * Errors: `cardLost` with the chip's status, or 01 when nothing came in time; `cardGarbled` for an answer
 * shorter than its status words or beyond the limit; `readerFailed` when the chip itself failed.
 */
export async function exchangeApdu(
  target: ApduTarget,
  command: Uint8Array,
  until?: Millis,
): Promise<Result<Uint8Array, LinkError>> {
  if (command.length < MIN_APDU_BYTES.command || command.length > MAX_COMMAND_APDU_BYTES) {
    throw new Error("command APDU length");
  }
  const limit = after(target.clock.monotonicMs(), MAX_APDU_MS);
  const deadline: Deadline = {
    at: until !== undefined && until < limit ? until : limit,
    partMs: until === undefined ? answerMs(target.frameWaitingExponent) : MAX_APDU_MS,
  };
  const lastPartAt = Math.max(0, Math.ceil(command.length / MAX_EXCHANGE_BYTES) - 1) * MAX_EXCHANGE_BYTES;
  for (let at = 0; at < lastPartAt; at += MAX_EXCHANGE_BYTES) {
    const data = command.subarray(at, at + MAX_EXCHANGE_BYTES);
    const taken = await exchangePart(target, { data, part: "more", cardBytes: 0 }, deadline);
    if (!taken.ok) return taken;
  }
  const wantedBytes = wantedAnswerBytes(command) ?? USUAL_BYTES;
  const cardBytes = Math.min(wantedBytes, MAX_EXCHANGE_BYTES);
  const last = { data: command.subarray(lastPartAt), part: "last", cardBytes } as const;
  const first = await exchangePart(target, last, deadline);
  return first.ok ? collect(target, first.value, wantedBytes, deadline) : first;
}

/** Fetches the rest of an answer of which the chip holds more than one frame. */
async function collect(
  target: ApduTarget,
  first: CardAnswer,
  wantedBytes: number,
  deadline: Deadline,
): Promise<Result<Uint8Array, LinkError>> {
  const parts = [first.data];
  let lengthBytes = first.data.length;
  let more = first.more;
  while (more) {
    const leftBytes = Math.max(wantedBytes - lengthBytes, USUAL_BYTES);
    const cardBytes = Math.min(leftBytes, MAX_EXCHANGE_BYTES);
    const next = await exchangePart(target, { data: NOTHING, part: "last", cardBytes }, deadline);
    if (!next.ok) return next;
    // A part without data would let a hostile card keep the loop going for ever.
    if (next.value.data.length === 0) return garbledCard("empty part of a chained answer");
    lengthBytes += next.value.data.length;
    if (lengthBytes > MAX_RESPONSE_APDU_BYTES) return garbledCard("answer longer than any APDU");
    parts.push(next.value.data);
    more = next.value.more;
  }
  return lengthBytes < MIN_APDU_BYTES.response
    ? garbledCard("answer without status words")
    : ok(concat(...parts));
}

async function exchangePart(
  target: ApduTarget,
  part: Omit<DataExchange, "target" | "responseMs">,
  deadline: Deadline,
): Promise<Result<CardAnswer, LinkError>> {
  const remainingMs = deadline.at - target.clock.monotonicMs();
  if (remainingMs <= 0) return err({ kind: "cardLost", status: STATUS_TIMEOUT });
  const responseMs = Math.min(deadline.partMs, remainingMs);
  const command = dataExchange({ ...part, target: target.number, responseMs });
  const answer = await target.runner.run(command);
  if (!answer.ok) return err(toLinkError(answer.error));
  const { status } = answer.value;
  if (status === STATUS_OK) return answer;
  const blame = blamesReader(command.name, status);
  return err(blame === undefined ? { kind: "cardLost", status } : { kind: "readerFailed", error: blame });
}

/** For so long may a card with this frame waiting exponent keep one command of the chip busy. */
export const answerMs = (frameWaitingExponent: number): number =>
  Math.max(2 * frameWaitingMs(frameWaitingExponent), MIN_ANSWER_MS) + LINK_MARGIN_MS;

/** An acknowledged exchange without an answer is the card's silence; the next command shows a dead chip. */
export const toLinkError = (error: CommandError): LinkError =>
  error.kind === "reader"
    ? { kind: "readerFailed", error: error.error }
    : { kind: "cardLost", status: STATUS_TIMEOUT };

const garbledCard = (why: string): Result<never, LinkError> => err({ kind: "cardGarbled", why });
