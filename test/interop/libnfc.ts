/** Debian's libnfc: its programs on a serial line of choice, and what they say about a card. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { type Finished, finished, type Running, start } from "./processes.ts";

/** Of the packages libnfc-bin, libnfc-examples, libnfc-pn53x-examples and socat. */
const NEEDED = ["nfc-list", "nfc-scan-device", "nfc-poll", "pn53x-diagnose", "pn53x-tamashell", "socat"].map(
  (program) => `/usr/bin/${program}`,
);
const missing = NEEDED.filter((program) => !existsSync(program));

export const hasLibnfc = missing.length === 0;
if (!hasLibnfc)
  process.stderr.write(`skipped: tests against libnfc, because ${missing.join(", ")} is not installed\n`);

/** What a program of libnfc printed; its complaints, which go to standard error, with those about USB left out. */
export interface Said {
  readonly exit: number | string;
  readonly text: string;
  readonly complaints: readonly string[];
}

/** Starts `program` with the serial line at `link` as its only device. */
export const startLibnfc = (program: string, link: string, words: readonly string[]): Running =>
  start(program, words, {
    env: { LIBNFC_DEFAULT_DEVICE: `pn532_uart:${link}`, LIBNFC_LOG_LEVEL: "1" },
  });

/** What an ended program said. */
export function saidBy({ exit, out, err }: Finished): Said {
  const lines = err.split("\n").filter((line) => line.trim() !== "" && !line.includes("USB busses"));
  return { exit, text: out, complaints: lines };
}

/** Runs `program` to its end; most of them tell more with the word `-v`. */
export const libnfc = async (program: string, link: string, words = ["-v"]): Promise<Said> =>
  saidBy(await finished(startLibnfc(program, link, words)));

/** The bytes behind a label of nfc-list, as hexadecimal; nothing where the label is not printed. */
export function bytesOf({ text }: Said, label: string): string | undefined {
  const line = text.split("\n").find((each) => each.trimStart().startsWith(label));
  return line
    ?.slice(line.indexOf(":") + 1)
    .replaceAll(" ", "")
    .toUpperCase();
}

/** The socat that holds a link. */
export function socatOf(link: string): number | undefined {
  const isIt = (pid: string): boolean => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith(`socat\0PTY,link=${link},`);
    } catch {
      return false; // It has ended while we looked.
    }
  };
  const pid = readdirSync("/proc").find((name) => /^\d+$/.test(name) && isIt(name));
  return pid === undefined ? undefined : Number(pid);
}
