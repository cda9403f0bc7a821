/**
 * The allow list and the deny list in SQL. It knows tables and generations; who may change what, and what
 * the journal is told of it, is the business of `credential-store.ts` and `credential-register.ts`.
 * Writing methods are to be called inside a write transaction; all of them throw SQLite's errors.
 */
import type { Database, Statement } from "better-sqlite3";
import type { Credential, Standing } from "../ports/credentials.ts";
import type { PersonalPart } from "../ports/journal.ts";
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

/** What a person may see of a credential. */
export interface ListedCredential extends Omit<Credential, "pseudonym"> {
  readonly displayTag: string;
  readonly denyListed: boolean;
}

/** How an operator names credentials: all of one reference, or the only one with a display tag. */
export type CredentialName = { readonly reference: string } | { readonly displayTag: string };

/** Whose entry was taken off a list. */
export type RemovedHolder = Omit<PersonalPart, "kind">;

interface CredentialRow {
  readonly display_tag: string;
  readonly group_name: string;
  readonly valid_from: number | null;
  readonly valid_until: number | null;
  readonly reference: string | null;
  readonly enabled: number;
  readonly denied: number;
}

interface HolderRow {
  readonly pseudonym: Uint8Array;
  readonly key_id: string;
}

const DAY_MS = 86_400_000;
/** An enrolment is kept this long after the entitlement ended (privacy rules, retention). */
const KEPT_AFTER_END_MS = 30 * DAY_MS;

const COLUMNS = "display_tag, group_name, valid_from, valid_until, reference, enabled";
/** Up to this generation credentials are valid; rows of a later one belong to an import that has not ended. */
const GENERATION = "(SELECT value FROM counter WHERE name = 'generation')";
const LIST_BOTH = `
  SELECT ${COLUMNS}, 0 AS denied FROM admitted
  UNION ALL
  SELECT display_tag, '' AS group_name, NULL, NULL, reference, 1, 1 AS denied FROM denied
  ORDER BY reference, display_tag`;

export class CredentialRows {
  readonly #find: Statement<[Uint8Array], CredentialRow>;
  readonly #isDenied: Statement<[Uint8Array], { denied: number }>;
  readonly #insert: Statement<[Readonly<Record<string, Uint8Array | string | number | null>>]>;
  readonly #generation: Statement<[], { value: number }>;
  readonly #insertDenied: Statement<[Uint8Array, string, string | null, string, number | null]>;
  readonly #remove: readonly [credential: Statement<[Uint8Array]>, denied: Statement<[Uint8Array]>];
  readonly #byReference: Statement<[string, string], HolderRow>;
  readonly #byTag: Statement<[string, string], HolderRow>;
  readonly #list: Statement<[], CredentialRow>;

  constructor(connection: Database) {
    this.#find = connection.prepare(`SELECT ${COLUMNS}, 0 AS denied FROM admitted WHERE pseudonym = ?`);
    this.#isDenied = connection.prepare("SELECT 1 AS denied FROM denied WHERE pseudonym = ?");
    this.#insert = connection.prepare(
      `INSERT OR REPLACE INTO credential (pseudonym, generation, ${COLUMNS}, key_id, expires_at) VALUES
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
    this.#byReference = connection.prepare(holdersBy("reference"));
    this.#byTag = connection.prepare(holdersBy("display_tag"));
    this.#list = connection.prepare(LIST_BOTH);
  }

  standing(pseudonym: Uint8Array): Standing {
    const denyListed = this.isDenied(pseudonym);
    const row = this.#find.get(pseudonym);
    return row === undefined
      ? { denyListed }
      : { denyListed, credential: { pseudonym, ...credentialOf(row) } };
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

  /** Holders on either list by a name that an operator has. */
  named(name: CredentialName): readonly RemovedHolder[] {
    const rows =
      "displayTag" in name
        ? this.#byTag.all(name.displayTag, name.displayTag)
        : this.#byReference.all(name.reference, name.reference);
    return rows.map(({ pseudonym, key_id }) => ({ pseudonym, keyId: key_id }));
  }

  /** Both lists by reference and tag, one row at a time; SQLite sorts within its own bounded memory. */
  *list(): Generator<ListedCredential, void, void> {
    for (const row of this.#list.iterate())
      yield { displayTag: row.display_tag, denyListed: row.denied === 1, ...credentialOf(row) };
  }
}

const holdersBy = (column: "reference" | "display_tag"): string =>
  `SELECT pseudonym, key_id FROM admitted WHERE ${column} = ?
   UNION ALL SELECT pseudonym, key_id FROM denied WHERE ${column} = ?`;

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

function credentialOf(row: CredentialRow): Omit<Credential, "pseudonym"> {
  return {
    group: row.group_name,
    enabled: row.enabled === 1,
    ...(row.valid_from === null ? {} : { validFrom: instant(row.valid_from) }),
    ...(row.valid_until === null ? {} : { validUntil: instant(row.valid_until) }),
    ...(row.reference === null ? {} : { reference: row.reference }),
  };
}
