/**
 * The lists in an operator's hands: every change is one transaction with the journal row that tells of it
 * (`acs.config.credentials`: how many entries were added to, removed from and put on which list), so that
 * an auditor sees who could pass when. A row about one card carries its personal part, erasable like all.
 */
import type { ChipPin, PinHolder, Pinning } from "../ports/chip-pins.ts";
import type { Clock } from "../ports/clock.ts";
import type { DocumentEnrolment } from "../ports/document-enrolments.ts";
import type { JournalError, NewEvent } from "../ports/journal.ts";
import { ok, type Result } from "../result.ts";
import type { Instant } from "../time/time.ts";
import { ChipPinRows } from "./chip-pin-rows.ts";
import { listsChanged } from "./credential-event.ts";
import {
  type ImportError,
  type ImportOptions,
  type ImportReport,
  importCredentials,
} from "./credential-import.ts";
import { CredentialListing, type CredentialName, type ListedCredential } from "./credential-listing.ts";
import { CredentialRows, type Denial, type Enrolment, type EnrolmentRow } from "./credential-rows.ts";
import type { OpenDatabase } from "./database.ts";
import { attempt } from "./sqlite-error.ts";
import type { JournalWork, SqliteJournal } from "./sqlite-journal.ts";

export type Revocation =
  | { readonly kind: "revoked"; readonly count: number }
  | { readonly kind: "notFound" }
  /** Display tags are short: several cards have this one, none was revoked. */
  | { readonly kind: "ambiguous"; readonly count: number };

/** A card that passed its examination at a desk. */
export interface ChipEnrolment {
  readonly holder: PinHolder;
  readonly pin: ChipPin;
  /** Admits the holder in the same step. */
  readonly entry?: Enrolment;
  /** Its document side, as far as it is known, with the row that tells of it. */
  readonly document?: { readonly kept: DocumentEnrolment; readonly event: NewEvent };
  /** Takes the place of another chip that was pinned to the holder. */
  readonly replace: boolean;
  /** The row about the pin, and the one that is written in its place when another chip is pinned. */
  readonly pinned: (replaced: boolean) => NewEvent;
  readonly otherKey: () => NewEvent;
}

export class CredentialRegister {
  readonly #database: OpenDatabase;
  readonly #journal: SqliteJournal;
  readonly #rows: CredentialRows;
  readonly #listing: CredentialListing;
  readonly #pins: ChipPinRows;
  readonly #now: () => Instant;

  /** Prepares the statements. Errors as for any use of the database. */
  static open(
    database: OpenDatabase,
    journal: SqliteJournal,
    clock: Clock,
  ): Result<CredentialRegister, JournalError> {
    return attempt(database.file, () => new CredentialRegister(database, journal, clock));
  }

  private constructor(database: OpenDatabase, journal: SqliteJournal, clock: Clock) {
    this.#database = database;
    this.#journal = journal;
    this.#rows = new CredentialRows(database.connection);
    this.#listing = new CredentialListing(database.connection);
    this.#pins = new ChipPinRows(database.connection);
    this.#now = () => clock.wallTime();
  }

  /** Admits a holder, also one who was denied. */
  admit(entry: Enrolment): Promise<Result<void, JournalError>> {
    return this.#change(() => {
      this.#rows.put(entry);
      return [listsChanged({ added: 1 }, entry)];
    });
  }

  /**
   * Pins a chip to its holder, and admits him if he is to be admitted. A holder who has another chip keeps it, is not
   * admitted, and the journal gets the alarm, unless the operator says that the new one takes its place.
   */
  async enrol(enrolment: ChipEnrolment): Promise<Result<Pinning, JournalError>> {
    let pinning: Pinning = "alreadyPinned";
    const changed = await this.#change(() => {
      const { holder, pin, replace } = enrolment;
      pinning = this.#pins.pin(holder, pin, this.#now());
      const replaces = pinning === "otherKey" && replace;
      if (pinning === "otherKey" && !replaces) return [enrolment.otherKey()];
      if (replaces) {
        this.#pins.remove(holder.pseudonym);
        pinning = this.#pins.pin(holder, pin, this.#now());
      }
      return this.#enrolled(enrolment, pinning, replaces);
    });
    return changed.ok ? ok(pinning) : changed;
  }

  #enrolled(enrolment: ChipEnrolment, pinning: Pinning, replaces: boolean): readonly NewEvent[] {
    const { holder, entry, document } = enrolment;
    const events = pinning === "pinned" ? [enrolment.pinned(replaces)] : [];
    if (document !== undefined) {
      this.#pins.keepDocument(holder.pseudonym, document.kept);
      events.push(document.event);
    }
    if (entry === undefined) return events;
    this.#rows.put(entry);
    return [...events, listsChanged({ added: 1 }, entry)];
  }

  /** Puts a holder on the deny list. */
  deny(denial: Denial): Promise<Result<void, JournalError>> {
    return this.#change(() => {
      this.#rows.deny(denial);
      return [listsChanged({ denied: 1 }, denial)];
    });
  }

  /** Takes off both lists who goes by a name that an operator has. */
  async revoke(name: CredentialName): Promise<Result<Revocation, JournalError>> {
    // Found before the transaction: a look through a long list must not hold up the gate's own writing.
    const found = attempt(this.#database.file, () => this.#listing.named(name));
    if (!found.ok) return found;
    let revocation: Revocation = { kind: "notFound" };
    const changed = await this.#change(() => {
      const holders = found.value.filter(({ pseudonym }) => this.#listing.isNamed(pseudonym, name));
      const count = holders.length;
      if (count > 1 && "displayTag" in name) revocation = { kind: "ambiguous", count };
      else if (count > 0) revocation = { kind: "revoked", count };
      if (revocation.kind !== "revoked") return [];
      for (const { pseudonym } of holders) this.#rows.remove(pseudonym);
      return [listsChanged({ removed: count }, count === 1 ? holders[0] : undefined)];
    });
    return changed.ok ? ok(revocation) : changed;
  }

  /** Both lists as they are at one moment, by reference and tag; an error is the last thing given. */
  *list(): Generator<Result<ListedCredential, JournalError>, void, void> {
    const entries = this.#listing.list();
    try {
      for (;;) {
        const next = attempt(this.#database.file, () => entries.next());
        if (!next.ok) return yield next;
        if (next.value.done === true) return;
        yield ok(next.value.value);
      }
    } finally {
      // Ends the read transaction, however far the reader came.
      entries.return();
    }
  }

  /** Adds or replaces many holders, or none. See `importCredentials`. */
  import(
    rows: Iterable<EnrolmentRow>,
    surroundings: Omit<ImportOptions, "connection" | "journal">,
  ): Promise<Result<ImportReport, ImportError>> {
    const { connection } = this.#database;
    return importCredentials(rows, { ...surroundings, connection, journal: this.#journal });
  }

  async #change(work: JournalWork): Promise<Result<void, JournalError>> {
    const changed = await this.#journal.appendAfter(work);
    return changed.ok ? ok(undefined) : changed;
  }
}
