/**
 * Wrong passwords on record, so that neither a restart nor a power cut gives anybody new tries. Each is a row that knows what
 * block it was followed by, at its door and for its holder; taking a try back is deleting its row. The rule is that of
 * `src/policy/password-tries.ts`; rows go at their date, or, when very many have come, the oldest first.
 */
import { type Database, SqliteError, type Statement } from "better-sqlite3";
import {
  blockAfter,
  blockedUntil,
  DOOR_TRIES,
  forgottenAt,
  HOLDER_TRIES,
  type TryRule,
  type WrongTry,
} from "../policy/password-tries.ts";
import type { JournalError } from "../ports/journal.ts";
import type { PasswordTries, PasswordTry, TryOutcome } from "../ports/password-tries.ts";
import { ok, type Result } from "../result.ts";
import { type Instant, instant } from "../time/time.ts";
import type { OpenDatabase } from "./database.ts";
import { attempt } from "./sqlite-error.ts";
import type { SqliteJournal } from "./sqlite-journal.ts";

/** Columns of this type that hold something else are damage. */
interface TryRow {
  readonly at: number;
  readonly block: number;
}

/** What is on record of a door, or of a holder, the newest first, with the rule that it is judged by. */
interface History {
  readonly tries: readonly WrongTry[];
  readonly rule: TryRule;
}

export class PasswordTryStore implements PasswordTries {
  readonly #file: string;
  readonly #journal: SqliteJournal;
  readonly #now: () => Instant;
  readonly #rows: TryRows;

  /** Prepares the statements. `now` is the time that decisions are made by. Errors as for any use of the database. */
  static open(
    database: OpenDatabase,
    journal: SqliteJournal,
    now: () => Instant,
  ): Result<PasswordTryStore, JournalError> {
    return attempt(database.file, () => new PasswordTryStore(database, journal, now));
  }

  private constructor(database: OpenDatabase, journal: SqliteJournal, now: () => Instant) {
    this.#file = database.file;
    this.#journal = journal;
    this.#now = now;
    this.#rows = new TryRows(database.connection);
  }

  mayTry(door: string, holder?: Uint8Array): Result<"yes" | { readonly until: Instant }, JournalError> {
    return attempt(this.#file, () => {
      const now = this.#now();
      const until = blockEnd(this.#rows.histories(now, door, holder));
      return until === undefined || until <= now ? "yes" : { until };
    });
  }

  async begin(door: string, holder?: Uint8Array): Promise<Result<PasswordTry | "blocked", JournalError>> {
    let begun: PasswordTry | "blocked" = "blocked";
    const written = await this.#journal.appendAfter(() => {
      const now = this.#now();
      const histories = this.#rows.histories(now, door, holder);
      const until = blockEnd(histories);
      if (until !== undefined && until > now) return [];
      const id = this.#rows.add(now, { door, holder }, histories);
      begun = holder === undefined ? { id } : { id, holder };
      return [];
    });
    return written.ok ? ok(begun) : written;
  }

  async end({ id, holder }: PasswordTry, outcome: TryOutcome): Promise<Result<void, JournalError>> {
    if (outcome === "wrong") return ok(undefined);
    const written = await this.#journal.appendAfter(() => {
      this.#rows.remove(id);
      if (outcome === "right" && holder !== undefined) this.#rows.clear(holder);
      return [];
    });
    return written.ok ? ok(undefined) : written;
  }
}

/** The latest end of a block that the newest tries were followed by. */
function blockEnd(histories: readonly History[]): Instant | undefined {
  const ends = histories.flatMap(({ tries: [newest], rule }) =>
    newest === undefined ? [] : [blockedUntil(newest, rule)],
  );
  return ends.length === 0 ? undefined : instant(Math.max(...ends));
}

/** The tries in SQL. Writing methods are to be called inside a write transaction; all of them throw SQLite's errors. */
class TryRows {
  readonly #ofDoor: Statement<[string, number], TryRow>;
  readonly #ofHolder: Statement<[Uint8Array, number], TryRow>;
  readonly #insert: Statement<[string, Uint8Array | null, number, number, number, number]>;
  readonly #remove: Statement<[number]>;
  readonly #clear: Statement<[Uint8Array]>;
  readonly #bringBack: Statement<[{ readonly now: number }]>;

  constructor(connection: Database) {
    this.#ofDoor = connection.prepare(
      "SELECT at, door_block AS block FROM password_try WHERE door = ? ORDER BY id DESC LIMIT ?",
    );
    this.#ofHolder = connection.prepare(
      "SELECT at, holder_block AS block FROM password_try WHERE holder = ? ORDER BY id DESC LIMIT ?",
    );
    this.#insert = connection.prepare(
      `INSERT INTO password_try (door, holder, at, door_block, holder_block, expires_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
    );
    this.#remove = connection.prepare("DELETE FROM password_try WHERE id = ?");
    this.#clear = connection.prepare("UPDATE password_try SET holder = NULL WHERE holder = ?");
    this.#bringBack = connection.prepare(
      "UPDATE password_try SET expires_at = expires_at - (at - @now), at = @now WHERE at > @now",
    );
  }

  /** What is on record of the door, then of the holder if there is one. */
  histories(now: Instant, door: string, holder: Uint8Array | undefined): readonly History[] {
    const histories = this.#histories(door, holder);
    if (!histories.some(({ tries: [newest] }) => newest !== undefined && newest.at > now)) return histories;
    // The clock was ahead then. A try of the future would block for years; it counts as made now.
    this.#bringBack.run({ now });
    return this.#histories(door, holder);
  }

  #histories(door: string, holder: Uint8Array | undefined): readonly History[] {
    const ofDoor = { tries: this.#ofDoor.all(door, DOOR_TRIES.blockingTry).map(wrongTry), rule: DOOR_TRIES };
    if (holder === undefined) return [ofDoor];
    const rows = this.#ofHolder.all(holder, HOLDER_TRIES.blockingTry);
    return [ofDoor, { tries: rows.map(wrongTry), rule: HOLDER_TRIES }];
  }

  /** Adds a wrong try to what is on record; its number. */
  add(
    at: Instant,
    { door, holder }: { readonly door: string; readonly holder: Uint8Array | undefined },
    histories: readonly History[],
  ): number {
    const blocks = histories.map(({ tries, rule }) => ({ at, block: blockAfter(at, tries, rule), rule }));
    const expiresAt = Math.max(...blocks.map(({ rule, ...wrong }) => forgottenAt(wrong, rule)));
    const [ofDoor, ofHolder] = blocks;
    const added = this.#insert.run(
      door,
      holder ?? null,
      at,
      ofDoor?.block ?? 0,
      ofHolder?.block ?? 0,
      expiresAt,
    );
    return Number(added.lastInsertRowid);
  }

  remove(id: number): void {
    this.#remove.run(id);
  }

  /** The tries stay on record for their doors, without the holder. */
  clear(holder: Uint8Array): void {
    this.#clear.run(holder);
  }
}

/** A damaged row must not come to mean that nothing was tried. */
function wrongTry({ at, block }: TryRow): WrongTry {
  if (!Number.isSafeInteger(at) || !Number.isSafeInteger(block) || block < 0)
    throw new SqliteError("a wrong try that is none", "SQLITE_CORRUPT");
  return { at: instant(at), block };
}
