/**
 * Erasure by itself: personal parts and enrolments at their date, delivered rows after the profile's period,
 * and then the old pages too, in the database and in its log. Governing text: privacy rules, retention.
 */
import type { Database, Statement } from "better-sqlite3";
import { toBase64Url } from "../bytes/base64url.ts";
import type { Clock, ClockState } from "../ports/clock.ts";
import type { JournalError, NewEvent } from "../ports/journal.ts";
import { ok, type Result } from "../result.ts";
import type { Instant } from "../time/time.ts";
import type { OpenDatabase } from "./database.ts";
import { attempt } from "./sqlite-error.ts";
import type { SqliteJournal } from "./sqlite-journal.ts";

export interface RetentionOptions {
  readonly database: OpenDatabase;
  readonly journal: SqliteJournal;
  readonly clock: Clock;
  readonly clockState: () => ClockState;
  /** How long a delivered row is kept. */
  readonly retentionMs: number;
}

export type RetentionReport =
  /** A clock that is wrong must not erase: nothing was done. */
  | { readonly kind: "clockUntrusted" }
  | {
      readonly kind: "done";
      /** Personal parts, credentials and deny list entries whose date had come. */
      readonly erased: number;
      /** Rows removed from the head of the journal. */
      readonly pruned: number;
      /** False while another process reads: old pages then stay in the log until the next run. */
      readonly logTruncated: boolean;
    };

export const PRUNED_TYPE = "acs.system.pruned";
/** Rows touched in one transaction, for which the event loop stands still. */
const ROWS_AT_ONCE = 1000;
/** More than a busy lane writes in two days; what is left over waits for the next run. */
const MAX_ROUNDS = 100;
const PAUSE_MS = 10;
const PAGES_AT_ONCE = 1000;

/**
 * One erasure run, to be called at start and once an hour. Does nothing unless the clock is synchronised
 * and not behind the newest row. Errors as for any use of the database; what was committed stays so.
 */
export async function runRetention(
  options: RetentionOptions,
): Promise<Result<RetentionReport, JournalError>> {
  const { database, journal, clock } = options;
  const newest = journal.newestTime();
  if (!newest.ok) return newest;
  const now = clock.wallTime();
  if (options.clockState() !== "synced" || now < newest.value) return ok({ kind: "clockUntrusted" });
  let erased = 0;
  let pruned = 0;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const done = await eraseSome(options, now);
    if (!done.ok) return done;
    erased += done.value.erased;
    pruned += done.value.pruned;
    if (!done.value.mayHaveMore) break;
    await clock.sleep(PAUSE_MS);
  }
  return attempt(database.file, () => {
    const logTruncated = releasePages(database.connection);
    return { kind: "done", erased, pruned, logTruncated } as const;
  });
}

interface Progress {
  readonly erased: number;
  readonly pruned: number;
  readonly mayHaveMore: boolean;
}

/** One transaction: deletions and the row that tells of them stand or fall together. */
async function eraseSome(options: RetentionOptions, now: Instant): Promise<Result<Progress, JournalError>> {
  const { connection, file } = options.database;
  let progress: Progress = { erased: 0, pruned: 0, mayHaveMore: false };
  const prepared = attempt(file, () => ({
    erase: ERASURES.map((sql) => connection.prepare<[number, number]>(sql)),
    prune: new Pruning(connection),
  }));
  if (!prepared.ok) return prepared;
  const { erase, prune } = prepared.value;
  const committed = await options.journal.appendAfter(() => {
    const counts = erase.map((statement) => statement.run(now, ROWS_AT_ONCE).changes);
    const cut = prune.cut(now - options.retentionMs);
    const pruned = cut?.count ?? 0;
    const mayHaveMore = [...counts, pruned].some((count) => count >= ROWS_AT_ONCE);
    progress = { erased: counts.reduce((sum, count) => sum + count, 0), pruned, mayHaveMore };
    return cut === undefined ? [] : [cut.event];
  });
  return committed.ok ? ok(progress) : committed;
}

const ERASURES = [
  "DELETE FROM personal WHERE seq IN (SELECT seq FROM personal WHERE expires_at <= ? LIMIT ?)",
  "DELETE FROM credential WHERE pseudonym IN (SELECT pseudonym FROM credential WHERE expires_at <= ? LIMIT ?)",
  "DELETE FROM denied WHERE pseudonym IN (SELECT pseudonym FROM denied WHERE expires_at <= ? LIMIT ?)",
] as const;

/** Removes old delivered rows from the head of the journal, never its newest one. */
class Pruning {
  readonly #bounds: Statement<[], { first: number | null; last: number | null }>;
  readonly #firstKept: Statement<[number], { seq: number }>;
  readonly #hash: Statement<[number], { hash: Uint8Array }>;
  readonly #remove: Statement<[number]>;

  constructor(connection: Database) {
    this.#bounds = connection.prepare("SELECT min(seq) AS first, max(seq) AS last FROM event");
    this.#firstKept = connection.prepare(
      `SELECT seq FROM event WHERE time >= ? OR seq > (SELECT value FROM counter WHERE name = 'acked')
       ORDER BY seq LIMIT 1`,
    );
    this.#hash = connection.prepare("SELECT hash FROM event WHERE seq = ?");
    this.#remove = connection.prepare("DELETE FROM event WHERE seq <= ?");
  }

  cut(cutoffMs: number): { readonly count: number; readonly event: NewEvent } | undefined {
    const { first, last } = this.#bounds.get() ?? { first: null, last: null };
    if (first === null || last === null) return undefined;
    const keep = Math.min(this.#firstKept.get(cutoffMs)?.seq ?? last, last, first + ROWS_AT_ONCE);
    const hash = this.#hash.get(keep - 1)?.hash;
    if (keep <= first || hash === undefined) return undefined;
    this.#remove.run(keep - 1);
    const data = { first, last: keep - 1, hash: toBase64Url(hash) };
    return { count: keep - first, event: { type: PRUNED_TYPE, data } };
  }
}

/** Gives free pages back and empties the write-ahead log; returns whether the log is empty now. */
function releasePages(connection: Database): boolean {
  connection.pragma(`incremental_vacuum(${PAGES_AT_ONCE})`);
  const busy: unknown = connection.pragma("wal_checkpoint(TRUNCATE)", { simple: true });
  return busy === 0;
}
