/**
 * The rows of the journal in SQL: append to the chain inside a transaction, read back. It knows tables and
 * hashes; when to commit is the business of `sqlite-journal.ts`.
 */
import type { Database, Statement } from "better-sqlite3";
import { toBase64Url } from "../bytes/base64url.ts";
import { uuidV7 } from "../crypto/uuid.ts";
import type { EventStamp, JournalEvent, NewEvent, PersonalPart } from "../ports/journal.ts";
import type { Random } from "../ports/random.ts";
import { timeAbove } from "../time/clock-floor.ts";
import { type Instant, instant } from "../time/time.ts";
import { credentialRef, eventLine, lineHash, parseLine, type UnsealedEvent } from "./cloud-event.ts";

/** `prev` of the first row of all. */
export const GENESIS = new Uint8Array(32);
const SALT_BYTES = 16;

/** A row as stored, with its personal part where there still is one. */
export interface EventRow {
  readonly seq: number;
  readonly time: number;
  readonly line: string;
  readonly hash: Uint8Array;
  readonly salt: Uint8Array | null;
  readonly pseudonym: Uint8Array | null;
}

/** The newest row, from which the chain goes on. */
export interface Head {
  readonly seq: number;
  readonly time: Instant;
  readonly hash: Uint8Array;
}

/** What is the same for all rows of one process. */
export interface RowOrigin {
  readonly journal: string;
  readonly source: string;
  readonly boot: string;
  /** Time never goes below this while unsynchronised, even in an empty journal. */
  readonly buildTime: Instant;
  /** How long a personal part is kept. */
  readonly retentionMs: number;
}

/** Selects `EventRow`s. */
export const ROW_COLUMNS = `SELECT event.seq, time, line, hash, salt, pseudonym FROM event LEFT JOIN personal USING (seq)`;

export class EventRows {
  readonly #origin: RowOrigin;
  readonly #random: Random;
  readonly #head: Statement<[], { seq: number; time: number; hash: Uint8Array }>;
  readonly #insertEvent: Statement<[number, number, string, Uint8Array]>;
  readonly #insertPersonal: Statement<[number, Uint8Array, Uint8Array, string, number]>;
  readonly #after: Statement<[number, number], EventRow>;

  constructor(connection: Database, origin: RowOrigin, random: Random) {
    this.#origin = origin;
    this.#random = random;
    this.#head = connection.prepare(
      "SELECT seq, time, hash FROM event WHERE seq = (SELECT max(seq) FROM event)",
    );
    this.#insertEvent = connection.prepare("INSERT INTO event (seq, time, line, hash) VALUES (?, ?, ?, ?)");
    this.#insertPersonal = connection.prepare(
      "INSERT INTO personal (seq, salt, pseudonym, key_id, expires_at) VALUES (?, ?, ?, ?, ?)",
    );
    this.#after = connection.prepare(`${ROW_COLUMNS} WHERE event.seq > ? ORDER BY event.seq LIMIT ?`);
  }

  /** The newest row; before the first one, sequence 0 at the build time. */
  head(): Head {
    const row = this.#head.get();
    if (row === undefined) return { seq: 0, time: this.#origin.buildTime, hash: GENESIS };
    return { seq: row.seq, time: instant(row.time), hash: row.hash };
  }

  /**
   * Adds one row to the chain behind `head`; to be called inside a write transaction, in which `head` was read
   * or the row of it appended, since commands of other processes append too. Returns the new head beside it.
   */
  append(
    event: NewEvent,
    stamp: EventStamp,
    head: Head,
  ): { readonly event: JournalEvent; readonly head: Head } {
    const salt = this.#random.bytes(SALT_BYTES);
    const unsealed = this.#unsealed(event, stamp, head, salt);
    const line = eventLine(unsealed);
    const hash = lineHash(head.hash, line);
    this.#insertEvent.run(unsealed.seq, unsealed.time, line, hash);
    const sealed = { ...unsealed, hash: toBase64Url(hash) };
    const newHead = { seq: unsealed.seq, time: unsealed.time, hash };
    if (event.personal === undefined) return { event: sealed, head: newHead };
    const { pseudonym, keyId } = event.personal;
    this.#insertPersonal.run(unsealed.seq, salt, pseudonym, keyId, unsealed.time + this.#origin.retentionMs);
    const personal = { salt: toBase64Url(salt), pseudonym: toBase64Url(pseudonym) };
    return { event: { ...sealed, personal }, head: newHead };
  }

  /** Rows after `afterSeq` in order; `undefined` in place of one that is no event any more. */
  read(afterSeq: number, limit: number): readonly (JournalEvent | undefined)[] {
    return this.#after.all(afterSeq, limit).map(eventOf);
  }

  #unsealed(event: NewEvent, stamp: EventStamp, head: Head, salt: Uint8Array): UnsealedEvent {
    const floors = { buildTime: this.#origin.buildTime, newestEntry: head.time };
    const { instant: time, state: clock } = timeAbove(floors, stamp.time, stamp.clock);
    return {
      id: uuidV7(time, this.#random),
      source: this.#origin.source,
      journal: this.#origin.journal,
      seq: head.seq + 1,
      type: event.type,
      time,
      boot: this.#origin.boot,
      mono: Math.floor(stamp.mono),
      clock,
      prev: toBase64Url(head.hash),
      data:
        event.personal === undefined
          ? event.data
          : { ...event.data, credential: commitment(event.personal, salt) },
    };
  }
}

const commitment = (
  personal: PersonalPart,
  salt: Uint8Array,
): { readonly kind: string; readonly ref: string } => ({
  kind: personal.kind,
  ref: credentialRef(salt, personal.pseudonym),
});

/** The event of a row; `undefined` when the row is none any more. */
export function eventOf(row: EventRow): JournalEvent | undefined {
  const unsealed = parseLine(row.line, row.time);
  if (unsealed === undefined || unsealed.seq !== row.seq) return undefined;
  const sealed = { ...unsealed, hash: toBase64Url(row.hash) };
  if (row.salt === null || row.pseudonym === null) return sealed;
  return { ...sealed, personal: { salt: toBase64Url(row.salt), pseudonym: toBase64Url(row.pseudonym) } };
}
