/**
 * Allow list and deny list in SQLite: the gate asks, commands of another process write. A holder is in at
 * most one of the two lists: adding to one removes from the other (ONVIF Credential service).
 * Holders are keyed pseudonyms; what is shown of one is its display tag and the operator's reference.
 */
import type { Statement, Transaction } from "better-sqlite3";
import type { Credential, CredentialLookup, Standing } from "../ports/credentials.ts";
import type { JournalError } from "../ports/journal.ts";
import type { Result } from "../result.ts";
import { type Instant, instant } from "../time/time.ts";
import type { OpenDatabase } from "./database.ts";
import { attempt } from "./sqlite-error.ts";

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

/** What a person may see of a credential. */
export interface ListedCredential extends Omit<Credential, "pseudonym"> {
  readonly displayTag: string;
  readonly denyListed: boolean;
}

/** How an operator names credentials: all of one reference, or the only one with a display tag. */
export type CredentialName = { readonly reference: string } | { readonly displayTag: string };

export type Revocation =
  | { readonly kind: "revoked"; readonly count: number }
  | { readonly kind: "notFound" }
  /** Display tags are short: several cards have this one, none was revoked. */
  | { readonly kind: "ambiguous"; readonly count: number };

interface CredentialRow {
  readonly display_tag: string;
  readonly group_name: string;
  readonly valid_from: number | null;
  readonly valid_until: number | null;
  readonly reference: string | null;
  readonly enabled: number;
  readonly denied: number;
}

const DAY_MS = 86_400_000;
/** An enrolment is kept this long after the entitlement ended (privacy rules, retention). */
const KEPT_AFTER_END_MS = 30 * DAY_MS;

const CREDENTIAL_COLUMNS = "display_tag, group_name, valid_from, valid_until, reference, enabled";
const LIST_BOTH = `
  SELECT ${CREDENTIAL_COLUMNS}, 0 AS denied FROM credential
  UNION ALL
  SELECT display_tag, '' AS group_name, NULL, NULL, reference, 1, 1 AS denied FROM denied
  ORDER BY reference, display_tag LIMIT ? OFFSET ?`;

export class CredentialStore implements CredentialLookup {
  readonly #database: OpenDatabase;
  readonly #find: Statement<[Uint8Array], CredentialRow>;
  readonly #isDenied: Statement<[Uint8Array], { denied: number }>;
  readonly #put: Transaction<(entries: readonly Enrolment[]) => void>;
  readonly #deny: Transaction<(denial: Denial) => void>;
  readonly #revoke: Transaction<(name: CredentialName) => Revocation>;
  readonly #list: Statement<[number, number], CredentialRow>;

  /** Prepares the statements. Errors as for any use of the database. */
  static open(database: OpenDatabase): Result<CredentialStore, JournalError> {
    return attempt(database.file, () => new CredentialStore(database));
  }

  private constructor(database: OpenDatabase) {
    const { connection } = database;
    this.#database = database;
    this.#find = connection.prepare(
      `SELECT ${CREDENTIAL_COLUMNS}, 0 AS denied FROM credential WHERE pseudonym = ?`,
    );
    this.#isDenied = connection.prepare("SELECT 1 AS denied FROM denied WHERE pseudonym = ?");
    this.#list = connection.prepare(LIST_BOTH);
    this.#put = putTransaction(database);
    this.#deny = denyTransaction(database);
    this.#revoke = revokeTransaction(database);
  }

  standing(pseudonym: Uint8Array): Result<Standing, JournalError> {
    return attempt(this.#database.file, () => {
      const denyListed = this.#isDenied.get(pseudonym) !== undefined;
      const row = this.#find.get(pseudonym);
      return row === undefined
        ? { denyListed }
        : { denyListed, credential: { pseudonym, ...credentialOf(row) } };
    });
  }

  /** Adds or replaces all entries in one transaction: after an error nothing of it is stored. */
  put(entries: readonly Enrolment[]): Result<void, JournalError> {
    return attempt(this.#database.file, () => this.#put.immediate(entries));
  }

  /** Puts a holder on the deny list. */
  deny(denial: Denial): Result<void, JournalError> {
    return attempt(this.#database.file, () => this.#deny.immediate(denial));
  }

  /** Removes credentials, and entries of the deny list, by a name that an operator has. */
  revoke(name: CredentialName): Result<Revocation, JournalError> {
    return attempt(this.#database.file, () => this.#revoke.immediate(name));
  }

  /** One page of both lists, by reference and tag. */
  list(page: {
    readonly limit: number;
    readonly offset: number;
  }): Result<readonly ListedCredential[], JournalError> {
    return attempt(this.#database.file, () =>
      this.#list.all(page.limit, page.offset).map((row) => ({
        displayTag: row.display_tag,
        denyListed: row.denied === 1,
        ...credentialOf(row),
      })),
    );
  }
}

function putTransaction({ connection }: OpenDatabase): Transaction<(entries: readonly Enrolment[]) => void> {
  const insert = connection.prepare(
    `INSERT OR REPLACE INTO credential (pseudonym, ${CREDENTIAL_COLUMNS}, key_id, expires_at)
     VALUES (@pseudonym, @displayTag, @group, @validFrom, @validUntil, @reference, @enabled, @keyId, @expiresAt)`,
  );
  const undeny = connection.prepare<[Uint8Array]>("DELETE FROM denied WHERE pseudonym = ?");
  return connection.transaction((entries: readonly Enrolment[]) => {
    for (const entry of entries) {
      undeny.run(entry.pseudonym);
      insert.run(enrolmentRow(entry));
    }
  });
}

function denyTransaction({ connection }: OpenDatabase): Transaction<(denial: Denial) => void> {
  const remove = connection.prepare<[Uint8Array]>("DELETE FROM credential WHERE pseudonym = ?");
  const insert = connection.prepare<[Uint8Array, string, string | null, string, number | null]>(
    "INSERT OR REPLACE INTO denied (pseudonym, display_tag, reference, key_id, expires_at) VALUES (?, ?, ?, ?, ?)",
  );
  return connection.transaction((denial: Denial) => {
    remove.run(denial.pseudonym);
    insert.run(
      denial.pseudonym,
      denial.displayTag,
      denial.reference ?? null,
      denial.keyId,
      denial.until ?? null,
    );
  });
}

function revokeTransaction({ connection }: OpenDatabase): Transaction<(name: CredentialName) => Revocation> {
  const remove = (table: string, column: string) =>
    connection.prepare<[string]>(`DELETE FROM ${table} WHERE ${column} = ?`);
  const byReference = [remove("credential", "reference"), remove("denied", "reference")];
  const byTag = [remove("credential", "display_tag"), remove("denied", "display_tag")];
  const countTag = connection.prepare<[string, string], { count: number }>(
    `SELECT (SELECT count(*) FROM credential WHERE display_tag = ?)
          + (SELECT count(*) FROM denied WHERE display_tag = ?) AS count`,
  );
  return connection.transaction((name: CredentialName): Revocation => {
    if ("displayTag" in name) {
      const sharing = countTag.get(name.displayTag, name.displayTag)?.count ?? 0;
      if (sharing > 1) return { kind: "ambiguous", count: sharing };
    }
    const [statements, value] =
      "displayTag" in name ? [byTag, name.displayTag] : [byReference, name.reference];
    const count = statements.reduce((sum, statement) => sum + statement.run(value).changes, 0);
    return count === 0 ? { kind: "notFound" } : { kind: "revoked", count };
  });
}

function enrolmentRow(entry: Enrolment): Readonly<Record<string, Uint8Array | string | number | null>> {
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

function credentialOf(row: CredentialRow): Omit<Credential, "pseudonym"> {
  return {
    group: row.group_name,
    enabled: row.enabled === 1,
    ...(row.valid_from === null ? {} : { validFrom: instant(row.valid_from) }),
    ...(row.valid_until === null ? {} : { validUntil: instant(row.valid_until) }),
    ...(row.reference === null ? {} : { reference: row.reference }),
  };
}
