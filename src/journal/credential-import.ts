/**
 * A whole list at once while the gate goes on: rows are written in short transactions under a generation to
 * come, which nobody sees, and become valid together when the counter is raised. Between two transactions
 * other writers, the gate's journal above all, get their turn. An import that is killed leaves rows that
 * nobody sees; the next one removes them. Denied holders stay denied.
 */
import type { Database, Statement } from "better-sqlite3";
import type { Clock } from "../ports/clock.ts";
import type { JournalError, NewEvent } from "../ports/journal.ts";
import { err, ok, type Result } from "../result.ts";
import { listsChanged } from "./credential-event.ts";
import { CredentialRows, type Enrolment } from "./credential-rows.ts";
import type { SqliteJournal } from "./sqlite-journal.ts";

export interface ImportReport {
  readonly imported: number;
  /** Entries left out because their holders are on the deny list. */
  readonly stillDenied: number;
}

/** Why nothing was imported. */
export type ImportError =
  | JournalError
  /** The person at the keyboard gave up. */
  | { readonly kind: "stopped" }
  /** Another import began meanwhile; of the two only that one is valid. */
  | { readonly kind: "overtaken" };

/**
 * How long one transaction should take: a card that is tapped meanwhile waits no longer. How many rows that
 * is differs between disks by a hundred times, so it is found by trying.
 */
const WRITE_MS = 50;
const FIRST_ROWS = 100;
const FEWEST_ROWS = 20;
const MOST_ROWS = 1000;
/** Longer than a waiting journal sleeps between two attempts, so that it meets the pause. */
const PAUSE_MS = 40;
const NO_PSEUDONYM = new Uint8Array(0);

/** A row by its key. */
interface RowKey {
  readonly pseudonym: Uint8Array;
  readonly generation: number;
}

export interface ImportOptions {
  readonly connection: Database;
  readonly journal: SqliteJournal;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Adds or replaces all entries, or none; the entries are taken once and in order. */
export async function importCredentials(
  entries: Iterable<Enrolment>,
  options: ImportOptions,
): Promise<Result<ImportReport, ImportError>> {
  const run = new ImportRun(options);
  const begun = await run.begin();
  if (!begun.ok) return begun;
  const report = { imported: 0, stillDenied: 0 };
  const rest = entries[Symbol.iterator]();
  for (let chunk = take(rest, run.rowsAtOnce); chunk.length > 0; chunk = take(rest, run.rowsAtOnce)) {
    const staged = await run.stage(chunk);
    if (!staged.ok) return staged;
    report.imported += staged.value.imported;
    report.stillDenied += staged.value.stillDenied;
  }
  const valid = await run.makeValid(report.imported);
  return valid.ok ? ok(report) : valid;
}

/** One import, known by the number of its generation; a later one makes it powerless. */
class ImportRun {
  readonly #options: ImportOptions;
  readonly #rows: CredentialRows;
  readonly #begin: Statement<[]>;
  readonly #latest: Statement<[], { value: number }>;
  readonly #raise: Statement<[number]>;
  readonly #abandoned: Statement<[number, number], RowKey>;
  readonly #superseded: Statement<[Uint8Array, number], RowKey>;
  readonly #delete: Statement<[Uint8Array, number]>;
  #generation = 0;
  #rowsAtOnce = FIRST_ROWS;

  constructor(options: ImportOptions) {
    const { connection } = options;
    this.#options = options;
    this.#rows = new CredentialRows(connection);
    this.#begin = connection.prepare("UPDATE counter SET value = value + 1 WHERE name = 'import'");
    this.#latest = connection.prepare("SELECT value FROM counter WHERE name = 'import'");
    this.#raise = connection.prepare("UPDATE counter SET value = ? WHERE name = 'generation'");
    this.#abandoned = connection.prepare(
      `SELECT pseudonym, generation FROM credential
       WHERE generation > (SELECT value FROM counter WHERE name = 'generation') AND generation < ? LIMIT ?`,
    );
    this.#superseded = connection.prepare(
      `SELECT old.pseudonym, old.generation FROM credential AS newest CROSS JOIN credential AS old
       ON old.pseudonym = newest.pseudonym AND old.generation < newest.generation
       WHERE newest.generation = (SELECT value FROM counter WHERE name = 'generation') AND newest.pseudonym >= ?
       ORDER BY newest.pseudonym LIMIT ?`,
    );
    this.#delete = connection.prepare("DELETE FROM credential WHERE pseudonym = ? AND generation = ?");
  }

  /** How many rows the next transaction should have. */
  get rowsAtOnce(): number {
    return this.#rowsAtOnce;
  }

  /** Takes a generation of its own and removes what killed imports left behind. */
  async begin(): Promise<Result<void, ImportError>> {
    const begun = await this.#options.journal.appendAfter(() => {
      this.#begin.run();
      this.#generation = this.#latest.get()?.value ?? 0;
      return [];
    });
    if (!begun.ok) return begun;
    const removed = await this.#removeAll(() => this.#abandoned.all(this.#generation, this.#rowsAtOnce));
    return removed.ok ? this.#removeSuperseded() : removed;
  }

  /** Writes entries that nobody sees yet. */
  async stage(entries: readonly Enrolment[]): Promise<Result<ImportReport, ImportError>> {
    let imported = 0;
    const written = await this.#write(() => {
      const admissible = entries.filter(({ pseudonym }) => !this.#rows.isDenied(pseudonym));
      for (const entry of admissible) this.#rows.stage(entry, this.#generation);
      imported = admissible.length;
      return [];
    });
    return written.ok ? ok({ imported, stillDenied: entries.length - imported }) : written;
  }

  /** The one step that counts: all that was staged is valid, and the journal says so. */
  async makeValid(added: number): Promise<Result<void, ImportError>> {
    const written = await this.#write(() => {
      this.#raise.run(this.#generation);
      return [listsChanged({ added })];
    });
    if (!written.ok) return written;
    // From here on nothing can fail that an operator must know of: what is left over nobody sees, and the
    // next import removes it.
    await this.#removeSuperseded();
    return ok(undefined);
  }

  #removeSuperseded(): Promise<Result<void, ImportError>> {
    let at: Uint8Array = NO_PSEUDONYM;
    return this.#removeAll(() => {
      const rows = this.#superseded.all(at, this.#rowsAtOnce);
      at = rows.at(-1)?.pseudonym ?? at;
      return rows;
    });
  }

  /** Removes rows as long as `find` gives some; looking for them holds up nobody. */
  async #removeAll(find: () => readonly RowKey[]): Promise<Result<void, ImportError>> {
    for (let rows = find(); rows.length > 0; rows = find()) {
      const written = await this.#write(() => {
        for (const { pseudonym, generation } of rows) this.#delete.run(pseudonym, generation);
        return [];
      });
      if (!written.ok) return written;
    }
    return ok(undefined);
  }

  /** One short transaction, then a pause for everybody else. */
  async #write(work: () => readonly NewEvent[]): Promise<Result<void, ImportError>> {
    const { journal, clock, signal } = this.#options;
    if (signal.aborted) return err({ kind: "stopped" });
    const begun = clock.monotonicMs();
    let overtaken = false;
    const written = await journal.appendAfter(() => {
      overtaken = this.#latest.get()?.value !== this.#generation;
      return overtaken ? [] : work();
    });
    if (!written.ok) return written;
    if (overtaken) return err({ kind: "overtaken" });
    this.#adapt(clock.monotonicMs() - begun);
    await clock.sleep(PAUSE_MS);
    return ok(undefined);
  }

  /** More rows after a quick transaction, fewer after a slow one; at most doubled, for disks have moods. */
  #adapt(tookMs: number): void {
    const fitting = Math.floor(this.#rowsAtOnce * Math.min(2, WRITE_MS / Math.max(1, tookMs)));
    this.#rowsAtOnce = Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, fitting));
  }
}

function take<T>(from: Iterator<T>, most: number): readonly T[] {
  const taken: T[] = [];
  while (taken.length < most) {
    const next = from.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}
