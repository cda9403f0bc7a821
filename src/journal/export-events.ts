/**
 * The journal's rows for a person who asks for them, beside a running gate: page by page, each page a moment
 * of its own, so that no long reader keeps the write-ahead log from being emptied. Governing text: fleet
 * interface, §4; privacy rules, rights.
 */
import type { Database } from "better-sqlite3";
import type { JournalError, JournalEvent } from "../ports/journal.ts";
import { err, ok, type Result } from "../result.ts";
import type { Instant } from "../time/time.ts";
import type { OpenDatabase } from "./database.ts";
import { type EventRow, eventOf, ROW_COLUMNS } from "./event-rows.ts";
import { attempt } from "./sqlite-error.ts";

/** Rows that fulfil all that is named: numbers inclusive, times from inclusive to exclusive. */
export interface EventRange {
  readonly fromSeq?: number;
  readonly toSeq?: number;
  readonly fromTime?: Instant;
  readonly beforeTime?: Instant;
}

/** A row that is no event any more; the rows before it were given. */
export interface DamagedRow {
  readonly kind: "damagedRow";
  readonly seq: number;
}

const ROWS_AT_ONCE = 500;

/**
 * The events of a range in order, in pages of at most 500. It ends with the row that was the newest when it
 * began. An error is the last thing given.
 */
export function* exportEvents(
  database: OpenDatabase,
  range: EventRange,
): Generator<Result<readonly JournalEvent[], DamagedRow | JournalError>, void, void> {
  const { connection, file } = database;
  const prepared = attempt(file, () => ({
    page: connection.prepare<[number, number, number, number, number], EventRow>(
      `${ROW_COLUMNS} WHERE event.seq > ? AND event.seq <= ? AND time >= ? AND time < ?
       ORDER BY event.seq LIMIT ?`,
    ),
    bounds: boundsOf(range, newestSeq(connection)),
  }));
  if (!prepared.ok) return yield prepared;
  const { page, bounds } = prepared.value;
  let at = bounds.afterSeq;
  for (;;) {
    const rows = attempt(file, () =>
      page.all(at, bounds.toSeq, bounds.fromTime, bounds.beforeTime, ROWS_AT_ONCE),
    );
    if (!rows.ok) return yield rows;
    const events = eventsOf(rows.value);
    if (!events.ok) return yield events;
    if (events.value.length > 0) yield events;
    if (rows.value.length < ROWS_AT_ONCE) return;
    at = rows.value.at(-1)?.seq ?? bounds.toSeq;
  }
}

const newestSeq = (connection: Database): number =>
  connection.prepare<[], { last: number | null }>("SELECT max(seq) AS last FROM event").get()?.last ?? 0;

const boundsOf = (range: EventRange, newest: number) => ({
  afterSeq: (range.fromSeq ?? 1) - 1,
  toSeq: Math.min(range.toSeq ?? newest, newest),
  fromTime: range.fromTime ?? Number.MIN_SAFE_INTEGER,
  beforeTime: range.beforeTime ?? Number.MAX_SAFE_INTEGER,
});

function eventsOf(rows: readonly EventRow[]): Result<readonly JournalEvent[], DamagedRow> {
  const events: JournalEvent[] = [];
  for (const row of rows) {
    const event = eventOf(row);
    if (event === undefined) return err({ kind: "damagedRow", seq: row.seq });
    events.push(event);
  }
  return ok(events);
}
