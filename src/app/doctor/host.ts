/** The machine as the doctor looks at it: small files that the kernel offers, and what its tools print. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { askProgram } from "../ask-program.ts";

export interface Host {
  /** A file's text without blanks and zero bytes at its ends; `undefined` when it cannot be read. */
  read(path: string): Promise<string | undefined>;
  /** What a program prints, trimmed; `undefined` when it is missing, fails or does not answer in time. */
  ask(program: string, words: readonly string[]): Promise<string | undefined>;
}

/** Files below `root`, programs by the search path: this machine, or a folder that stands in for one. */
export const hostAt = (root: string): Host => ({
  read: (path) =>
    readFile(join(root, path), "utf8").then(
      (text) => text.replaceAll("\0", "").trim(),
      () => undefined,
    ),
  ask: askProgram,
});
