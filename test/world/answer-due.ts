/**
 * What is due to whom at a door, by what the door asks for and by whether the chip behind the number is known there.
 * Written apart from the policy and the examination that it judges.
 */
import type { CieAttackName } from "../../src/sim/cards/cie-attacks.ts";
import type { Answer, Person } from "./cast.ts";
import type { DayRecord } from "./day-record.ts";
import type { Presentation } from "./presentations.ts";

const GRANTED: Answer = { outcome: "granted" };
const denied = (reason: string): Answer => ({ outcome: "denied", reason });
/** Those that do not speak as a card does: that they are refused is promised, how is not. */
const UNREADABLE: ReadonlySet<CieAttackName> = new Set<CieAttackName>(["garbage", "endless61"]);
const UNKNOWN_SIGNER: CieAttackName = "selfMadeCsca";
/** So long after its beginning a presentation may meet a pin that was not there when the number was looked up. */
const LOOKED_UP_MS = 5_000;

/** `undefined` where nothing definite is promised. */
export function answerDue(presentation: Presentation, record: DayRecord): Answer | undefined {
  const { person, lane } = presentation;
  const demand = record.demands[lane];
  if (person.attack === undefined) return demand === "chip" ? answerAtChipDoor(person) : person.answer;
  const { name, victim } = person.attack;
  const pinnedMs = pinnedAtMs(victim, record);
  if (UNREADABLE.has(name)) return undefined;
  if (pinnedMs < presentation.fromMs) return denied("acs:ChipAuthenticationFailed");
  if (pinnedMs < presentation.fromMs + LOOKED_UP_MS) return undefined;
  if (demand === "number") return GRANTED;
  return denied(name === UNKNOWN_SIGNER ? "acs:TrustAnchorMissing" : "acs:DocumentAuthenticationFailed");
}

/** Who would not pass is not examined, and hears the same as elsewhere. */
function answerAtChipDoor({ answer, entitled, nis }: Person): Answer | undefined {
  return answer === undefined || entitled || nis === undefined
    ? answer
    : { ...answer, detail: "notExamined" };
}

/** When the journal first said that a chip was pinned to this holder's number. */
export function pinnedAtMs(holder: Person, { rows, holders }: Pick<DayRecord, "rows" | "holders">): number {
  const pinning = rows.find(
    ({ type, pseudonym = "" }) => type === "acs.config.chipPinned" && holders.get(pseudonym) === holder,
  );
  return pinning?.atMs ?? Number.POSITIVE_INFINITY;
}
