/** The checks of an examination as a person sees them: each by name, with its result, in the order in which they are made. */
import type { Examination, ExaminationFailure } from "../../gate/examine-chip.ts";
import type { Result } from "../../result.ts";
import type { CommandIo } from "../command.ts";

export interface ShownCheck {
  readonly check: CheckName;
  readonly result: "passed" | "failed" | "notReached";
  /** What was found, in words; of a failure its kind. */
  readonly found?: string;
}

type CheckName = (typeof CHECKS)[number];

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
};

/** All checks; those behind the first that failed were not reached. */
export function checksOf(examined: Result<Examination, ExaminationFailure>): readonly ShownCheck[] {
  const failedAt = examined.ok ? CHECKS.length : CHECKS.indexOf(checkOf(examined.error));
  return CHECKS.map((check, index) => {
    if (index > failedAt) return { check, result: "notReached" };
    if (index < failedAt) return { check, result: "passed", ...foundIn(check, examined) };
    return { check, result: "failed", ...(examined.ok ? {} : { found: describe(examined.error) }) };
  });
}

/** One line each on standard output. */
export function showChecks(checks: readonly ShownCheck[], io: CommandIo): void {
  const marks = { passed: "ok    ", failed: "FAILED", notReached: "-     " } as const;
  for (const { check, result, found } of checks)
    io.out(`  ${marks[result]}  ${WORDS[check]}${found === undefined ? "" : ` (${found})`}`);
}

function foundIn(check: CheckName, examined: Result<Examination, ExaminationFailure>) {
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
function checkOf(failure: ExaminationFailure): CheckName {
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
