/**
 * Looks for byte sequences in the database file as it lies on the disk, whatever the database itself says of it: what an
 * erasure has to prove. Governing text: privacy rules, 5.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { equalBytes } from "../bytes/bytes.ts";
import type { JournalError } from "../ports/journal.ts";
import { err, ok, type Result } from "../result.ts";

/** The length of a mark: bytes that only one person's records have. */
export const MARK_BYTES = 32;
const CHUNK_BYTES = 1_048_576;
/** A place is looked at more closely when its first two bytes are those of a mark. */
const PREFIXES = 65_536;

/** Whether any mark is in the file. Fails as any use of the database when the file cannot be read. */
export function isInFile(file: string, marks: readonly Uint8Array[]): Result<boolean, JournalError> {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, "r");
    return ok(isBehind(descriptor, seekerOf(marks)));
  } catch (cause) {
    return err({ kind: "unavailable", file, remedy: "check the disk and who may read the file", cause });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** What begins at the end of one chunk ends in the next, so the last bytes of each are looked at again. */
function isBehind(descriptor: number, isIn: (bytes: Uint8Array) => boolean): boolean {
  const window = new Uint8Array(MARK_BYTES - 1 + CHUNK_BYTES);
  for (let kept = 0; ; ) {
    const read = readSync(descriptor, window, kept, CHUNK_BYTES, null);
    if (read === 0) return false;
    const end = kept + read;
    if (isIn(window.subarray(0, end))) return true;
    kept = Math.min(MARK_BYTES - 1, end);
    window.copyWithin(0, end - kept, end);
  }
}

function seekerOf(marks: readonly Uint8Array[]): (bytes: Uint8Array) => boolean {
  const prefixes = new Uint8Array(PREFIXES);
  for (const [first = 0, second = 0] of marks) prefixes[first * 256 + second] = 1;
  return (bytes) => {
    for (let at = 0; at + MARK_BYTES <= bytes.length; at++) {
      if (prefixes[(bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0)] !== 1) continue;
      const here = bytes.subarray(at, at + MARK_BYTES);
      if (marks.some((mark) => equalBytes(mark, here))) return true;
    }
    return false;
  };
}
