/**
 * The journal and its outbox in SQLite. A row is durable (WAL, synchronous=FULL) before `append` resolves,
 * and the gate moves its relay only after that. Appends of one turn of the event loop share a transaction.
 * Governing text: fleet interface, §4; Raspberry Pi notes, storage.
 */
import type { Statement, Transaction } from "better-sqlite3";
import { toHex } from "../bytes/hex.ts";
import { uuidV7 } from "../crypto/uuid.ts";
import type { Clock, ClockState } from "../ports/clock.ts";
import type { EventStamp, Journal, JournalError, JournalEvent, NewEvent, Outbox } from "../ports/journal.ts";
import type { Random } from "../ports/random.ts";
import { err, ok, type Result } from "../result.ts";
import { type Instant, type Millis, millis } from "../time/time.ts";
import type { OpenDatabase } from "./database.ts";
import { EventRows } from "./event-rows.ts";
import { attempt, corruptDatabase, isBusy } from "./sqlite-error.ts";

export interface JournalOptions {
  readonly database: OpenDatabase;
  /** `acs:{site}/{gate}`. */
  readonly source: string;
  readonly clock: Clock;
  readonly clockState: () => ClockState;
  readonly random: Random;
  /** When this program was built: the least wall time that can be true. */
  readonly buildTime: Instant;
  /** How long personal parts, and acknowledged rows, are kept (privacy rules, retention). */
  readonly retentionMs: number;
}

/** Runs inside the transaction, before its events are chained, so that a change and the row about it are one step. */
export type JournalWork = () => readonly NewEvent[];

interface Waiting {
  readonly work: JournalWork;
  readonly stamp: EventStamp;
  readonly settle: (outcome: Result<readonly JournalEvent[], JournalError>) => void;
}

/** Appends that may wait for a commit; beyond this the disk does not keep up and the lane must know. */
const WAITING_LIMIT = 1024;
/** Appends that share one transaction. */
const GROUP_LIMIT = 256;
/** Another process may hold the write lock for as long as 40 × (its pause + the connection's busy timeout). */
const BUSY_ATTEMPTS = 40;
const BUSY_PAUSE_MS = 25;
const JOURNAL_ID_BYTES = 16;

export class SqliteJournal implements Journal, Outbox {
  /** Identifies the chain: 32 hex digits, random, made with the database. */
  readonly journal: string;
  /** Identifies this process's lifetime. */
  readonly boot: string;

  readonly #options: JournalOptions;
  readonly #startedAt: Millis;
  readonly #rows: EventRows;
  readonly #range: Statement<[], { first: number | null; last: number | null }>;
  readonly #counter: Statement<[string], { value: number }>;
  readonly #raise: Statement<[number, string, number]>;
  readonly #commit: Transaction<(group: readonly Waiting[]) => readonly (readonly JournalEvent[])[]>;
  readonly #waiting: Waiting[] = [];
  readonly #listeners = new Set<(events: readonly JournalEvent[]) => void>();
  #flushing = false;
  #newestSeen: Instant;
  /** The highest connection number given out by this process. */
  #connection = 0;

  /** Opens the journal of a database. Errors as for any use of the database. */
  static open(options: JournalOptions): Result<SqliteJournal, JournalError> {
    return attempt(options.database.file, () => new SqliteJournal(options, journalIdentity(options)));
  }

  private constructor(options: JournalOptions, journal: string) {
    const { connection } = options.database;
    this.#options = options;
    this.#startedAt = options.clock.monotonicMs();
    this.journal = journal;
    this.boot = uuidV7(options.clock.wallTime(), options.random);
    this.#rows = new EventRows(connection, { ...options, journal, boot: this.boot }, options.random);
    // Two questions, because SQLite answers min and max in one by reading every row.
    this.#range = connection.prepare(
      "SELECT (SELECT min(seq) FROM event) AS first, (SELECT max(seq) FROM event) AS last",
    );
    this.#counter = connection.prepare("SELECT value FROM counter WHERE name = ?");
    this.#raise = connection.prepare("UPDATE counter SET value = ? WHERE name = ? AND value < ?");
    this.#newestSeen = this.#rows.head().time;
    this.#commit = connection.transaction((group: readonly Waiting[]) => this.#chain(group));
  }

  append(events: readonly NewEvent[]): Promise<Result<readonly JournalEvent[], JournalError>> {
    return this.appendAfter(() => events);
  }

  /** As `append`, for events that `work` returns after changing the same database in the same transaction. */
  appendAfter(work: JournalWork): Promise<Result<readonly JournalEvent[], JournalError>> {
    if (this.#waiting.length >= WAITING_LIMIT) {
      const remedy = "the disk does not keep up with the journal; run varco doctor to measure it";
      return Promise.resolve(err({ kind: "unavailable", file: this.#options.database.file, remedy }));
    }
    return new Promise((settle) => {
      this.#waiting.push({ work, stamp: this.#stamp(), settle });
      if (this.#flushing) return;
      this.#flushing = true;
      queueMicrotask(() => void this.#flush());
    });
  }

  read(afterSeq: number, limit: number): Result<readonly JournalEvent[], JournalError> {
    const rows = attempt(this.#options.database.file, () => this.#rows.read(afterSeq, limit));
    if (!rows.ok) return rows;
    const events = rows.value.filter((event) => event !== undefined);
    return events.length === rows.value.length
      ? ok(events)
      : err(corruptDatabase(this.#options.database.file));
  }

  range(): Result<{ readonly first: number; readonly last: number; readonly acked: number }, JournalError> {
    return attempt(this.#options.database.file, () => {
      const bounds = this.#range.get();
      const acked = this.#counter.get("acked")?.value ?? 0;
      return { first: bounds?.first ?? 0, last: bounds?.last ?? 0, acked };
    });
  }

  acknowledge(seq: number): Result<void, JournalError> {
    return attempt(this.#options.database.file, () => void this.#raise.run(seq, "acked", seq));
  }

  /**
   * The next connection number, by which a `lost` of an earlier connection is known as stale. It is kept on
   * disk; while the disk cannot keep it, it goes on in memory, since a failing gate must still say so.
   */
  async nextConnection(): Promise<number> {
    const kept = attempt(this.#options.database.file, () => this.#counter.get("connection")?.value ?? 0);
    const next = Math.max(this.#connection, kept.ok ? kept.value : 0) + 1;
    this.#connection = next;
    await this.appendAfter(() => {
      this.#raise.run(next, "connection", next);
      return [];
    });
    return next;
  }

  /**
   * The time of the newest row that this process has read or written, or the build time: the floor of a
   * decision's time, which need not wait for the disk. A row of a command comes to it with the next own one.
   */
  get newestSeen(): Instant {
    return this.#newestSeen;
  }

  /** The time of the newest row in the file, or the build time: the floor for what erases by time. */
  newestTime(): Result<Instant, JournalError> {
    return attempt(this.#options.database.file, () => this.#rows.head().time);
  }

  onCommit(listener: (events: readonly JournalEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #stamp(): EventStamp {
    const { clock, clockState } = this.#options;
    const mono = millis(clock.monotonicMs() - this.#startedAt);
    return { time: clock.wallTime(), mono, clock: clockState() };
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, GROUP_LIMIT);
      let outcome = this.#tryCommit(group);
      for (let attempts = 1; !outcome.ok && isBusy(outcome.error) && attempts < BUSY_ATTEMPTS; attempts++) {
        await this.#options.clock.sleep(BUSY_PAUSE_MS);
        outcome = this.#tryCommit(group);
      }
      this.#settle(group, outcome);
    }
    this.#flushing = false;
  }

  #tryCommit(group: readonly Waiting[]): Result<readonly (readonly JournalEvent[])[], JournalError> {
    return attempt(this.#options.database.file, () => this.#commit.immediate(group));
  }

  /** The head is read in each transaction: a command of another process may have appended, or this one rolled back. */
  #chain(group: readonly Waiting[]): readonly (readonly JournalEvent[])[] {
    let head = this.#rows.head();
    return group.map(({ work, stamp }) =>
      work().map((event) => {
        const appended = this.#rows.append(event, stamp, head);
        head = appended.head;
        return appended.event;
      }),
    );
  }

  #settle(
    group: readonly Waiting[],
    outcome: Result<readonly (readonly JournalEvent[])[], JournalError>,
  ): void {
    for (const [index, entry] of group.entries()) {
      entry.settle(outcome.ok ? ok(outcome.value[index] ?? []) : outcome);
    }
    if (!outcome.ok) return;
    const committed = outcome.value.flat();
    const newest = committed.at(-1);
    if (newest === undefined) return;
    this.#newestSeen = newest.time;
    void this.#announce(committed);
  }

  /** In a later turn of the event loop: whoever waits for the commit, the relay above all, goes first. */
  async #announce(committed: readonly JournalEvent[]): Promise<void> {
    await this.#options.clock.sleep(0);
    for (const listener of this.#listeners) listener(committed);
  }
}

function journalIdentity(options: JournalOptions): string {
  const { connection } = options.database;
  const identity = connection.transaction(() => {
    const known = connection.prepare<[], { journal: string }>("SELECT journal FROM identity").get();
    if (known !== undefined) return known.journal;
    const made = toHex(options.random.bytes(JOURNAL_ID_BYTES)).toLowerCase();
    connection.prepare<[string]>("INSERT INTO identity (journal) VALUES (?)").run(made);
    return made;
  });
  return identity.immediate();
}
