/** A row of a revocation list, of country signers or of makers of seals, and what it says. */
import { instant } from "../time/time.ts";
import type { StoredRevocationList } from "./trust-content.ts";

export interface CrlRow {
  readonly fingerprint: string;
  readonly der: Uint8Array;
  readonly issuer_key: string;
  readonly issuer_key_id: string;
  readonly issuer: string;
  readonly this_update: number;
  readonly next_update: number;
}

export const revocationListOf = (row: CrlRow): StoredRevocationList => ({
  der: row.der,
  fingerprint: row.fingerprint,
  issuerKey: row.issuer_key,
  issuer: row.issuer,
  issuerKeyId: row.issuer_key_id,
  thisUpdate: instant(row.this_update),
  nextUpdate: instant(row.next_update),
});
