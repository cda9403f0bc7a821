/**
 * The password that was entered at a lane, kept for the one document that is laid down next, or that lies there already and
 * waits for it; see `KeptEntry`.
 */
import type { Clock } from "../ports/clock.ts";
import { ok, type Result } from "../result.ts";
import {
  documentPasswords,
  type EnteredPasswords,
  type EntryUnusable,
  wipePasswords,
} from "./entered-password.ts";
import { KeptEntry } from "./kept-entry.ts";

export interface PasswordEntryParts {
  readonly clock: Clock;
  /** Default `documentPasswords`; tests watch what becomes of its bytes. */
  readonly passwordsOf?: typeof documentPasswords;
}

/** Of one lane. */
export class PasswordEntry {
  readonly #passwordsOf: typeof documentPasswords;
  readonly #kept: KeptEntry<EnteredPasswords>;

  constructor({ clock, passwordsOf = documentPasswords }: PasswordEntryParts) {
    this.#passwordsOf = passwordsOf;
    this.#kept = new KeptEntry<EnteredPasswords>({ clock, wipe: wipePasswords });
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
    this.#kept.enter(passwords.value);
    return ok(undefined);
  }

  /** What was entered not too long ago and not yet taken. */
  take(): EnteredPasswords | undefined {
    return this.#kept.take();
  }

  /**
   * The same, waiting for it if need be, for a document that lies there already; nothing if `signal` is aborted first. One
   * waits at a time: a second one would be of another document, and throws.
   */
  waitFor(signal: AbortSignal): Promise<EnteredPasswords | undefined> {
    return this.#kept.waitFor(signal);
  }

  /** Wipes what is kept. */
  clear(): void {
    this.#kept.clear();
  }
}
