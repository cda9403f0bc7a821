/**
 * A secret from the keyboard: asked for on standard error, typed without echo, kept as bytes that can be wiped.
 * From a pipe the first line is taken, so that a program can hand it over without a command line that others see.
 */

/** Longer than any number printed on a card, and an end to a pipe that never sends a line. */
const LONGEST_BYTES = 256;
/** A line feed, or the carriage return that a terminal sends in raw mode. */
const LINE_ENDS = new Set([0x0a, 0x0d]);
/** Ctrl-C and Ctrl-D of a terminal in raw mode, which sends no signals. */
const GIVEN_UP = new Set([0x03, 0x04]);
const BACKSPACES = new Set([0x08, 0x7f]);

/** The line without its end; `undefined` when the input ends, or the person gives up, before one is there. */
export async function askSecret(question: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
  const { stdin, stderr } = process;
  if (stdin.isTTY) {
    stderr.write(`${question}: `);
    stdin.setRawMode(true);
  }
  try {
    return await readLine(stdin, signal);
  } finally {
    if (stdin.isTTY) {
      stdin.setRawMode(false);
      stderr.write("\n");
    }
    stdin.pause();
  }
}

function readLine(input: NodeJS.ReadStream, signal: AbortSignal): Promise<Uint8Array | undefined> {
  const line = new TypedLine();
  return new Promise((resolve) => {
    const finish = (): void => {
      input.off("data", take).off("end", finish);
      signal.removeEventListener("abort", finish);
      resolve(signal.aborted ? undefined : line.text());
      line.wipe();
    };
    const take = (chunk: Buffer): void => {
      if (chunk.some((byte) => line.type(byte) === "ended")) finish();
      chunk.fill(0);
    };
    input.on("data", take).on("end", finish);
    signal.addEventListener("abort", finish, { once: true });
  });
}

/** What was typed so far. */
class TypedLine {
  readonly #bytes = new Uint8Array(LONGEST_BYTES);
  #length = 0;
  #isGivenUp = false;

  type(byte: number): "goesOn" | "ended" {
    if (LINE_ENDS.has(byte)) return "ended";
    if (GIVEN_UP.has(byte) || this.#length === LONGEST_BYTES) {
      this.#isGivenUp = true;
      return "ended";
    }
    if (BACKSPACES.has(byte)) this.#length = Math.max(0, this.#length - 1);
    else this.#bytes[this.#length++] = byte;
    return "goesOn";
  }

  /** Nothing when the person gave up, or typed nothing. */
  text(): Uint8Array | undefined {
    return this.#isGivenUp || this.#length === 0 ? undefined : this.#bytes.slice(0, this.#length);
  }

  wipe(): void {
    this.#bytes.fill(0);
  }
}
