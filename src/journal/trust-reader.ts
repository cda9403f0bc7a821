/**
 * The trust store out of SQL, whole and checked. A row is good when its DER has the fingerprint under which it
 * stands, and all rows together when they have the seal: neither a changed byte nor a row that was deleted,
 * added or exchanged goes unseen. Throws SQLite's errors.
 */
import type { Database, Statement } from "better-sqlite3";
import { toHex } from "../bytes/hex.ts";
import { sha256 } from "../crypto/hash.ts";
import { type Instant, instant } from "../time/time.ts";
import { SealerReader, type SealerRows, sealersOf } from "./sealer-reader.ts";
import type { SourcedAnchor, StoredSigner, TrustContent, TrustSource } from "./trust-content.ts";
import { type CrlRow, revocationListOf } from "./trust-crl-row.ts";

/** A row that carries a signed object; all its other columns are under the seal. */
interface SignedRow {
  readonly fingerprint: string;
  readonly der: Uint8Array;
}

interface CertificateRow extends SignedRow {
  readonly subject_key_id: string | null;
  readonly subject_key: string;
  readonly subject: string;
  readonly country: string;
  readonly not_before: number;
  readonly not_after: number;
  readonly kind: "csca" | "link";
  readonly laboratory: number;
}

interface SignerRow extends SignedRow {
  readonly subject: string;
}

interface SourceRow {
  readonly id: number;
  readonly name: string;
  readonly publisher: string | null;
  readonly list: string | null;
  readonly signed_at: number | null;
  readonly imported_at: number;
}

interface EntryRow {
  readonly source: number;
  readonly fingerprint: string;
}

/** Every row of the store, in the order of the keys. */
interface AllRows {
  readonly certificates: readonly CertificateRow[];
  readonly revocationLists: readonly CrlRow[];
  readonly signers: readonly SignerRow[];
  readonly sources: readonly SourceRow[];
  readonly entries: readonly EntryRow[];
  readonly sealers: SealerRows;
}

export class TrustReader {
  readonly #seal: Statement<[], { seal: string }>;
  readonly #certificates: Statement<[], CertificateRow>;
  readonly #revocationLists: Statement<[], CrlRow>;
  readonly #signers: Statement<[], SignerRow>;
  readonly #sources: Statement<[], SourceRow>;
  readonly #entries: Statement<[], EntryRow>;
  readonly #sealers: SealerReader;
  readonly #read: () => TrustContent | undefined;

  constructor(connection: Database) {
    this.#seal = connection.prepare("SELECT seal FROM trust_seal");
    this.#certificates = connection.prepare("SELECT * FROM trust_certificate ORDER BY fingerprint");
    this.#revocationLists = connection.prepare("SELECT * FROM trust_crl ORDER BY issuer_key, issuer_key_id");
    this.#signers = connection.prepare("SELECT * FROM trust_signer ORDER BY fingerprint");
    this.#sources = connection.prepare("SELECT * FROM trust_source ORDER BY id");
    this.#entries = connection.prepare("SELECT * FROM trust_entry ORDER BY source, fingerprint");
    this.#sealers = new SealerReader(connection);
    this.#read = connection.transaction(() => this.#checked(this.#rows()));
  }

  /** The seal as it was last set; before that, that of no rows. One small row, for each use of an anchor. */
  seal(): string {
    return this.#seal.get()?.seal ?? UNUSED_SEAL;
  }

  /** The seal that the rows as they are now should have. */
  sealOfRows(): string {
    return sealOf(this.#rows());
  }

  /** The whole store at one moment; `undefined` when it is not what was imported. */
  read(): TrustContent | undefined {
    return this.#read();
  }

  #rows(): AllRows {
    return {
      certificates: this.#certificates.all(),
      revocationLists: this.#revocationLists.all(),
      signers: this.#signers.all(),
      sources: this.#sources.all(),
      entries: this.#entries.all(),
      sealers: this.#sealers.rows(),
    };
  }

  #checked(rows: AllRows): TrustContent | undefined {
    const signed: readonly SignedRow[] = [
      ...[...rows.certificates, ...rows.revocationLists, ...rows.signers],
      ...[...rows.sealers.certificates, ...rows.sealers.revocationLists],
    ];
    const seal = this.seal();
    return seal === sealOf(rows) && signed.every(isIntact) ? contentOf(rows, seal) : undefined;
  }
}

/** A column may hold anything in a damaged file, whatever its type says. */
const isIntact = ({ der, fingerprint }: SignedRow): boolean =>
  ArrayBuffer.isView(der) && toHex(sha256(der)) === fingerprint;

/** SHA-256, in hex, of every column of every row; of a signed object its fingerprint stands for the DER. */
function sealOf({ certificates, revocationLists, signers, sources, entries, sealers }: AllRows): string {
  const sealed = [certificates, revocationLists, signers].map(columnsOf);
  const makers = [...[sealers.certificates, sealers.revocationLists].map(columnsOf), sealers.entries];
  // Without any the seal is what it was before there were tables for them, so that older stores stay whole.
  const rows = [...sealed, sources, entries, ...(makers.every(({ length }) => length === 0) ? [] : makers)];
  return toHex(sha256(new TextEncoder().encode(JSON.stringify(rows))));
}

const columnsOf = (rows: readonly SignedRow[]): readonly object[] =>
  rows.map(({ der: _, ...columns }) => columns);

const UNUSED_SEAL = sealOf({
  certificates: [],
  revocationLists: [],
  signers: [],
  sources: [],
  entries: [],
  sealers: { certificates: [], revocationLists: [], entries: [] },
});

function contentOf(rows: AllRows, seal: string): TrustContent {
  const sources = new Map(rows.sources.map((row) => [row.id, sourceOf(row)]));
  const sourcesOf = new Map<string, string[]>();
  for (const { fingerprint, source } of rows.entries) {
    const brought = sourcesOf.get(fingerprint) ?? [];
    brought.push(sources.get(source)?.name ?? "");
    sourcesOf.set(fingerprint, brought);
  }
  return {
    seal,
    anchors: rows.certificates.map((row) => anchorOf(row, sourcesOf.get(row.fingerprint) ?? [])),
    revocationLists: rows.revocationLists.map(revocationListOf),
    signers: rows.signers.map(
      ({ der, fingerprint, subject }): StoredSigner => ({ der, fingerprint, subject }),
    ),
    ...sealersOf(rows.sealers, sources),
    sources: [...sources.values()],
  };
}

const anchorOf = (row: CertificateRow, sources: readonly string[]): SourcedAnchor => ({
  der: row.der,
  fingerprint: row.fingerprint,
  subjectKeyId: row.subject_key_id ?? undefined,
  subjectKey: row.subject_key,
  subject: row.subject,
  country: row.country,
  notBefore: instant(row.not_before),
  notAfter: instant(row.not_after),
  kind: row.kind,
  laboratory: row.laboratory === 1,
  sources,
});

const sourceOf = (row: SourceRow): TrustSource => ({
  name: row.name,
  publisher: row.publisher ?? undefined,
  list: row.list ?? undefined,
  signedAt: optionalInstant(row.signed_at),
  importedAt: instant(row.imported_at),
});

const optionalInstant = (stored: number | null): Instant | undefined =>
  stored === null ? undefined : instant(stored);
