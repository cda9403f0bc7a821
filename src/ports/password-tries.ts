/**
 * How often wrong passwords of documents were tried, at a door and with the number of one card. Implemented by
 * `src/journal/password-try-store.ts`.
 */
import type { Result } from "../result.ts";
import type { Instant } from "../time/time.ts";
import type { JournalError } from "./journal.ts";

/** A try that counts as wrong as long as nobody says otherwise. */
export interface PasswordTry {
  readonly id: number;
  /** Whose card it is, if it gave its number: keyed pseudonym, 32 bytes. */
  readonly holder?: Uint8Array;
}

/**
 * How a try has ended. `right` clears the holder, so it is said only of a document that is proven and known to be of one card
 * with the number; a copied number beside somebody's own document, or beside a chip that answers anything, would else clear
 * a stranger's count. Of those, and of a card that was gone before it could answer: `unknown`.
 */
export type TryOutcome = "right" | "wrong" | "unknown";

export interface PasswordTries {
  /** Whether a password may be tried now at a door, with the card of a holder if its number is known; if not, from when on. */
  mayTry(door: string, holder?: Uint8Array): Result<"yes" | { readonly until: Instant }, JournalError>;
  /**
   * Counts a wrong try, durably, unless none may be made. To be called before the card hears anything of the password: whoever
   * cuts the power on seeing that it was wrong has used up his try all the same.
   */
  begin(door: string, holder?: Uint8Array): Promise<Result<PasswordTry | "blocked", JournalError>>;
  /**
   * Takes the count back unless the try was wrong. A right one clears its holder too, and not the door: many pass there, and
   * one of them may be guessing between two who are not. A card that was gone has told the guesser nothing that he could not
   * have from it with a reader of his own, and slips from an honest hand often.
   */
  end(attempt: PasswordTry, outcome: TryOutcome): Promise<Result<void, JournalError>>;
}
