/**
 * Allow list and deny list for a running gate: it asks, commands of other processes write. A holder is in at
 * most one of the two lists: adding to one removes from the other (ONVIF Credential service). Every answer is
 * that of the database at the moment of the question: from the array in memory when that is of the same
 * version, else from the tables. A database that cannot be read is an error, whatever the array says.
 * Holders are keyed pseudonyms; what is shown of one is its display tag and the operator's reference.
 */
import type { Transaction } from "better-sqlite3";
import type { ChipPin, PinHolder } from "../ports/chip-pins.ts";
import type { Clock } from "../ports/clock.ts";
import type { CredentialLookup, Standing } from "../ports/credentials.ts";
import type { JournalError } from "../ports/journal.ts";
import type { Result } from "../result.ts";
import type { Instant } from "../time/time.ts";
import { ChipPinRows } from "./chip-pin-rows.ts";
import { CredentialIndexKeeper } from "./credential-index-keeper.ts";
import { CredentialRows, type Denial, type Enrolment } from "./credential-rows.ts";
import type { OpenDatabase } from "./database.ts";
import { attempt } from "./sqlite-error.ts";

export class CredentialStore implements CredentialLookup {
  readonly #database: OpenDatabase;
  readonly #rows: CredentialRows;
  readonly #pins: ChipPinRows;
  readonly #put: Transaction<(entries: readonly Enrolment[]) => void>;
  readonly #deny: Transaction<(denial: Denial) => void>;
  #keeper: CredentialIndexKeeper | undefined;

  /** Prepares the statements. Errors as for any use of the database. */
  static open(database: OpenDatabase): Result<CredentialStore, JournalError> {
    return attempt(database.file, () => new CredentialStore(database));
  }

  private constructor(database: OpenDatabase) {
    const rows = new CredentialRows(database.connection);
    this.#database = database;
    this.#rows = rows;
    this.#pins = new ChipPinRows(database.connection);
    this.#put = database.connection.transaction((entries: readonly Enrolment[]) => {
      for (const entry of entries) rows.put(entry);
    });
    this.#deny = database.connection.transaction((denial: Denial) => rows.deny(denial));
  }

  standing(pseudonym: Uint8Array): Result<Standing, JournalError> {
    return attempt(this.#database.file, () => {
      const index = this.#keeper?.at(this.#rows.version());
      return index?.find(pseudonym) ?? this.#rows.standing(pseudonym);
    });
  }

  /** Whether the next answer will come from the array, as long as nobody changes the lists. */
  isIndexed(): Result<boolean, JournalError> {
    return attempt(this.#database.file, () => this.#keeper?.at(this.#rows.version()) !== undefined);
  }

  /** Keeps the lists in memory as well until `signal` is aborted; never rejects. */
  async keepIndexed(clock: Clock, signal: AbortSignal): Promise<void> {
    const keeper = attempt(
      this.#database.file,
      () => new CredentialIndexKeeper(this.#database, clock, signal),
    );
    // Without an array the tables answer, or say themselves what is wrong with them.
    if (!keeper.ok) return;
    this.#keeper = keeper.value;
    await keeper.value.run();
    this.#keeper = undefined;
  }

  /**
   * Admits a few holders of a site that is being set up: the journal, which may not exist yet, is told
   * nothing. Operators go through `CredentialRegister`. After an error nothing of it is stored.
   */
  put(entries: readonly Enrolment[]): Result<void, JournalError> {
    return attempt(this.#database.file, () => this.#put.immediate(entries));
  }

  /** As `put`, for the chip of a holder. */
  pin(holder: PinHolder, pin: ChipPin, at: Instant): Result<void, JournalError> {
    return attempt(this.#database.file, () => void this.#pins.pin(holder, pin, at));
  }

  /** As `put`, for the deny list. */
  deny(denial: Denial): Result<void, JournalError> {
    return attempt(this.#database.file, () => this.#deny.immediate(denial));
  }
}
