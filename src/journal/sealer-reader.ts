/**
 * The makers of visible seals out of SQL: their rows, for the seal over all rows of the trust store, and what the rows say.
 * Whether they are what was imported is the trust reader's question. Throws SQLite's errors.
 */
import type { Database, Statement } from "better-sqlite3";
import { instant } from "../time/time.ts";
import type { SourcedSealer, StoredRevocationList, TrustSource } from "./trust-content.ts";
import { type CrlRow, revocationListOf } from "./trust-crl-row.ts";

interface SealerRow {
  readonly fingerprint: string;
  readonly der: Uint8Array;
  readonly role: SourcedSealer["role"];
  readonly authority_id: string;
  readonly certificate_id: string;
  readonly subject_key_id: string | null;
  readonly subject_key: string;
  readonly subject: string;
  readonly country: string;
  readonly not_before: number;
  readonly not_after: number;
  readonly laboratory: number;
}

interface EntryRow {
  readonly source: number;
  readonly fingerprint: string;
}

/** Every row about sealers, in the order of the keys. */
export interface SealerRows {
  readonly certificates: readonly SealerRow[];
  readonly revocationLists: readonly CrlRow[];
  readonly entries: readonly EntryRow[];
}

export class SealerReader {
  readonly #certificates: Statement<[], SealerRow>;
  readonly #revocationLists: Statement<[], CrlRow>;
  readonly #entries: Statement<[], EntryRow>;

  constructor(connection: Database) {
    this.#certificates = connection.prepare("SELECT * FROM sealer_certificate ORDER BY fingerprint");
    this.#revocationLists = connection.prepare("SELECT * FROM sealer_crl ORDER BY issuer_key, issuer_key_id");
    this.#entries = connection.prepare("SELECT * FROM sealer_entry ORDER BY source, fingerprint");
  }

  rows(): SealerRows {
    return {
      certificates: this.#certificates.all(),
      revocationLists: this.#revocationLists.all(),
      entries: this.#entries.all(),
    };
  }
}

/** What the rows say; `sources` are those of the whole store, by number. */
export function sealersOf(
  { certificates, entries, revocationLists }: SealerRows,
  sources: ReadonlyMap<number, TrustSource>,
): {
  readonly sealers: readonly SourcedSealer[];
  readonly sealerRevocationLists: readonly StoredRevocationList[];
} {
  const brought = new Map<string, TrustSource[]>();
  for (const { fingerprint, source } of entries) {
    const from = sources.get(source);
    if (from !== undefined) brought.set(fingerprint, [...(brought.get(fingerprint) ?? []), from]);
  }
  return {
    sealers: certificates.map((row) => sealerOf(row, brought.get(row.fingerprint) ?? [])),
    sealerRevocationLists: revocationLists.map(revocationListOf),
  };
}

const sealerOf = (row: SealerRow, sources: readonly TrustSource[]): SourcedSealer => ({
  der: row.der,
  fingerprint: row.fingerprint,
  role: row.role,
  authorityId: row.authority_id,
  certificateId: row.certificate_id,
  subjectKeyId: row.subject_key_id ?? undefined,
  subjectKey: row.subject_key,
  subject: row.subject,
  country: row.country,
  notBefore: instant(row.not_before),
  notAfter: instant(row.not_after),
  laboratory: row.laboratory === 1,
  sources: sources.map(({ name }) => name),
  isListed: sources.some(({ publisher }) => publisher !== undefined),
});
