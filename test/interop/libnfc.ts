/** Debian's libnfc: its programs on a serial line of choice, and what they say about a card. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { finished, start } from "./processes.ts";

const NEEDED = ["/usr/bin/nfc-list", "/usr/bin/nfc-scan-device", "/usr/bin/socat"];
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

/** Runs `program` with the serial line at `link` as its only device. */
export async function libnfc(program: string, link: string): Promise<Said> {
  const env = { LIBNFC_DEFAULT_DEVICE: `pn532_uart:${link}`, LIBNFC_LOG_LEVEL: "1" };
  const { exit, out, err } = await finished(start(program, ["-v"], { env }));
  const lines = err.split("\n").filter((line) => line.trim() !== "" && !line.includes("USB busses"));
  return { exit, text: out, complaints: lines };
}

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
