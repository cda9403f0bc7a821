/**
 * The allow list and the deny list in SQL, one holder at a time. It knows tables and generations; who may
 * change what, and what the journal is told of it, is the business of `credential-store.ts` and
 * `credential-register.ts`, lists for people that of `credential-listing.ts`.
 * Writing methods are to be called inside a write transaction; all of them throw SQLite's errors.
 */
import { type Database, SqliteError, type Statement } from "better-sqlite3";
import type { Credential, Standing } from "../ports/credentials.ts";
import type { IdentifierKind } from "../ports/journal.ts";
import { type Instant, instant } from "../time/time.ts";

/** What every stored holder carries. */
interface Holder {
  /** 32 bytes; the first of those that he may be met by. */
  readonly pseudonym: Uint8Array;
  /** Of which kind it is. */
  readonly kind: IdentifierKind;
  /** The others, none of them twice: by a second document, or by other spellings of his name. */
  readonly aliases?: readonly Uint8Array[];
  /** For example `card#7f3a`. */
  readonly displayTag: string;
  /** The site key that made the pseudonym. */
  readonly keyId: string;
}

/** A credential as it is enrolled. */
export interface Enrolment extends Credential, Holder {}

/** One row of the allow list: a holder by his first pseudonym, or by an alias. */
export interface EnrolmentRow extends Enrolment {
  /** Aliases are rows of their own. */
  readonly aliases?: never;
  /** Of an alias the first pseudonym of its holder; its tag and reference are not kept. */
  readonly entry?: Uint8Array;
}

/** An entry of the deny list; why somebody is denied is never stored. */
export interface Denial extends Holder {
  /** When the entry is erased, and the holder is a stranger again; absent = when it is revoked. */
  readonly until?: Instant;
  readonly reference?: string;
}

/** What the tables say of one entitlement. */
export interface EntitlementRow {
  readonly group_name: string;
  readonly valid_from: number | null;
  readonly valid_until: number | null;
  readonly enabled: number;
}

const DAY_MS = 86_400_000;
/** An enrolment is kept this long after the entitlement ended (privacy rules, retention). */
const KEPT_AFTER_END_MS = 30 * DAY_MS;

/** Up to this generation credentials are valid; rows of a later one belong to an import that has not ended. */
const GENERATION = "(SELECT value FROM counter WHERE name = 'generation')";

/**
 * In SQL, whether a valid row of `credential` is an alias whose entry does not count, or is none any more, in its generation.
 * Such a row admits nobody, as the view `admitted` has it, and hides what its pseudonym was before.
 */
export const isOrphan = (row: string): string =>
  `(${row}.entry IS NOT NULL AND ${row}.generation <= ${GENERATION} AND NOT EXISTS (
     SELECT 1 FROM credential AS owner WHERE owner.pseudonym = ${row}.entry AND owner.entry IS NULL
       AND owner.generation = ${row}.generation AND NOT EXISTS (
         SELECT 1 FROM credential AS newer WHERE newer.pseudonym = owner.pseudonym
           AND newer.generation > owner.generation AND newer.generation <= ${GENERATION})))`;

export class CredentialRows {
  readonly #find: Statement<[Uint8Array], EntitlementRow>;
  readonly #isDenied: Statement<[Uint8Array], { denied: number }>;
  readonly #insert: Statement<[Readonly<Record<string, Uint8Array | string | number | null>>]>;
  readonly #generation: Statement<[], { value: number }>;
  readonly #insertDenied: Statement<[Readonly<Record<string, Uint8Array | string | number | null>>]>;
  readonly #removeAdmitted: readonly [of: Statement<[Uint8Array]>, aliases: Statement<[Uint8Array]>];
  readonly #removeDenied: Statement<[Uint8Array]>;
  readonly #undeny: Statement<[Uint8Array]>;
  readonly #version: Statement<[], { seq: number }>;

  constructor(connection: Database) {
    this.#find = connection.prepare(
      "SELECT group_name, valid_from, valid_until, enabled FROM admitted WHERE pseudonym = ?",
    );
    this.#isDenied = connection.prepare("SELECT 1 AS denied FROM denied WHERE pseudonym = ? LIMIT 1");
    this.#insert = connection.prepare(
      `INSERT OR REPLACE INTO credential (pseudonym, generation, entry, kind, display_tag, group_name,
         valid_from, valid_until, reference, enabled, key_id, expires_at) VALUES
       (@pseudonym, @generation, @entry, @kind, @displayTag, @group,
         @validFrom, @validUntil, @reference, @enabled, @keyId, @expiresAt)`,
    );
    this.#generation = connection.prepare(`SELECT ${GENERATION} AS value`);
    this.#insertDenied = connection.prepare(
      `INSERT OR REPLACE INTO denied (pseudonym, entry, kind, display_tag, reference, key_id, expires_at)
       VALUES (@pseudonym, @entry, @kind, @displayTag, @reference, @keyId, @expiresAt)`,
    );
    this.#removeAdmitted = [
      connection.prepare("DELETE FROM credential WHERE pseudonym = ?"),
      connection.prepare("DELETE FROM credential WHERE entry = ?"),
    ];
    this.#removeDenied = connection.prepare("DELETE FROM denied WHERE entry = ?");
    this.#undeny = connection.prepare("DELETE FROM denied WHERE pseudonym = ?");
    this.#version = connection.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'list_change'");
  }

  /** Counts the changes of what `standing` answers, by whichever process; equal numbers, equal answers. */
  version(): number {
    return this.#version.get()?.seq ?? 0;
  }

  standing(pseudonym: Uint8Array): Standing {
    const denyListed = this.isDenied(pseudonym);
    const row = this.#find.get(pseudonym);
    return row === undefined
      ? { denyListed }
      : { denyListed, credential: { pseudonym, ...entitlementOf(row) } };
  }

  isAdmitted(pseudonym: Uint8Array): boolean {
    return this.#find.get(pseudonym) !== undefined;
  }

  isDenied(pseudonym: Uint8Array): boolean {
    return this.#isDenied.get(pseudonym) !== undefined;
  }

  /**
   * Admits a holder in place of all that was said of him before, a denial included. An alias that another entry of the deny
   * list has too stays denied: which of the two is meant cannot be known.
   */
  put(entry: Enrolment): void {
    this.remove(entry.pseudonym);
    this.#undeny.run(entry.pseudonym);
    const generation = this.#generation.get()?.value ?? 0;
    for (const row of rowsOf(entry)) {
      if (row.entry !== undefined && this.isDenied(row.pseudonym)) continue;
      this.#removeFromAllowList(row.pseudonym);
      this.stage(row, generation);
    }
  }

  /** Writes a row that nobody sees before its generation is the valid one. */
  stage(row: EnrolmentRow, generation: number): void {
    this.#insert.run({ ...enrolmentColumns(row), generation });
  }

  deny(denial: Denial): void {
    const { pseudonym, kind, aliases = [], displayTag, reference = null, keyId, until = null } = denial;
    this.remove(pseudonym);
    for (const each of [pseudonym, ...aliases]) {
      this.#removeFromAllowList(each);
      const named = each === pseudonym ? { displayTag, reference } : NAMELESS;
      this.#insertDenied.run({ pseudonym: each, entry: pseudonym, kind, ...named, keyId, expiresAt: until });
    }
  }

  /** Takes a holder off both lists by the first of his pseudonyms, with all others, and out of an import that is under way. */
  remove(pseudonym: Uint8Array): void {
    this.#removeFromAllowList(pseudonym);
    this.#removeDenied.run(pseudonym);
  }

  #removeFromAllowList(pseudonym: Uint8Array): void {
    for (const statement of this.#removeAdmitted) statement.run(pseudonym);
  }
}

/** An alias is found by its entry alone, never by what an operator calls that. */
const NAMELESS = { displayTag: "", reference: null } as const;

/** A holder as rows: the first pseudonym, then the aliases. */
export function* rowsOf({ aliases = [], ...entry }: Enrolment): Generator<EnrolmentRow, void, void> {
  yield entry;
  for (const pseudonym of aliases) yield { ...entry, pseudonym, entry: entry.pseudonym };
}

function enrolmentColumns(row: EnrolmentRow): Readonly<Record<string, Uint8Array | string | number | null>> {
  const { displayTag, reference = null } = row.entry === undefined ? row : NAMELESS;
  return {
    pseudonym: row.pseudonym,
    entry: row.entry ?? null,
    kind: row.kind,
    displayTag,
    reference,
    group: row.group,
    validFrom: row.validFrom ?? null,
    validUntil: row.validUntil ?? null,
    enabled: row.enabled ? 1 : 0,
    keyId: row.keyId,
    // An open entitlement has no end from which to count: it is erased when it is revoked.
    expiresAt: row.validUntil === undefined ? null : row.validUntil + KEPT_AFTER_END_MS,
  };
}

/**
 * A row as what the policy decides on. Throws SQLite's error for a damaged table when a date is no date: it
 * would else be later than every other, and never end.
 */
export function entitlementOf(row: EntitlementRow) {
  return {
    group: row.group_name,
    enabled: row.enabled === 1,
    ...(row.valid_from === null ? {} : { validFrom: dateOf(row.valid_from) }),
    ...(row.valid_until === null ? {} : { validUntil: dateOf(row.valid_until) }),
  };
}

function dateOf(stored: number): Instant {
  if (!Number.isSafeInteger(stored))
    throw new SqliteError("a date of validity that is no date", "SQLITE_CORRUPT");
  return instant(stored);
}
