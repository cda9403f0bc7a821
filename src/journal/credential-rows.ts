/**
 * The allow list and the deny list in SQL, one holder at a time. It knows tables and generations; who may
 * change what, and what the journal is told of it, is the business of `credential-store.ts` and
 * `credential-register.ts`, lists for people that of `credential-listing.ts`.
 * Writing methods are to be called inside a write transaction; all of them throw SQLite's errors.
 */
import { type Database, SqliteError, type Statement } from "better-sqlite3";
import type { Credential, Standing } from "../ports/credentials.ts";
import { type Instant, instant } from "../time/time.ts";

/** What every stored holder carries besides the pseudonym. */
interface Holder {
  /** 32 bytes. */
  readonly pseudonym: Uint8Array;
  /** For example `card#7f3a`. */
  readonly displayTag: string;
  /** The site key that made the pseudonym. */
  readonly keyId: string;
}

/** A credential as it is enrolled. */
export interface Enrolment extends Credential, Holder {}

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

export class CredentialRows {
  readonly #find: Statement<[Uint8Array], EntitlementRow>;
  readonly #isDenied: Statement<[Uint8Array], { denied: number }>;
  readonly #insert: Statement<[Readonly<Record<string, Uint8Array | string | number | null>>]>;
  readonly #generation: Statement<[], { value: number }>;
  readonly #insertDenied: Statement<[Uint8Array, string, string | null, string, number | null]>;
  readonly #remove: readonly [credential: Statement<[Uint8Array]>, denied: Statement<[Uint8Array]>];
  readonly #version: Statement<[], { seq: number }>;

  constructor(connection: Database) {
    this.#find = connection.prepare(
      "SELECT group_name, valid_from, valid_until, enabled FROM admitted WHERE pseudonym = ?",
    );
    this.#isDenied = connection.prepare("SELECT 1 AS denied FROM denied WHERE pseudonym = ?");
    this.#insert = connection.prepare(
      `INSERT OR REPLACE INTO credential (pseudonym, generation, display_tag, group_name,
         valid_from, valid_until, reference, enabled, key_id, expires_at) VALUES
       (@pseudonym, @generation, @displayTag, @group, @validFrom, @validUntil, @reference, @enabled, @keyId, @expiresAt)`,
    );
    this.#generation = connection.prepare(`SELECT ${GENERATION} AS value`);
    this.#insertDenied = connection.prepare(
      "INSERT OR REPLACE INTO denied (pseudonym, display_tag, reference, key_id, expires_at) VALUES (?, ?, ?, ?, ?)",
    );
    this.#remove = [
      connection.prepare("DELETE FROM credential WHERE pseudonym = ?"),
      connection.prepare("DELETE FROM denied WHERE pseudonym = ?"),
    ];
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

  /** Admits a holder in place of all that was said of him before, a denial included. */
  put(entry: Enrolment): void {
    this.remove(entry.pseudonym);
    this.stage(entry, this.#generation.get()?.value ?? 0);
  }

  /** Writes a credential that nobody sees before its generation is the valid one. */
  stage(entry: Enrolment, generation: number): void {
    this.#insert.run({ ...enrolmentColumns(entry), generation });
  }

  deny({ pseudonym, displayTag, reference, keyId, until }: Denial): void {
    this.remove(pseudonym);
    this.#insertDenied.run(pseudonym, displayTag, reference ?? null, keyId, until ?? null);
  }

  /** Takes a holder off both lists, and out of an import that is under way. */
  remove(pseudonym: Uint8Array): void {
    for (const statement of this.#remove) statement.run(pseudonym);
  }
}

function enrolmentColumns(entry: Enrolment): Readonly<Record<string, Uint8Array | string | number | null>> {
  return {
    pseudonym: entry.pseudonym,
    displayTag: entry.displayTag,
    group: entry.group,
    validFrom: entry.validFrom ?? null,
    validUntil: entry.validUntil ?? null,
    reference: entry.reference ?? null,
    enabled: entry.enabled ? 1 : 0,
    keyId: entry.keyId,
    // An open entitlement has no end from which to count: it is erased when it is revoked.
    expiresAt: entry.validUntil === undefined ? null : entry.validUntil + KEPT_AFTER_END_MS,
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
