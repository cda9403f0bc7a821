/** The journal's row about a change of the trust store (fleet interface, §4, `acs.config`). */
import type { Json, NewEvent } from "../ports/journal.ts";
import type { TrustContent } from "./trust-content.ts";

/** What came into the store and what left it; a newer revocation list in place of an older one is both. */
export interface TrustCounts {
  /** Certificates, of country signers and of makers of seals. */
  readonly added: number;
  readonly removed: number;
  readonly revocationListsAdded: number;
  readonly revocationListsRemoved: number;
  readonly signersPinned: number;
  readonly signersRemoved: number;
}

type Held = Omit<TrustContent, "seal" | "sources">;

export function countChanges(before: Held, after: Held): TrustCounts {
  const certificates = ({ anchors, sealers }: Held) => [...anchors, ...sealers];
  const lists = ({ revocationLists, sealerRevocationLists }: Held) => [
    ...revocationLists,
    ...sealerRevocationLists,
  ];
  return {
    added: missingIn(certificates(before), certificates(after)),
    removed: missingIn(certificates(after), certificates(before)),
    revocationListsAdded: missingIn(lists(before), lists(after)),
    revocationListsRemoved: missingIn(lists(after), lists(before)),
    signersPinned: missingIn(before.signers, after.signers),
    signersRemoved: missingIn(after.signers, before.signers),
  };
}

interface Fingerprinted {
  readonly fingerprint: string;
}

/** How many of `entries` are not among `others`. */
function missingIn(others: readonly Fingerprinted[], entries: readonly Fingerprinted[]): number {
  const known = new Set(others.map(({ fingerprint }) => fingerprint));
  return entries.filter(({ fingerprint }) => !known.has(fingerprint)).length;
}

/** `details` say by which file or name, and under which seal the store stands from then on. */
export function trustChanged(counts: TrustCounts, details: { readonly [key: string]: Json }): NewEvent {
  return { type: "acs.config.trust", data: { ...counts, ...details } };
}
