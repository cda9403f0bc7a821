/** The checks of an examination as a person sees them: each by name, with its result, in the order in which they are made. */
import type { Examination, ExaminationFailure } from "../../gate/examine-chip.ts";
import type { Result } from "../../result.ts";
import type { CommandIo } from "../command.ts";

export interface ShownCheck {
  readonly check: CheckName;
  readonly result: "passed" | "failed" | "notReached";
  /** What was found, in words; of a failure its kind. */
  readonly found?: string;
  /** What to do about a failure. */
  readonly remedy?: string;
}

type ServiceCheck = (typeof CHECKS)[number];
/** Of the document side, see `enrol-document-checks.ts`. */
export type DocumentCheck = "documentOpens" | "documentSigned" | "documentChip" | "documentData";
type CheckName = ServiceCheck | DocumentCheck;

const CHECKS = [
  "number",
  "publicKey",
  "signedObject",
  "signature",
  "signer",
  "purpose",
  "numberSigned",
  "keySigned",
  "chipProof",
] as const;

const WORDS: Readonly<Record<CheckName, string>> = {
  number: "the card gives its number",
  publicKey: "it gives a public key that is fit to be one",
  signedObject: "it gives a signed object",
  signature: "the signature over the object is right",
  signer: "a country that is trusted here stands behind the signer",
  purpose: "the signer is Italy's, for identity cards",
  numberSigned: "the object was signed for this number",
  keySigned: "the object was signed for this key",
  chipProof: "the chip has the secret of this key",
  documentOpens: "its document opens by the number on the front",
  documentSigned: "a country that is trusted here signed the document",
  documentChip: "the document's chip is no copy",
  documentData: "what was read is what was signed, and holds today",
};

/** All checks; those behind the first that failed were not reached. */
export function checksOf(examined: Result<Examination, ExaminationFailure>): readonly ShownCheck[] {
  const failedAt = examined.ok ? CHECKS.length : CHECKS.indexOf(checkOf(examined.error));
  return CHECKS.map((check, index) => {
    if (index > failedAt) return { check, result: "notReached" };
    if (index < failedAt) return { check, result: "passed", ...foundIn(check, examined) };
    const failure = examined.ok ? {} : { found: describe(examined.error), remedy: remedyOf(examined.error) };
    return { check, result: "failed", ...failure };
  });
}

/** One line each on standard output. */
export function showChecks(checks: readonly ShownCheck[], io: CommandIo): void {
  const marks = { passed: "ok    ", failed: "FAILED", notReached: "-     " } as const;
  for (const { check, result, found, remedy } of checks) {
    io.out(`  ${marks[result]}  ${WORDS[check]}${found === undefined ? "" : ` (${found})`}`);
    if (remedy !== undefined) io.out(`          ${remedy}`);
  }
}

function remedyOf(failure: ExaminationFailure): string {
  switch (failure.kind) {
    case "noTrustAnchor":
      return "import the newest master list with varco trust import; if it fails then too, treat the card as forged";
    case "crlMissing":
    case "crlStale":
      return "import the country's revocation list with varco trust import, or set trust.crl: warn";
    case "signerExpired":
    case "signerNotYetValid":
    case "anchorExpired":
    case "anchorNotYetValid":
      return "check the date of this machine; if it is right, the card is too old or too new to be enrolled";
    case "testSigner":
      return "this is a card for laboratories; trust.laboratory accepts such cards, which no real gate should do";
    case "fileRefused":
      return "hold the card still and try again; a phone or another card that only says a number ends here too";
    default:
      return "do not enrol it: keep the card in view, compare it with its holder, and report it";
  }
}

function foundIn(check: ServiceCheck, examined: Result<Examination, ExaminationFailure>) {
  if (!examined.ok) return {};
  const { signed, responseMs } = examined.value;
  if (check === "signature") return { found: `generation ${signed.generation}` };
  if (check === "signer" && signed.warnings.length > 0) return { found: signed.warnings.join(", ") };
  return check === "chipProof" ? { found: `signed in ${Math.round(responseMs)} ms` } : {};
}

function describe(failure: ExaminationFailure): string {
  if ("sw" in failure) return `${failure.kind} ${failure.sw.toString(16)}`;
  return "why" in failure ? `${failure.kind}: ${failure.why}` : failure.kind;
}

/** The check that a failure belongs to; what is no other kind's is an objection to the signer. */
function checkOf(failure: ExaminationFailure): ServiceCheck {
  switch (failure.kind) {
    case "fileRefused":
    case "fileMalformed":
      return failure.file === "publicKey" ? "publicKey" : "signedObject";
    case "keyMalformed":
    case "keyStrength":
      return "publicKey";
    case "malformed":
    case "wrongContentType":
      return "signedObject";
    case "attributesMissing":
    case "messageDigestMismatch":
    case "signerMismatch":
    case "signatureInvalid":
    case "unsupportedAlgorithm":
      return "signature";
    case "wrongCountry":
    case "documentType":
      return "purpose";
    case "hashMissing":
      return failure.file === "nis" ? "numberSigned" : "keySigned";
    case "nisHashMismatch":
      return "numberSigned";
    case "keyHashMismatch":
      return "keySigned";
    case "authenticationRefused":
    case "responseLength":
    case "responseWrong":
      return "chipProof";
    default:
      return "signer";
  }
}
