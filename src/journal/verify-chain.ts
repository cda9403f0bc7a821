/**
 * Says whether the journal is what was written: every line hashes to its hash and links to the one before,
 * every personal part still there matches its commitment, every checkpoint is signed by this device.
 * A missing tail shows only against the back end's acknowledgement. Governing text: fleet interface, §4.
 */
import type { Database } from "better-sqlite3";
import { parseBase64Url, toBase64Url } from "../bytes/base64url.ts";
import { type PublicJwk, verifyEd25519 } from "../crypto/signing-key.ts";
import type { JournalError } from "../ports/journal.ts";
import { err, ok, type Result } from "../result.ts";
import { CHECKPOINT_TYPE, checkpointMessage } from "./checkpoint.ts";
import type { JsonObject, UnsealedEvent } from "./cloud-event.ts";
import type { OpenDatabase } from "./database.ts";
import { type EventRow, GENESIS, ROW_COLUMNS } from "./event-rows.ts";
import { type ChainLink, examineRow, type RowFault } from "./examine-row.ts";
import { PRUNED_TYPE } from "./retention.ts";
import { attempt } from "./sqlite-error.ts";

/** Where and how the chain is broken first. */
export interface ChainFault {
  readonly kind: "chainBroken";
  readonly seq: number;
  readonly what:
    | RowFault
    /** A checkpoint is not signed by this device, or signs another row than the one that is here. */
    | "checkpoint"
    /** The first rows are gone without a row that tells of their pruning. */
    | "head"
    /** The back end has acknowledged rows that are not here any more. */
    | "tail";
}

export interface ChainSummary {
  readonly first: number;
  readonly last: number;
  readonly checkpoints: number;
}

const ROWS_AT_ONCE = 1000;

type Verdict = Result<ChainSummary, ChainFault | JournalError>;

/**
 * Verifies the rows in order with the device's public key: all of them, or the `newest` so many, whose
 * beginning is then taken at its word. Errors: the first fault, or a failing database.
 */
export function verifyChain(
  database: OpenDatabase,
  publicKey: PublicJwk,
  range: { readonly newest?: number } = {},
): Verdict {
  const verification = verifyInPages(database, publicKey, range);
  let step = verification.next();
  while (step.done !== true) step = verification.next();
  return step.value;
}

/**
 * As `verifyChain`, a thousand rows at a time: yields the row that it has come to, and may be given up there
 * with `return`. The database must be this verification's alone.
 */
export function* verifyInPages(
  { connection, file }: OpenDatabase,
  publicKey: PublicJwk,
  range: { readonly newest?: number } = {},
): Generator<number, Verdict, void> {
  // One transaction, hence one moment: a running gate adds and prunes rows meanwhile.
  const begun = attempt(file, () => {
    connection.exec("SAVEPOINT verification");
    return range.newest === undefined ? 0 : lastSeq(connection) - range.newest;
  });
  if (!begun.ok) return begun;
  try {
    const pages = new Verification(connection, publicKey).run(begun.value);
    for (;;) {
      const step = attempt(file, () => pages.next());
      if (!step.ok) return step;
      if (step.value.done === true) return step.value.value;
      yield step.value.value;
    }
  } finally {
    end({ connection, file });
  }
}

/** An error of the disk may have ended the transaction already, or may keep it from being released. */
function end({ connection, file }: Pick<OpenDatabase, "connection" | "file">): void {
  if (!connection.inTransaction) return;
  const released = attempt(file, () => connection.exec("RELEASE verification"));
  if (!released.ok) attempt(file, () => connection.exec("ROLLBACK"));
}

function lastSeq(connection: Database): number {
  const row = connection.prepare<[], { last: number | null }>("SELECT max(seq) AS last FROM event").get();
  return row?.last ?? 0;
}

class Verification {
  readonly #connection: Database;
  readonly #publicKey: PublicJwk;
  /** The row before the one under examination; its hash was verified with it. */
  #before: ChainLink | undefined;
  #first: UnsealedEvent | undefined;
  #checkpoints = 0;
  /** Set while the beginning of the journal is only vouched for by its own `prev`. */
  #unexplainedHead = false;

  constructor(connection: Database, publicKey: PublicJwk) {
    this.#connection = connection;
    this.#publicKey = publicKey;
  }

  /** Examines the rows after `afterSeq`; yields the number of the last one of each page. */
  *run(afterSeq: number): Generator<number, Result<ChainSummary, ChainFault>, void> {
    const page = this.#connection.prepare<[number, number], EventRow>(
      `${ROW_COLUMNS} WHERE event.seq > ? ORDER BY event.seq LIMIT ?`,
    );
    let at = afterSeq;
    for (let rows = page.all(at, ROWS_AT_ONCE); rows.length > 0; rows = page.all(at, ROWS_AT_ONCE)) {
      for (const row of rows) {
        const what = this.#examine(row, afterSeq);
        if (what !== undefined) return err({ kind: "chainBroken", seq: row.seq, what });
        at = row.seq;
      }
      yield at;
    }
    return this.#conclude();
  }

  #examine(row: EventRow, afterSeq: number): ChainFault["what"] | undefined {
    const before = row.seq === 1 ? { seq: 0, hash: GENESIS } : this.#before;
    const examined = examineRow(row, before);
    if (!examined.ok) return examined.error;
    const event = examined.value;
    this.#before = { seq: row.seq, hash: row.hash };
    if (this.#first === undefined) {
      this.#first = event;
      // A pruned journal begins at a later row, whose `prev` a later row about the pruning must confirm.
      this.#unexplainedHead = afterSeq <= 0 && event.seq !== 1;
    }
    if (event.type === PRUNED_TYPE) this.#explainHead(event.data);
    if (event.type !== CHECKPOINT_TYPE) return undefined;
    this.#checkpoints++;
    return this.#isSigned(event) ? undefined : "checkpoint";
  }

  #explainHead(data: JsonObject): void {
    if (this.#first === undefined) return;
    if (data["last"] === this.#first.seq - 1 && data["hash"] === this.#first.prev)
      this.#unexplainedHead = false;
  }

  #isSigned({ journal, data }: UnsealedEvent): boolean {
    const { seq, hash, signature } = data;
    if (typeof seq !== "number" || typeof hash !== "string" || typeof signature !== "string") return false;
    const signed = this.#connection.prepare<[number], { hash: Uint8Array }>(
      "SELECT hash FROM event WHERE seq = ?",
    );
    const row = signed.get(seq);
    // The row may have been pruned since; then the signature alone speaks.
    if (row !== undefined && toBase64Url(row.hash) !== hash) return false;
    const bytes = parseBase64Url(signature);
    return (
      bytes !== undefined && verifyEd25519(this.#publicKey, checkpointMessage({ journal, seq, hash }), bytes)
    );
  }

  #conclude(): Result<ChainSummary, ChainFault> {
    const first = this.#first?.seq ?? 0;
    const last = this.#before?.seq ?? 0;
    if (this.#unexplainedHead) return err({ kind: "chainBroken", seq: first, what: "head" });
    const counter = this.#connection.prepare<[], { value: number }>(
      "SELECT value FROM counter WHERE name = 'acked'",
    );
    if ((counter.get()?.value ?? 0) > last) return err({ kind: "chainBroken", seq: last, what: "tail" });
    return ok({ first, last, checkpoints: this.#checkpoints });
  }
}
