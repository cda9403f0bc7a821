/**
 * The trust store into SQL, inside somebody else's transaction, which ends with a new seal. What is there
 * already is left as it is, to the date of its import, so that the same import twice leaves the same seal.
 * Throws SQLite's errors.
 */
import type { Database, Statement } from "better-sqlite3";
import type { Instant } from "../time/time.ts";
import { CertificateTables, type Columns } from "./certificate-tables.ts";
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

export class TrustWriter {
  readonly #connection: Database;
  readonly #reader: TrustReader;
  readonly #findByHand: Statement<[string], { id: number; list: null }>;
  readonly #findList: Statement<[string], { id: number; list: string }>;
  readonly #insertSource: Statement<[Columns]>;
  readonly #updateSource: Statement<[Columns]>;
  readonly #dateSource: Statement<[number, number]>;
  readonly #insertSigner: Statement<[Columns]>;
  readonly #countrySigners: CertificateTables<StoredAnchor>;
  readonly #sealers: CertificateTables<StoredSealer>;

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
    this.#dateSource = connection.prepare("UPDATE trust_source SET imported_at = ? WHERE id = ?");
    this.#insertSigner = connection.prepare(
      "INSERT OR IGNORE INTO trust_signer VALUES (@fingerprint, @der, @subject, @name, @importedAt)",
    );
    this.#countrySigners = CertificateTables.ofCountrySigners(connection);
    this.#sealers = CertificateTables.ofSealers(connection);
  }

  /** Adds anchors that the operator gives by hand: no list takes them away. */
  addByHand(anchors: readonly StoredAnchor[], from: Provenance): void {
    this.#addByHand(this.#countrySigners, anchors, from);
  }

  /** Adds makers of seals that the operator gives by hand: no list takes them away. */
  addSealersByHand(sealers: readonly StoredSealer[], from: Provenance): void {
    this.#addByHand(this.#sealers, sealers, from);
  }

  /** Makes what a publisher brings what this list says. */
  replaceList(list: PublishedList, from: Provenance): void {
    this.#countrySigners.replace(this.#sourceOf(list, from), list.anchors);
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
    this.#countrySigners.putRevocationList(list, from);
  }

  pin(signer: StoredSigner, from: Provenance): void {
    this.#insertSigner.run({ ...signer, ...from });
  }

  /** Takes out one certificate, whoever brought it, or one pinned signer. */
  remove(fingerprint: string): void {
    this.#connection.prepare("DELETE FROM trust_signer WHERE fingerprint = ?").run(fingerprint);
    this.#countrySigners.remove(fingerprint);
    this.#sealers.remove(fingerprint);
  }

  /** Takes out all that files of this name brought, lists and pins included. */
  removeSource(name: string): void {
    this.#connection.prepare("DELETE FROM trust_source WHERE name = ?").run(name);
    this.#connection.prepare("DELETE FROM trust_signer WHERE source = ?").run(name);
    this.#countrySigners.removeRevocationLists(name);
    this.#sealers.removeRevocationLists(name);
  }

  /** Empties the store, whatever is in it. */
  clear(): void {
    this.#sealers.clear();
    this.#countrySigners.clear();
    for (const table of ["source", "signer"]) this.#connection.exec(`DELETE FROM trust_${table}`);
  }

  /** Ends a change: what nothing brings goes, and the rows as they are become the sealed ones. */
  seal(): void {
    this.#countrySigners.sweep();
    this.#sealers.sweep();
    this.#connection.exec(
      `DELETE FROM trust_source WHERE publisher IS NULL AND id NOT IN (SELECT source FROM trust_entry)
         AND id NOT IN (SELECT source FROM sealer_entry);
       DELETE FROM trust_seal;`,
    );
    this.#connection.prepare("INSERT INTO trust_seal VALUES (?)").run(this.#reader.sealOfRows());
  }

  /** A file that goes by the name of an earlier one and brings something new is as new as that. */
  #addByHand<Certificate extends StoredAnchor | StoredSealer>(
    tables: CertificateTables<Certificate>,
    certificates: readonly Certificate[],
    from: Provenance,
  ): void {
    if (certificates.length === 0) return;
    const source = this.#sourceByHand(from);
    if (tables.add(source, certificates) > 0) this.#dateSource.run(from.importedAt, source);
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
}

const sourceColumns = (source: TrustSource): Columns => ({
  name: source.name,
  publisher: source.publisher ?? null,
  list: source.list ?? null,
  signedAt: source.signedAt ?? null,
  importedAt: source.importedAt,
});
