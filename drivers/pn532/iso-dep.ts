/**
 * ISO-DEP, the reader's side, as a state machine over blocks: an APDU becomes numbered, chained and acknowledged blocks,
 * and blocks become the answer. Pure: it yields the block to send, is handed what came of it, and knows no clock;
 * whoever drives it over the chip keeps the deadline of the whole APDU. The chip makes and checks the CRC.
 * `iso-dep-activation.ts` comes before, `iso-dep-block.ts` is the codec below.
 * Governing document: ISO/IEC 14443-4 §7.3 (waiting time), §7.5 (rules A to E and 1 to 13).
 */
import { err, ok, type Result, unreachable } from "../../src/result.ts";
import {
  ACTIVATION_WAITING_MS,
  extendedWaitingMs,
  FRAME_WAITING_MARGIN_MS,
  frameWaitingMs,
} from "./frame-waiting.ts";
import {
  type Block,
  type BlockNumber,
  type DecodedBlock,
  decodeBlock,
  encodeBlock,
  otherNumber,
} from "./iso-dep-block.ts";

/** One block to send, and how its answer is to be waited for. */
export interface BlockOut {
  /** Without CRC. */
  readonly block: Uint8Array;
  readonly waitMs: number;
  /** Length of the longest answer that makes sense, without CRC; a hint for the host link. */
  readonly answerBytes: number;
}

/** What came of it: a block whose CRC held, one with errors, or nothing in time. */
export type Heard =
  | { readonly kind: "block"; readonly bytes: Uint8Array }
  | { readonly kind: "damaged" }
  | { readonly kind: "silence" };

/**
 * `lost`: nothing legible at the last, or the session was over before. `garbled`: the card breaks the protocol, or
 * gives no response APDU.
 */
export type IsoDepError = { readonly kind: "lost" } | { readonly kind: "garbled"; readonly why: string };

/** What card and reader agreed on at activation. */
export interface IsoDepTerms {
  /** FSC, 16 bytes or more: the largest frame that the card takes, PCB and CRC included. */
  readonly cardFrameBytes: number;
  /** FSD, as RATS named it. */
  readonly readerFrameBytes: number;
  /** FWI, 0 to 14. */
  readonly frameWaitingExponent: number;
}

/** A conversation that asks for one block after another to be sent, and ends in `T`. */
export type IsoDepExchange<T> = Generator<BlockOut, Result<T, IsoDepError>, Heard>;

const MIN_FRAME_BYTES = 16;
const PCB_BYTES = 1;
const CRC_BYTES = 2;
const WTX_BYTES = 2;
/** Expected of a card that has given all that was expected, and goes on. */
const MIN_PART_BYTES = 16;

/** Longest command: extended header, Lc, 65535 bytes, Le (ISO/IEC 7816-4 §5.1). */
const MAX_COMMAND_BYTES = 65_544;
const MIN_COMMAND_BYTES = 4;
/** Longest response: 65536 bytes and the status words. */
const MAX_RESPONSE_BYTES = 65_538;
const MIN_RESPONSE_BYTES = 2;

/** A block is asked for again so many times in a row, as payment terminals do (EMV Contactless Book D). */
const MAX_REPEATS = 2;
/**
 * End of an APDU that goes on by requests for time or crumbs of an answer. The longest command with the longest
 * response, byte by byte, takes 71,000 blocks; at 1 ms each this is far beyond any deadline of an APDU.
 */
const MAX_BLOCKS = 100_000;

/** What stays the same during one APDU. */
interface Task {
  readonly terms: IsoDepTerms;
  readonly command: Uint8Array;
  readonly expectedBytes: number;
}

/** A block is out, and its answer is waited for. */
interface Waiting {
  readonly task: Task;
  readonly number: BlockNumber;
  readonly repeatsLeft: number;
  /** A time that the card was granted holds until a block came of it, or nothing did. */
  readonly waitMs: number;
}

/** A part of the command was sent: that which begins at `offset`. */
interface Telling extends Waiting {
  readonly at: "telling";
  readonly offset: number;
  /**
   * What is known of it. `unknown`: sent, nothing heard. `inquired`: R(NAK) asked for the card's number, and the
   * answer will tell. `arrived`: the card asked for time to work on it, so that it is never sent again.
   */
  readonly delivery: "unknown" | "inquired" | "arrived";
}

/** The card chains its answer, and the next part was asked for. */
interface Collecting extends Waiting {
  readonly at: "collecting";
  readonly collected: Collected;
}

type Dialogue = Telling | Collecting;

/** The parts of an answer up to here, the latest first. */
interface Collected {
  readonly data: Uint8Array;
  readonly before: Collected | undefined;
  readonly lengthBytes: number;
}

type Turn =
  | { readonly kind: "send"; readonly block: Block; readonly next: Dialogue }
  | { readonly kind: "finished"; readonly response: Uint8Array; readonly number: BlockNumber }
  | { readonly kind: "failed"; readonly error: IsoDepError };

/** `over`: an exchange failed or was left in the middle, so that nobody knows the card's number. */
type Standing =
  | { readonly at: "open"; readonly number: BlockNumber }
  | { readonly at: "over" }
  | { readonly at: "deselected" };

const OVER: Standing = { at: "over" };
const LOST: IsoDepError = { kind: "lost" };

/** One activated card. What lasts from APDU to APDU is the block number, which begins with 0 (rule A). */
export class IsoDepSession {
  readonly #terms: IsoDepTerms;
  #standing: Standing = { at: "open", number: 0 };

  constructor(terms: IsoDepTerms) {
    if (Math.min(terms.cardFrameBytes, terms.readerFrameBytes) < MIN_FRAME_BYTES) {
      throw new Error("ISO-DEP frame size");
    }
    this.#terms = terms;
  }

  /**
   * R(NAK) with the current number, which a card that is there answers by R(ACK) (rule 12): it has the other number. Between
   * exchanges only.
   */
  get signOfLife(): Uint8Array {
    return encodeBlock({ kind: "rNak", number: this.#standing.at === "open" ? this.#standing.number : 0 });
  }

  /**
   * One command APDU (4 to 65544 bytes) to its response APDU (2 to 65538 bytes). The card's application gets it once,
   * or never when this fails. `expectedBytes` is a guess at the length of the response.
   * After an error, or when it is not run to its end, the session is over: later exchanges are `lost` unsent.
   */
  *exchange(command: Uint8Array, expectedBytes: number): IsoDepExchange<Uint8Array> {
    if (command.length < MIN_COMMAND_BYTES || command.length > MAX_COMMAND_BYTES) {
      throw new Error("command APDU length");
    }
    if (this.#standing.at !== "open") return err(LOST);
    const { number } = this.#standing;
    this.#standing = OVER;
    let turn = tell({ terms: this.#terms, command, expectedBytes }, { offset: 0, number });
    for (let blocks = 0; blocks < MAX_BLOCKS && turn.kind === "send"; blocks++) {
      const { waitMs } = turn.next;
      const heard = yield { block: encodeBlock(turn.block), waitMs, answerBytes: answerBytes(turn.next) };
      turn = step(turn.next, heard);
    }
    switch (turn.kind) {
      case "send":
        return err({ kind: "garbled", why: "more blocks than any APDU takes" });
      case "failed":
        return err(turn.error);
      case "finished":
        this.#standing = { at: "open", number: turn.number };
        return ok(turn.response);
    }
  }

  /**
   * S(DESELECT), after which the card is to be woken anew (rules 3 and 8). It is sent whatever the exchanges before
   * came to, once in a session; without an answer, or when it was sent already, it ends in `lost`.
   */
  *deselect(): IsoDepExchange<void> {
    if (this.#standing.at === "deselected") return err(LOST);
    this.#standing = { at: "deselected" };
    const block = encodeBlock({ kind: "deselect" });
    const waitMs = ACTIVATION_WAITING_MS + FRAME_WAITING_MARGIN_MS;
    for (let repeats = 0; repeats <= MAX_REPEATS; repeats++) {
      const heard = yield { block, waitMs, answerBytes: PCB_BYTES };
      if (heard.kind === "block" && decodeBlock(heard.bytes).kind === "deselect") return ok(undefined);
    }
    return err(LOST);
  }
}

/**
 * What follows from a block or its absence. n is the reader's current number.
 *
 *   state      | heard                            | then                                      | rule
 *   telling    | R(ACK) n, more of the command    | the next part, with the other number      | B, 7
 *              | R(ACK) n, all of it was sent     | garbled: only an answer may follow        | 10
 *              | R(ACK) not n, to our R(NAK)      | the same part again: the card lacks it    | 6, 12
 *              | I-block n, all of it was sent    | the other number; `take`                  | B, 10
 *              | I-block n, more of the command   | garbled: answer to a part of a command    | 2
 *              | silence, damage, any other block | R(NAK) n, twice at most                   | 4, 11
 *   collecting | I-block n                        | the other number; `take`                  | B, 13
 *              | silence, damage, any other block | R(ACK) n again, twice at most             | 5, 11
 *   both       | S(WTX)                           | S(WTX) alike, and a longer wait           | 3, 9
 *              | a block longer than FSD          | garbled                                   |
 *   take       | chained                          | R(ACK) with the new number; collecting    | 2
 *              | chained and empty                | garbled                                   |
 *              | not chained                      | finished                                  |
 *
 * A card takes every I-block for a new one, whatever its number (rule D). Hence rule 6 is obeyed only where R(ACK)
 * answers R(NAK), and never behind S(WTX): an R(ACK) of the block before that is heard late must not make a command run
 * twice. This holds as long as nothing is heard later than in the exchange after its own.
 */
function step(state: Dialogue, heard: Heard): Turn {
  if (heard.kind !== "block") return askAgain(state, heard);
  if (heard.bytes.length > maxBlockBytes(state.task.terms))
    return garbled("block longer than the reader's frame");
  const block = decodeBlock(heard.bytes);
  if (block.kind === "wtx") return grantTime(state, block);
  switch (state.at) {
    case "telling":
      return stepTelling(state, block);
    case "collecting":
      return stepCollecting(state, block);
    default:
      return unreachable(state);
  }
}

type Expected = Exclude<DecodedBlock, { kind: "wtx" }>;
type IBlock = Extract<Block, { kind: "iBlock" }>;

function stepTelling(state: Telling, block: Expected): Turn {
  const isOurs = "number" in block && block.number === state.number;
  if (block.kind === "iBlock" && isOurs) {
    return isAllTold(state) ? take(state, undefined, block) : garbled("answer to a part of a command");
  }
  if (block.kind !== "rAck") return askAgain(state, block);
  if (isOurs) return acknowledged(state);
  return state.delivery === "inquired" ? tellAgain(state) : askAgain(state, block);
}

function stepCollecting(state: Collecting, block: Expected): Turn {
  return block.kind === "iBlock" && block.number === state.number
    ? take(state, state.collected, block)
    : askAgain(state, block);
}

const acknowledged = (state: Telling): Turn =>
  isAllTold(state)
    ? garbled("acknowledgement in the place of an answer")
    : tell(state.task, {
        offset: state.offset + partBytes(state.task.terms),
        number: otherNumber(state.number),
      });

/** Sends the part of the command that begins at `offset`, and expects progress. */
function tell(task: Task, { offset, number }: Pick<Telling, "offset" | "number">): Turn {
  const next: Telling = { at: "telling", task, offset, number, delivery: "unknown", ...patience(task) };
  return { kind: "send", block: partOf(next), next };
}

/** The card lacks the part that was sent last. That is no progress: it may go on like this. */
const tellAgain = (state: Telling): Turn => ({
  kind: "send",
  block: partOf(state),
  next: { ...state, delivery: "unknown", waitMs: patience(state.task).waitMs },
});

/** Takes a part of the answer, whose block has the current number. */
function take(state: Dialogue, before: Collected | undefined, { chaining, data }: IBlock): Turn {
  const { task } = state;
  const number = otherNumber(state.number);
  const lengthBytes = (before?.lengthBytes ?? 0) + data.length;
  const collected = { data, before, lengthBytes };
  if (lengthBytes > MAX_RESPONSE_BYTES) return garbled("answer longer than any APDU");
  if (!chaining && lengthBytes < MIN_RESPONSE_BYTES) return garbled("answer without status words");
  if (!chaining) return { kind: "finished", response: joined(collected), number };
  // A part without data would let a hostile card go on for ever.
  if (data.length === 0) return garbled("empty part of a chained answer");
  const next: Collecting = { at: "collecting", task, number, collected, ...patience(task) };
  return { kind: "send", block: { kind: "rAck", number }, next };
}

/** Grants what was asked for: the card is alive, and has what was sent. */
function grantTime(state: Dialogue, wtx: Extract<Block, { kind: "wtx" }>): Turn {
  const { task } = state;
  const extendedMs = extendedWaitingMs(task.terms.frameWaitingExponent, wtx.multiplier);
  const granted = { ...patience(task), waitMs: extendedMs + FRAME_WAITING_MARGIN_MS };
  const next: Dialogue =
    state.at === "telling" ? { ...state, ...granted, delivery: "arrived" } : { ...state, ...granted };
  return { kind: "send", block: wtx, next };
}

type Trouble = Exclude<Heard, { kind: "block" }> | Expected;

/** The block that makes the card repeat itself: R(NAK), or R(ACK) while it chains. It makes no I-block run twice. */
function askAgain(state: Dialogue, trouble: Trouble): Turn {
  if (state.repeatsLeft === 0) return givenUp(trouble);
  const waitMs = trouble.kind === "silence" ? patience(state.task).waitMs : state.waitMs;
  const asked = { waitMs, repeatsLeft: state.repeatsLeft - 1 };
  const { number } = state;
  if (state.at === "collecting") {
    return { kind: "send", block: { kind: "rAck", number }, next: { ...state, ...asked } };
  }
  const delivery = state.delivery === "arrived" ? "arrived" : "inquired";
  return { kind: "send", block: { kind: "rNak", number }, next: { ...state, ...asked, delivery } };
}

/** Noise and silence are the radio's; a legible block that has no place here is the card's. */
function givenUp(trouble: Trouble): Turn {
  if (trouble.kind === "silence" || trouble.kind === "damaged") return { kind: "failed", error: LOST };
  return garbled(
    trouble.kind === "invalid" ? `invalid block: ${trouble.why}` : `${trouble.kind} out of place`,
  );
}

const garbled = (why: string): Turn => ({ kind: "failed", error: { kind: "garbled", why } });

/** With what a wait begins, after each block that got further. */
const patience = ({ terms }: Task): Pick<Waiting, "repeatsLeft" | "waitMs"> => ({
  repeatsLeft: MAX_REPEATS,
  waitMs: frameWaitingMs(terms.frameWaitingExponent) + FRAME_WAITING_MARGIN_MS,
});

/** What of a command goes into one block. */
const partBytes = ({ cardFrameBytes }: IsoDepTerms): number => cardFrameBytes - PCB_BYTES - CRC_BYTES;

const isAllTold = ({ task, offset }: Telling): boolean =>
  offset + partBytes(task.terms) >= task.command.length;

function partOf(state: Telling): Block {
  const { task, offset, number } = state;
  const data = task.command.subarray(offset, offset + partBytes(task.terms));
  return { kind: "iBlock", number, chaining: !isAllTold(state), data };
}

/** The longest block without CRC. */
const maxBlockBytes = ({ readerFrameBytes }: IsoDepTerms): number => readerFrameBytes - CRC_BYTES;

/** The longest block that makes sense as the next: a part of the answer, or S(WTX) while the command is not told. */
function answerBytes(state: Dialogue): number {
  const { terms, expectedBytes } = state.task;
  if (state.at === "telling" && !isAllTold(state)) return WTX_BYTES;
  const dataBytes =
    state.at === "telling"
      ? expectedBytes
      : Math.max(expectedBytes - state.collected.lengthBytes, MIN_PART_BYTES);
  return Math.min(Math.max(PCB_BYTES + dataBytes, WTX_BYTES), maxBlockBytes(terms));
}

function joined(collected: Collected): Uint8Array {
  const whole = new Uint8Array(collected.lengthBytes);
  let at = whole.length;
  for (let part: Collected | undefined = collected; part !== undefined; part = part.before) {
    at -= part.data.length;
    whole.set(part.data, at);
  }
  return whole;
}
