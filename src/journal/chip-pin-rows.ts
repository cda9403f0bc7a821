/**
 * The chips of holders in SQL. It knows the table; who may change what, and what the journal is told of it, is the
 * business of `chip-pin-store.ts` and `credential-register.ts`. Writing methods are to be called inside a write
 * transaction; all of them throw SQLite's errors.
 */
import { type Database, SqliteError, type Statement } from "better-sqlite3";
import { equalBytes } from "../bytes/bytes.ts";
import { parseHex, toHex } from "../bytes/hex.ts";
import { parseRsaPublicKey } from "../crypto/rsa-block.ts";
import type { ChipPin, PinHolder, Pinning } from "../ports/chip-pins.ts";
import type { DocumentEnrolment } from "../ports/document-enrolments.ts";
import type { Instant } from "../time/time.ts";

interface PinRow {
  readonly public_key: Uint8Array;
  readonly generation: number;
  readonly signer: Uint8Array;
}

interface DocumentRow {
  readonly document: Uint8Array | null;
  readonly sealed_can: Uint8Array | null;
}

const SIGNER_BYTES = 32;
const PSEUDONYM_BYTES = 32;
/** The column's number for a generation that is like none on record. */
const OTHER_GENERATION = 0;

export class ChipPinRows {
  readonly #find: Statement<[Uint8Array], PinRow>;
  readonly #insert: Statement<[Uint8Array, Uint8Array, number, Uint8Array, string, number, Uint8Array]>;
  readonly #remove: Statement<[Uint8Array]>;
  readonly #findDocument: Statement<[Uint8Array], DocumentRow>;
  readonly #keepDocument: Statement<[Uint8Array | null, Uint8Array | null, Uint8Array]>;

  constructor(connection: Database) {
    this.#find = connection.prepare(
      "SELECT public_key, generation, signer FROM chip_pin WHERE pseudonym = ?",
    );
    this.#insert = connection.prepare(
      `INSERT INTO chip_pin (pseudonym, public_key, generation, signer, key_id, pinned_at, unlisted)
       VALUES (?, ?, ?, ?, ?, ?, NOT EXISTS (SELECT 1 FROM admitted WHERE pseudonym = ?))`,
    );
    this.#remove = connection.prepare("DELETE FROM chip_pin WHERE pseudonym = ?");
    this.#findDocument = connection.prepare("SELECT document, sealed_can FROM chip_pin WHERE pseudonym = ?");
    this.#keepDocument = connection.prepare(
      `UPDATE chip_pin SET document = coalesce(?, document), sealed_can = coalesce(?, sealed_can)
       WHERE pseudonym = ?`,
    );
  }

  pinOf(pseudonym: Uint8Array): ChipPin | undefined {
    const row = this.#find.get(pseudonym);
    return row === undefined ? undefined : pinFrom(row);
  }

  /** Pins a chip to a holder who has none. */
  pin({ pseudonym, keyId }: PinHolder, pin: ChipPin, at: Instant): Pinning {
    const known = this.pinOf(pseudonym);
    if (known !== undefined) return equalBytes(known.publicKey, pin.publicKey) ? "alreadyPinned" : "otherKey";
    const generation = pin.generation === "other" ? OTHER_GENERATION : pin.generation;
    const signer = parseHex(pin.signer) ?? new Uint8Array(0);
    this.#insert.run(pseudonym, pin.publicKey, generation, signer, keyId, at, pseudonym);
    return "pinned";
  }

  /** The document side of a pinned card, if anything of it was enrolled. */
  documentOf(pseudonym: Uint8Array): DocumentEnrolment | undefined {
    const row = this.#findDocument.get(pseudonym);
    if (row === undefined || (row.document === null && row.sealed_can === null)) return undefined;
    return documentFrom(row);
  }

  /** Keeps what is given of the document side of a pinned card, and what was kept before of the rest. */
  keepDocument(pseudonym: Uint8Array, { document, sealedCan }: DocumentEnrolment): void {
    this.#keepDocument.run(document ?? null, sealedCan ?? null, pseudonym);
  }

  remove(pseudonym: Uint8Array): void {
    this.#remove.run(pseudonym);
  }
}

/** A damaged row must not come to mean "no chip was pinned": the number would pass without one. */
function pinFrom({ public_key, generation, signer }: PinRow): ChipPin {
  const known = generation === 1 || generation === 2 || generation === OTHER_GENERATION;
  if (!known || !parseRsaPublicKey(public_key).ok || signer.length !== SIGNER_BYTES)
    throw new SqliteError("a chip's row that is none", "SQLITE_CORRUPT");
  return {
    publicKey: new Uint8Array(public_key),
    generation: generation === OTHER_GENERATION ? "other" : generation,
    signer: toHex(signer),
  };
}

/** A damaged document must not come to mean that none was enrolled: any other would pass for it. */
function documentFrom({ document, sealed_can }: DocumentRow): DocumentEnrolment {
  if (document !== null && !(document instanceof Uint8Array && document.length === PSEUDONYM_BYTES))
    throw new SqliteError("a document's pseudonym that is none", "SQLITE_CORRUPT");
  return {
    ...(document === null ? {} : { document: new Uint8Array(document) }),
    ...(sealed_can === null ? {} : { sealedCan: new Uint8Array(sealed_can) }),
  };
}
