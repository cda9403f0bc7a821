/**
 * Everything that the database holds of one person, in SQL: list entries with all that they may be met by, pinned chips with
 * their documents, wrong passwords, and the personal parts of the journal. Who may see or erase it is the business of
 * `holder-records.ts`. For commands alone: some of it has no index and is looked for among all rows, which a running gate
 * must never do. Governing text: privacy rules, 6.
 */
import type { Database, Statement } from "better-sqlite3";
import { toHex } from "../bytes/hex.ts";
import type { EventRow } from "./event-rows.ts";
import { PSEUDONYMS, pseudonymsJson } from "./pseudonym-list.ts";

/** One person, by 32-byte pseudonyms. */
export interface HolderTrace {
  /** First pseudonyms of list entries; with these go their aliases, and no alias that is another's. */
  readonly entries: readonly Uint8Array[];
  /** All that anything of him may be kept under. */
  readonly pseudonyms: readonly Uint8Array[];
}

/** A chip that is pinned to him, and what is kept of its document. */
export interface PinnedChip {
  readonly pinned_at: number;
  readonly public_key: Uint8Array;
  readonly document: Uint8Array | null;
  readonly sealed_can: Uint8Array | null;
}

/** A row of the journal that names him, with the date of its erasure and the key that made his pseudonym. */
export interface PersonalRow extends EventRow {
  readonly key_id: string;
  readonly expires_at: number;
}

type Who = { readonly who: string };
type Seqs = { readonly seqs: string };

const SEQS = "(SELECT value FROM json_each(@seqs))";

export class HolderRows {
  readonly #entriesOf: Statement<[Who], { entry: Uint8Array }>;
  readonly #aliasesOf: Statement<[Who], { pseudonym: Uint8Array }>;
  readonly #cardsOf: Statement<[Who], { pseudonym: Uint8Array; document: Uint8Array | null }>;
  readonly #chips: Statement<[Who], PinnedChip>;
  readonly #tries: Statement<[Who], { count: number }>;
  readonly #seqs: Statement<[Who & { readonly after: number }], { seq: number }>;
  readonly #rows: Statement<[Seqs], PersonalRow>;
  readonly #denied: Statement<[Who], { denied: number }>;
  readonly #removeEntries: Statement<[Who]>;
  readonly #erasures: readonly Statement<[Who]>[];
  readonly #blank: Statement<[Seqs]>;
  readonly #anonymise: Statement<[Seqs]>;

  constructor(connection: Database) {
    this.#entriesOf = connection.prepare(
      `SELECT coalesce(entry, pseudonym) AS entry FROM credential WHERE pseudonym IN ${PSEUDONYMS}
       UNION SELECT entry FROM denied WHERE pseudonym IN ${PSEUDONYMS}`,
    );
    this.#aliasesOf = connection.prepare(
      `SELECT pseudonym FROM credential WHERE entry IN ${PSEUDONYMS}
       UNION SELECT pseudonym FROM denied WHERE entry IN ${PSEUDONYMS}`,
    );
    this.#cardsOf = connection.prepare(
      `SELECT pseudonym, document FROM chip_pin WHERE pseudonym IN ${PSEUDONYMS} OR document IN ${PSEUDONYMS}`,
    );
    this.#chips = connection.prepare(
      `SELECT pinned_at, public_key, document, sealed_can FROM chip_pin WHERE pseudonym IN ${PSEUDONYMS}`,
    );
    this.#tries = connection.prepare(
      `SELECT count(*) AS count FROM password_try WHERE holder IN ${PSEUDONYMS}`,
    );
    this.#seqs = connection.prepare(
      `SELECT seq FROM personal WHERE seq > @after AND pseudonym IN ${PSEUDONYMS} ORDER BY seq`,
    );
    this.#rows = connection.prepare(
      `SELECT event.seq, time, line, hash, salt, pseudonym, key_id, expires_at
       FROM event JOIN personal USING (seq) WHERE seq IN ${SEQS} ORDER BY seq`,
    );
    this.#denied = connection.prepare(`SELECT 1 AS denied FROM denied WHERE entry IN ${PSEUDONYMS} LIMIT 1`);
    this.#removeEntries = connection.prepare(
      `DELETE FROM credential WHERE entry IN ${PSEUDONYMS} OR pseudonym IN ${PSEUDONYMS}`,
    );
    this.#erasures = ERASURES.map((sql) => connection.prepare(sql));
    this.#blank = connection.prepare(
      `UPDATE personal SET salt = zeroblob(length(salt)), pseudonym = zeroblob(length(pseudonym)) WHERE seq IN ${SEQS}`,
    );
    this.#anonymise = connection.prepare(`DELETE FROM personal WHERE seq IN ${SEQS}`);
  }

  /**
   * The person whom `named` surely means; `aliases` are names that may be others' too: only what is kept under them is his.
   * His cards lead on, from a number to its document and back, and so to entries under the other of the two.
   */
  trace(named: readonly Uint8Array[], aliases: readonly Uint8Array[]): HolderTrace {
    const sure = new Pseudonyms(named);
    const entries = new Pseudonyms([]);
    const all = new Pseudonyms([...named, ...aliases]);
    for (let fresh = named; fresh.length > 0; ) {
      const found = this.#entriesOf.all({ who: pseudonymsJson(fresh) }).map(({ entry }) => entry);
      const met = this.#aliasesOf.all({ who: pseudonymsJson(found) }).map(({ pseudonym }) => pseudonym);
      entries.add(found);
      all.add([...found, ...met]);
      const cards = this.#cardsOf.all({ who: pseudonymsJson([...fresh, ...found, ...met]) });
      // Each turn goes on with pseudonyms that were not seen before, and there are only so many in the database.
      fresh = sure.add(
        cards.flatMap(({ pseudonym, document }) => (document ? [pseudonym, document] : [pseudonym])),
      );
      all.add(fresh);
    }
    return { entries: entries.all, pseudonyms: all.all };
  }

  isDenied({ entries }: HolderTrace): boolean {
    return this.#denied.get({ who: pseudonymsJson(entries) }) !== undefined;
  }

  chips({ pseudonyms }: HolderTrace): readonly PinnedChip[] {
    return this.#chips.all({ who: pseudonymsJson(pseudonyms) });
  }

  tryCount({ pseudonyms }: HolderTrace): number {
    return this.#tries.get({ who: pseudonymsJson(pseudonyms) })?.count ?? 0;
  }

  /** Numbers of the journal's rows behind `after` that name him. */
  seqs({ pseudonyms }: HolderTrace, after: number): readonly number[] {
    return this.#seqs.all({ who: pseudonymsJson(pseudonyms), after }).map(({ seq }) => seq);
  }

  rows(seqs: readonly number[]): readonly PersonalRow[] {
    return this.#rows.all({ seqs: JSON.stringify(seqs) });
  }

  /**
   * Takes his name from rows of the journal, inside a write transaction; how many had it still. Written over first, in its
   * place: joining pages that grow empty, SQLite would leave copies of rows that are deleted after it.
   */
  anonymise(seqs: readonly number[]): number {
    this.#blank.run({ seqs: JSON.stringify(seqs) });
    return this.#anonymise.run({ seqs: JSON.stringify(seqs) }).changes;
  }

  /** Erases the rest, inside a write transaction. Wrong passwords stay on record for their doors, without him. */
  erase({ entries, pseudonyms }: HolderTrace): void {
    this.#removeEntries.run({ who: pseudonymsJson(entries) });
    for (const statement of this.#erasures) statement.run({ who: pseudonymsJson(pseudonyms) });
  }
}

/** The notes of what changed come last, since they are written of what was deleted before. */
const ERASURES = [
  `DELETE FROM chip_pin WHERE pseudonym IN ${PSEUDONYMS}`,
  `UPDATE password_try SET holder = NULL WHERE holder IN ${PSEUDONYMS}`,
  `DELETE FROM list_change WHERE pseudonym IN ${PSEUDONYMS}`,
] as const;

/** Pseudonyms, each once. */
class Pseudonyms {
  readonly #byHex = new Map<string, Uint8Array>();

  constructor(pseudonyms: readonly Uint8Array[]) {
    this.add(pseudonyms);
  }

  get all(): readonly Uint8Array[] {
    return [...this.#byHex.values()];
  }

  /** Returns those that were not there. */
  add(pseudonyms: readonly Uint8Array[]): readonly Uint8Array[] {
    const fresh = pseudonyms.filter((pseudonym) => !this.#byHex.has(toHex(pseudonym)));
    for (const pseudonym of fresh) this.#byHex.set(toHex(pseudonym), new Uint8Array(pseudonym));
    return fresh;
  }
}
