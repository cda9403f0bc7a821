// The decision once more, written down plainly from the documentation and sharing no code with the policy: one
// `if` after the other, and schedules read off the platform's own clock faces.
import type { Level, Proof } from "../../src/identity/proofs.ts";
import type { Decision, DenialReason, Question } from "../../src/policy/question.ts";
import type { Timetable } from "../../src/policy/timetable.ts";
import type { Standing } from "../../src/ports/credentials.ts";
import { WRITTEN } from "./worlds.ts";

type Credential = NonNullable<Standing["credential"]>;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const NEEDED: Readonly<Record<Exclude<Level, "documentSeal">, readonly Proof[]>> = {
  identifier: ["nisRead"],
  originalChip: ["nisRead", "chipKey"],
  authenticDocument: ["documentSignature"],
  verifiedDocument: ["documentSignature", "documentChip"],
};

/** The State's word on a document: printed, or in its chip. */
const isReached = (level: Level, proofs: ReadonlySet<Proof>): boolean =>
  level === "documentSeal"
    ? proofs.has("seal") || proofs.has("documentSignature")
    : NEEDED[level].every((proof) => proofs.has(proof));

/** How strong a statement each level makes. */
export const STRENGTH: Readonly<Record<Level, number>> = {
  identifier: 1,
  documentSeal: 2,
  originalChip: 3,
  authenticDocument: 4,
  verifiedDocument: 5,
};

export function plainDecision(question: Question): Decision {
  const { door, proofs, standing } = question;
  if (standing.denyListed) return deny("acs:DenyListed", "denyList");
  const chipDenial = deniedByChip(question);
  if (chipDenial !== undefined) return chipDenial;
  const { levels, path, dated } = plainDemand(question);
  const proven = levels
    .filter((level) => isReached(level, proofs))
    .sort((left, right) => STRENGTH[right] - STRENGTH[left]);
  const [strongest] = proven;
  if (strongest === undefined)
    return deny("acs:SecurityLevelTooLow", `doors/${door.door}/${path}`, { dated });
  return deniedByList(question, { dated }) ?? grant(question, strongest, { dated });
}

/** The first step-up that is for the group at this time; by an untrusted clock the strictest of those that may be. */
export function plainDemand({ door, standing, at }: Pick<Question, "door" | "standing" | "at">) {
  const group = standing.credential?.group;
  const may: { readonly levels: readonly Level[]; readonly path: string; readonly when?: Timetable }[] = [];
  let dated = false;
  let over = false;
  for (const [index, step] of door.stepUps.entries()) {
    const forHim = step.groups === undefined || step.groups.some((each) => each === group);
    if (!forHim || over) continue;
    over = step.timetable === undefined;
    dated ||= step.timetable !== undefined;
    const when = step.timetable === undefined ? {} : { when: step.timetable };
    may.push({ levels: step.levels, path: `stepUp/${index}`, ...when });
  }
  if (!over) may.push({ levels: door.levels, path: "level" });
  const weakest = (levels: readonly Level[]) => Math.min(...levels.map((level) => STRENGTH[level]));
  const strictest = Math.max(...may.map(({ levels }) => weakest(levels)));
  const demand = may.find(({ levels, when }) =>
    at.state === "unsynced" ? weakest(levels) === strictest : when === undefined || isOpen(when, at.instant),
  );
  return { levels: demand?.levels ?? [], path: demand?.path ?? "", dated };
}

/** Signers of documents and of seals sign for a time. */
const bearsDates = (proofs: ReadonlySet<Proof>): boolean =>
  proofs.has("documentSignature") || proofs.has("seal");

function deniedByList(question: Question, demand: { readonly dated: boolean }): Decision | undefined {
  const { door, standing } = question;
  const { credential } = standing;
  if (credential === undefined) return deny("CredentialNotFound", "allowList", demand);
  if (!credential.enabled) return deny("CredentialNotEnabled", "allowList/enabled", demand);
  const admission = door.admissions.get(credential.group);
  if (admission === undefined) return deny("Unauthorized", `doors/${door.door}/groups`, demand);
  const { timetable } = admission;
  const { validFrom, validUntil } = credential;
  const isDocument = bearsDates(question.proofs);
  const dated = isDocument || validFrom !== undefined || validUntil !== undefined || timetable !== undefined;
  if (dated) {
    const denial = deniedByTime(question, credential, timetable);
    if (denial !== undefined) return denial;
  }
  return undefined;
}

function grant(
  { door, proofs, standing: { credential } }: Question,
  level: Level,
  demand: { readonly dated: boolean },
): Decision {
  const { group = "", validFrom, validUntil } = credential ?? {};
  const timetable = door.admissions.get(group)?.timetable;
  const isTimed = validFrom !== undefined || validUntil !== undefined || timetable !== undefined;
  const dated = demand.dated || bearsDates(proofs) || isTimed;
  const rule = `doors/${door.door}/groups/${group}${timetable === undefined ? "" : "/hours"}`;
  return { outcome: "granted", level, group, rule, dated };
}

function deniedByChip({ chip, proofs }: Question): Decision | undefined {
  if (chip === "pinned" && !proofs.has("chipKey")) return deny("acs:ChipAuthenticationFailed", "chip/key");
  if (chip === "notGenuine") return deny("acs:DocumentAuthenticationFailed", "chip/origin");
  if (chip === "signerUnknown") return deny("acs:TrustAnchorMissing", "chip/signer");
  return undefined;
}

function deniedByTime(
  { door: { unsyncedClock }, at }: Question,
  { group, validFrom, validUntil }: Credential,
  timetable: Timetable | undefined,
): Decision | undefined {
  const goesByLastKnown =
    unsyncedClock === "lastKnown" || (unsyncedClock !== "deny" && unsyncedClock.groups.includes(group));
  if (at.state === "unsynced" && !goesByLastKnown) return deny("acs:ClockUntrusted", "unsyncedClock", DATED);
  if (validFrom !== undefined && at.instant < validFrom)
    return deny("CredentialNotActive", "allowList/validFrom", DATED);
  if (validUntil !== undefined && at.instant >= validUntil)
    return deny("CredentialExpired", "allowList/validUntil", DATED);
  if (timetable !== undefined && !isOpen(timetable, at.instant))
    return deny("NotPermittedAtThisTime", "schedules/hours", DATED);
  return undefined;
}

const DATED = { dated: true };
const deny = (reason: DenialReason, rule: string, { dated } = { dated: false }): Decision => ({
  outcome: "denied",
  reason,
  rule,
  dated,
});

/**
 * Whether some range of a day nearby has begun and not ended: its beginning has been on the clocks' face, and
 * less than its end is still to be seen. An hour either way is enough, the most by which clocks go back here.
 */
function isOpen(timetable: Timetable, at: number): boolean {
  const written = WRITTEN.get(timetable);
  if (written === undefined) throw new Error("a timetable of another world");
  const { schedule, zone } = written;
  const quarters = [0, 15, 30, 45, 60].map((minutes) => minutes * MINUTE_MS);
  const shownBefore = [face(zone, at), ...quarters.map((ms) => face(zone, at - ms - 1))];
  const shownAfter = quarters.map((ms) => face(zone, at + ms));
  const today = Math.floor(Date.parse(`${face(zone, at).replace(" ", "T")}Z`) / DAY_MS);
  for (let day = today - 2; day <= today + 1; day++) {
    if (schedule.lastDay !== undefined && day > schedule.lastDay) continue;
    const [special] = schedule.special.filter(({ days }) =>
      days.some((range) => range.kind === "dates" && range.firstDay <= day && day <= range.lastDay),
    );
    const times = special?.times ?? schedule.week[(new Date(day * DAY_MS).getUTCDay() + 6) % 7] ?? [];
    for (const { fromMinute, toMinute } of times) {
      const begun = shownBefore.some((shown) => shown >= faceOf(day, fromMinute));
      const goesOn = shownAfter.some((shown) => shown < faceOf(day, toMinute));
      if (begun && goesOn) return true;
    }
  }
  return false;
}

const faces = new Map<string, Intl.DateTimeFormat>();

/** `2026-11-22 07:05:00`, which sorts as time does. */
function face(timeZone: string, at: number): string {
  const known = faces.get(timeZone);
  const format =
    known ?? new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
  faces.set(timeZone, format);
  return format.format(at);
}

const faceOf = (day: number, minute: number): string =>
  new Date(day * DAY_MS + minute * MINUTE_MS).toISOString().slice(0, 19).replace("T", " ");
