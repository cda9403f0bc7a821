/**
 * What `varco read --seal` tells of a seal, for people and for programs: its header, which fields it has, every check with its
 * result. Authority, dates and kind stand on every document of the kind; no value of a field leaves.
 */
import type { Seal } from "../../seal/seal.ts";
import type { CivilDate } from "../../time/civil-date.ts";
import type { SealExamination } from "./seal-examination.ts";
import { describeSealFailure, type SealFailure } from "./seal-refusals.table.ts";

export const sealReportJson = (examination: SealExamination): string =>
  JSON.stringify({ ...resultOf(examination.examined), ...shownOf(examination) });

export const sealReportLines = (examination: SealExamination): readonly string[] => [
  ...detailLines(examination),
  sentenceOf(examination.examined),
];

/** Header and checks without a verdict, for programs; nothing of what is no seal. */
export const shownOf = ({ seal, examined }: SealExamination) =>
  seal === undefined ? {} : { ...headerOf(seal), checks: checksOf(examined) };

/** The same for people. */
export const detailLines = ({ seal, examined }: SealExamination): readonly string[] =>
  seal === undefined ? [] : [...headerLines(seal), ...checkLines(examined)];

function headerOf({ fields, signed: _, signature, ...header }: Seal) {
  const { documentDate, signatureDate, ...others } = header;
  return {
    ...others,
    ...(documentDate === undefined ? {} : { documentDate: isoDate(documentDate) }),
    ...(signatureDate === undefined ? {} : { signatureDate: isoDate(signatureDate) }),
    fields: fields.map(({ id }) => id),
    cutFields: fields.filter(({ isTruncated }) => isTruncated).map(({ id }) => id),
    signatureBytes: signature.length,
  };
}

function headerLines(seal: Seal): readonly string[] {
  const { form, version, authorityId, certificateId, documentType, perimeter, country } = seal;
  const { fields, cutFields, documentDate = "none", signatureDate = "none" } = headerOf(seal);
  const cut = cutFields.length === 0 ? "" : `, of which ${cutFields.join(" ")} are cut`;
  return [
    `  ${form} form, version ${version}; document type ${documentType}, perimeter ${perimeter ?? "none"}, of ${country ?? "no country"}`,
    `  authority ${authorityId}, signer ${certificateId}`,
    `  document dated ${documentDate}, signed on ${signatureDate}`,
    `  fields ${fields.join(" ")}${cut}`,
  ];
}

const isoDate = ({ year, month, day }: CivilDate): string =>
  [String(year).padStart(4, "0"), padded(month), padded(day)].join("-");
const padded = (number: number): string => String(number).padStart(2, "0");

/** In the order in which they are made. */
const CHECKS = ["real", "dated", "known", "signature", "trusted", "identityTitle"] as const;
type SealCheckName = (typeof CHECKS)[number];

const WORDS: Readonly<Record<SealCheckName, string>> = {
  real: "it is no seal for laboratories",
  dated: "it says on which past day it was signed",
  known: "the signer that it names is known here",
  signature: "the signature is that signer's, over every character",
  trusted: "an authority that is trusted here stands behind the signer on that day",
  identityTitle: "it is the seal of an identity card",
};

interface ShownSealCheck {
  readonly check: SealCheckName;
  readonly result: "passed" | "failed" | "notReached";
  /** What was found besides; of a failure its kind. */
  readonly found?: string;
}

/** All checks; those behind the first that failed were not reached. */
function checksOf(examined: SealExamination["examined"]): readonly ShownSealCheck[] {
  const failedAt = examined.ok ? CHECKS.length : CHECKS.indexOf(checkOf(examined.error));
  return CHECKS.map((check, index) => {
    if (index > failedAt) return { check, result: "notReached" };
    if (index === failedAt && !examined.ok) return { check, result: "failed", found: examined.error.kind };
    const remarks = check === "trusted" && examined.ok ? examined.value.verdict.warnings : [];
    return { check, result: "passed", ...(remarks.length === 0 ? {} : { found: remarks.join(", ") }) };
  });
}

/** The check that a failure belongs to; what is no other's is an objection to those behind the signature. */
function checkOf({ kind }: SealFailure): SealCheckName {
  switch (kind) {
    case "testAuthority":
      return "real";
    case "signatureDateMissing":
    case "signatureDateFuture":
      return "dated";
    case "authorityUnknown":
    case "signerUnknown":
      return "known";
    case "signatureInvalid":
    case "signatureAlgorithm":
      return "signature";
    case "noIdentityTitle":
    case "sealedField":
      return "identityTitle";
    default:
      return "trusted";
  }
}

const MARKS = { passed: "ok    ", failed: "FAILED", notReached: "-     " } as const;

const checkLines = (examined: SealExamination["examined"]): readonly string[] =>
  checksOf(examined).map(
    ({ check, result, found }) =>
      `  ${MARKS[result]}  ${WORDS[check]}${found === undefined ? "" : ` (${found})`}`,
  );

function resultOf(examined: SealExamination["examined"]) {
  if (!examined.ok) {
    const { error } = examined;
    const why = "why" in error ? { why: error.why } : {};
    return { result: "refused", reason: error.kind, ...why, ...describeSealFailure(error) } as const;
  }
  const { documentKind, issuingCountry } = examined.value.holder;
  const issued = issuingCountry === undefined ? {} : { issuingCountry };
  return { result: "authentic", documentKind, ...issued, proofs: ["seal"] } as const;
}

function sentenceOf(examined: SealExamination["examined"]): string {
  const result = resultOf(examined);
  if (result.result === "refused") return `REFUSED: ${result.what} (${result.reason}); ${result.remedy}`;
  const { documentKind, issuingCountry = "an unnamed country" } = result;
  return (
    `authentic seal of ${documentKind} of ${issuingCountry}, which anybody may have copied: ` +
    "it proves what a document says, not that it is here; proofs: seal"
  );
}
