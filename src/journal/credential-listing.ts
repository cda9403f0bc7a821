/**
 * The lists as an operator sees them: by reference and display tag. For commands alone: a display tag has no
 * index and is looked for among all rows, which a running gate must never do.
 */
import type { Database, Statement } from "better-sqlite3";
import type { Credential } from "../ports/credentials.ts";
import type { IdentifierKind, PersonalPart } from "../ports/journal.ts";
import { type EntitlementRow, entitlementOf } from "./credential-rows.ts";
import { PSEUDONYMS, pseudonymsJson } from "./pseudonym-list.ts";

/** What a person may see of a credential. */
export interface ListedCredential extends Omit<Credential, "pseudonym"> {
  readonly displayTag: string;
  /** By what the holder is known first. */
  readonly kind: IdentifierKind;
  readonly denyListed: boolean;
  /** The holder is enrolled: no other chip passes with his number. */
  readonly hasChip: boolean;
}

/** How an operator names credentials: all of one reference, or the only one with a display tag. */
export type CredentialName = { readonly reference: string } | { readonly displayTag: string };

interface ListedRow extends EntitlementRow {
  readonly display_tag: string;
  readonly kind: IdentifierKind;
  readonly reference: string | null;
  readonly denied: number;
  readonly pinned: number;
}

interface HolderRow {
  readonly pseudonym: Uint8Array;
  readonly kind: IdentifierKind;
  readonly key_id: string;
}

/** Aliases are nobody's entry, and are left out everywhere. */
const ADMITTED_HOLDERS = "admitted WHERE admitted.entry IS NULL";
const DENIED_HOLDERS = "denied WHERE denied.entry = denied.pseudonym";

/** `condition` may name `pseudonym`, of either list. */
const bothLists = (condition: string): string => `
  SELECT display_tag, kind, group_name, valid_from, valid_until, reference, enabled, 0 AS denied,
    EXISTS (SELECT 1 FROM chip_pin WHERE chip_pin.pseudonym = admitted.pseudonym) AS pinned
  FROM ${ADMITTED_HOLDERS} AND ${condition}
  UNION ALL
  SELECT display_tag, kind, '' AS group_name, NULL, NULL, reference, 1, 1 AS denied,
    EXISTS (SELECT 1 FROM chip_pin WHERE chip_pin.pseudonym = denied.pseudonym) AS pinned
  FROM ${DENIED_HOLDERS} AND ${condition}
  ORDER BY reference, display_tag`;

/** Reads only; throws SQLite's errors. */
export class CredentialListing {
  readonly #byReference: Statement<[string, string], HolderRow>;
  readonly #byTag: Statement<[string, string], HolderRow>;
  readonly #isStill: Statement<[Uint8Array, string, string], { found: number }>;
  readonly #list: Statement<[], ListedRow>;
  readonly #entriesOf: Statement<[{ readonly who: string }], ListedRow>;
  readonly #deniedWithoutNumber: Statement<[], { count: number }>;

  constructor(connection: Database) {
    this.#byReference = connection.prepare(holdersBy("reference"));
    this.#byTag = connection.prepare(holdersBy("display_tag"));
    this.#isStill = connection.prepare(
      `WITH holder AS (SELECT pseudonym, display_tag, reference FROM ${ADMITTED_HOLDERS}
         UNION ALL SELECT pseudonym, display_tag, reference FROM ${DENIED_HOLDERS})
       SELECT 1 AS found FROM holder WHERE pseudonym = ? AND (display_tag = ? OR reference = ?)`,
    );
    this.#list = connection.prepare(bothLists("TRUE"));
    this.#entriesOf = connection.prepare(bothLists(`pseudonym IN ${PSEUDONYMS}`));
    this.#deniedWithoutNumber = connection.prepare(
      `SELECT count(*) AS count FROM ${DENIED_HOLDERS} AND denied.kind IN ('cf', 'name')
         AND NOT EXISTS (SELECT 1 FROM denied AS other
           WHERE other.kind = 'doc' AND other.reference = denied.reference)`,
    );
  }

  /** Holders on either list by a name that an operator has. */
  named(name: CredentialName): readonly PersonalPart[] {
    const rows =
      "displayTag" in name
        ? this.#byTag.all(name.displayTag, name.displayTag)
        : this.#byReference.all(name.reference, name.reference);
    return rows.map(({ pseudonym, kind, key_id }) => ({ pseudonym, kind, keyId: key_id }));
  }

  /** Whether a holder that was found by a name goes by it now. */
  isNamed(pseudonym: Uint8Array, name: CredentialName): boolean {
    const { displayTag, reference } = { displayTag: "", reference: "", ...name };
    return this.#isStill.get(pseudonym, displayTag, reference) !== undefined;
  }

  /** Both lists by reference and tag, one row at a time; SQLite sorts within its own bounded memory. */
  *list(): Generator<ListedCredential, void, void> {
    for (const row of this.#list.iterate()) yield listedCredential(row);
  }

  /**
   * How many are denied by fiscal code or name, which come after all numbers in an entry, and by the number of no document in
   * another entry of the same reference.
   */
  deniedWithoutNumber(): number {
    return this.#deniedWithoutNumber.get()?.count ?? 0;
  }

  /** What the lists say of these holders, by the first pseudonym of each. */
  entriesOf(holders: readonly Uint8Array[]): readonly ListedCredential[] {
    return this.#entriesOf.all({ who: pseudonymsJson(holders) }).map(listedCredential);
  }
}

const listedCredential = (row: ListedRow): ListedCredential => ({
  displayTag: row.display_tag,
  kind: row.kind,
  denyListed: row.denied === 1,
  hasChip: row.pinned === 1,
  ...entitlementOf(row),
  ...(row.reference === null ? {} : { reference: row.reference }),
});

const holdersBy = (column: "reference" | "display_tag"): string =>
  `SELECT pseudonym, kind, key_id FROM ${ADMITTED_HOLDERS} AND ${column} = ?
   UNION ALL SELECT pseudonym, kind, key_id FROM ${DENIED_HOLDERS} AND ${column} = ?`;
