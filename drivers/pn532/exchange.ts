/**
 * One command of the PN532 as a state machine over frames: command, ACK, response, with re-reads, resends,
 * abort and deadlines. Pure: it returns the frame to write and the next deadline, and is handed what was
 * read and the time. `command-runner.ts` drives it over a link.
 *
 *   acknowledge ── ACK ──> respond ── response ──> finished
 *        └── silence, rubble, abort ──> settle (host ACK, drain) ──> acknowledge again, or finished
 *
 * Governing document: NXP UM0701-02 §6.2.1 (dialogue, NACK, abort by ACK).
 */
import { concat } from "../../src/bytes/bytes.ts";
import { after, type Millis } from "../../src/time/time.ts";
import type { Repeat } from "./commands.ts";
import {
  ACK,
  ACK_BYTES,
  type Decoded,
  decodeFrame,
  encodeFrame,
  frameBytes,
  MAX_FRAME_BYTES,
  NACK,
} from "./frame.ts";

/** The chip acknowledges within 15 ms; a frame without a sign of life for 25 ms is sent again. */
const ACKNOWLEDGE_MS = 25;
const MAX_RESENDS = 2;
/** After a NACK the chip has its answer at hand. */
const REREAD_MS = 25;
const MAX_REREADS = 1;
const MAX_REPEATS = 1;
/** Quiet that must follow an abort before the next command; observed settling time is 1 ms. */
const SETTLE_MS = 2;
/** Old frames read and thrown away after an abort. The chip has one slot, so one is usual. */
const MAX_DRAINS = 3;
/** Frames that are nobody's answer (second ACK, late response of an earlier command) in one exchange. */
const MAX_STRAYS = 4;

/** Bytes before a start code that are still taken for preamble. */
const MAX_PREAMBLE_BYTES = 20;
/** Read on by so much when nothing but preamble was seen. */
const PREAMBLE_STEP_BYTES = 16;
const RESPONSE_CODE_BYTES = 1;
const MAX_BUFFER_BYTES = MAX_FRAME_BYTES + MAX_PREAMBLE_BYTES;

/** A command ready to be exchanged; `payload` begins with the command code. */
export interface ExchangeCommand {
  readonly payload: Uint8Array;
  /** Length of the usual answer behind its response code: the first read holds its frame and no more. */
  readonly answerBytes: number;
  readonly responseMs: number;
  readonly repeat: Repeat;
}

export type Outcome =
  /** The response without its code. */
  | { readonly kind: "answered"; readonly data: Uint8Array }
  /** The chip sent its error frame: it does not know the command or its parameters. */
  | { readonly kind: "refused" }
  /** No ACK after all resends. */
  | { readonly kind: "unacknowledged" }
  /** ACK, then nothing until the deadline; the command was aborted. */
  | { readonly kind: "unanswered" }
  /** Bytes came, but twice no legible frame of this command. */
  | { readonly kind: "damaged" }
  /** Given up because the owner asked for it. */
  | { readonly kind: "aborted" };

interface Talking {
  readonly command: ExchangeCommand;
  readonly until: Millis;
  readonly repeatsLeft: number;
  readonly straysLeft: number;
  /** Bytes of a frame that was not read to its end yet. */
  readonly partial: Uint8Array;
  readonly missingBytes: number;
}

export type Exchange =
  | (Talking & { readonly at: "acknowledge"; readonly resendsLeft: number })
  | (Talking & { readonly at: "respond"; readonly rereadsLeft: number })
  | {
      readonly at: "settle";
      readonly until: Millis;
      readonly drainsLeft: number;
      readonly afterwards: Afterwards;
    }
  | { readonly at: "finished"; readonly outcome: Outcome };

/** What follows once the line is quiet. */
type Afterwards =
  | { readonly kind: "finish"; readonly outcome: Outcome }
  | { readonly kind: "repeat"; readonly command: ExchangeCommand };

export type ExchangeInput =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** The deadline has passed and nothing was ready to be read. */
  | { readonly kind: "silence" }
  /** The owner gives up. */
  | { readonly kind: "abort" };

/** The state after an input, and the frame to write before anything else. */
export interface Step {
  readonly next: Exchange;
  readonly write?: Uint8Array;
  /** The input was a frame that answers nothing which was asked: a surplus or late one, thrown away. */
  readonly isStray?: true;
}

/** What to read when the chip is ready; `frameRest` goes on where the last read ended, without waiting. */
export interface Wanted {
  readonly lengthBytes: number;
  readonly position: "frameStart" | "frameRest";
}

/** Begins a command: writes its frame and waits for the ACK. */
export const begin = (command: ExchangeCommand, now: Millis): Step => send(command, MAX_REPEATS, now);

/** Begins with a host ACK alone: stops whatever the chip is doing and throws old answers away. */
export const beginClearing = (now: Millis): Step =>
  settle({ kind: "finish", outcome: { kind: "aborted" } }, now);

/** What the exchange wants to read next. */
export function wanted(exchange: Exclude<Exchange, { at: "finished" }>): Wanted {
  if (exchange.at === "settle") return { lengthBytes: MAX_FRAME_BYTES, position: "frameStart" };
  if (exchange.partial.length > 0) return { lengthBytes: exchange.missingBytes, position: "frameRest" };
  const lengthBytes = exchange.at === "acknowledge" ? ACK_BYTES : responseBytes(exchange);
  return { lengthBytes, position: "frameStart" };
}

/** Again it is read in one go: where its first reading ended may be what damaged it. */
const responseBytes = ({ command, rereadsLeft }: Extract<Open, { at: "respond" }>): number =>
  rereadsLeft < MAX_REREADS ? MAX_FRAME_BYTES : frameBytes(RESPONSE_CODE_BYTES + command.answerBytes);

/** Hands one input to the exchange. A finished one stays as it is. */
export function step(exchange: Exchange, input: ExchangeInput, now: Millis): Step {
  switch (exchange.at) {
    case "finished":
      return { next: exchange };
    case "settle":
      return stepSettle(exchange, input, now);
    case "acknowledge":
    case "respond":
      return stepTalking(exchange, input, now);
  }
}

type Open = Extract<Exchange, { at: "acknowledge" | "respond" }>;
type Settling = Extract<Exchange, { at: "settle" }>;

function send(command: ExchangeCommand, repeatsLeft: number, now: Millis): Step {
  return {
    write: encodeFrame(command.payload),
    next: {
      at: "acknowledge",
      command,
      repeatsLeft,
      until: after(now, ACKNOWLEDGE_MS),
      // A lost ACK cannot be told from a lost command, so what must not reach the card twice is sent once.
      resendsLeft: command.repeat === "always" ? MAX_RESENDS : 0,
      straysLeft: MAX_STRAYS,
      partial: new Uint8Array(0),
      missingBytes: 0,
    },
  };
}

const settle = (afterwards: Afterwards, now: Millis): Step => ({
  write: ACK,
  next: { at: "settle", until: after(now, SETTLE_MS), drainsLeft: MAX_DRAINS, afterwards },
});

/** Aborts by host ACK; afterwards the command is repeated if its kind and the budget allow it. */
function abandon(exchange: Open, outcome: Outcome, now: Millis): Step {
  const { command, repeatsLeft } = exchange;
  const repeatable =
    command.repeat === "always"
      ? outcome.kind !== "unacknowledged"
      : command.repeat === "afterDamage" && outcome.kind === "damaged";
  return repeatable && repeatsLeft > 0
    ? settle({ kind: "repeat", command }, now)
    : settle({ kind: "finish", outcome }, now);
}

function stepSettle(exchange: Settling, input: ExchangeInput, now: Millis): Step {
  if (input.kind === "bytes" && exchange.drainsLeft > 1) {
    return { next: { ...exchange, drainsLeft: exchange.drainsLeft - 1, until: after(now, SETTLE_MS) } };
  }
  if (input.kind === "abort")
    return { next: { ...exchange, afterwards: { kind: "finish", outcome: { kind: "aborted" } } } };
  if (exchange.afterwards.kind === "finish")
    return { next: { at: "finished", outcome: exchange.afterwards.outcome } };
  return send(exchange.afterwards.command, 0, now);
}

function stepTalking(exchange: Open, input: ExchangeInput, now: Millis): Step {
  switch (input.kind) {
    case "abort":
      return settle({ kind: "finish", outcome: { kind: "aborted" } }, now);
    case "silence":
      return onSilence(exchange, now);
    case "bytes":
      return onBytes(exchange, concat(exchange.partial, input.bytes), now);
  }
}

function onSilence(exchange: Open, now: Millis): Step {
  if (exchange.at === "acknowledge" && exchange.resendsLeft > 0) {
    const next = { ...exchange, resendsLeft: exchange.resendsLeft - 1, until: after(now, ACKNOWLEDGE_MS) };
    return { next, write: encodeFrame(exchange.command.payload) };
  }
  if (exchange.at === "acknowledge") return abandon(exchange, { kind: "unacknowledged" }, now);
  return abandon(exchange, { kind: exchange.rereadsLeft < MAX_REREADS ? "damaged" : "unanswered" }, now);
}

function onBytes(exchange: Open, bytes: Uint8Array, now: Millis): Step {
  const found = firstFrame(bytes);
  if (found.kind === "needMore") {
    return { next: { ...exchange, partial: bytes, missingBytes: found.missingBytes } };
  }
  const whole = { ...exchange, partial: new Uint8Array(0), missingBytes: 0 };
  return whole.at === "acknowledge" ? onAcknowledgement(whole, found, now) : onResponse(whole, found, now);
}

/** What a reading of one frame holds, and whether it is worth reading on. */
type Found = Exclude<Decoded, { kind: "corrupt" }> | { readonly kind: "rubble" };

/**
 * The first whole frame of one reading. What follows it is junk of the chip's buffer (UM0701-02: reading on
 * gives no next frame), so after a corrupt frame nothing more is read, only the bytes at hand are searched.
 */
function firstFrame(bytes: Uint8Array): Found {
  let offset = 0;
  let corrupt = false;
  while (offset < bytes.length) {
    const decoded = decodeFrame(bytes, offset);
    if (decoded.kind === "needMore")
      return corrupt ? { kind: "rubble" } : readOn(bytes, decoded.missingBytes);
    if (decoded.kind !== "corrupt") return decoded;
    corrupt = true;
    offset += decoded.used;
  }
  return { kind: "rubble" };
}

function readOn(bytes: Uint8Array, missingBytes: number): Found {
  const startCodeSeen = missingBytes > 0;
  if (!startCodeSeen && bytes.length > MAX_PREAMBLE_BYTES + ACK_BYTES) return { kind: "rubble" };
  const wantedBytes = startCodeSeen ? missingBytes : PREAMBLE_STEP_BYTES;
  if (bytes.length + wantedBytes > MAX_BUFFER_BYTES) return { kind: "rubble" };
  return { kind: "needMore", missingBytes: wantedBytes };
}

type Whole = Exclude<Found, { kind: "needMore" }>;

function onAcknowledgement(exchange: Extract<Open, { at: "acknowledge" }>, found: Whole, now: Millis): Step {
  switch (found.kind) {
    case "ack":
    // A damaged ACK still says that something heard us; if it was a damaged old response, the ACK follows.
    case "rubble":
      return { next: listen(exchange, now) };
    case "nack":
      return stray(exchange, now);
    case "error":
    case "data":
      return abandon(exchange, { kind: "damaged" }, now);
  }
}

function listen(exchange: Extract<Open, { at: "acknowledge" }>, now: Millis): Exchange {
  const { resendsLeft: _, ...talking } = exchange;
  return {
    ...talking,
    at: "respond",
    until: after(now, exchange.command.responseMs),
    rereadsLeft: MAX_REREADS,
  };
}

function onResponse(exchange: Extract<Open, { at: "respond" }>, found: Whole, now: Millis): Step {
  switch (found.kind) {
    case "ack":
    case "nack":
      return stray(exchange, now);
    case "error":
      return { next: { at: "finished", outcome: { kind: "refused" } } };
    case "data":
      if (found.direction === "toChip") return reread(exchange, now);
      if (found.payload[0] !== (exchange.command.payload[0] ?? 0) + 1) return stray(exchange, now);
      return { next: { at: "finished", outcome: { kind: "answered", data: found.payload.slice(1) } } };
    case "rubble":
      return reread(exchange, now);
  }
}

function reread(exchange: Extract<Open, { at: "respond" }>, now: Millis): Step {
  if (exchange.rereadsLeft === 0) return abandon(exchange, { kind: "damaged" }, now);
  return {
    write: NACK,
    next: { ...exchange, rereadsLeft: exchange.rereadsLeft - 1, until: after(now, REREAD_MS) },
  };
}

function stray(exchange: Open, now: Millis): Step {
  const followed =
    exchange.straysLeft === 0
      ? abandon(exchange, { kind: "damaged" }, now)
      : { next: { ...exchange, straysLeft: exchange.straysLeft - 1 } };
  return { ...followed, isStray: true };
}
