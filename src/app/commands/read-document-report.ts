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
}

export function reportJson({ link, steps, examined, readMs, photo }: DocumentReport): readonly string[] {
  const told = steps.map(({ step, tookMs }) => ({ ...plain(step), tookMs: rounded(tookMs) }));
  const shown = { ...(photo === undefined ? {} : { photo }), ...(link === undefined ? {} : { link }) };
  return [JSON.stringify({ ...resultOf(examined), ...shown, readMs: rounded(readMs), steps: told })];
}

export function reportLines({ link, steps, examined, readMs, photo }: DocumentReport): readonly string[] {
  return [
    ...(link === undefined ? [] : [`  ${describeLink(link)}`]),
    ...steps.map(({ step, tookMs }) => `  ${describeStep(step).padEnd(48)} ${rounded(tookMs)} ms`),
    `${sentenceOf(resultOf(examined))}; ${rounded(readMs)} ms`,
    ...(photo === undefined ? [] : [describePhotograph(photo)]),
  ];
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
