/** The kept inputs of the fuzzer: `corpus.txt`, line by line. */
import { readFileSync } from "node:fs";
import { hex } from "../../src/bytes/hex.ts";

/** One line of the corpus. */
export interface Seed {
  /** What the first decoding step says of it: a kind, and the reason behind a colon where it is corrupt. */
  readonly verdict: string;
  readonly name: string;
  readonly bytes: Uint8Array;
}

const LINE = /^(?<verdict>\S+)\s+(?<name>\S+)\s*(?<bytes>[0-9A-F ]*)$/;

/** All lines but blank ones and those that begin with `#`; throws on one that is none of them. */
export function readCorpus(): readonly Seed[] {
  const text = readFileSync(new URL("corpus.txt", import.meta.url), "utf8");
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return lines.map((line) => {
    const { verdict, name, bytes } = LINE.exec(line)?.groups ?? {};
    if (verdict === undefined || name === undefined || bytes === undefined)
      throw new Error(`corpus: ${line}`);
    return { verdict, name, bytes: hex(bytes) };
  });
}
