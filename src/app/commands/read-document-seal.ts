/**
 * The seal that `varco read --document --seal` holds against the chip, compared once the document is authentic. A refusal has
 * the name that a door gives it.
 */
import type { Config } from "../../config/schema.ts";
import type { ExaminedDocument } from "../../gate/examine-document.ts";
import { SEAL_DENIALS } from "../../gate/seal-denials.table.ts";
import { type ComparedGroup, compareSeal, sealDisagreement } from "../../identity/seal-agreement.ts";
import { whyOfOtherKind } from "../../seal/sealed-holder.ts";
import type { CommandIo, Invocation } from "../command.ts";
import type { Refusal } from "./document-refusals.table.ts";
import { examineSealFile, type SealExamination } from "./seal-examination.ts";
import { describeDisagreement, describeSealFailure, OTHER_KIND } from "./seal-refusals.table.ts";
import type { Outcome, Site } from "./site.ts";

/** `reason` as the access event of a door has it. */
interface SealRefusalBeside extends Refusal {
  readonly reason: string;
}

export interface SealBeside {
  readonly examination: SealExamination;
  /** What each group came to; absent where seal or document was refused by itself. */
  readonly groups?: readonly ComparedGroup[];
  readonly refusal?: SealRefusalBeside;
}

/** What is amiss with the way in which a seal is given; `undefined` where none is. */
export const sealComplaint = ({ texts: { seal } }: Invocation): string | undefined =>
  seal === "-"
    ? "--document does not go with --seal -, since digits or zone may come by standard input: name a file"
    : undefined;

/** The seal of the invocation, examined; `undefined` where none is asked for. */
export function openSealBeside(
  { texts: { seal } }: Invocation,
  desk: { readonly site: Site; readonly config: Config },
  io: CommandIo,
): Outcome<SealExamination | undefined> {
  return seal === undefined ? { value: undefined } : examineSealFile(seal, desk, io);
}

/** Holds the seal against the document; against none, where that was refused. */
export function besideDocument(
  examination: SealExamination,
  document: ExaminedDocument | undefined,
): SealBeside {
  const { examined, seal } = examination;
  if (!examined.ok) {
    // A door looks at the kind of paper before it looks for a signer.
    const isOther = seal !== undefined && whyOfOtherKind(seal) !== undefined;
    const kind = isOther ? "noIdentityTitle" : examined.error.kind;
    const words = isOther ? OTHER_KIND : describeSealFailure(examined.error);
    return { examination, refusal: { reason: SEAL_DENIALS[kind].detail, ...words } };
  }
  if (document === undefined) return { examination };
  const { holder } = examined.value;
  const { mrz } = document.signed;
  const compared = { examination, groups: compareSeal(holder, mrz) };
  const kind = sealDisagreement(holder, mrz);
  if (kind === undefined) return compared;
  return { ...compared, refusal: { reason: SEAL_DENIALS[kind].detail, ...describeDisagreement(kind) } };
}
