/**
 * The runner of card protocols. A protocol is a generator that yields commands and receives answers; it
 * does no input or output. The runner owns the awaiting, the tracing, and the three ways in which a card
 * answers in more than one step, so that no protocol has to know them (ISO/IEC 7816-4 §5.1, §5.6):
 * `61xx` fetches the rest by GET RESPONSE, `6Cxx` repeats with the right Le, `6282` is a good answer.
 */
import { concat } from "../bytes/bytes.ts";
import type { CardChannel, LinkError } from "../ports/card.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import { err, ok, type Result } from "../result.ts";
import { after, type Millis } from "../time/time.ts";
import { type CommandApdu, describeCommand, encodeCommand, type Instruction } from "./command.ts";
import { CommandGuard } from "./command-guard.ts";
import { describeStatus, parseResponse, type ResponseApdu } from "./response.ts";
import { SW_END_OF_FILE, SW_OK, SW1_MORE_DATA, SW1_WRONG_LE } from "./status-words.ts";

/** What a protocol asks the card. */
export interface Asked extends CommandApdu {
  /**
   * What this side can reckon while the card reckons. A protocol must not count on it: who drives it may leave it out, or
   * do it again with a command that is repeated.
   * It has ended before the answer comes back to the protocol.
   */
  readonly meanwhile?: (() => void) | undefined;
}

/** A card protocol: yields commands, receives answers, returns what it found. */
export type Exchange<T, E> = Generator<Asked, Result<T, E>, ResponseApdu>;

/** What the runner needs besides the card. */
export interface RunnerContext {
  readonly clock: Clock;
  readonly log: Log;
  /** The end of the whole protocol: a card that makes it wait is refused then. */
  readonly until: Millis;
}

/** One answer is never longer than an extended R-APDU; a card that goes on is refused. */
const MAX_RESPONSE_BYTES = 65_536;
/** Sixty times what a card takes to select or read. */
const PLAIN_ANSWER_MS = 1_000;
/** MANAGE SECURITY ENVIRONMENT may begin a computation, the AUTHENTICATE commands are one. */
const WITH_KEYS: ReadonlySet<Instruction> = new Set<Instruction>([0x22, 0x88, 0x82, 0x86]);
/** A command of usual length is with the reader by then; no card computes with keys in so short a time. */
const ON_ITS_WAY_MS = 5;
/** Bits of the class byte: secure messaging with the header authenticated (ISO/IEC 7816-4 §5.4.1). */
const CLA_PROTECTED = 0x0c;
/** GET RESPONSE rounds for one command: enough for 64 kB in parts of 256 bytes, and an end to empty ones. */
const MAX_CONTINUATIONS = 300;

/**
 * Runs a protocol against a card to its end. Fails with the protocol's own error, or with a `LinkError`
 * when the card left, broke the transport's rules or took too long, or the reader failed; no command is ever repeated
 * except as `6Cxx` asks. However it ends, the protocol's own `finally` has run, so that its secrets are wiped.
 */
export async function run<T, E>(
  protocol: Exchange<T, E>,
  card: CardChannel,
  context: RunnerContext,
): Promise<Result<T, E | LinkError>> {
  try {
    let step = protocol.next();
    while (step.done !== true) {
      const answer = await exchange(step.value, card, context);
      if (!answer.ok) return answer;
      step = protocol.next(answer.value);
    }
    return step.value;
  } finally {
    leave(protocol);
  }
}

/** `protocol` with `meanwhile` reckoned during its first command. */
export function* during<T, E>(protocol: Exchange<T, E>, meanwhile: () => void): Exchange<T, E> {
  try {
    let step = protocol.next();
    if (step.done !== true) step = protocol.next(yield { ...step.value, meanwhile });
    while (step.done !== true) step = protocol.next(yield step.value);
    return step.value;
  } finally {
    leave(protocol);
  }
}

/** Runs what a protocol that is given up has in its `finally`; nothing in one that has ended. */
export function leave(protocol: Generator<unknown, unknown, never>): void {
  protocol.return(undefined);
}

/** What each card has selected; a card that is activated anew comes with a channel of its own. */
const guards = new WeakMap<CardChannel, CommandGuard>();

function guardOf(card: CardChannel): CommandGuard {
  const guard = guards.get(card) ?? new CommandGuard();
  guards.set(card, guard);
  return guard;
}

/**
 * One command to its complete answer. `6282` comes back as `9000`: its data are as good. Under secure messaging both words
 * are the session's to judge: a command repeated byte for byte would end it, and a changed word would look forged.
 */
async function exchange(
  command: Asked,
  card: CardChannel,
  context: RunnerContext,
): Promise<Result<ResponseApdu, LinkError>> {
  const isProtected = (command.cla & CLA_PROTECTED) === CLA_PROTECTED;
  let answer = await transceive(command, card, context);
  if (answer.ok && answer.value.sw >> 8 === SW1_WRONG_LE && !isProtected) {
    answer = await transceive({ ...command, le: lengthOf(answer.value.sw) }, card, context);
  }
  if (!answer.ok) return answer;
  const whole = await collect(answer.value, command.cla, card, context);
  if (!whole.ok) return whole;
  const { data } = whole.value;
  const sw = whole.value.sw === SW_END_OF_FILE && !isProtected ? SW_OK : whole.value.sw;
  // What the protocol takes for a success has to be one to the guard, or the protocol's next command would be refused.
  if (sw === SW_OK) guardOf(card).succeeded(command);
  return ok({ data, sw });
}

/** Fetches the parts announced by `61xx`. */
async function collect(
  first: ResponseApdu,
  cla: number,
  card: CardChannel,
  context: RunnerContext,
): Promise<Result<ResponseApdu, LinkError>> {
  const parts = [first.data];
  let lengthBytes = first.data.length;
  let { sw } = first;
  for (let round = 0; sw >> 8 === SW1_MORE_DATA; round++) {
    if (round === MAX_CONTINUATIONS) return garbled("61xx without end");
    const next = await nextPart(sw, cla, card, context);
    if (!next.ok) return next;
    parts.push(next.value.data);
    lengthBytes += next.value.data.length;
    if (lengthBytes > MAX_RESPONSE_BYTES) return garbled("answer over 65,536 bytes");
    ({ sw } = next.value);
  }
  return ok({ data: parts.length === 1 ? first.data : concat(...parts), sw });
}

/** One GET RESPONSE. A card that goes on announcing more until the time is up was not lost: it never meant to end. */
async function nextPart(
  sw: number,
  cla: number,
  card: CardChannel,
  context: RunnerContext,
): Promise<Result<ResponseApdu, LinkError>> {
  let next = await transceive(getResponse(cla, lengthOf(sw)), card, context);
  if (next.ok && next.value.sw >> 8 === SW1_WRONG_LE)
    next = await transceive(getResponse(cla, lengthOf(next.value.sw)), card, context);
  const isOver = context.clock.monotonicMs() >= context.until;
  return !next.ok && next.error.kind === "cardLost" && isOver ? garbled("61xx without end") : next;
}

/** GET RESPONSE in the class of the command, secure messaging and chaining bits cleared (7816-4 §11.7). */
const getResponse = (cla: number, le: number): CommandApdu => ({
  cla: cla & 0xe3,
  ins: 0xc0,
  p1: 0x00,
  p2: 0x00,
  le,
});

/** SW2 as a length: 00 stands for 256. */
const lengthOf = (sw: number): number => sw & 0xff || 256;

async function transceive(
  command: Asked,
  card: CardChannel,
  { clock, log, until }: RunnerContext,
): Promise<Result<ResponseApdu, LinkError>> {
  if (!guardOf(card).permits(command)) throw new Error(`${describeCommand(command)} must never be sent here`);
  const startedAt = clock.monotonicMs();
  if (startedAt >= until) return garbled("no end within the time for a reading");
  const answering = card.transceive(encodeCommand(command), endOf(command, startedAt, until));
  const [answer] = await Promise.all([answering, reckon(command, clock)]);
  const tookMs = Math.round((clock.monotonicMs() - startedAt) * 10) / 10;
  if (!answer.ok) {
    log.trace("apdu", { command: describeCommand(command), failed: answer.error.kind, tookMs });
    return answer;
  }
  const response = parseResponse(answer.value);
  if (response === undefined) return garbled("answer shorter than its status");
  log.trace("apdu", {
    command: describeCommand(command),
    sw: describeStatus(response.sw),
    answerBytes: response.data.length,
    tookMs,
  });
  return ok(response);
}

/** Once the command is on its way, so that it does not wait for what is only needed after its answer. */
async function reckon({ meanwhile }: Asked, clock: Clock): Promise<void> {
  if (meanwhile === undefined) return;
  await clock.sleep(ON_ITS_WAY_MS);
  meanwhile();
}

/** A card with its keys at work may ask for time until the end; who only reads and is silent so long has hung. */
function endOf({ ins }: CommandApdu, startedAt: Millis, until: Millis): Millis {
  const usual = after(startedAt, PLAIN_ANSWER_MS);
  return WITH_KEYS.has(ins) || until < usual ? until : usual;
}

const garbled = (why: string): Result<never, LinkError> => err({ kind: "cardGarbled", why });
