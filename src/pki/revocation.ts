/**
 * What the stored revocation lists say of a certificate. A list counts once it is verified under a country signer of
 * its issuer's name, which happens when its issuer is first asked about and is remembered (ICAO Doc 9303-12 §7.2).
 */
import type { Instant } from "../time/time.ts";
import type { Certificate } from "./certificate.ts";
import { isListSignedBy, parseRevocationList, type RevocationList } from "./crl.ts";

/** A stored list; `issuerKey` is the key of its issuer's name, so that only lists in question are parsed. */
export interface RevocationListRecord {
  readonly der: Uint8Array;
  readonly issuerKey: string;
}

/** `stale`: not revoked, but the newest list was due to be replaced. `missing`: no list of the issuer is known. */
export type RevocationStatus = "good" | "revoked" | "stale" | "missing";

export class Revocations {
  readonly #records = new Map<string, RevocationListRecord[]>();
  readonly #verified = new Map<string, readonly RevocationList[]>();
  readonly #issuersOf: (issuerKey: string) => readonly Certificate[];

  /** `issuersOf` gives the trusted country signers of a name. */
  constructor(
    records: Iterable<RevocationListRecord>,
    issuersOf: (issuerKey: string) => readonly Certificate[],
  ) {
    this.#issuersOf = issuersOf;
    for (const record of records) {
      const others = this.#records.get(record.issuerKey);
      if (others === undefined) this.#records.set(record.issuerKey, [record]);
      else others.push(record);
    }
  }

  /**
   * What the lists of the certificate's issuer say at this time. `issuers` are the country signers whose key signed it:
   * lists bear their names, which the certificate may spell otherwise. A serial number on any verified list of a name
   * is revoked for ever, because States reuse a name for their next key, whose lists cover the certificates of the last.
   */
  statusOf(certificate: Certificate, issuers: readonly Certificate[], at: Instant): RevocationStatus {
    const names = new Set([certificate.issuer.key, ...issuers.map(({ subject }) => subject.key)]);
    const lists = [...names].flatMap((name) => this.#listsOf(name));
    if (lists.some((list) => list.revoked.has(certificate.serial))) return "revoked";
    if (lists.length === 0) return "missing";
    return lists.some((list) => at <= list.nextUpdate) ? "good" : "stale";
  }

  #listsOf(issuerKey: string): readonly RevocationList[] {
    const known = this.#verified.get(issuerKey);
    if (known !== undefined) return known;
    const records = this.#records.get(issuerKey) ?? [];
    const lists = records.flatMap((record) => this.#verify(record));
    // Only names that have a record are kept, so strangers' names do not fill the memory.
    if (records.length > 0) this.#verified.set(issuerKey, lists);
    return lists;
  }

  #verify(record: RevocationListRecord): readonly RevocationList[] {
    const list = parseRevocationList(record.der);
    if (!list.ok) return [];
    const issuers = this.#issuersOf(record.issuerKey);
    return issuers.some((issuer) => isListSignedBy(list.value, issuer) === "valid") ? [list.value] : [];
  }
}
