/**
 * The password that was entered at a lane, kept for the one document that is laid down next, or that lies there already and
 * waits for it. One at a time, for ten seconds, for one use; whatever is not taken is wiped.
 * Governing text: privacy rules §2 ("the gate holds the value in memory for the one session") and §5 (ten seconds at most).
 */
import type { Clock } from "../ports/clock.ts";
import { ok, type Result } from "../result.ts";
import { after, type Millis } from "../time/time.ts";
import {
  documentPasswords,
  type EnteredPasswords,
  type EntryUnusable,
  wipePasswords,
} from "./entered-password.ts";

/** From Enter to the card: time to lay it down, and too little for the next person to profit. */
export const KEPT_MS = 10_000;

interface Kept {
  readonly passwords: EnteredPasswords;
  readonly until: Millis;
  /** Aborted when it is kept no longer. */
  readonly gone: AbortController;
}

type Waiting = (passwords: EnteredPasswords | undefined) => void;

export interface PasswordEntryParts {
  readonly clock: Clock;
  /** Default `documentPasswords`; tests watch what becomes of its bytes. */
  readonly passwordsOf?: typeof documentPasswords;
}

/** Of one lane. */
export class PasswordEntry {
  readonly #clock: Clock;
  readonly #passwordsOf: typeof documentPasswords;
  #kept: Kept | undefined;
  #waiting: Waiting | undefined;

  constructor({ clock, passwordsOf = documentPasswords }: PasswordEntryParts) {
    this.#clock = clock;
    this.#passwordsOf = passwordsOf;
  }

  /**
   * Takes an entry over and wipes it. What was kept before is wiped, even if this one is unusable: who enters anew does not
   * mean the old one any more.
   */
  enter(entry: Uint8Array): Result<void, EntryUnusable> {
    this.clear();
    const passwords = this.#passwordsOf(entry);
    entry.fill(0);
    if (!passwords.ok) return passwords;
    if (this.#waiting === undefined) void this.#keep(passwords.value);
    else this.#waiting(passwords.value);
    return ok(undefined);
  }

  /** What was entered not too long ago and not yet taken. */
  take(): EnteredPasswords | undefined {
    const kept = this.#kept;
    if (kept === undefined) return undefined;
    if (this.#clock.monotonicMs() >= kept.until) {
      this.clear();
      return undefined;
    }
    this.#kept = undefined;
    kept.gone.abort();
    return kept.passwords;
  }

  /**
   * The same, waiting for it if need be, for a document that lies there already; nothing if `signal` is aborted first. One
   * waits at a time: a second one would be of another document, and throws.
   */
  waitFor(signal: AbortSignal): Promise<EnteredPasswords | undefined> {
    if (this.#waiting !== undefined) throw new Error("a document of this lane waits already");
    if (signal.aborted) return Promise.resolve(undefined);
    const kept = this.take();
    if (kept !== undefined) return Promise.resolve(kept);
    return new Promise((resolve) => {
      const end: Waiting = (passwords) => {
        this.#waiting = undefined;
        signal.removeEventListener("abort", giveUp);
        resolve(passwords);
      };
      const giveUp = (): void => end(undefined);
      this.#waiting = end;
      signal.addEventListener("abort", giveUp);
    });
  }

  /** Wipes what is kept. */
  clear(): void {
    const kept = this.#kept;
    if (kept === undefined) return;
    this.#kept = undefined;
    wipePasswords(kept.passwords);
    kept.gone.abort();
  }

  async #keep(passwords: EnteredPasswords): Promise<void> {
    const gone = new AbortController();
    const until = after(this.#clock.monotonicMs(), KEPT_MS);
    this.#kept = { passwords, until, gone };
    await this.#clock.sleep(KEPT_MS, gone.signal);
    // Whoever took it has it for himself.
    if (!gone.signal.aborted) this.clear();
  }
}
