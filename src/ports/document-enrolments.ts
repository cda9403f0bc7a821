/**
 * The document side of an enrolled card, kept beside its chip as long as that is. Implemented by
 * `src/journal/chip-pin-store.ts`.
 */
import type { Result } from "../result.ts";
import type { JournalError } from "./journal.ts";

/** What was enrolled of the document of a card that gives its number; one of both at least. */
export interface DocumentEnrolment {
  /** The document's own pseudonym, of kind `doc`, 32 bytes. */
  readonly document?: Uint8Array;
  /** The card access number, sealed under the site key for the holder of the number. */
  readonly sealedCan?: Uint8Array;
}

export interface DocumentEnrolments {
  /** By the pseudonym of the card's number. */
  enrolmentOf(pseudonym: Uint8Array): Result<DocumentEnrolment | undefined, JournalError>;
}
