/**
 * Certificates into SQL, of country signers or of makers of seals: each kind has three tables of its own, for the certificates,
 * for which source brings which of them, and for their revocation lists. Inside the trust writer's transaction; what is there
 * already is left as it is. Throws SQLite's errors.
 */
import type { Database, Statement } from "better-sqlite3";
import type { Provenance, StoredAnchor, StoredRevocationList, StoredSealer } from "./trust-content.ts";

export type Columns = Readonly<Record<string, Uint8Array | string | number | null>>;

/** What the names of a kind's tables begin with. */
type Family = "trust" | "sealer";

/** The columns of a kind's certificates, in their order. */
const CERTIFICATE_COLUMNS: Readonly<Record<Family, string>> = {
  trust:
    "@fingerprint, @der, @subjectKeyId, @subjectKey, @subject, @country, @notBefore, @notAfter, @kind, @laboratory",
  sealer:
    "@fingerprint, @der, @role, @authorityId, @certificateId, @subjectKeyId, @subjectKey, @subject, @country, @notBefore, @notAfter, @laboratory",
};

export class CertificateTables<Certificate extends StoredAnchor | StoredSealer> {
  readonly #connection: Database;
  readonly #family: Family;
  readonly #insertCertificate: Statement<[Columns]>;
  readonly #insertEntry: Statement<[number, string]>;
  readonly #entries: Statement<[number], { fingerprint: string }>;
  readonly #deleteEntry: Statement<[number, string]>;
  readonly #putRevocationList: Statement<[Columns]>;

  static ofCountrySigners(connection: Database): CertificateTables<StoredAnchor> {
    return new CertificateTables(connection, "trust");
  }

  static ofSealers(connection: Database): CertificateTables<StoredSealer> {
    return new CertificateTables(connection, "sealer");
  }

  private constructor(connection: Database, family: Family) {
    this.#connection = connection;
    this.#family = family;
    this.#insertCertificate = connection.prepare(
      `INSERT OR IGNORE INTO ${family}_certificate VALUES (${CERTIFICATE_COLUMNS[family]})`,
    );
    this.#insertEntry = connection.prepare(`INSERT OR IGNORE INTO ${family}_entry VALUES (?, ?)`);
    this.#entries = connection.prepare(`SELECT fingerprint FROM ${family}_entry WHERE source = ?`);
    this.#deleteEntry = connection.prepare(
      `DELETE FROM ${family}_entry WHERE source = ? AND fingerprint = ?`,
    );
    this.#putRevocationList = connection.prepare(
      `INSERT INTO ${family}_crl VALUES (@issuerKey, @issuerKeyId, @fingerprint, @der, @issuer, @thisUpdate,
         @nextUpdate, @name, @importedAt)
       ON CONFLICT DO UPDATE SET fingerprint = @fingerprint, der = @der, issuer = @issuer,
         this_update = @thisUpdate, next_update = @nextUpdate, source = @name, imported_at = @importedAt
       WHERE fingerprint <> @fingerprint`,
    );
  }

  /** Adds what a source brings; how much of it the source had not brought before. */
  add(source: number, certificates: readonly Certificate[]): number {
    let added = 0;
    for (const certificate of certificates) {
      this.#insertCertificate.run(columnsOf(certificate));
      added += this.#insertEntry.run(source, certificate.fingerprint).changes;
    }
    return added;
  }

  /** Makes what a source brings these and no others. */
  replace(source: number, certificates: readonly Certificate[]): void {
    const named = new Set(certificates.map(({ fingerprint }) => fingerprint));
    for (const { fingerprint } of this.#entries.all(source))
      if (!named.has(fingerprint)) this.#deleteEntry.run(source, fingerprint);
    this.add(source, certificates);
  }

  /** Takes the place of an older list of the same issuer and key. */
  putRevocationList(list: StoredRevocationList, from: Provenance): void {
    this.#putRevocationList.run({ ...list, ...from });
  }

  /** Takes out one certificate, whoever brought it. */
  remove(fingerprint: string): void {
    this.#connection
      .prepare(`DELETE FROM ${this.#family}_certificate WHERE fingerprint = ?`)
      .run(fingerprint);
  }

  /** Takes out the revocation lists that files of this name brought. */
  removeRevocationLists(source: string): void {
    this.#connection.prepare(`DELETE FROM ${this.#family}_crl WHERE source = ?`).run(source);
  }

  /** Takes out what no source brings any more. */
  sweep(): void {
    this.#connection.exec(
      `DELETE FROM ${this.#family}_certificate
       WHERE fingerprint NOT IN (SELECT fingerprint FROM ${this.#family}_entry)`,
    );
  }

  clear(): void {
    for (const table of ["entry", "certificate", "crl"])
      this.#connection.exec(`DELETE FROM ${this.#family}_${table}`);
  }
}

const columnsOf = (certificate: StoredAnchor | StoredSealer): Columns => ({
  ...certificate,
  subjectKeyId: certificate.subjectKeyId ?? null,
  laboratory: certificate.laboratory ? 1 : 0,
});
