/** A chip with files and habits, for the reader of files: plain answers, no session. */
import { concat } from "../../src/bytes/bytes.ts";
import { toHex } from "../../src/bytes/hex.ts";
import { writeTlv } from "../../src/bytes/write-tlv.ts";
import type { Chip } from "./play.ts";

export interface Habits {
  /** More bytes than this at once are answered so. */
  readonly limit?: { readonly bytes: number; readonly answer: "6700" | "6B00" | "9000" };
  /** READ BINARY by short identifier is not known. */
  readonly selectionOnly?: boolean;
  /** At most so many bytes come, whatever is asked. */
  readonly crumbs?: number;
  /** Answers that are longer than Le. */
  readonly generous?: boolean;
}

const status = (sw: string): Uint8Array => Uint8Array.from(Buffer.from(sw, "hex"));

/** `files` by short identifier; file identifiers are 0100 and that. What was sent is noted in `commands`, header and Le. */
export function fileChip(
  files: ReadonlyMap<number, Uint8Array>,
  habits: Habits = {},
  commands: string[] = [],
): Chip {
  let current: Uint8Array | undefined;
  const open = (shortIdentifier: number): boolean => {
    const file = files.get(shortIdentifier);
    current = file ?? current;
    return file !== undefined;
  };
  const readShort = (p1: number, offset: number, le: number): Uint8Array => {
    if (habits.selectionOnly === true) return status("6A86");
    return open(p1 & 0x1f) ? part(current, offset, le, habits) : status("6A82");
  };
  return (command) => {
    const { ins, p1, p2, le } = taken(command);
    commands.push(`${toHex(command.subarray(1, 4))}${ins === 0xa4 ? "" : ` ${le}`}`);
    if (ins === 0xa4) return status(open(command[6] ?? 0) ? "9000" : "6A82");
    if (ins === 0xb1) return farPart(current, command.subarray(7, 10), le, habits);
    return p1 < 0x80 ? part(current, p1 * 256 + p2, le, habits) : readShort(p1, p2, le);
  };
}

function taken(command: Uint8Array) {
  const [, ins = 0, p1 = 0, p2 = 0] = command;
  return { ins, p1, p2, le: command.length > 4 ? command.at(-1) || 256 : 0 };
}

function part(file: Uint8Array | undefined, offset: number, le: number, habits: Habits): Uint8Array {
  const { limit, crumbs = le, generous = false } = habits;
  if (file === undefined) return status("6986");
  if (limit !== undefined && le > limit.bytes) return status(limit.answer);
  if (offset > file.length) return status("6B00");
  const data = file.subarray(offset, offset + Math.min(le, crumbs) + (generous ? 1 : 0));
  return concat(data, status("9000"));
}

/** The odd form: the offset comes as three bytes, the data go in an object that Le counts too. */
function farPart(file: Uint8Array | undefined, where: Uint8Array, le: number, habits: Habits): Uint8Array {
  const [high = 0, middle = 0, low = 0] = where;
  const answer = part(file, high * 65_536 + middle * 256 + low, le - (le > 129 ? 3 : 2), habits);
  const data = answer.subarray(0, -2);
  return data.length === 0 ? answer : concat(writeTlv(0x53, data), answer.subarray(-2));
}
