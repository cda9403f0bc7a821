/** The checks of a document side as a person sees them, in the form of `enrol-checks.ts`. */
import type { DocumentStep } from "../../emrtd/document-request.ts";
import { describeRefusal, type Refusal } from "./document-refusals.table.ts";
import type { DocumentCheck, ShownCheck } from "./enrol-checks.ts";
import type { DocumentFailure, DocumentSide } from "./enrol-document.ts";

/** The steps that show each check to have succeeded. */
const STEPS: Readonly<Record<DocumentCheck, readonly DocumentStep["kind"][]>> = {
  documentOpens: ["access"],
  documentSigned: ["signature"],
  documentChip: ["chipAuthentication", "activeAuthentication", "chipAuthenticationMapping"],
  documentData: ["data"],
};
const CHECKS: readonly DocumentCheck[] = ["documentOpens", "documentSigned", "documentChip", "documentData"];

const CHIP_FAILURE = /^(?:chip|active|dataGroupWithheld)/;
/** What a document says against itself may be seen before anybody has vouched for it. */
const DATA_FAILURE = /^(?:documentExpired|expiryUnreadable|dataGroup(?:Changed|Missing|Unlisted))/;

/** All checks of a document; of one that was never looked at, since the service side failed, none was reached. */
export function documentChecksOf(side: DocumentSide | undefined): readonly ShownCheck[] {
  const failure = side === undefined || side.examined.ok ? undefined : side.examined.error;
  const reached = (check: DocumentCheck): boolean => STEPS[check].some((step) => side?.reached.has(step));
  const failed = failure && checkOf(failure, reached);
  return CHECKS.map((check) => {
    if (check !== failed || failure === undefined)
      return { check, result: reached(check) ? "passed" : "notReached" };
    const { what, remedy } = describeFailure(failure);
    return { check, result: "failed", found: `${failure.kind}: ${what}`, remedy };
  });
}

/** By what failed, where that is plain: a chip may refuse its proof before it was asked who signed. Else the first not reached. */
function checkOf(failure: DocumentFailure, reached: (check: DocumentCheck) => boolean): DocumentCheck {
  if (reached("documentOpens") && CHIP_FAILURE.test(failure.kind)) return "documentChip";
  if (DATA_FAILURE.test(failure.kind)) return "documentData";
  return CHECKS.find((check) => !reached(check)) ?? "documentData";
}

function describeFailure(failure: DocumentFailure): Refusal {
  switch (failure.kind) {
    case "chipWithoutProof":
      return {
        what: "its chip has no means to prove that it is no copy",
        remedy: "enrol the card without --document",
      };
    case "numberUnreadable":
      return {
        what: "the number in it cannot be right",
        remedy: "report it with the State and the year of issue; enrol the card without --document",
      };
    default:
      return describeRefusal(failure);
  }
}
