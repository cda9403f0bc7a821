/**
 * What there is to say of a fault of a document, whether an attacker's (`forged-content.ts`) or a State's
 * (`odd-content.ts`), and the changes of a plan that both use.
 */
import type { ChipContent } from "../content.ts";
import type { DocumentPlan } from "./document-plan.ts";
import type { SodPlan } from "./document-sod.ts";
import type { ProfileName } from "./profiles.table.ts";

/**
 * What a gate has to make of a document. `unread`: the file in question proves nothing; a gate that reads it must refuse it,
 * and one that leaves it alone loses nothing.
 */
export type Outcome = "refused" | "unread" | "read";

export interface FaultFacts {
  /** Where it differs from that of its kin: forgeries are refused, oddities read. */
  readonly outcome?: Outcome;
  /** Profiles that it can befall; all when absent. */
  readonly on?: readonly ProfileName[];
  /** Applied before the document is made and signed. */
  readonly plan?: (plan: DocumentPlan) => DocumentPlan;
  /** Applied after the document is made and signed. */
  readonly content?: (content: ChipContent, plan: DocumentPlan) => ChipContent;
}

/** A change of the plan for the SOD. */
export const inSod =
  (change: Partial<SodPlan>) =>
  (plan: DocumentPlan): DocumentPlan => ({ ...plan, sod: { ...plan.sod, ...change } });

/** A change of who signs. */
export const signedBy =
  (change: Partial<SodPlan["signer"]>) =>
  (plan: DocumentPlan): DocumentPlan =>
    inSod({ signer: { ...plan.sod.signer, ...change } })(plan);
