/**
 * What `varco read --document` tells of a document, for people and for programs: every step with its time, what was proven or
 * why not, and where a photograph went. State and kind stand on every document of the kind; nothing else of DG1 leaves.
 */
import type { DocumentError, DocumentStep } from "../../emrtd/document-request.ts";
import type { ExaminedDocument } from "../../gate/examine-document.ts";
import type { CardLink } from "../../ports/card.ts";
import type { Result } from "../../result.ts";
import { describeRefusal } from "./document-refusals.table.ts";
import { describePhotograph, type Photograph } from "./photograph.ts";
import type { SealBeside } from "./read-document-seal.ts";
import { sealBesideJson, sealBesideLines } from "./read-document-seal-report.ts";

/** A step that was done, and how long after the one before. */
export interface TimedStep {
  readonly step: DocumentStep;
  readonly tookMs: number;
}

export interface DocumentReport {
  /** How the card was spoken to; absent where it left before that was agreed on. */
  readonly link: CardLink | undefined;
  readonly steps: readonly TimedStep[];
  readonly examined: Result<ExaminedDocument, DocumentError>;
  /** From the card's detection. */
  readonly readMs: number;
  /** What became of the photograph, where one was asked for and the document is authentic. */
  readonly photo: Photograph | undefined;
  /** The seal that was held against the document, where one was given. */
  readonly seal: SealBeside | undefined;
}

export function reportJson(report: DocumentReport): readonly string[] {
  const { link, steps, readMs, photo, seal } = report;
  const told = steps.map(({ step, tookMs }) => ({ ...plain(step), tookMs: rounded(tookMs) }));
  const shown = {
    ...(seal === undefined ? {} : { seal: sealBesideJson(seal) }),
    ...(photo === undefined ? {} : { photo }),
    ...(link === undefined ? {} : { link }),
  };
  return [JSON.stringify({ ...resultWithSeal(report), ...shown, readMs: rounded(readMs), steps: told })];
}

export function reportLines(report: DocumentReport): readonly string[] {
  const { link, steps, examined, readMs, photo, seal } = report;
  const result = resultWithSeal(report);
  return [
    ...(link === undefined ? [] : [`  ${describeLink(link)}`]),
    ...steps.map(({ step, tookMs }) => `  ${describeStep(step).padEnd(48)} ${rounded(tookMs)} ms`),
    `${sentenceOf(resultOf(examined))}; ${rounded(readMs)} ms`,
    ...(photo === undefined ? [] : [describePhotograph(photo)]),
    ...(seal === undefined ? [] : sealBesideLines(seal, "proofs" in result ? result.proofs : [])),
  ];
}

/** Of document and seal together: the one is not taken without the other where both are shown. */
function resultWithSeal({ examined, seal }: DocumentReport) {
  const result = resultOf(examined);
  if (seal === undefined || result.result === "refused") return result;
  const { refusal } = seal;
  return refusal === undefined
    ? { ...result, proofs: [...result.proofs, "seal"] }
    : { ...result, result: "refused", ...refusal };
}

function describeLink({ kbits, isoDep, frameBytes }: CardLink): string {
  const engine = isoDep === "firmware" ? "the reader's ISO-DEP engine" : "our own ISO-DEP engine";
  return `link at ${kbits} kbit/s, frames of ${frameBytes} bytes by ${engine}`;
}

const rounded = (ms: number): number => Math.round(ms * 10) / 10;

const resultOf = (examined: DocumentReport["examined"]) =>
  examined.ok ? provenBy(examined.value) : refusedFor(examined.error);

function provenBy({ signed, proofs, chip }: ExaminedDocument) {
  const { mrz, warnings, defects, signerCountry } = signed;
  const kind = { issuer: mrz.issuer, documentCode: mrz.documentCode, signerCountry };
  return {
    result: "authentic",
    ...kind,
    chip: chip ?? "unproven",
    proofs: [...proofs],
    warnings,
    defects,
  } as const;
}

const refusedFor = (error: DocumentError) =>
  ({ result: "refused", reason: error.kind, ...describeRefusal(error) }) as const;

function sentenceOf(result: ReturnType<typeof resultOf>): string {
  if (result.result === "refused") return `REFUSED: ${result.what} (${result.reason}); ${result.remedy}`;
  const { documentCode, issuer, chip, proofs, warnings, defects } = result;
  const original =
    chip === "unproven"
      ? "its chip has no means to prove itself, so it may be a copy"
      : "its chip is no copy";
  const remarks = [...warnings, ...defects];
  const amiss = remarks.length === 0 ? "" : `; remarks: ${remarks.join(", ")}`;
  return `authentic ${documentCode} of ${issuer}, ${original}; proofs: ${proofs.join(", ")}${amiss}`;
}

function plain(step: DocumentStep) {
  if (step.kind !== "access") return step;
  const { access } = step;
  return access.protocol === "BAC"
    ? { kind: "access", protocol: "BAC" }
    : { kind: "access", protocol: "PACE", mapping: access.profile.mapping, suite: access.profile.suite };
}

function describeStep(step: DocumentStep): string {
  if (step.kind === "file") return `${step.file}, ${step.lengthBytes} bytes`;
  if (step.kind !== "access") return STEP_WORDS[step.kind];
  const { access } = step;
  return access.protocol === "BAC"
    ? "access by BAC"
    : `access by PACE, ${access.profile.mapping}, ${access.profile.suite}`;
}

const STEP_WORDS = {
  agreement: "agreement with the chip's key",
  signature: "signature of a trusted State",
  data: "what was signed, and dates",
  chipAuthentication: "chip authentication",
  chipAuthenticationMapping: "chip authentication mapping",
  activeAuthentication: "active authentication",
} as const;
