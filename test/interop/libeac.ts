/**
 * libeac (OpenPACE) as one end of PACE: a process that is asked line by line (`test/foreign/libeac-pace.c`). As a card it
 * answers a reader's APDUs, as a terminal it speaks to a card that is a function from APDU to APDU.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { encodeCommand } from "../../src/apdu/command.ts";
import type { Exchange } from "../../src/apdu/exchange.ts";
import { parseResponse } from "../../src/apdu/response.ts";
import { readTlvs } from "../../src/bytes/ber-tlv.ts";
import { concat } from "../../src/bytes/bytes.ts";
import { hex, parseHex, toHex } from "../../src/bytes/hex.ts";
import { writeTlv } from "../../src/bytes/write-tlv.ts";
import type { Result } from "../../src/result.ts";
import type { Chip } from "../emrtd/play.ts";

/** `short` is what the program says of numbers that libeac gets wrong; the run is begun anew. */
export class ShortNumber extends Error {}

/** One end of PACE. */
export interface PaceWords {
  readonly part: "card" | "terminal";
  /** A CAN, or a whole zone of TD1. */
  readonly password: { readonly kind: "can" | "mrz"; readonly text: string };
  readonly cardAccess: Uint8Array;
}

export class Libeac {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor(program: string) {
    this.#process = spawn(program);
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** The answer to one request. */
  async ask(...words: readonly string[]): Promise<string> {
    this.#process.stdin.write(`${words.join(" ")}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw new Error(`libeac ended at ${words[0]}`);
    if (line.value === "short") throw new ShortNumber();
    return line.value;
  }

  /** The answer in bytes; a word in their place is an error. */
  async bytes(...words: readonly string[]): Promise<Uint8Array> {
    const text = await this.ask(...words);
    const bytes = parseHex(text);
    if (bytes === undefined) throw new Error(`libeac says ${text} to ${words[0]}`);
    return bytes;
  }

  async begin({ part, password, cardAccess }: PaceWords): Promise<string> {
    return this.ask("begin", part, password.kind, password.text, toHex(cardAccess));
  }

  /** KS_enc and KS_mac, in hexadecimal. */
  async keys(): Promise<readonly string[]> {
    return (await this.ask("keys")).split(" ");
  }

  async close(): Promise<void> {
    const closed = once(this.#process, "close");
    this.#process.stdin.end();
    await closed;
  }
}

const OK = hex("9000");
const WRONG_TOKEN = hex("6300");
const MAX_COMMANDS = 20;
const MSE_SET_AT = hex("0022C1A4");
const GENERAL_AUTHENTICATE = 0x86;

/** The card that libeac plays the protocol of; it takes the commands that PACE is made of and no others. */
const answerOf = async (card: Libeac, command: Uint8Array): Promise<Uint8Array> => {
  if (toHex(command.subarray(0, 4)) === toHex(MSE_SET_AT)) return OK;
  if (command[1] !== GENERAL_AUTHENTICATE) throw new Error(`libeac's card got ${toHex(command)}`);
  const { tag, value } = sentObject(command);
  switch (tag) {
    case undefined:
      return dynamicData(0x80, await card.bytes("nonce"));
    case 0x81:
      return dynamicData(0x82, await card.bytes("map", toHex(value)));
    case 0x83:
      return dynamicData(0x84, await card.bytes("agree", toHex(value)));
    case 0x85:
      return tokenAnswer(await card.ask("token", toHex(value)));
    default:
      throw new Error(`libeac's card got ${toHex(command)}`);
  }
};

const tokenAnswer = (text: string): Uint8Array =>
  text === "refused" ? WRONG_TOKEN : dynamicData(0x86, hex(text));

const dynamicData = (tag: number, value: Uint8Array): Uint8Array =>
  concat(writeTlv(0x7c, writeTlv(tag, value)), OK);

/** What a GENERAL AUTHENTICATE carries inside its 7C; Lc and Le are short or extended alike. */
function sentObject(command: Uint8Array): { readonly tag: number | undefined; readonly value: Uint8Array } {
  const body = command[4] === 0 ? command.subarray(7, -2) : command.subarray(5, -1);
  const [sent] = tlvsOf(only(tlvsOf(body), 0x7c));
  return { tag: sent?.tag, value: sent?.value ?? new Uint8Array(0) };
}

/** Runs a reader's protocol against the card that libeac plays. */
export async function playAgainst<T, E>(protocol: Exchange<T, E>, card: Libeac): Promise<Result<T, E>> {
  let step = protocol.next();
  for (let count = 0; step.done !== true; count++) {
    if (count === MAX_COMMANDS) throw new Error("the protocol does not end");
    const response = parseResponse(await answerOf(card, encodeCommand(step.value)));
    if (response === undefined) throw new Error("an answer without a status");
    step = protocol.next(response);
  }
  return step.value;
}

/** What a terminal names in MSE:Set AT. */
export interface PaceChoice {
  readonly protocol: Uint8Array;
  readonly password: PaceWords["password"]["kind"];
  readonly parameterId: number;
}

const PASSWORD_NUMBERS = { mrz: 1, can: 2 } as const;

/**
 * PACE with libeac as the terminal and `chip` as the card. `ok` when both accept the other's token, else who
 * refused: the chip with its status, or libeac.
 */
export async function approach(terminal: Libeac, chip: Chip, choice: PaceChoice): Promise<string> {
  const set = [
    writeTlv(0x80, choice.protocol),
    writeTlv(0x83, Uint8Array.of(PASSWORD_NUMBERS[choice.password])),
    writeTlv(0x84, Uint8Array.of(choice.parameterId)),
  ];
  const data = concat(...set);
  const opened = chip(concat(MSE_SET_AT, Uint8Array.of(data.length), data));
  if (toHex(opened) !== toHex(OK)) return `the chip says ${toHex(opened)} to MSE:Set AT`;
  const z = received(chip(authenticate(0x10, new Uint8Array(0))), 0x80);
  await terminal.ask("nonce", toHex(z));
  const mapping = received(chip(authenticate(0x10, writeTlv(0x81, await terminal.bytes("map")))), 0x82);
  const ours = await terminal.bytes("agree", toHex(mapping));
  const theirs = received(chip(authenticate(0x10, writeTlv(0x83, ours))), 0x84);
  const token = await terminal.bytes("token", toHex(theirs));
  const last = chip(authenticate(0x00, writeTlv(0x85, token)));
  if (toHex(last.subarray(-2)) !== toHex(OK)) return `the chip says ${toHex(last.subarray(-2))} to the token`;
  return terminal.ask("finish", toHex(received(last, 0x86)));
}

/** GENERAL AUTHENTICATE; lengths over 255 are told in three bytes, and Le with them. */
function authenticate(cla: number, object: Uint8Array): Uint8Array {
  const data = writeTlv(0x7c, object);
  const { length } = data;
  const isLong = length > 255;
  const lc = isLong ? [0, length >> 8, length & 0xff] : [length];
  const le = isLong ? [0, 0] : [0];
  return concat(Uint8Array.of(cla, GENERAL_AUTHENTICATE, 0, 0, ...lc), data, Uint8Array.from(le));
}

function received(answer: Uint8Array, tag: number): Uint8Array {
  if (toHex(answer.subarray(-2)) !== toHex(OK)) throw new Error(`the chip says ${toHex(answer)}`);
  return only(tlvsOf(only(tlvsOf(answer.subarray(0, -2)), 0x7c)), tag);
}

const tlvsOf = (bytes: Uint8Array) => {
  const read = readTlvs(bytes);
  if (!read.ok) throw new Error(`no data objects: ${toHex(bytes)}`);
  return read.value;
};

function only(objects: ReturnType<typeof tlvsOf>, tag: number): Uint8Array {
  const [found] = objects;
  if (found?.tag !== tag) throw new Error(`there is no object ${tag.toString(16)}`);
  return found.value;
}
