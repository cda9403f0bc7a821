/** The journal's row about a change of the trust store (fleet interface, §4, `acs.config`). */
import type { Json, NewEvent } from "../ports/journal.ts";
import type { TrustContent } from "./trust-content.ts";

/** What came into the store and what left it; a newer revocation list in place of an older one is both. */
export interface TrustCounts {
  readonly added: number;
  readonly removed: number;
  readonly revocationListsAdded: number;
  readonly revocationListsRemoved: number;
  readonly signersPinned: number;
  readonly signersRemoved: number;
}

type Held = Pick<TrustContent, "anchors" | "revocationLists" | "signers">;

export function countChanges(before: Held, after: Held): TrustCounts {
  return {
    added: missingIn(before.anchors, after.anchors),
    removed: missingIn(after.anchors, before.anchors),
    revocationListsAdded: missingIn(before.revocationLists, after.revocationLists),
    revocationListsRemoved: missingIn(after.revocationLists, before.revocationLists),
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
