/**
 * What `varco read --document --seal` tells of the seal, for people and for programs: as alone, and of each group of data
 * whether seal and chip agree on it. What the data are is not said.
 */
import type { ComparedGroup, SealedGroup } from "../../identity/seal-agreement.ts";
import type { SealBeside } from "./read-document-seal.ts";
import { detailLines, shownOf } from "./read-seal-report.ts";

const GROUPS: Readonly<Record<SealedGroup, string>> = {
  number: "document number",
  issuer: "State",
  kind: "kind of document",
  name: "names, as far as seal and chip have room for them",
  sex: "sex",
  nationality: "nationality",
  birthDate: "date of birth",
};

const MARKS: Readonly<Record<ComparedGroup["result"], string>> = {
  agrees: "agrees ",
  differs: "DIFFERS",
  notInSeal: "-      ",
};

/** `result` is of seal and comparison together. */
export function sealBesideJson({ examination, groups, refusal }: SealBeside) {
  const result = refusal === undefined ? { result: "authentic" } : { result: "refused", ...refusal };
  const agreement = groups?.map(({ group, result }) => [group, result] as const);
  const compared = agreement === undefined ? {} : { agreement: Object.fromEntries(agreement) };
  return { ...result, ...shownOf(examination), ...compared };
}

/** `proofs` are those of document and seal together. */
export function sealBesideLines(
  { examination, groups = [], refusal }: SealBeside,
  proofs: readonly string[],
): readonly string[] {
  return [
    "the seal:",
    ...detailLines(examination),
    ...groups.map(
      ({ group, result }) =>
        `  ${MARKS[result]} ${GROUPS[group]}${result === "notInSeal" ? ", which the seal does not say" : ""}`,
    ),
    ...(refusal === undefined
      ? [verdictOf(groups, proofs)]
      : [`REFUSED: ${refusal.what} (${refusal.reason}); ${refusal.remedy}`]),
  ];
}

const verdictOf = (groups: readonly ComparedGroup[], proofs: readonly string[]): string =>
  groups.length === 0
    ? "authentic seal, which was not compared: the document was refused"
    : `authentic seal of this document; proofs: ${proofs.join(", ")}`;
