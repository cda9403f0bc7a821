/**
 * A whole list at once while the gate goes on: rows are written under a generation to come, which nobody
 * sees, and become valid together when the counter is raised. Beside a running gate the transactions are short
 * and between two of them its journal gets its turn; where nobody waits they are long, which is several times
 * quicker. An import that is killed leaves rows that nobody sees; the next one removes them. Denied holders
 * stay denied. Aliases of a holder may be written long before or after him: none counts without him.
 */
import type { Database, Statement } from "better-sqlite3";
import type { Clock } from "../ports/clock.ts";
import type { JournalError, NewEvent } from "../ports/journal.ts";
import { err, ok, type Result } from "../result.ts";
import { listsChanged } from "./credential-event.ts";
import { CredentialRows, type EnrolmentRow, isOrphan } from "./credential-rows.ts";
import type { SqliteJournal } from "./sqlite-journal.ts";

/** Holders are counted by the first of their pseudonyms. */
export interface ImportReport {
  readonly imported: number;
  /** How many of them take the place of an earlier credential of the same holder. */
  readonly replaced: number;
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

/** A row by its key. */
interface RowKey {
  readonly pseudonym: Uint8Array;
  readonly generation: number;
}

/** Who else uses the database at this moment, and would have to wait. */
export type Neighbours = "none" | "gate";

/**
 * How long one transaction should take: a card that is tapped meanwhile waits no longer. How many rows that
 * is differs between disks by a hundred times, so it is found by trying. The pause is longer than a waiting
 * journal sleeps between two attempts, so that it meets it.
 */
const PACES = {
  gate: { writeMs: 50, pauseMs: 40, mostRows: 2_000 },
  // A gate that is started now tries for more than a second to write its first row.
  none: { writeMs: 400, pauseMs: 0, mostRows: 2_000 },
} as const satisfies Record<Neighbours, object>;
const FIRST_ROWS_PER_MS = 2;
const FEWEST_ROWS = 20;
/** Rows that are looked through at once for superfluous ones. */
const SWEEP_ROWS = 5_000;
/** Index pages that rows in key order touch again and again, for this process alone. */
const CACHE_KIBIBYTES = 4_096;
const NO_PSEUDONYM = new Uint8Array(0);
/** Greater than every key: pseudonyms have 32 bytes. */
const LAST_KEY: RowKey = { pseudonym: new Uint8Array(33).fill(0xff), generation: 0 };
const VALID = "(SELECT value FROM counter WHERE name = 'generation')";

export interface ImportOptions {
  readonly connection: Database;
  readonly journal: SqliteJournal;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Asked before each transaction. */
  readonly neighbours: () => Promise<Neighbours>;
  /** Told how many rows are written, valid or not, after each transaction. */
  readonly onStaged?: (count: number) => void;
}

/**
 * Adds or replaces all holders, or none; their rows are taken once and in order. In the order of their keys they are
 * written several times as fast as in any other.
 */
export async function importCredentials(
  rows: Iterable<EnrolmentRow>,
  options: ImportOptions,
): Promise<Result<ImportReport, ImportError>> {
  const run = new ImportRun(options);
  const begun = await run.begin();
  if (!begun.ok) return begun;
  const report = { imported: 0, replaced: 0, stillDenied: 0 };
  let rowCount = 0;
  const rest = rows[Symbol.iterator]();
  for (;;) {
    const chunk = take(rest, await run.rowsAtOnce());
    if (chunk.length === 0) break;
    const staged = await run.stage(chunk);
    if (!staged.ok) return giveUp(staged, options);
    report.imported += staged.value.imported;
    report.replaced += staged.value.replaced;
    report.stillDenied += staged.value.stillDenied;
    rowCount += chunk.length;
    options.onStaged?.(rowCount);
  }
  const valid = await run.makeValid(report);
  return valid.ok ? ok(report) : giveUp(valid, options);
}

/**
 * Nobody was admitted, so nobody may stay in the file. An import that begins and stages nothing removes what
 * the one before has left; the one that overtook this one does it anyway. After a kill the next import does.
 */
async function giveUp(
  failed: Result<never, ImportError>,
  options: ImportOptions,
): Promise<Result<never, ImportError>> {
  if (!failed.ok && failed.error.kind !== "overtaken") {
    await new ImportRun({ ...options, signal: new AbortController().signal }).begin();
  }
  return failed;
}

/** One import, known by the number of its generation; a later one makes it powerless. */
class ImportRun {
  readonly #options: ImportOptions;
  readonly #rows: CredentialRows;
  readonly #begin: Statement<[]>;
  readonly #counter: Statement<[string], { value: number }>;
  readonly #raise: Statement<[number, string]>;
  readonly #endOfPage: Statement<[Uint8Array, number, number], RowKey>;
  readonly #superfluous: Statement<[Uint8Array, number, Uint8Array, number, number], RowKey>;
  readonly #delete: Statement<[Uint8Array, number]>;
  #generation = 0;
  /** There will be rows that nobody sees: those of before that were replaced, and aliases of holders who stay denied. */
  #mustSweep = false;
  #rowsPerMs = FIRST_ROWS_PER_MS;
  #pace: (typeof PACES)[Neighbours] = PACES.gate;

  constructor(options: ImportOptions) {
    const { connection } = options;
    this.#options = options;
    this.#rows = new CredentialRows(connection);
    this.#begin = connection.prepare("UPDATE counter SET value = value + 1 WHERE name = 'import'");
    this.#counter = connection.prepare("SELECT value FROM counter WHERE name = ?");
    this.#raise = connection.prepare("UPDATE counter SET value = ? WHERE name = ?");
    this.#endOfPage = connection.prepare(
      `SELECT pseudonym, generation FROM credential WHERE (pseudonym, generation) > (?, ?)
       ORDER BY pseudonym, generation LIMIT 1 OFFSET ?`,
    );
    // Rows of killed imports, rows that a valid one of the same pseudonym has replaced, and aliases that a
    // holder had before he was replaced.
    this.#superfluous = connection.prepare(
      `SELECT pseudonym, generation FROM credential AS old
       WHERE (pseudonym, generation) > (?, ?) AND (pseudonym, generation) <= (?, ?)
         AND (generation > ${VALID} AND generation < ? OR EXISTS (
           SELECT 1 FROM credential AS newer WHERE newer.pseudonym = old.pseudonym
             AND newer.generation > old.generation AND newer.generation <= ${VALID})
           OR ${isOrphan("old")})`,
    );
    this.#delete = connection.prepare("DELETE FROM credential WHERE pseudonym = ? AND generation = ?");
  }

  /** How many rows the next transaction should have. */
  async rowsAtOnce(): Promise<number> {
    this.#pace = PACES[await this.#options.neighbours()];
    const fitting = Math.floor(this.#rowsPerMs * this.#pace.writeMs);
    return Math.min(this.#pace.mostRows, Math.max(FEWEST_ROWS, fitting));
  }

  /** Takes a generation of its own and removes what killed imports left behind. */
  async begin(): Promise<Result<void, ImportError>> {
    let swept = 0;
    const begun = await this.#options.journal.appendAfter(() => {
      this.#begin.run();
      this.#generation = this.#counter.get("import")?.value ?? 0;
      swept = this.#counter.get("swept")?.value ?? 0;
      return [];
    });
    if (!begun.ok) return begun;
    this.#options.connection.pragma(`cache_size = -${CACHE_KIBIBYTES}`);
    return swept === this.#generation - 1 ? ok(undefined) : this.#sweep();
  }

  /** Writes rows that nobody sees yet. */
  async stage(rows: readonly EnrolmentRow[]): Promise<Result<ImportReport, ImportError>> {
    let report = { imported: 0, replaced: 0, stillDenied: 0 };
    const written = await this.#write(rows.length, () => {
      const admissible = rows.filter(({ pseudonym }) => !this.#rows.isDenied(pseudonym));
      const replacing = admissible.filter(({ pseudonym }) => this.#rows.isAdmitted(pseudonym));
      for (const row of admissible) this.#rows.stage(row, this.#generation);
      this.#mustSweep ||= replacing.length > 0 || admissible.length < rows.length;
      const imported = holderCount(admissible);
      report = { imported, replaced: holderCount(replacing), stillDenied: holderCount(rows) - imported };
      return [];
    });
    return written.ok ? ok(report) : written;
  }

  /** The one step that counts: all that was staged is valid, and the journal says so. */
  async makeValid({ imported }: ImportReport): Promise<Result<void, ImportError>> {
    const written = await this.#write(1, () => {
      this.#raise.run(this.#generation, "generation");
      return [listsChanged({ added: imported })];
    });
    if (!written.ok) return written;
    // From here on nothing can fail that an operator must know of: what is left over nobody sees, and the
    // next import removes it.
    if (this.#mustSweep) await this.#sweep();
    else await this.#noteSwept();
    return ok(undefined);
  }

  /** Removes every row that nobody sees and that is not of this import. Looking for them holds up nobody. */
  async #sweep(): Promise<Result<void, ImportError>> {
    let at: RowKey = { pseudonym: NO_PSEUDONYM, generation: 0 };
    for (;;) {
      const end = this.#endOfPage.get(at.pseudonym, at.generation, SWEEP_ROWS - 1);
      const { pseudonym, generation } = end ?? LAST_KEY;
      const removed = await this.#remove(
        this.#superfluous.all(at.pseudonym, at.generation, pseudonym, generation, this.#generation),
      );
      if (!removed.ok) return removed;
      if (end === undefined) return this.#noteSwept();
      at = end;
    }
  }

  async #remove(rows: readonly RowKey[]): Promise<Result<void, ImportError>> {
    for (let at = 0; at < rows.length; ) {
      const some = rows.slice(at, at + (await this.rowsAtOnce()));
      const written = await this.#write(some.length, () => {
        for (const { pseudonym, generation } of some) this.#delete.run(pseudonym, generation);
        return [];
      });
      if (!written.ok) return written;
      at += some.length;
    }
    return ok(undefined);
  }

  /** What the next import need not look for. */
  #noteSwept(): Promise<Result<void, ImportError>> {
    return this.#write(1, () => {
      this.#raise.run(this.#counter.get("generation")?.value ?? 0, "swept");
      return [];
    });
  }

  /** One transaction, then a pause for everybody else. */
  async #write(rowCount: number, work: () => readonly NewEvent[]): Promise<Result<void, ImportError>> {
    const { journal, clock, signal } = this.#options;
    if (signal.aborted) return err({ kind: "stopped" });
    const begun = clock.monotonicMs();
    let overtaken = false;
    const written = await journal.appendAfter(() => {
      overtaken = this.#counter.get("import")?.value !== this.#generation;
      return overtaken ? [] : work();
    });
    if (!written.ok) return written;
    if (overtaken) return err({ kind: "overtaken" });
    this.#adapt(rowCount, clock.monotonicMs() - begun);
    await clock.sleep(this.#pace.pauseMs);
    return ok(undefined);
  }

  /** More rows after a quick transaction, fewer after a slow one; at most doubled, for disks have moods. */
  #adapt(rowCount: number, tookMs: number): void {
    // What a transaction of a row or two takes is the disk's, not the rows'.
    if (rowCount < FEWEST_ROWS) return;
    this.#rowsPerMs = Math.min(this.#rowsPerMs * 2, rowCount / Math.max(1, tookMs));
  }
}

const holderCount = (rows: readonly EnrolmentRow[]): number =>
  rows.reduce((count, { entry }) => (entry === undefined ? count + 1 : count), 0);

function take<T>(from: Iterator<T>, most: number): readonly T[] {
  const taken: T[] = [];
  while (taken.length < most) {
    const next = from.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}
