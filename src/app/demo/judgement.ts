/**
 * Whether the demo's day went as it should: what the pins showed, what the back end heard, and what the virtual cards saw of the
 * gate are three witnesses, and each has to agree with what the story expects. Governing text: privacy rules, 1 and 2.
 */
import type { Level } from "../../identity/proofs.ts";
import type { BoardRecords } from "../../sim/board-protocol.ts";
import type { BackEnd, SeenEvent } from "./back-end.ts";
import type { Outcome } from "./performance.ts";

/** What came of all presentations. */
export interface Summary {
  /** The newest, if there were very many. */
  readonly outcomes: readonly Outcome[];
  /** Those of which pins and back end have not said what was expected. */
  readonly unexpected: readonly Outcome[];
  /** As many decisions as the back end has them, in the journal's order. */
  readonly decisions: readonly SeenEvent[];
  /** All events at the back end, once each. */
  readonly events: number;
  readonly missing: number;
  readonly sentAgain: number;
  readonly leftLying: number;
  /** Alarms about what no State has made, or not so. */
  readonly notGenuine: number;
  /** How late the virtual board woke, 99th percentile; above 0.2 ms the latencies say little. */
  readonly lateP99Ms: number | undefined;
  /** Absent when the board did not answer. */
  readonly board?: BoardWitness;
}

/** What chips and cards have seen. */
export interface BoardWitness {
  /** Commands that they did not know. */
  readonly surprises: number;
  /** Commands that no gate may send: of PINs, for fingerprints and irises. */
  readonly forbidden: number;
  /** Files of travel documents that gave out data, by name; those that a gate has no business with as their numbers. */
  readonly read: readonly string[];
}

/** What proves a document, and whose it is: all that is read where holders are listed by their documents. */
const BUSINESS: ReadonlyMap<string, string> = new Map([
  ["master/011C", "CardAccess"],
  ["master/011D", "CardSecurity"],
  ["master/2F01", "AtrInfo"],
  ["travel/0101", "DG1"],
  ["travel/010E", "DG14"],
  ["travel/010F", "DG15"],
  ["travel/011D", "SOD"],
]);
const OF_DOCUMENTS = /^(?:master|travel)\//;

export function witness({ unhandled, unexpected, tripwires, filesRead }: BoardRecords): BoardWitness {
  const files = filesRead.filter((name) => OF_DOCUMENTS.test(name));
  return {
    surprises: unhandled.length + unexpected.length,
    forbidden: tripwires,
    read: files.map((name) => BUSINESS.get(name) ?? name),
  };
}

/** The pins showed what was expected, and the back end heard of the same; what it keeps no longer is not judged again. */
export function isAsExpected(
  { door, number, expected, shown }: Outcome,
  backEnd: Pick<BackEnd, "decisionAt">,
): boolean {
  const event = backEnd.decisionAt(door, number);
  const heard = event === undefined ? expected : verdictOf(event);
  return heard.startsWith(expected) && expected.startsWith(shown);
}

/** The level of a grant, and whether a seal was proven beside it; where a seal alone opens, its level says so. */
export function levelOf({ data }: Pick<SeenEvent, "data">): string {
  const { level, proofs } = data;
  const isBeside = level !== SEAL_LEVEL && Array.isArray(proofs) && proofs.includes("seal");
  return `${String(level)}${isBeside ? " + seal" : ""}`;
}

const SEAL_LEVEL: Level = "documentSeal";

function verdictOf({ type, data }: SeenEvent): string {
  const outcome = type.slice("acs.access.".length);
  const { reason, detail = "" } = data;
  return outcome === "granted"
    ? `${outcome} ${levelOf({ data })}`
    : `${outcome} ${String(reason)} ${String(detail)}`;
}

/** Nothing is missing, nothing was otherwise than expected, and no document was asked for what is nobody's business. */
export function isClean({ missing, unexpected, board }: Summary): boolean {
  const known = new Set(BUSINESS.values());
  const discreet =
    board === undefined || (board.forbidden === 0 && board.read.every((name) => known.has(name)));
  return missing === 0 && unexpected.length === 0 && discreet;
}
