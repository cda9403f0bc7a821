/**
 * Keeps the array of credentials equal to the lists in the database, in slices that leave the event loop to
 * the doors. It may always lag behind: a decision takes the array only at the very version that the database
 * has at that moment, and asks the database otherwise (`credential-store.ts`). So nothing that was revoked is
 * ever granted, and a whole new list counts from its commit on, while the array is still being made from it.
 */
import type { Database, Statement } from "better-sqlite3";
import type { Clock } from "../ports/clock.ts";
import type { JournalError } from "../ports/journal.ts";
import { ok, type Result } from "../result.ts";
import { Waker } from "../time/waker.ts";
import { CredentialIndex, type IndexEntry } from "./credential-index.ts";
import { CredentialRows, type EntitlementRow, entitlementOf, isOrphan } from "./credential-rows.ts";
import type { OpenDatabase } from "./database.ts";
import { attempt } from "./sqlite-error.ts";

/** An array, and the version of the lists that it tells of. */
interface Indexed {
  readonly index: CredentialIndex;
  readonly version: number;
}

/** How long the doors may wait for a slice of the work, and how long it then waits for them. */
const SLICE_MS = 2;
const PAUSE_MS = 2;
const ROWS_AT_ONCE = 256;
const CHANGES_AT_ONCE = 32;
/** The array is looked after when a lookup finds it behind; this is for a gate that nobody comes to. */
const LOOK_EVERY_MS = 15 * 60_000;

/** A part of a longer work. `more` says that it goes on. */
type Slice = () => { readonly more: boolean };

export class CredentialIndexKeeper {
  readonly #database: OpenDatabase;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #lists: ListReader;
  readonly #waker: Waker;
  #indexed: Indexed | undefined;
  /** The version at which the lists were too long for an array; there is no trying again before they change. */
  #tooLongAt: number | undefined;

  constructor(database: OpenDatabase, clock: Clock, signal: AbortSignal) {
    this.#database = database;
    this.#clock = clock;
    this.#signal = signal;
    this.#lists = new ListReader(database.connection);
    this.#waker = new Waker(clock);
  }

  /** The array if it tells of this version of the lists; otherwise the keeper sets out to make it so. */
  at(version: number): CredentialIndex | undefined {
    if (this.#indexed?.version === version) return this.#indexed.index;
    this.#waker.wake();
    return undefined;
  }

  /** Runs until the signal is aborted; never rejects. A database that fails is tried again at the next lookup. */
  async run(): Promise<void> {
    this.#signal.addEventListener("abort", () => this.#waker.wake(), { once: true });
    while (!this.#signal.aborted) {
      await this.#catchUp();
      if (!this.#signal.aborted) await this.#waker.sleep(LOOK_EVERY_MS);
    }
    this.#indexed = undefined;
  }

  /** Follows single changes if they are all on record, else reads both lists from their beginning. */
  async #catchUp(): Promise<Result<void, JournalError>> {
    const version = attempt(this.#database.file, () => this.#lists.version());
    if (!version.ok || version.value === this.#indexed?.version) return ok(undefined);
    if (version.value === this.#tooLongAt) return ok(undefined);
    const changes = attempt(this.#database.file, () => this.#changesUpTo(version.value));
    if (!changes.ok) return changes;
    return changes.value === undefined || this.#indexed === undefined
      ? this.#load(version.value)
      : this.#follow(this.#indexed.index, changes.value, version.value);
  }

  #changesUpTo(version: number): readonly Uint8Array[] | undefined {
    return this.#indexed && this.#lists.changes(this.#indexed.version, version);
  }

  async #follow(
    index: CredentialIndex,
    changed: readonly Uint8Array[],
    version: number,
  ): Promise<Result<void, JournalError>> {
    // Half changed it tells of no version.
    this.#indexed = undefined;
    let at = 0;
    let fits = true;
    const followed = await this.#inSlices(() => {
      const some = changed.slice(at, at + CHANGES_AT_ONCE);
      for (const pseudonym of some) fits &&= this.#take(index, pseudonym);
      at += some.length;
      return { more: fits && at < changed.length };
    });
    return this.#conclude(followed, fits ? { index, version } : undefined, version);
  }

  /** What the database says of a holder now, which may be later than the version: a later change is on record. */
  #take(index: CredentialIndex, pseudonym: Uint8Array): boolean {
    const standing = this.#lists.standing(pseudonym);
    if (standing.denyListed || standing.credential !== undefined) return index.put(pseudonym, standing);
    index.remove(pseudonym);
    return true;
  }

  async #load(version: number): Promise<Result<void, JournalError>> {
    // The database answers meanwhile; two arrays at a time would cost a small board its memory.
    this.#indexed = undefined;
    const index = new CredentialIndex();
    let fits = true;
    const pages = this.#lists.pages();
    const loaded = await this.#inSlices(() => {
      const page = pages.next();
      if (page.done === true) return { more: false };
      for (const { pseudonym, entry } of page.value)
        if (entry === undefined) index.remove(pseudonym);
        else fits &&= index.put(pseudonym, entry);
      return { more: fits };
    });
    return this.#conclude(loaded, fits ? { index, version } : undefined, version);
  }

  #conclude(
    worked: Result<"done" | "stopped", JournalError>,
    indexed: Indexed | undefined,
    version: number,
  ): Result<void, JournalError> {
    if (!worked.ok) return worked;
    if (worked.value === "stopped") return ok(undefined);
    this.#indexed = indexed;
    this.#tooLongAt = indexed === undefined ? version : undefined;
    // The lists may have gone on meanwhile.
    const now = attempt(this.#database.file, () => this.#lists.version());
    if (now.ok && now.value !== version) this.#waker.wake();
    return ok(undefined);
  }

  async #inSlices(slice: Slice): Promise<Result<"done" | "stopped", JournalError>> {
    while (!this.#signal.aborted) {
      const until = this.#clock.monotonicMs() + SLICE_MS;
      const worked = attempt(this.#database.file, () => {
        let { more } = slice();
        while (more && this.#clock.monotonicMs() < until) more = slice().more;
        return more;
      });
      if (!worked.ok) return worked;
      if (!worked.value) return ok("done");
      await this.#clock.sleep(PAUSE_MS, this.#signal);
    }
    return ok("stopped");
  }
}

interface ListedHolder {
  readonly pseudonym: Uint8Array;
  /** None for a row that hides those before it and admits nobody. */
  readonly entry: IndexEntry | undefined;
}

interface CredentialPageRow extends EntitlementRow {
  readonly pseudonym: Uint8Array;
  readonly generation: number;
  readonly orphan: number;
}

const NO_PSEUDONYM = new Uint8Array(0);

/** The lists as the keeper reads them; throws SQLite's errors. */
class ListReader {
  readonly #rows: CredentialRows;
  readonly #changes: Statement<[number, number], { pseudonym: Uint8Array | null }>;
  readonly #admitted: Statement<[Uint8Array, number, number], CredentialPageRow>;
  readonly #denied: Statement<[Uint8Array, number], { pseudonym: Uint8Array }>;

  constructor(connection: Database) {
    this.#rows = new CredentialRows(connection);
    this.#changes = connection.prepare(
      "SELECT pseudonym FROM list_change WHERE version > ? AND version <= ?",
    );
    this.#admitted = connection.prepare(
      `SELECT pseudonym, generation, group_name, valid_from, valid_until, enabled, ${isOrphan("credential")} AS orphan
       FROM credential WHERE (pseudonym, generation) > (?, ?)
         AND generation <= (SELECT value FROM counter WHERE name = 'generation')
       ORDER BY pseudonym, generation LIMIT ?`,
    );
    this.#denied = connection.prepare(
      "SELECT pseudonym FROM denied WHERE pseudonym > ? ORDER BY pseudonym LIMIT ?",
    );
  }

  version(): number {
    return this.#rows.version();
  }

  standing(pseudonym: Uint8Array): IndexEntry {
    return this.#rows.standing(pseudonym);
  }

  /** Who changed between two versions; `undefined` when that is not on record any more, or everything changed. */
  changes(after: number, upTo: number): readonly Uint8Array[] | undefined {
    const rows = this.#changes.all(after, upTo);
    const changed = rows.flatMap(({ pseudonym }) => (pseudonym === null ? [] : [pseudonym]));
    return changed.length === upTo - after ? changed : undefined;
  }

  /** Both lists page by page, of one holder the valid row last. Each page is of its own moment. */
  *pages(): Generator<readonly ListedHolder[], void, void> {
    let last: Pick<CredentialPageRow, "pseudonym" | "generation"> = {
      pseudonym: NO_PSEUDONYM,
      generation: 0,
    };
    for (;;) {
      const page = this.#admitted.all(last.pseudonym, last.generation, ROWS_AT_ONCE);
      yield page.map(listedHolder);
      last = page.at(-1) ?? last;
      if (page.length < ROWS_AT_ONCE) break;
    }
    let denied: Uint8Array = NO_PSEUDONYM;
    for (;;) {
      const page = this.#denied.all(denied, ROWS_AT_ONCE);
      yield page.map(({ pseudonym }) => ({ pseudonym, entry: this.standing(pseudonym) }));
      denied = page.at(-1)?.pseudonym ?? denied;
      if (page.length < ROWS_AT_ONCE) return;
    }
  }
}

const listedHolder = (row: CredentialPageRow): ListedHolder => ({
  pseudonym: row.pseudonym,
  entry: row.orphan === 1 ? undefined : { denyListed: false, credential: entitlementOf(row) },
});
