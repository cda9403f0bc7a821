/**
 * Command APDUs as a card takes them apart (ISO/IEC 7816-4, all cases, short and extended), and helpers
 * for its answers. The simulator's own; the gate has another.
 */
import { concat } from "../../bytes/bytes.ts";

export interface CardCommand {
  readonly cla: number;
  readonly ins: number;
  readonly p1: number;
  readonly p2: number;
  readonly data: Uint8Array;
  /** Expected length; absent = none expected, 256 or 65536 for an Le field of zeros. */
  readonly le?: number;
}

/** Nothing when the lengths contradict each other (the card then says 67 00). */
export function parseCommand(apdu: Uint8Array): CardCommand | undefined {
  const [cla, ins, p1, p2] = apdu;
  if (cla === undefined || ins === undefined || p1 === undefined || p2 === undefined) return undefined;
  const body = parseBody(apdu.subarray(4));
  return body === undefined ? undefined : { cla, ins, p1, p2, ...body };
}

/** Whether the lengths of a command are the long ones: a zero, then two bytes. */
export const isExtended = (apdu: Uint8Array): boolean => apdu[4] === 0 && apdu.length > 6;

type Body = Pick<CardCommand, "data" | "le">;

function parseBody(body: Uint8Array): Body | undefined {
  const first = body[0];
  if (first === undefined) return { data: body };
  if (body.length === 1) return { data: body.subarray(1), le: first === 0 ? 256 : first };
  if (first !== 0) return parseTail(body.subarray(1), first, 1);
  if (body.length < 3) return undefined;
  const long = (body[1] ?? 0) * 256 + (body[2] ?? 0);
  if (body.length === 3) return { data: body.subarray(3), le: long === 0 ? 65_536 : long };
  return long === 0 ? undefined : parseTail(body.subarray(3), long, 2);
}

/** Data of `lengthBytes`, then nothing or an Le of `leBytes`. */
function parseTail(tail: Uint8Array, lengthBytes: number, leBytes: 1 | 2): Body | undefined {
  const data = tail.subarray(0, lengthBytes);
  if (tail.length === lengthBytes) return { data };
  if (tail.length !== lengthBytes + leBytes) return undefined;
  const le = tail.subarray(lengthBytes).reduce((value, byte) => value * 256 + byte, 0);
  return { data, le: le === 0 ? 256 ** leBytes : le };
}

/** Status word alone. */
export const statusOnly = (sw: number): Uint8Array => Uint8Array.of(sw >> 8, sw & 0xff);

/** Data followed by a status word. */
export const answer = (data: Uint8Array, sw = 0x9000): Uint8Array => concat(data, statusOnly(sw));
