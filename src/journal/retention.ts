/**
 * Erasure by itself: personal parts and enrolments at their date, delivered rows after the profile's period,
 * and then the old pages too, in the database and in its log. Governing text: privacy rules, retention.
 *
 * A row stamped later than now was written by a clock that was wrong then, or is read by one that is wrong
 * now; its date says nothing. It was written no later than the rows after it, so the first of those with a
 * credible time decides: a stray date neither keeps anything for years nor erases anything early.
 */
import type { Database, Statement } from "better-sqlite3";
import { toBase64Url } from "../bytes/base64url.ts";
import type { Clock, ClockState } from "../ports/clock.ts";
import type { JournalError, NewEvent } from "../ports/journal.ts";
import { ok, type Result } from "../result.ts";
import { DAY_MS } from "../time/civil-date.ts";
import type { Instant } from "../time/time.ts";
import type { OpenDatabase } from "./database.ts";
import { releasePages } from "./remains.ts";
import { attempt } from "./sqlite-error.ts";
import type { SqliteJournal } from "./sqlite-journal.ts";

export interface RetentionOptions {
  readonly database: OpenDatabase;
  readonly journal: SqliteJournal;
  readonly clock: Clock;
  readonly clockState: () => ClockState;
  /** How long a delivered row is kept. */
  readonly retentionMs: number;
  /** Whether rows wait for a back end's acknowledgement; without a back end time alone decides. */
  readonly delivery: "acknowledged" | "none";
}

export type RetentionReport =
  /** A clock that is wrong must not erase: nothing was done. */
  | { readonly kind: "clockUntrusted" }
  | {
      readonly kind: "done";
      /** Personal parts, credentials, deny list entries and wrong passwords whose date had come. */
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
const UNLISTED_KEPT_MS = 30 * DAY_MS;

/**
 * One erasure run, to be called at start and once an hour. Does nothing unless the clock is trusted
 * and not behind the newest row; should that one be the stray, the next row written ends the wait.
 * Errors as for any use of the database; what was committed stays so.
 */
export async function runRetention(
  options: RetentionOptions,
): Promise<Result<RetentionReport, JournalError>> {
  const { database, journal, clock } = options;
  const newest = journal.newestTime();
  if (!newest.ok) return newest;
  const now = clock.wallTime();
  if (options.clockState() === "unsynced" || now < newest.value) {
    const forgotten = await forgetChanges(options);
    return forgotten.ok ? ok({ kind: "clockUntrusted" }) : forgotten;
  }
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

/** Needs no clock: the notes have served once every process has seen them, which takes it a moment. */
async function forgetChanges({ database, journal }: RetentionOptions): Promise<Result<void, JournalError>> {
  const forgotten = await journal.appendAfter(() => {
    database.connection.prepare(FORGET_CHANGES).run();
    return [];
  });
  return forgotten.ok ? ok(undefined) : forgotten;
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
    dateUnlisted: connection.prepare<[number, number]>(DATE_UNLISTED),
    forget: connection.prepare<[]>(FORGET_CHANGES),
    history: new History(connection),
  }));
  if (!prepared.ok) return prepared;
  const { erase, dateUnlisted, forget, history } = prepared.value;
  const age = { now, cutoffMs: now - options.retentionMs, retentionMs: options.retentionMs };
  const committed = await options.journal.appendAfter(() => {
    const counts = erase.map((statement) => statement.run(now, ROWS_AT_ONCE).changes);
    counts.push(history.eraseStray(age));
    const dated = dateUnlisted.run(now, ROWS_AT_ONCE).changes;
    forget.run();
    const cut = history.cut(age, options.delivery);
    const pruned = cut?.count ?? 0;
    const mayHaveMore =
      cut?.mayHaveMore === true || [dated, ...counts].some((count) => count >= ROWS_AT_ONCE);
    progress = { erased: counts.reduce((sum, count) => sum + count, 0), pruned, mayHaveMore };
    return cut === undefined ? [] : [cut.event];
  });
  return committed.ok ? ok(progress) : committed;
}

const ERASURES = [
  "DELETE FROM personal WHERE seq IN (SELECT seq FROM personal WHERE expires_at <= ? LIMIT ?)",
  "DELETE FROM chip_pin WHERE pseudonym IN (SELECT pseudonym FROM admitted WHERE expires_at <= ? LIMIT ?)",
  "DELETE FROM chip_pin WHERE pseudonym IN (SELECT pseudonym FROM chip_pin WHERE expires_at <= ? LIMIT ?)",
  // With a credential goes what it replaced, which would else be valid again.
  `DELETE FROM credential WHERE (pseudonym, generation) IN (
     SELECT old.pseudonym, old.generation FROM (
       SELECT pseudonym, generation FROM credential WHERE expires_at <= ?
         AND generation <= (SELECT value FROM counter WHERE name = 'generation') LIMIT ?) AS due
     CROSS JOIN credential AS old ON old.pseudonym = due.pseudonym AND old.generation <= due.generation)`,
  `DELETE FROM denied WHERE (pseudonym, entry) IN (
     SELECT pseudonym, entry FROM denied WHERE expires_at <= ? LIMIT ?)`,
  "DELETE FROM password_try WHERE id IN (SELECT id FROM password_try WHERE expires_at <= ? LIMIT ?)",
] as const;
/**
 * A chip whose holder was taken off the lists before his time is kept a while: who comes back with the next list
 * has to come with his chip. The clock is not asked in a trigger, so the date is given here.
 */
const DATE_UNLISTED = `UPDATE chip_pin SET expires_at = ? + ${UNLISTED_KEPT_MS} WHERE pseudonym IN (
  SELECT pseudonym FROM chip_pin WHERE unlisted = 1 AND expires_at IS NULL LIMIT ?)`;
/** Else the notes of what changed would still name who was erased. The gate's array is then read anew. */
const FORGET_CHANGES = "DELETE FROM list_change";

/** What is too old at a moment. */
interface Age {
  readonly now: Instant;
  /** Rows of an earlier time are due. */
  readonly cutoffMs: number;
  readonly retentionMs: number;
}

/** Rows removed from the head. */
interface Cut {
  readonly count: number;
  readonly mayHaveMore: boolean;
  readonly event: NewEvent;
}

/** The rows of the journal by their age. */
class History {
  readonly #bounds: Statement<[], { first: number | null; last: number | null; acked: number }>;
  readonly #credible: Statement<[number, number], { seq: number; time: number }>;
  readonly #firstKept: Statement<[number, number, number], { seq: number; time: number }>;
  readonly #hash: Statement<[number], { hash: Uint8Array }>;
  readonly #remove: Statement<[number]>;
  readonly #firstStray: Statement<[number], { seq: number | null }>;
  readonly #removeStray: Statement<[number, number, number]>;

  constructor(connection: Database) {
    this.#bounds = connection.prepare(
      `SELECT (SELECT min(seq) FROM event) AS first, (SELECT max(seq) FROM event) AS last,
              (SELECT value FROM counter WHERE name = 'acked') AS acked`,
    );
    this.#credible = connection.prepare(
      "SELECT seq, time FROM event WHERE seq >= ? AND time <= ? ORDER BY seq LIMIT 1",
    );
    this.#firstKept = connection.prepare(
      "SELECT seq, time FROM event WHERE seq > ? AND seq < ? AND time >= ? ORDER BY seq LIMIT 1",
    );
    this.#hash = connection.prepare("SELECT hash FROM event WHERE seq = ?");
    this.#remove = connection.prepare("DELETE FROM event WHERE seq <= ?");
    // Left to itself SQLite would look for the least number from the first row on, through all good dates.
    const strays = "FROM personal INDEXED BY personal_expiry WHERE expires_at > ?";
    this.#firstStray = connection.prepare(`SELECT min(seq) AS seq ${strays}`);
    this.#removeStray = connection.prepare(
      `DELETE FROM personal WHERE seq IN (SELECT seq ${strays} AND seq < ? LIMIT ?)`,
    );
  }

  /** Removes due rows from the head of the journal, as many as one round may, never its newest one. */
  cut(age: Age, delivery: RetentionOptions["delivery"]): Cut | undefined {
    const { first, last, acked } = this.#bounds.get() ?? { first: null, last: null, acked: 0 };
    if (first === null || last === null) return undefined;
    const due = this.#dueRow(first, age);
    if (due === undefined) return undefined;
    const end = first + ROWS_AT_ONCE;
    const young = this.#firstKept.get(due, end, age.cutoffMs);
    const undelivered = delivery === "none" ? end : acked + 1;
    const keep = Math.min(young?.seq ?? end, undelivered, last);
    const hash = this.#hash.get(keep - 1)?.hash;
    if (keep <= first || hash === undefined) return undefined;
    this.#remove.run(keep - 1);
    const data = { first, last: keep - 1, hash: toBase64Url(hash) };
    // A stray row also ends a round; whether what lies behind it is due is for the next one.
    const mayHaveMore = keep === end || (keep === young?.seq && young.time > age.now);
    return { count: keep - first, mayHaveMore, event: { type: PRUNED_TYPE, data } };
  }

  /** Erases personal parts whose date is later than any that is given today, once they are due all the same. */
  eraseStray(age: Age): number {
    const latest = age.now + age.retentionMs;
    const first = this.#firstStray.get(latest)?.seq ?? undefined;
    const due = first === undefined ? undefined : this.#dueRow(first, age);
    return due === undefined ? 0 : this.#removeStray.run(latest, due, ROWS_AT_ONCE).changes;
  }

  /** The first row from `seq` on with a credible time, if that is due; all rows before it then are due too. */
  #dueRow(seq: number, { now, cutoffMs }: Age): number | undefined {
    const row = this.#credible.get(seq, now);
    return row !== undefined && row.time < cutoffMs ? row.seq : undefined;
  }
}
