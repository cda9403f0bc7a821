/**
 * What the trust store holds, as plain data: country signing certificates, the lists or files that brought
 * them, revocation lists, and the signers whose lists the operator takes; and beside them, in tables of their own, the makers
 * of visible seals (sealers). Knows no SQL and no certificates: the columns were taken from them at the import. Fingerprints
 * are SHA-256 in upper-case hex. Governing text: ICAO Doc 9303-12; eMRTD notes, chain, sources of anchors and 10.2.
 */
import type { JournalError } from "../ports/journal.ts";
import type { Instant } from "../time/time.ts";

/** A certificate whose key may sign document signers, with what finds it. */
export interface StoredAnchor {
  readonly der: Uint8Array;
  readonly fingerprint: string;
  /** Upper-case hex. */
  readonly subjectKeyId: string | undefined;
  /** The subject's name in the form in which names are compared. */
  readonly subjectKey: string;
  /** The subject's name for people. */
  readonly subject: string;
  /** Two upper-case letters, or empty. */
  readonly country: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** A link certificate carries a new key that an older one has signed. */
  readonly kind: "csca" | "link";
  /** Of a test authority: never an anchor of a gate that admits people. */
  readonly laboratory: boolean;
}

/** A stored anchor, with the names of the files that brought it. */
export interface SourcedAnchor extends StoredAnchor {
  readonly sources: readonly string[];
}

export interface StoredRevocationList {
  readonly der: Uint8Array;
  readonly fingerprint: string;
  /** The issuer's name in the form in which names are compared. */
  readonly issuerKey: string;
  readonly issuer: string;
  /** Identifier of the key that signed it, upper-case hex: one list is kept for each name and key. */
  readonly issuerKeyId: string;
  readonly thisUpdate: Instant;
  readonly nextUpdate: Instant;
}

/** A signer of master lists, or the country signer above it, that the operator has pinned. */
export interface StoredSigner {
  readonly der: Uint8Array;
  readonly fingerprint: string;
  readonly subject: string;
}

/** A certificate of those who make visible seals: never an anchor of a chip's document. */
export interface StoredSealer {
  readonly der: Uint8Array;
  readonly fingerprint: string;
  readonly role: "root" | "authority" | "signer";
  /** Four characters such as `FR05`, of an authority and of the one above a signer; empty for a root. */
  readonly authorityId: string;
  /** Such as `0001`, of a signer; else empty. */
  readonly certificateId: string;
  /** Upper-case hex. */
  readonly subjectKeyId: string | undefined;
  readonly subjectKey: string;
  readonly subject: string;
  /** Two upper-case letters, or empty. */
  readonly country: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** For tests, by its identifiers or its names. */
  readonly laboratory: boolean;
}

/** A stored sealer, with the names of the files that brought it. */
export interface SourcedSealer extends StoredSealer {
  readonly sources: readonly string[];
  /** A publisher's newest list names it. */
  readonly isListed: boolean;
}

/** Which file something came from, and when. */
export interface Provenance {
  readonly name: string;
  readonly importedAt: Instant;
}

/** Where anchors came from: a publisher's newest list, or (without publisher) a file imported by hand. */
export interface TrustSource {
  readonly name: string;
  readonly publisher: string | undefined;
  /** Fingerprint of the list. */
  readonly list: string | undefined;
  readonly signedAt: Instant | undefined;
  readonly importedAt: Instant;
}

/** The whole store at one moment. */
export interface TrustContent {
  /** SHA-256 over all of it, in hex: equal seals, equal content. */
  readonly seal: string;
  readonly anchors: readonly SourcedAnchor[];
  readonly revocationLists: readonly StoredRevocationList[];
  readonly signers: readonly StoredSigner[];
  readonly sealers: readonly SourcedSealer[];
  /** Of authorities and roots of seals. */
  readonly sealerRevocationLists: readonly StoredRevocationList[];
  readonly sources: readonly TrustSource[];
}

/** Nothing in a store that is not what was imported is ever trusted: not even the rest of it. */
export interface TrustDamage {
  readonly kind: "trustStoreDamaged";
  readonly file: string;
  readonly remedy: string;
}

/** Why the store cannot be read. */
export type TrustReadError = JournalError | TrustDamage;
