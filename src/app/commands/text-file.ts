/**
 * A text file as pieces that are read when they are asked for, so that the length of an operator's file costs
 * a command no memory. Adapter round the file system: what fails ends the pieces, and is kept as a value.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { err, ok, type Result } from "../../result.ts";

/** Why a file is not read, or not to its end: the system's error code, `too large`, or not UTF-8. */
export interface TextFileError {
  readonly kind: "unreadable";
  readonly code: string;
  readonly cause?: unknown;
}

const PIECE_BYTES = 65_536;
const LINE_FEED = 0x0a;

export class TextFile {
  readonly #descriptor: number;
  readonly #mostBytes: number;
  #failure: TextFileError | undefined;

  /** Opens a file, or a pipe, of which more than `mostBytes` are refused. */
  static open(file: string, mostBytes: number): Result<TextFile, TextFileError> {
    try {
      return ok(new TextFile(openSync(file, "r"), mostBytes));
    } catch (cause) {
      return err(unreadable(cause));
    }
  }

  private constructor(descriptor: number, mostBytes: number) {
    this.#descriptor = descriptor;
    this.#mostBytes = mostBytes;
  }

  /** Why the pieces ended before the text did. */
  get failure(): TextFileError | undefined {
    return this.#failure;
  }

  /** How many lines a regular file has at this moment, and no text is read of; 0 where that cannot be told. */
  countLines(): number {
    try {
      if (!fstatSync(this.#descriptor).isFile()) return 0;
      const bytes = new Uint8Array(PIECE_BYTES);
      let lines = 1;
      for (let at = 0; at <= this.#mostBytes; ) {
        const read = readSync(this.#descriptor, bytes, 0, PIECE_BYTES, at);
        if (read === 0) break;
        for (const byte of bytes.subarray(0, read)) if (byte === LINE_FEED) lines++;
        at += read;
      }
      return lines;
    } catch (cause) {
      this.#failure = unreadable(cause);
      return 0;
    }
  }

  /** The text, once. What was read is overwritten by the next piece, and wiped at the end. */
  *pieces(): Generator<string, void, void> {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const bytes = new Uint8Array(PIECE_BYTES);
    let total = 0;
    try {
      while (this.#failure === undefined) {
        const read = readSync(this.#descriptor, bytes, 0, PIECE_BYTES, null);
        total += read;
        if (total > this.#mostBytes) this.#failure = { kind: "unreadable", code: "too large" };
        else yield decoder.decode(bytes.subarray(0, read), { stream: read > 0 });
        if (read === 0) return;
      }
    } catch (cause) {
      this.#failure = unreadable(cause);
    } finally {
      bytes.fill(0);
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function unreadable(cause: unknown): TextFileError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "no text";
  return { kind: "unreadable", code, cause };
}
