/**
 * The trust store into SQL, inside somebody else's transaction, which ends with a new seal. What is there
 * already is left as it is, to the date of its import, so that the same import twice leaves the same seal.
 * Throws SQLite's errors.
 */
import type { Database, Statement } from "better-sqlite3";
import type { Instant } from "../time/time.ts";
import { SealerWriter } from "./sealer-writer.ts";
import type {
  Provenance,
  StoredAnchor,
  StoredRevocationList,
  StoredSealer,
  StoredSigner,
  TrustSource,
} from "./trust-content.ts";
import type { TrustReader } from "./trust-reader.ts";

/** A publisher's list: what it does not name any more leaves the store, unless something else brings it. */
export interface PublishedList extends Publication {
  readonly anchors: readonly StoredAnchor[];
}

/** A list of makers of seals; its publisher has a name of its own, beside that of the State's master list. */
export interface PublishedSealerList extends Publication {
  readonly sealers: readonly StoredSealer[];
}

interface Publication {
  readonly publisher: string;
  /** Of the list itself. */
  readonly fingerprint: string;
  readonly signedAt: Instant | undefined;
}

type Columns = Readonly<Record<string, Uint8Array | string | number | null>>;

export class TrustWriter {
  readonly #connection: Database;
  readonly #reader: TrustReader;
  readonly #findByHand: Statement<[string], { id: number; list: null }>;
  readonly #findList: Statement<[string], { id: number; list: string }>;
  readonly #insertSource: Statement<[Columns]>;
  readonly #updateSource: Statement<[Columns]>;
  readonly #insertCertificate: Statement<[Columns]>;
  readonly #insertEntry: Statement<[number, string]>;
  readonly #entries: Statement<[number], { fingerprint: string }>;
  readonly #deleteEntry: Statement<[number, string]>;
  readonly #putRevocationList: Statement<[Columns]>;
  readonly #insertSigner: Statement<[Columns]>;
  readonly #sealers: SealerWriter;

  constructor(connection: Database, reader: TrustReader) {
    this.#connection = connection;
    this.#reader = reader;
    this.#findByHand = connection.prepare(
      "SELECT id, list FROM trust_source WHERE name = ? AND publisher IS NULL",
    );
    this.#findList = connection.prepare("SELECT id, list FROM trust_source WHERE publisher = ?");
    this.#insertSource = connection.prepare(
      `INSERT INTO trust_source (name, publisher, list, signed_at, imported_at)
       VALUES (@name, @publisher, @list, @signedAt, @importedAt)`,
    );
    this.#updateSource = connection.prepare(
      `UPDATE trust_source SET name = @name, list = @list, signed_at = @signedAt, imported_at = @importedAt
       WHERE publisher = @publisher`,
    );
    this.#insertCertificate = connection.prepare(
      `INSERT OR IGNORE INTO trust_certificate VALUES (@fingerprint, @der, @subjectKeyId, @subjectKey, @subject,
         @country, @notBefore, @notAfter, @kind, @laboratory)`,
    );
    this.#insertEntry = connection.prepare("INSERT OR IGNORE INTO trust_entry VALUES (?, ?)");
    this.#entries = connection.prepare("SELECT fingerprint FROM trust_entry WHERE source = ?");
    this.#deleteEntry = connection.prepare("DELETE FROM trust_entry WHERE source = ? AND fingerprint = ?");
    this.#putRevocationList = connection.prepare(
      `INSERT INTO trust_crl VALUES (@issuerKey, @issuerKeyId, @fingerprint, @der, @issuer, @thisUpdate,
         @nextUpdate, @name, @importedAt)
       ON CONFLICT DO UPDATE SET fingerprint = @fingerprint, der = @der, issuer = @issuer,
         this_update = @thisUpdate, next_update = @nextUpdate, source = @name, imported_at = @importedAt
       WHERE fingerprint <> @fingerprint`,
    );
    this.#insertSigner = connection.prepare(
      "INSERT OR IGNORE INTO trust_signer VALUES (@fingerprint, @der, @subject, @name, @importedAt)",
    );
    this.#sealers = new SealerWriter(connection);
  }

  /** Adds anchors that the operator gives by hand: no list takes them away. */
  addByHand(anchors: readonly StoredAnchor[], from: Provenance): void {
    if (anchors.length === 0) return;
    const source = this.#sourceByHand(from);
    for (const anchor of anchors) this.#put(source, anchor);
  }

  /** Adds makers of seals that the operator gives by hand: no list takes them away. */
  addSealersByHand(sealers: readonly StoredSealer[], from: Provenance): void {
    if (sealers.length > 0) this.#sealers.add(this.#sourceByHand(from), sealers);
  }

  /** Makes what a publisher brings what this list says. */
  replaceList(list: PublishedList, from: Provenance): void {
    const { anchors } = list;
    const id = this.#sourceOf(list, from);
    const named = new Set(anchors.map((anchor) => anchor.fingerprint));
    for (const entry of this.#entries.all(id))
      if (!named.has(entry.fingerprint)) this.#deleteEntry.run(id, entry.fingerprint);
    for (const anchor of anchors) this.#put(id, anchor);
  }

  /** Makes what a publisher of seals' makers brings what this list says. */
  replaceSealerList(list: PublishedSealerList, from: Provenance): void {
    this.#sealers.replace(this.#sourceOf(list, from), list.sealers);
  }

  /** As `putRevocationList`, of an authority or root of seals. */
  putSealerRevocationList(list: StoredRevocationList, from: Provenance): void {
    this.#sealers.putRevocationList(list, from);
  }

  /** Takes the place of an older list of the same issuer and key. */
  putRevocationList(list: StoredRevocationList, from: Provenance): void {
    this.#putRevocationList.run({ ...list, ...from });
  }

  pin(signer: StoredSigner, from: Provenance): void {
    this.#insertSigner.run({ ...signer, ...from });
  }

  /** Takes out one certificate, whoever brought it, or one pinned signer. */
  remove(fingerprint: string): void {
    for (const table of ["trust_certificate", "trust_signer"])
      this.#connection.prepare(`DELETE FROM ${table} WHERE fingerprint = ?`).run(fingerprint);
    this.#sealers.remove(fingerprint);
  }

  /** Takes out all that files of this name brought, lists and pins included. */
  removeSource(name: string): void {
    this.#connection.prepare("DELETE FROM trust_source WHERE name = ?").run(name);
    for (const table of ["trust_crl", "trust_signer"])
      this.#connection.prepare(`DELETE FROM ${table} WHERE source = ?`).run(name);
    this.#sealers.removeRevocationLists(name);
  }

  /** Empties the store, whatever is in it. */
  clear(): void {
    this.#sealers.clear();
    for (const table of ["entry", "certificate", "source", "crl", "signer"])
      this.#connection.exec(`DELETE FROM trust_${table}`);
  }

  /** Ends a change: what nothing brings goes, and the rows as they are become the sealed ones. */
  seal(): void {
    this.#connection.exec(
      `DELETE FROM trust_certificate WHERE fingerprint NOT IN (SELECT fingerprint FROM trust_entry);
       DELETE FROM sealer_certificate WHERE fingerprint NOT IN (SELECT fingerprint FROM sealer_entry);
       DELETE FROM trust_source WHERE publisher IS NULL AND id NOT IN (SELECT source FROM trust_entry)
         AND id NOT IN (SELECT source FROM sealer_entry);
       DELETE FROM trust_seal;`,
    );
    this.#connection.prepare("INSERT INTO trust_seal VALUES (?)").run(this.#reader.sealOfRows());
  }

  #sourceByHand(from: Provenance): number {
    const source = { ...from, publisher: undefined, list: undefined, signedAt: undefined };
    return this.#findByHand.get(from.name)?.id ?? this.#insert(source);
  }

  /** The publisher's source, which names its newest list. */
  #sourceOf({ publisher, fingerprint, signedAt }: Publication, from: Provenance): number {
    const known = this.#findList.get(publisher);
    const source = { ...from, publisher, list: fingerprint, signedAt };
    if (known !== undefined && known.list !== fingerprint) this.#updateSource.run(sourceColumns(source));
    return known?.id ?? this.#insert(source);
  }

  #insert(source: TrustSource): number {
    return Number(this.#insertSource.run(sourceColumns(source)).lastInsertRowid);
  }

  #put(source: number, anchor: StoredAnchor): void {
    this.#insertCertificate.run({
      ...anchor,
      subjectKeyId: anchor.subjectKeyId ?? null,
      laboratory: anchor.laboratory ? 1 : 0,
    });
    this.#insertEntry.run(source, anchor.fingerprint);
  }
}

const sourceColumns = (source: TrustSource): Columns => ({
  name: source.name,
  publisher: source.publisher ?? null,
  list: source.list ?? null,
  signedAt: source.signedAt ?? null,
  importedAt: source.importedAt,
});
