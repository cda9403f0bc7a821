/**
 * Says whether the journal is what was written: every line hashes to its hash and links to the one before,
 * every personal part still there matches its commitment, every checkpoint is signed by this device.
 * A missing tail shows only against the back end's acknowledgement. Governing text: fleet interface, §4.
 */
import type { Database } from "better-sqlite3";
import { parseBase64Url, toBase64Url } from "../bytes/base64url.ts";
import { equalBytes } from "../bytes/bytes.ts";
import { type PublicJwk, verifyEd25519 } from "../crypto/signing-key.ts";
import type { JournalError } from "../ports/journal.ts";
import { err, ok, type Result } from "../result.ts";
import { CHECKPOINT_TYPE, checkpointMessage } from "./checkpoint.ts";
import {
  credentialRef,
  isObject,
  type JsonObject,
  lineHash,
  parseLine,
  type UnsealedEvent,
} from "./cloud-event.ts";
import type { OpenDatabase } from "./database.ts";
import { type EventRow, GENESIS, ROW_COLUMNS } from "./event-rows.ts";
import { PRUNED_TYPE } from "./retention.ts";
import { attempt } from "./sqlite-error.ts";

/** Where and how the chain is broken first. */
export interface ChainFault {
  readonly kind: "chainBroken";
  readonly seq: number;
  readonly what: /** The text is no event, or does not name its own place. */
    | "line"
    /** A row is missing before this one. */
    | "gap"
    /** `prev` is not the hash of the row before. */
    | "link"
    | "hash"
    /** The personal part does not match the commitment in the row. */
    | "personal"
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

/** Verifies all rows, in order, with the device's public key. Errors: the first fault, or a failing database. */
export function verifyChain(
  database: OpenDatabase,
  publicKey: PublicJwk,
): Result<ChainSummary, ChainFault | JournalError> {
  const outcome = attempt(database.file, () => new Verification(database.connection, publicKey).run());
  return outcome.ok ? outcome.value : outcome;
}

class Verification {
  readonly #connection: Database;
  readonly #publicKey: PublicJwk;
  /** The row before the one under examination; its hash was verified with it. */
  #before: { readonly seq: number; readonly hash: Uint8Array } = { seq: 0, hash: GENESIS };
  #first: UnsealedEvent | undefined;
  #checkpoints = 0;
  /** Set while the beginning of the chain is only vouched for by its own `prev`. */
  #unexplainedHead = false;

  constructor(connection: Database, publicKey: PublicJwk) {
    this.#connection = connection;
    this.#publicKey = publicKey;
  }

  run(): Result<ChainSummary, ChainFault> {
    const page = this.#connection.prepare<[number, number], EventRow>(
      `${ROW_COLUMNS} WHERE event.seq > ? ORDER BY event.seq LIMIT ?`,
    );
    for (
      let rows = page.all(0, ROWS_AT_ONCE);
      rows.length > 0;
      rows = page.all(this.#before.seq, ROWS_AT_ONCE)
    ) {
      for (const row of rows) {
        const what = this.#examine(row);
        if (what !== undefined) return err({ kind: "chainBroken", seq: row.seq, what });
      }
    }
    return this.#conclude();
  }

  #examine(row: EventRow): ChainFault["what"] | undefined {
    const event = parseLine(row.line, row.time);
    if (event === undefined || event.seq !== row.seq) return "line";
    const prev = parseBase64Url(event.prev);
    if (prev === undefined) return "line";
    if (this.#first === undefined) this.#begin(event, prev);
    if (row.seq !== this.#before.seq + 1) return "gap";
    if (!equalBytes(prev, this.#before.hash)) return "link";
    if (!equalBytes(row.hash, lineHash(prev, row.line))) return "hash";
    if (!personalMatches(row, event.data)) return "personal";
    this.#before = { seq: row.seq, hash: row.hash };
    if (event.type === PRUNED_TYPE) this.#explainHead(event.data);
    if (event.type !== CHECKPOINT_TYPE) return undefined;
    this.#checkpoints++;
    return this.#isSigned(event) ? undefined : "checkpoint";
  }

  /** A pruned journal begins at a later row, whose `prev` a later row about the pruning must confirm. */
  #begin(event: UnsealedEvent, prev: Uint8Array): void {
    this.#first = event;
    if (event.seq === 1) return;
    this.#before = { seq: event.seq - 1, hash: prev };
    this.#unexplainedHead = true;
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
    const last = this.#before.seq;
    if (this.#unexplainedHead) return err({ kind: "chainBroken", seq: first, what: "head" });
    const counter = this.#connection.prepare<[], { value: number }>(
      "SELECT value FROM counter WHERE name = 'acked'",
    );
    if ((counter.get()?.value ?? 0) > last) return err({ kind: "chainBroken", seq: last, what: "tail" });
    return ok({ first, last, checkpoints: this.#checkpoints });
  }
}

/** A row without a personal part, or one whose part was erased, has nothing to compare. */
function personalMatches(row: EventRow, data: JsonObject): boolean {
  if (row.salt === null || row.pseudonym === null) return true;
  const { credential } = data;
  return isObject(credential) && credential["ref"] === credentialRef(row.salt, row.pseudonym);
}
