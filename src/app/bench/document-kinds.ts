/**
 * The kinds of documents that are measured, each with people who have one, how it is opened, and the written plan of its
 * passage. What a plan says of sizes and limits is what the virtual chip holds and announces, never what was exchanged.
 */
import { LDS_FILES } from "../../emrtd/lds/data-groups.ts";
import { type ArrivalName, arrival } from "../../sim/arrivals.ts";
import { apduLimits } from "../../sim/emrtd/apdu-limits.ts";
import type { ChipContent } from "../../sim/emrtd/content.ts";
import type { EmrtdSpec } from "../../sim/emrtd/emrtd-spec.ts";
import { specifiedContent } from "../../sim/emrtd/make-emrtd.ts";
import { DETECTION, ORIGINAL_CHIP_PLAN, type PlannedCommand } from "./bound.ts";
import {
  documentExchanges,
  exchangeCommands,
  type PlannedDocument,
  type PlannedExchange,
  SHORT_ANSWER_BYTES,
} from "./document-plan.ts";

/** How the gate comes by the password: it was enrolled, or it is typed or scanned before the document is laid down. */
export type PasswordSource = "enrolled" | "typed" | "scanned";

export interface DocumentKind {
  /** Behind `tap.verifiedDocument.`. */
  readonly name: "cie" | "cnie" | "passport";
  /** All have the same files, but for what is theirs. */
  readonly people: readonly [ArrivalName, ...ArrivalName[]];
  readonly source: PasswordSource;
  readonly facts: Pick<PlannedDocument, "agreement" | "mapping" | "cipher" | "nonceBytes">;
  /** `chip`: as EF.ATR/INFO says. A CIE does not say it where a reader looks first, in its historical bytes. */
  readonly limits: "chip" | "none";
}

export const DOCUMENT_KINDS: readonly DocumentKind[] = [
  {
    name: "cie",
    people: ["chiara", "marco"],
    source: "enrolled",
    facts: { agreement: "DH", mapping: "generic", cipher: "3DES", nonceBytes: 16 },
    limits: "none",
  },
  {
    name: "cnie",
    people: ["lucas", "camille"],
    source: "typed",
    facts: { agreement: "ECDH", mapping: "generic", cipher: "AES", nonceBytes: 32 },
    limits: "chip",
  },
  {
    name: "passport",
    people: ["greta"],
    source: "scanned",
    facts: { agreement: "ECDH", mapping: "chip", cipher: "AES", nonceBytes: 16 },
    limits: "chip",
  },
];

/** The least that a passage takes. */
export interface PassagePlan {
  readonly commands: readonly PlannedCommand[];
  readonly exchanges: number;
}

/**
 * The plan of a passage by a document of this kind, from detection to the last answer. Who was enrolled is known by the number
 * of his card, which its chip proves, before the document is opened.
 */
export function passagePlan(kind: DocumentKind, limits: PlannedLimits = "announced"): PassagePlan {
  const exchanges = plannedExchanges(kind, limits);
  const commands = [DETECTION, ...exchangeCommands(exchanges)];
  if (kind.source !== "enrolled") return { commands, exchanges: exchanges.length };
  // The other side of the card is reached by a second activation, than which nothing is shorter.
  const numberExchanges = ORIGINAL_CHIP_PLAN.length - 1;
  return {
    commands: [...ORIGINAL_CHIP_PLAN, ...commands],
    exchanges: numberExchanges + exchanges.length,
  };
}

/** `short`: as if the chip announced nothing. */
type PlannedLimits = "announced" | "short";

/** The exchanges with the document itself. Its limits are known from the first of its kind. */
export function plannedExchanges(
  kind: DocumentKind,
  limits: PlannedLimits = "announced",
): readonly PlannedExchange[] {
  const content = specifiedContent(documentOf(kind));
  const isLong = limits === "announced" && kind.limits === "chip";
  const answerBytes = isLong ? apduLimits(content).responseBytes : SHORT_ANSWER_BYTES;
  return documentExchanges({ ...kind.facts, answerBytes, fileBytes: fileBytes(kind, content) });
}

/** The travel document that the card of the first of its people is, or is besides. */
export function documentOf({ people }: DocumentKind): EmrtdSpec {
  const { spec } = arrival(people[0]);
  if (spec.card === "emrtd") return spec;
  if (spec.card !== "cie" || spec.document === undefined) throw new Error("the card is no travel document");
  const { can: _, ...document } = spec.document;
  return { card: "emrtd", profile: "cie", ...document };
}

function fileBytes(
  { facts }: DocumentKind,
  { masterFile, application }: ChipContent,
): PlannedDocument["fileBytes"] {
  return {
    cardAccess: sizeOf(masterFile, LDS_FILES.CardAccess.fid),
    cardSecurity: facts.mapping === "chip" ? sizeOf(masterFile, LDS_FILES.CardSecurity.fid) : 0,
    dg1: sizeOf(application, LDS_FILES.DG1.fid),
    dg14: sizeOf(application, LDS_FILES.DG14.fid),
    sod: sizeOf(application, LDS_FILES.SOD.fid),
  };
}

function sizeOf(files: ReadonlyMap<number, Uint8Array>, file: number): number {
  const content = files.get(file);
  if (content === undefined) throw new Error("a measured document has the files of its kind");
  return content.length;
}
