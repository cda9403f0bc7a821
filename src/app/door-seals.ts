/**
 * The seals of one door, wired: what the scanner gives, the trust store that judges it, and the use that the door makes of it,
 * beside the chip of a document or alone. The only place that brings the gate and `src/seal` together.
 */
import type { DocumentConfig, DoorConfig } from "../config/schema.ts";
import type { AwaitEntryContext } from "../gate/await-entry.ts";
import { type EnteredSeal, sealEntry } from "../gate/entered-seal.ts";
import { SealExaminer, type SealExaminerContext, type SealReader } from "../gate/examine-seal.ts";
import type { KeptEntry } from "../gate/kept-entry.ts";
import { SealAlone } from "../gate/seal-alone.ts";
import { SealCheck, type SealCheckContext } from "../gate/seal-check.ts";
import { err, type Result } from "../result.ts";
import { judgeSeal, type SealRefusal } from "../seal/judge-seal.ts";
import { parseSeal } from "../seal/parse-seal.ts";
import { type Seal, wipeSeal } from "../seal/seal.ts";
import type { SealAnchors } from "../seal/seal-anchors.ts";
import {
  type SealedHolder,
  type SealedHolderError,
  sealedHolder,
  whyOfOtherKind,
} from "../seal/sealed-holder.ts";
import type { Instant } from "../time/time.ts";
import { takesSealAlone } from "./door-policy.ts";

export interface SealTrust {
  /** The makers of seals in the trust store as it is now; `undefined` when it cannot be used. */
  readonly anchors: () => SealAnchors | undefined;
  readonly now: () => Instant;
}

/** Parses, judges and reads a seal; what it was refused for is told by its kind alone, which says nothing of its holder. */
export const sealReader =
  ({ anchors, now }: SealTrust): SealReader =>
  (entry) => {
    const trusted = anchors();
    if (trusted === undefined) return err("trustStoreUnusable");
    const seal = parseSeal(entry);
    if (!seal.ok) return err(seal.error.kind);
    const holder = holderBehind(seal.value, trusted, now());
    wipeSeal(seal.value);
    return holder.ok ? holder : err(holder.error.kind);
  };

function holderBehind(
  seal: Seal,
  anchors: SealAnchors,
  at: Instant,
): Result<SealedHolder, SealRefusal | SealedHolderError> {
  // People hold out bills and tickets with seals of their own: no forgery, and no signer that is missing here.
  const other = whyOfOtherKind(seal);
  if (other !== undefined) return err({ kind: "noIdentityTitle", why: other });
  const verdict = judgeSeal(seal, anchors, at);
  return verdict.ok ? sealedHolder(seal) : verdict;
}

/** What a door does with seals; one of the two uses. */
export interface DoorSeals {
  readonly entry: KeptEntry<EnteredSeal>;
  /** Beside the chip of a document that bears one. */
  readonly check?: SealCheck;
  /** In place of any card. */
  readonly alone?: SealAlone;
}

export type DoorSealsParts = Omit<SealExaminerContext, "read"> &
  AwaitEntryContext &
  Pick<SealCheckContext, "onProgress"> & { readonly trust: SealTrust };

/** `undefined` for a door to which seals mean nothing. */
export function doorSeals(
  config: DoorConfig,
  { seal }: DocumentConfig,
  parts: DoorSealsParts,
): DoorSeals | undefined {
  const isAlone = takesSealAlone(config);
  if (!isAlone && seal === "ignored") return undefined;
  const { clock } = parts;
  const entry = sealEntry(clock);
  const examiner = new SealExaminer({ ...parts, read: sealReader(parts.trust) });
  return isAlone
    ? { entry, alone: new SealAlone({ clock, entry, examiner }) }
    : { entry, check: new SealCheck({ ...parts, entry, examiner }) };
}
