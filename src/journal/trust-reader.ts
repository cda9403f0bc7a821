/**
 * The trust store out of SQL, whole and checked. A row is good when its DER has the fingerprint under which it
 * stands, and all rows together when they have the seal: neither a changed byte nor a row that was deleted,
 * added or exchanged goes unseen. Throws SQLite's errors.
 */
import type { Database, Statement } from "better-sqlite3";
import { toHex } from "../bytes/hex.ts";
import { sha256 } from "../crypto/hash.ts";
import { type Instant, instant } from "../time/time.ts";
import type {
  SourcedAnchor,
  StoredRevocationList,
  StoredSigner,
  TrustContent,
  TrustSource,
} from "./trust-content.ts";

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

interface CrlRow extends SignedRow {
  readonly issuer_key: string;
  readonly issuer_key_id: string;
  readonly issuer: string;
  readonly this_update: number;
  readonly next_update: number;
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
}

export class TrustReader {
  readonly #seal: Statement<[], { seal: string }>;
  readonly #certificates: Statement<[], CertificateRow>;
  readonly #revocationLists: Statement<[], CrlRow>;
  readonly #signers: Statement<[], SignerRow>;
  readonly #sources: Statement<[], SourceRow>;
  readonly #entries: Statement<[], EntryRow>;
  readonly #read: () => TrustContent | undefined;

  constructor(connection: Database) {
    this.#seal = connection.prepare("SELECT seal FROM trust_seal");
    this.#certificates = connection.prepare("SELECT * FROM trust_certificate ORDER BY fingerprint");
    this.#revocationLists = connection.prepare("SELECT * FROM trust_crl ORDER BY issuer_key, issuer_key_id");
    this.#signers = connection.prepare("SELECT * FROM trust_signer ORDER BY fingerprint");
    this.#sources = connection.prepare("SELECT * FROM trust_source ORDER BY id");
    this.#entries = connection.prepare("SELECT * FROM trust_entry ORDER BY source, fingerprint");
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
    };
  }

  #checked(rows: AllRows): TrustContent | undefined {
    const signed: readonly SignedRow[] = [...rows.certificates, ...rows.revocationLists, ...rows.signers];
    const seal = this.seal();
    return seal === sealOf(rows) && signed.every(isIntact) ? contentOf(rows, seal) : undefined;
  }
}

/** A column may hold anything in a damaged file, whatever its type says. */
const isIntact = ({ der, fingerprint }: SignedRow): boolean =>
  ArrayBuffer.isView(der) && toHex(sha256(der)) === fingerprint;

/** SHA-256, in hex, of every column of every row; of a signed object its fingerprint stands for the DER. */
function sealOf({ certificates, revocationLists, signers, sources, entries }: AllRows): string {
  const sealed = [certificates, revocationLists, signers].map((rows: readonly SignedRow[]) =>
    rows.map(({ der: _, ...columns }) => columns),
  );
  return toHex(sha256(new TextEncoder().encode(JSON.stringify([...sealed, sources, entries]))));
}

const UNUSED_SEAL = sealOf({ certificates: [], revocationLists: [], signers: [], sources: [], entries: [] });

function contentOf(rows: AllRows, seal: string): TrustContent {
  const names = new Map(rows.sources.map(({ id, name }) => [id, name]));
  const sourcesOf = new Map<string, string[]>();
  for (const { fingerprint, source } of rows.entries) {
    const brought = sourcesOf.get(fingerprint) ?? [];
    brought.push(names.get(source) ?? "");
    sourcesOf.set(fingerprint, brought);
  }
  return {
    seal,
    anchors: rows.certificates.map((row) => anchorOf(row, sourcesOf.get(row.fingerprint) ?? [])),
    revocationLists: rows.revocationLists.map(revocationListOf),
    signers: rows.signers.map(
      ({ der, fingerprint, subject }): StoredSigner => ({ der, fingerprint, subject }),
    ),
    sources: rows.sources.map(sourceOf),
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

const revocationListOf = (row: CrlRow): StoredRevocationList => ({
  der: row.der,
  fingerprint: row.fingerprint,
  issuerKey: row.issuer_key,
  issuer: row.issuer,
  issuerKeyId: row.issuer_key_id,
  thisUpdate: instant(row.this_update),
  nextUpdate: instant(row.next_update),
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
