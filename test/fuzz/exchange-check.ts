/**
 * What must hold while one command is exchanged with a chip that says anything, in pieces, late or never
 * (drivers/pn532/exchange.ts): it asks for sensible readings, writes nothing but its frames, and ends soon.
 */
import {
  type Command,
  communicateThru,
  dataExchange,
  getFirmwareVersion,
  listPassiveTarget,
  samConfiguration,
} from "../../drivers/pn532/commands.ts";
import {
  begin,
  beginClearing,
  type Exchange,
  type ExchangeCommand,
  type ExchangeInput,
  type Outcome,
  type Step,
  step,
  wanted,
} from "../../drivers/pn532/exchange.ts";
import { ACK, encodeFrame, MAX_FRAME_BYTES, NACK } from "../../drivers/pn532/frame.ts";
import { concat, equalBytes } from "../../src/bytes/bytes.ts";
import { hex } from "../../src/bytes/hex.ts";
import type { SeededRandom } from "../../src/sim/seeded-random.ts";
import { millis } from "../../src/time/time.ts";
import type { Check } from "./fuzz.ts";
import type { Witness } from "./witness.ts";

/** As many inputs as the command runner grants one exchange. */
const MAX_INPUTS = 64;
/** A link that hands over fewer bytes than it was asked for makes an exchange longer, but not endless. */
const MAX_DRIPPED_INPUTS = 4_000;
const MAX_WANTED_BYTES = MAX_FRAME_BYTES + 20;
const TFI_TO_HOST = 0xd5;

const RESPONSE_MS = 100;
type KnownCommand = ExchangeCommand & { readonly frame: Uint8Array };

const COMMANDS: readonly KnownCommand[] = [
  getFirmwareVersion(),
  samConfiguration(),
  listPassiveTarget("typeA", RESPONSE_MS),
  dataExchange({ target: 1, data: hex("00B0810C"), part: "last", cardBytes: 14, responseMs: RESPONSE_MS }),
  communicateThru(hex("B2"), RESPONSE_MS),
].map(toExchange);

function toExchange(command: Command<unknown>): KnownCommand {
  const { code, parameters, answerBytes, responseMs, repeat } = command;
  const payload = concat(Uint8Array.of(code), parameters);
  return { payload, answerBytes, responseMs, repeat, frame: encodeFrame(payload) };
}

type TakeStep = typeof step;

/** A conversation with a chip that says the input, after an ACK or without one; `take` may have a planted defect. */
export const exchangeCheck = (take: TakeStep = step): Check => ({
  name: "exchange",
  turn: { at: 4, of: 8 },
  run(input, witness, random) {
    const command = random.chance(1 / 16) ? undefined : random.pick(COMMANDS);
    const chip = new Chip(random.chance(0.5) ? concat(ACK, input) : input, random);
    const outcome = converse({ command, chip, take }, witness);
    witness.word(outcome.kind);
    if (outcome.kind !== "answered") return;
    witness.bytes(outcome.data, MAX_FRAME_BYTES);
    const answer = concat(Uint8Array.of(TFI_TO_HOST, (command?.payload[0] ?? 0) + 1), outcome.data);
    witness.holds(contains(chip.said, answer), "an answer is what the chip said, in one piece");
  },
});

interface Conversation {
  /** Absent for the clearing of the line. */
  readonly command: KnownCommand | undefined;
  readonly chip: Chip;
  readonly take: TakeStep;
}

function converse({ command, chip, take }: Conversation, witness: Witness): Outcome {
  let now = 0;
  let current: Step = command === undefined ? beginClearing(millis(now)) : begin(command, millis(now));
  const limit = chip.drips ? MAX_DRIPPED_INPUTS : MAX_INPUTS;
  for (let inputs = 0; inputs <= limit; inputs++) {
    if (current.write !== undefined)
      witness.holds(isOurs(current.write, command), "only its own frames are written");
    if (current.next.at === "finished") return current.next.outcome;
    witness.word(current.next.at);
    witness.number(current.next.until, now, now + RESPONSE_MS);
    const input = chip.next(current.next, witness);
    if (input.kind === "silence") now = current.next.until;
    current = take(current.next, input, millis(now));
  }
  witness.holds(false, `an exchange ends within ${limit} inputs`);
  return { kind: "damaged" };
}

const isOurs = (frame: Uint8Array, command: KnownCommand | undefined): boolean =>
  equalBytes(frame, ACK) ||
  equalBytes(frame, NACK) ||
  (command !== undefined && equalBytes(frame, command.frame));

function contains(bytes: Uint8Array, part: Uint8Array): boolean {
  for (let at = 0; at + part.length <= bytes.length; at++)
    if (equalBytes(bytes.subarray(at, at + part.length), part)) return true;
  return false;
}

/** The chip's side: its bytes in readings as they are asked for, with pauses; then silence. */
class Chip {
  /** Whether it hands over fewer bytes than it is asked for. */
  readonly drips: boolean;
  readonly #random: SeededRandom;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array, random: SeededRandom) {
    this.#bytes = bytes;
    this.#random = random;
    this.drips = random.chance(1 / 8);
  }

  get said(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  next(exchange: Exclude<Exchange, { at: "finished" }>, witness: Witness): ExchangeInput {
    const { lengthBytes, position } = wanted(exchange);
    witness.number(lengthBytes, 1, MAX_WANTED_BYTES);
    if (this.#at >= this.#bytes.length) return { kind: "silence" };
    // The rest of a frame is read at once; before its beginning there may be silence, or a change of mind.
    if (position === "frameStart" && this.#random.chance(1 / 8)) return { kind: "silence" };
    if (position === "frameStart" && this.#random.chance(1 / 64)) return { kind: "abort" };
    const given = this.drips ? 1 + this.#random.below(lengthBytes) : lengthBytes;
    const bytes = this.#bytes.subarray(this.#at, this.#at + given);
    this.#at += bytes.length;
    return { kind: "bytes", bytes };
  }
}
