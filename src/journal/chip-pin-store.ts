/** The chips of holders, and their documents, as a running gate asks for them; it pins a chip when it may enrol on the fly. */

import type { ChipPin, ChipPins, PinHolder, Pinning } from "../ports/chip-pins.ts";
import type { Clock } from "../ports/clock.ts";
import type { DocumentEnrolment, DocumentEnrolments } from "../ports/document-enrolments.ts";
import type { JournalError, NewEvent } from "../ports/journal.ts";
import { ok, type Result } from "../result.ts";
import { ChipPinRows } from "./chip-pin-rows.ts";
import type { OpenDatabase } from "./database.ts";
import { attempt } from "./sqlite-error.ts";
import type { SqliteJournal } from "./sqlite-journal.ts";

export class ChipPinStore implements ChipPins, DocumentEnrolments {
  readonly #file: string;
  readonly #rows: ChipPinRows;
  readonly #journal: SqliteJournal;
  readonly #clock: Clock;

  /** Prepares the statements. Errors as for any use of the database. */
  static open(
    database: OpenDatabase,
    journal: SqliteJournal,
    clock: Clock,
  ): Result<ChipPinStore, JournalError> {
    return attempt(database.file, () => new ChipPinStore(database, journal, clock));
  }

  private constructor(database: OpenDatabase, journal: SqliteJournal, clock: Clock) {
    this.#file = database.file;
    this.#rows = new ChipPinRows(database.connection);
    this.#journal = journal;
    this.#clock = clock;
  }

  pinOf(pseudonym: Uint8Array): Result<ChipPin | undefined, JournalError> {
    return attempt(this.#file, () => this.#rows.pinOf(pseudonym));
  }

  enrolmentOf(pseudonym: Uint8Array): Result<DocumentEnrolment | undefined, JournalError> {
    return attempt(this.#file, () => this.#rows.documentOf(pseudonym));
  }

  async pin(
    holder: PinHolder,
    pin: ChipPin,
    events: readonly NewEvent[],
  ): Promise<Result<Pinning, JournalError>> {
    let pinning: Pinning = "alreadyPinned";
    const written = await this.#journal.appendAfter(() => {
      pinning = this.#rows.pin(holder, pin, this.#clock.wallTime());
      return pinning === "pinned" ? events : [];
    });
    return written.ok ? ok(pinning) : written;
  }
}
