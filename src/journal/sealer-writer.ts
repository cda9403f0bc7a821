/**
 * Makers of visible seals into SQL, inside the trust writer's transaction. What is there already is left as it is. Throws
 * SQLite's errors.
 */
import type { Database, Statement } from "better-sqlite3";
import type { Provenance, StoredRevocationList, StoredSealer } from "./trust-content.ts";

type Columns = Readonly<Record<string, Uint8Array | string | number | null>>;

export class SealerWriter {
  readonly #connection: Database;
  readonly #insertCertificate: Statement<[Columns]>;
  readonly #insertEntry: Statement<[number, string]>;
  readonly #entries: Statement<[number], { fingerprint: string }>;
  readonly #deleteEntry: Statement<[number, string]>;
  readonly #putRevocationList: Statement<[Columns]>;

  constructor(connection: Database) {
    this.#connection = connection;
    this.#insertCertificate = connection.prepare(
      `INSERT OR IGNORE INTO sealer_certificate VALUES (@fingerprint, @der, @role, @authorityId, @certificateId,
         @subjectKeyId, @subjectKey, @subject, @country, @notBefore, @notAfter, @laboratory)`,
    );
    this.#insertEntry = connection.prepare("INSERT OR IGNORE INTO sealer_entry VALUES (?, ?)");
    this.#entries = connection.prepare("SELECT fingerprint FROM sealer_entry WHERE source = ?");
    this.#deleteEntry = connection.prepare("DELETE FROM sealer_entry WHERE source = ? AND fingerprint = ?");
    this.#putRevocationList = connection.prepare(
      `INSERT INTO sealer_crl VALUES (@issuerKey, @issuerKeyId, @fingerprint, @der, @issuer, @thisUpdate,
         @nextUpdate, @name, @importedAt)
       ON CONFLICT DO UPDATE SET fingerprint = @fingerprint, der = @der, issuer = @issuer,
         this_update = @thisUpdate, next_update = @nextUpdate, source = @name, imported_at = @importedAt
       WHERE fingerprint <> @fingerprint`,
    );
  }

  /** Adds what a source brings. */
  add(source: number, sealers: readonly StoredSealer[]): void {
    for (const sealer of sealers) {
      this.#insertCertificate.run({
        ...sealer,
        subjectKeyId: sealer.subjectKeyId ?? null,
        laboratory: sealer.laboratory ? 1 : 0,
      });
      this.#insertEntry.run(source, sealer.fingerprint);
    }
  }

  /** Makes what a source brings these and no others. */
  replace(source: number, sealers: readonly StoredSealer[]): void {
    const named = new Set(sealers.map(({ fingerprint }) => fingerprint));
    for (const { fingerprint } of this.#entries.all(source))
      if (!named.has(fingerprint)) this.#deleteEntry.run(source, fingerprint);
    this.add(source, sealers);
  }

  /** Takes the place of an older list of the same issuer and key. */
  putRevocationList(list: StoredRevocationList, from: Provenance): void {
    this.#putRevocationList.run({ ...list, ...from });
  }

  remove(fingerprint: string): void {
    this.#connection.prepare("DELETE FROM sealer_certificate WHERE fingerprint = ?").run(fingerprint);
  }

  removeRevocationLists(source: string): void {
    this.#connection.prepare("DELETE FROM sealer_crl WHERE source = ?").run(source);
  }

  clear(): void {
    for (const table of ["entry", "certificate", "crl"]) this.#connection.exec(`DELETE FROM sealer_${table}`);
  }
}
