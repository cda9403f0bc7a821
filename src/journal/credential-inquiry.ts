/**
 * The database as somebody asks it who changes nothing: who goes by a name, what is known of him, how far
 * time has come. Works on a connection that can only read, beside a running gate.
 */
import type { ChipPin } from "../ports/chip-pins.ts";
import type { CredentialLookup, Standing } from "../ports/credentials.ts";
import type { JournalError } from "../ports/journal.ts";
import type { Result } from "../result.ts";
import { type Instant, instant } from "../time/time.ts";
import { ChipPinRows } from "./chip-pin-rows.ts";
import { CredentialListing, type CredentialName } from "./credential-listing.ts";
import { CredentialRows } from "./credential-rows.ts";
import type { OpenDatabase } from "./database.ts";
import { attempt } from "./sqlite-error.ts";

export class CredentialInquiry implements CredentialLookup {
  readonly #database: OpenDatabase;
  readonly #listing: CredentialListing;
  readonly #rows: CredentialRows;
  readonly #pins: ChipPinRows;

  /** Prepares the statements. Errors as for any use of the database. */
  static open(database: OpenDatabase): Result<CredentialInquiry, JournalError> {
    return attempt(database.file, () => new CredentialInquiry(database));
  }

  private constructor(database: OpenDatabase) {
    this.#database = database;
    this.#listing = new CredentialListing(database.connection);
    this.#rows = new CredentialRows(database.connection);
    this.#pins = new ChipPinRows(database.connection);
  }

  /** The pseudonyms of all who go by a name, on either list. */
  named(name: CredentialName): Result<readonly Uint8Array[], JournalError> {
    return attempt(this.#database.file, () =>
      this.#listing.named(name).map(({ pseudonym }) => new Uint8Array(pseudonym)),
    );
  }

  standing(pseudonym: Uint8Array): Result<Standing, JournalError> {
    return attempt(this.#database.file, () => this.#rows.standing(pseudonym));
  }

  /** How many are denied by fiscal code or name alone, as far as entries of one reference are one holder's. */
  deniedWithoutNumber(): Result<number, JournalError> {
    return attempt(this.#database.file, () => this.#listing.deniedWithoutNumber());
  }

  /** The chip that was pinned to a holder. */
  pinOf(pseudonym: Uint8Array): Result<ChipPin | undefined, JournalError> {
    return attempt(this.#database.file, () => this.#pins.pinOf(pseudonym));
  }

  /** The time of the newest row of the journal; `undefined` while there is none. */
  newestTime(): Result<Instant | undefined, JournalError> {
    return attempt(this.#database.file, () => {
      const newest = this.#database.connection
        .prepare<[], { time: number }>("SELECT time FROM event ORDER BY seq DESC LIMIT 1")
        .get();
      return newest === undefined ? undefined : instant(newest.time);
    });
  }
}
