/**
 * What is kept of one person, in his own hands: found, given to him, erased. It is asked for with a card in hand, with a
 * document, or by the name that an operator has. The chain of the journal outlives an erasure, since it covers a salted hash
 * of what goes; a row tells that somebody was erased, and how much, but not who. Governing text: privacy rules, 5 and 6.
 */
import type { Clock } from "../ports/clock.ts";
import type { JournalError, JournalEvent, NewEvent } from "../ports/journal.ts";
import { err, ok, type Result } from "../result.ts";
import { type Instant, instant } from "../time/time.ts";
import { listsChanged } from "./credential-event.ts";
import { CredentialListing, type CredentialName, type ListedCredential } from "./credential-listing.ts";
import type { OpenDatabase } from "./database.ts";
import { eventOf } from "./event-rows.ts";
import type { DamagedRow } from "./export-events.ts";
import { HolderRows, type HolderTrace, type PersonalRow, type PinnedChip } from "./holder-rows.ts";
import { MARK_BYTES } from "./marks-in-file.ts";
import { overwriteRemains, type Remains } from "./remains.ts";
import { attempt } from "./sqlite-error.ts";
import type { SqliteJournal } from "./sqlite-journal.ts";

/** Who is meant: whoever has this pseudonym, and perhaps is kept under the aliases; or who goes by an operator's name. */
export type HolderMeant =
  | { readonly pseudonym: Uint8Array; readonly aliases?: readonly Uint8Array[] }
  | CredentialName;

/** What is kept of a person; nothing of it names him. */
export interface HolderRecords {
  readonly credentials: readonly ListedCredential[];
  readonly chips: readonly KeptChip[];
  /** Wrong passwords of his document that still count. */
  readonly passwordTries: number;
  /** How many rows of the journal name him. */
  readonly events: number;
}

export interface KeptChip {
  readonly pinnedAt: Instant;
  /** Whether the identity of its document is kept with it, and its access number, sealed. */
  readonly document: boolean;
  readonly accessNumber: boolean;
}

/** A person who was found, to be shown or erased. */
export interface FoundHolder extends HolderRecords {
  readonly trace: HolderTrace;
  /** Of the rows that name him. */
  readonly seqs: readonly number[];
  /** Bytes that are in no file once all is erased. */
  readonly marks: readonly Uint8Array[];
}

/** A row of the journal that names him: the day on which it will not any more, and the key that made his pseudonym. */
export interface KeptEvent {
  readonly event: JournalEvent;
  readonly keyId: string;
  readonly erasedAt: Instant;
}

export type Erasure =
  | { readonly kind: "erased"; readonly remains: Remains }
  /** On the deny list, which is not the holder's to change: nothing was erased. */
  | { readonly kind: "denied" };

/** Why nobody was found: a display tag that several holders share. */
export interface AmbiguousTag {
  readonly kind: "ambiguous";
  readonly count: number;
}

/** Rows given, or anonymised in one transaction, for which the gate waits. */
const ROWS_AT_ONCE = 500;
const PAUSE_MS = 10;

export class HolderDesk {
  readonly #database: OpenDatabase;
  readonly #journal: SqliteJournal;
  readonly #clock: Clock;
  readonly #rows: HolderRows;
  readonly #listing: CredentialListing;

  /** Prepares the statements. Errors as for any use of the database. */
  static open(
    database: OpenDatabase,
    journal: SqliteJournal,
    clock: Clock,
  ): Result<HolderDesk, JournalError> {
    return attempt(database.file, () => new HolderDesk(database, journal, clock));
  }

  private constructor(database: OpenDatabase, journal: SqliteJournal, clock: Clock) {
    this.#database = database;
    this.#journal = journal;
    this.#clock = clock;
    this.#rows = new HolderRows(database.connection);
    this.#listing = new CredentialListing(database.connection);
  }

  /** All that is kept; nothing at all of a stranger. Looks through the whole journal, and holds nobody up meanwhile. */
  find(meant: HolderMeant): Result<FoundHolder | AmbiguousTag, JournalError> {
    return attempt(this.#database.file, () => {
      const named = "pseudonym" in meant ? [meant.pseudonym] : this.#named(meant);
      if ("displayTag" in meant && named.length > 1) return { kind: "ambiguous", count: named.length };
      const trace = this.#rows.trace(named, "pseudonym" in meant ? (meant.aliases ?? []) : []);
      const seqs = this.#rows.seqs(trace, 0);
      const chips = this.#rows.chips(trace);
      return {
        trace,
        seqs,
        marks: [...trace.pseudonyms, ...chips.flatMap(marksOf)],
        credentials: this.#listing.entriesOf(trace.entries),
        chips: chips.map(keptChip),
        passwordTries: this.#rows.tryCount(trace),
        events: seqs.length,
      };
    });
  }

  #named(name: CredentialName): readonly Uint8Array[] {
    return this.#listing.named(name).map(({ pseudonym }) => pseudonym);
  }

  /** The rows of the journal that name the holder, in order, by pages. An error is the last thing given. */
  *events({
    seqs,
  }: FoundHolder): Generator<Result<readonly KeptEvent[], DamagedRow | JournalError>, void, void> {
    for (let at = 0; at < seqs.length; at += ROWS_AT_ONCE) {
      const some = seqs.slice(at, at + ROWS_AT_ONCE);
      const rows = attempt(this.#database.file, () => this.#rows.rows(some));
      const events = rows.ok ? keptEvents(rows.value) : rows;
      yield events;
      if (!events.ok) return;
    }
  }

  /**
   * Erases what was found, and what has come since: first the many rows of the journal, a few at a time, then all else in
   * one step with the row that tells of it. Interrupted it has told nothing, and is to be done again.
   */
  async erase(found: FoundHolder): Promise<Result<Erasure, JournalError>> {
    if (found.credentials.some(({ denyListed }) => denyListed)) return ok({ kind: "denied" });
    for (let at = 0; at < found.seqs.length; at += ROWS_AT_ONCE) {
      const some = found.seqs.slice(at, at + ROWS_AT_ONCE);
      const anonymised = await this.#journal.appendAfter(() => {
        this.#rows.anonymise(some);
        return [];
      });
      if (!anonymised.ok) return anonymised;
      await this.#clock.sleep(PAUSE_MS);
    }
    const done = await this.#eraseRest(found);
    if (!done.ok || done.value === "denied") return done.ok ? ok({ kind: "denied" }) : done;
    const remains = await this.overwrite(found);
    return remains.ok ? ok({ kind: "erased", remains: remains.value }) : remains;
  }

  /** What is left in the files of somebody of whom no row is kept: by an erasure at its date, or one that was not finished. */
  overwrite({ marks }: FoundHolder): Promise<Result<Remains, JournalError>> {
    return overwriteRemains(this.#database, marks, this.#clock);
  }

  async #eraseRest(found: FoundHolder): Promise<Result<"erased" | "denied", JournalError>> {
    const { trace, seqs, credentials, chips, passwordTries } = found;
    let outcome: "erased" | "denied" = "erased";
    const written = await this.#journal.appendAfter(() => {
      if (this.#rows.isDenied(trace)) {
        outcome = "denied";
        return [];
      }
      const since = this.#rows.anonymise(this.#rows.seqs(trace, seqs.at(-1) ?? 0));
      this.#rows.erase(trace);
      const events = seqs.length + since;
      const told: NewEvent = {
        type: "acs.system.holderErased",
        data: { credentials: credentials.length, chips: chips.length, passwordTries, events },
      };
      return credentials.length === 0 ? [told] : [listsChanged({ removed: credentials.length }), told];
    });
    return written.ok ? ok(outcome) : written;
  }
}

const keptChip = ({ pinned_at, document, sealed_can }: PinnedChip): KeptChip => ({
  pinnedAt: instant(pinned_at),
  document: document !== null,
  accessNumber: sealed_can !== null,
});

/** A chip is known by its key, and whatever is sealed for it by its seal. */
const marksOf = ({ public_key, sealed_can }: PinnedChip): readonly Uint8Array[] =>
  [public_key, sealed_can].flatMap((kept) =>
    kept === null || kept.length < MARK_BYTES ? [] : [new Uint8Array(kept.subarray(-MARK_BYTES))],
  );

function keptEvents(rows: readonly PersonalRow[]): Result<readonly KeptEvent[], DamagedRow> {
  const kept: KeptEvent[] = [];
  for (const row of rows) {
    const event = eventOf(row);
    if (event === undefined) return err({ kind: "damagedRow", seq: row.seq });
    kept.push({ event, keyId: row.key_id, erasedAt: instant(row.expires_at) });
  }
  return ok(kept);
}
