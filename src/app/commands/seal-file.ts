/**
 * A seal from a file or from standard input (`-`), as a Data Matrix decoder writes it: the text form with a line end behind it,
 * or the binary form as it is. What was read is somebody's name and number: it is the reader's, who wipes it.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { err, ok, type Result } from "../../result.ts";
import { type CommandIo, EXIT } from "../command.ts";
import type { Outcome } from "./site.ts";

const STANDARD_INPUT = "-";
/** What no Data Matrix holds, so that a wrong file is not read to its end. */
const MOST_BYTES = 4_096;
const LINE_ENDS: ReadonlySet<number | undefined> = new Set([0x0a, 0x0d]);
/** `D`: the binary form begins otherwise, and its last byte may be anything. */
const TEXT_FORM = 0x44;

/** The seal without the line end of the text form; what is wrong with the file is told. */
export function openSealFile(name: string, io: CommandIo): Outcome<Uint8Array> {
  const bytes = readSealFile(name);
  if (bytes.ok) return bytes;
  io.err(`the seal cannot be read (${bytes.error}): name a file, or - for standard input`);
  return { exit: EXIT.environment };
}

/** The error is the system's code, or `too large`. */
function readSealFile(name: string): Result<Uint8Array, string> {
  const bytes = new Uint8Array(MOST_BYTES);
  try {
    const lengthBytes = name === STANDARD_INPUT ? fill(bytes, 0) : fillFrom(bytes, name);
    return lengthBytes === MOST_BYTES
      ? err("too large")
      : ok(withoutLineEnd(bytes.subarray(0, lengthBytes)).slice());
  } catch (cause) {
    return err(cause instanceof Error && "code" in cause ? String(cause.code) : "unknown");
  } finally {
    bytes.fill(0);
  }
}

function fillFrom(bytes: Uint8Array, name: string): number {
  const descriptor = openSync(name, "r");
  try {
    return fill(bytes, descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Reads to the end, or until there is no room; how many bytes. */
function fill(bytes: Uint8Array, descriptor: number): number {
  let length = 0;
  for (;;) {
    const read =
      length === bytes.length ? 0 : readSync(descriptor, bytes, length, bytes.length - length, null);
    if (read === 0) return length;
    length += read;
  }
}

function withoutLineEnd(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== TEXT_FORM) return bytes;
  let end = bytes.length;
  while (LINE_ENDS.has(bytes[end - 1])) end -= 1;
  return bytes.subarray(0, end);
}
