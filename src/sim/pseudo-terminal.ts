/**
 * A pseudo-terminal at a path of choice, by the program socat, for which Node.js has no call of its own. What
 * programs write to the path comes out here and back. One that closes the path may open it again: a descriptor
 * is kept open meanwhile, without which socat would take the first closing for the end. The terminal carries
 * bytes alone; the speed that a program sets on it is not seen.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:fs";
import { type FileHandle, lstat, open, rm } from "node:fs/promises";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { err, ok, type Result } from "../result.ts";

export type PseudoTerminalError =
  | { readonly kind: "socatMissing"; readonly remedy: string; readonly cause: unknown }
  /** Something is at the path already, and is left alone. */
  | { readonly kind: "linkTaken"; readonly link: string; readonly remedy: string }
  /** Not made, or given up by socat; `cause` is what it wrote about that, or why it could not be asked. */
  | {
      readonly kind: "terminalFailed";
      readonly link: string;
      readonly remedy: string;
      readonly cause: unknown;
    };

export interface PseudoTerminal {
  /** Bytes for the program that has the terminal open; dropped when it does not read. */
  send(bytes: Uint8Array): void;
  /** Bytes that the program wrote, in chunks of any size. To be called once. */
  onData(listener: (bytes: Uint8Array) => void): void;
  /** Resolves when socat has ended by itself. */
  readonly ended: Promise<void>;
  /** Takes the path away and ends socat. */
  close(): Promise<void>;
}

type Socat = ChildProcessByStdio<Writable, Readable, Readable>;

/** What stands for itself in an address of socat. */
const PLAIN_PATH = /^[A-Za-z0-9_./-]+$/;
const PLAIN_REMEDY = "name a path of letters, digits, dots, dashes and slashes in a folder you may write to";
const LOOK_EVERY_MS = 10;
const MAX_LOOKS = 500;
/** Between asking socat to end and ending it. */
const PATIENCE_MS = 1_000;
const MAX_UNSENT_BYTES = 65_536;
const MAX_SAID_CHARACTERS = 2_000;

/** Makes a terminal whose path is `link`; on an error nothing of it is left. */
export async function openPseudoTerminal(link: string): Promise<Result<PseudoTerminal, PseudoTerminalError>> {
  if (!PLAIN_PATH.test(link)) return err(failure(link, "not a plain path"));
  if (await exists(link)) {
    return err({ kind: "linkTaken", link, remedy: "end the program that made it, or remove it" });
  }
  const socat = spawn("socat", [`PTY,link=${link},raw,echo=0`, "STDIO"], {
    stdio: ["pipe", "pipe", "pipe"],
    // Keeps the terminal's interrupt key from ending socat before its user.
    detached: true,
  });
  const keeper = new Keeper(socat);
  const held = await holdOpen(link, keeper);
  if (!held.ok) {
    await keeper.end();
    return held;
  }
  return ok({
    send: (bytes) => {
      if (socat.stdin.writableLength < MAX_UNSENT_BYTES) socat.stdin.write(bytes);
    },
    onData: (listener) => void socat.stdout.on("data", listener),
    ended: keeper.ended,
    close: async () => {
      await held.value.close();
      await keeper.end();
      await rm(link, { force: true });
    },
  });
}

/** Watches over one socat: whether it lives, and what it said. */
class Keeper {
  readonly ended: Promise<void>;
  readonly #socat: Socat;
  #said = "";
  #failure: unknown;
  #hasEnded = false;

  constructor(socat: Socat) {
    this.#socat = socat;
    this.ended = new Promise((resolve) => {
      const end = (cause?: unknown): void => {
        this.#failure ??= cause;
        this.#hasEnded = true;
        resolve();
      };
      socat.once("error", end);
      socat.once("close", () => end());
    });
    // Written to after its end, it tells so by an event of its own; the end itself is what counts.
    socat.stdin.on("error", () => undefined);
    socat.stderr.on("data", (chunk) => {
      this.#said = `${this.#said}${String(chunk)}`.slice(0, MAX_SAID_CHARACTERS);
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Why there is no socat. */
  explain(link: string): PseudoTerminalError {
    const cause = this.#failure;
    if (cause !== undefined && isMissing(cause))
      return { kind: "socatMissing", remedy: "install the program socat (apt-get install socat)", cause };
    return failure(link, cause ?? this.#said.trim());
  }

  async end(): Promise<void> {
    if (this.#hasEnded) return;
    const exited = once(this.#socat, "close");
    this.#socat.stdin.end();
    this.#socat.kill("SIGTERM");
    const patience = new AbortController();
    const late = delay(PATIENCE_MS, "late" as const, { signal: patience.signal }).catch(
      () => "ended" as const,
    );
    if ((await Promise.race([exited, late])) === "late") this.#socat.kill("SIGKILL");
    patience.abort();
    await exited;
  }
}

/** Waits until the path is there, and opens it. */
async function holdOpen(link: string, keeper: Keeper): Promise<Result<FileHandle, PseudoTerminalError>> {
  for (let looks = 0; looks < MAX_LOOKS && !keeper.hasEnded; looks++) {
    try {
      return ok(await open(link, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK));
    } catch (cause) {
      if (!isMissing(cause)) return err(failure(link, cause));
    }
    await delay(LOOK_EVERY_MS);
  }
  return err(keeper.explain(link));
}

const failure = (link: string, cause: unknown): PseudoTerminalError => ({
  kind: "terminalFailed",
  link,
  remedy: PLAIN_REMEDY,
  cause,
});

/** A dangling link exists, too. */
async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (cause) {
    return !isMissing(cause);
  }
}

const isMissing = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "ENOENT";
