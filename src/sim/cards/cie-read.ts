/**
 * READ BINARY of the virtual CIE: even instruction B0 (offset, or short file identifier and offset) and
 * odd instruction B1 (offset in tag 54, answer in tag 53), with the ends of file that cards show.
 */

import { tlv } from "../tlv.ts";
import { answer, type CardCommand, statusOnly } from "./apdu.ts";
import type { CardFile } from "./cie-files.ts";

/** How a card treats lengths. */
export interface ReadBehaviour {
  /** What Le = 00 brings at most. */
  readonly leZero: 256 | 231;
  /**
   * A read past the end brings the rest with 62 82 (`6282`) or with 90 00 (the others); a read that starts
   * at the end brings nothing with 90 00 (`exact`) or is refused with 6B 00 (the others).
   */
  readonly eof: "6282" | "6B00" | "exact";
  /** Le above the rest is refused with 6C and the right length. */
  readonly sw6C: boolean;
  /** Most bytes of data in one answer. */
  readonly maxResponse: number;
}

/** A file to be read from, or the status word of the refusal. */
export type ReadResult = number | { readonly file: CardFile; respond(behaviour: ReadBehaviour): Uint8Array };

const SW_WRONG_LENGTH = 0x6700;
const SW_SECURITY = 0x6982;
const SW_NO_CURRENT_FILE = 0x6986;
const SW_NOT_FOUND = 0x6a82;
const SW_WRONG_PARAMETERS = 0x6a80;
const SW_WRONG_OFFSET = 0x6b00;

/** B0: with b8 of P1 a short identifier and an offset in P2, else an offset of 15 bits into the current file. */
export function readEven(
  command: CardCommand,
  files: readonly CardFile[],
  current: CardFile | undefined,
): ReadResult {
  const { p1, p2, le } = command;
  if (le === undefined || command.data.length > 0) return SW_WRONG_LENGTH;
  const bySfi = (p1 & 0x80) !== 0;
  const file = bySfi ? files.find(({ sfi }) => sfi === (p1 & 0x1f)) : current;
  const missing = bySfi ? SW_NOT_FOUND : SW_NO_CURRENT_FILE;
  const offset = bySfi ? p2 : p1 * 256 + p2;
  return readable(file, missing, (content, behaviour) => slice(content, offset, le, behaviour));
}

/** B1: P1-P2 name the file (0000 = current, up to 1E a short identifier); data is `54 len offset`. */
export function readOdd(
  command: CardCommand,
  files: readonly CardFile[],
  current: CardFile | undefined,
): ReadResult {
  const { data, le } = command;
  const offsetBytes = data.subarray(2);
  if (le === undefined || data[0] !== 0x54 || data[1] !== offsetBytes.length || offsetBytes.length > 3)
    return SW_WRONG_PARAMETERS;
  const offset = offsetBytes.reduce((value, byte) => value * 256 + byte, 0);
  const name = command.p1 * 256 + command.p2;
  const file = name === 0 ? current : files.find(({ id, sfi }) => id === name || sfi === name);
  const missing = name === 0 ? SW_NO_CURRENT_FILE : SW_NOT_FOUND;
  return readable(file, missing, (content, behaviour) => {
    const plain = slice(content, offset, Math.max(0, le - headerBytes(le)), behaviour);
    const value = plain.subarray(0, -2);
    return value.length === 0
      ? plain
      : answer(tlv(0x53, value), (plain.at(-2) ?? 0) * 256 + (plain.at(-1) ?? 0));
  });
}

function readable(
  file: CardFile | undefined,
  missing: number,
  read: (content: Uint8Array, behaviour: ReadBehaviour) => Uint8Array,
): ReadResult {
  if (file === undefined) return missing;
  const { content } = file;
  if (content === undefined) return SW_SECURITY;
  return { file, respond: (behaviour) => read(content, behaviour) };
}

/** Tag 53 and its length take two bytes below 80 bytes of content, three from there on, and four from 100 on. */
function headerBytes(le: number): number {
  if (le < 0x82) return 2;
  return le < 0x103 ? 3 : 4;
}

function slice(content: Uint8Array, offset: number, le: number, behaviour: ReadBehaviour): Uint8Array {
  if (offset > content.length) return statusOnly(SW_WRONG_OFFSET);
  const rest = content.subarray(offset);
  if (rest.length === 0) return statusOnly(behaviour.eof === "exact" ? 0x9000 : SW_WRONG_OFFSET);
  if (behaviour.sw6C && le > rest.length) return statusOnly(0x6c00 | (rest.length & 0xff));
  const wanted = Math.min(le === 256 ? behaviour.leZero : le, behaviour.maxResponse);
  const data = rest.subarray(0, wanted);
  return answer(data, wanted > rest.length && le !== 256 && behaviour.eof === "6282" ? 0x6282 : 0x9000);
}
