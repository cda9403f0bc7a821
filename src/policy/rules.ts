/**
 * The policy as a table: rules in the order in which they are asked; the first that applies ends the matter.
 * All but the last can only deny, the last one grants, and when none applies the answer is no. Deny list
 * first, then what was proven, then the allow list, then the time. Each rule also says in words what it
 * compared, without anything that belongs to a person.
 */
import { toIso8601 } from "../time/iso-8601.ts";
import type { Instant } from "../time/time.ts";
import { demandHangsOnTime, demandOf, demandWords, provenLevel } from "./demand.ts";
import type { Admission, DenialReason, Question, UnsyncedClock } from "./question.ts";
import { timetableWords } from "./timetable-words.ts";

export interface Rule {
  /** Where the rule stands, in the configuration or on the lists; decisions and events name it so. */
  readonly path: (question: Question) => string;
  readonly ruling: { readonly deny: DenialReason } | "grant";
  /** Whether the rule decides. */
  readonly applies: (question: Question) => boolean;
  /** What it compared with what. */
  readonly words: (question: Question) => string;
  /** Whether what time it is may have brought the matter here or decide it; absent = never. */
  readonly timed?: (question: Question) => boolean;
}

const denyList: Rule = {
  path: () => "denyList",
  ruling: { deny: "acs:DenyListed" },
  applies: ({ standing }) => standing.denyListed,
  words: ({ standing }) => `the holder is ${standing.denyListed ? "" : "not "}on the deny list`,
};

/** No downgrade: whoever has a chip is nobody without it, at a door that demands less too. */
const chipKey: Rule = {
  path: () => "chip/key",
  ruling: { deny: "acs:ChipAuthenticationFailed" },
  applies: ({ chip, proofs }) => chip === "pinned" && !proofs.has("chipKey"),
  words: ({ chip, proofs }) => {
    if (chip !== "pinned") return "no chip is pinned to the number";
    return `a chip is pinned to the number, and it has ${proofs.has("chipKey") ? "" : "not "}proven itself`;
  },
};

const chipOrigin: Rule = {
  path: () => "chip/origin",
  ruling: { deny: "acs:DocumentAuthenticationFailed" },
  applies: ({ chip }) => chip === "notGenuine",
  words: ({ chip }) =>
    chip === "notGenuine"
      ? "an examination found that the State did not make the chip"
      : "no examination has objected to the chip",
};

const chipSigner: Rule = {
  path: () => "chip/signer",
  ruling: { deny: "acs:TrustAnchorMissing" },
  applies: ({ chip }) => chip === "signerUnknown",
  words: ({ chip }) =>
    chip === "signerUnknown"
      ? "an examination found a signer who is not trusted here"
      : "no examination has met a signer who is not trusted here",
};

const level: Rule = {
  path: ({ door, standing, at }) => {
    const { stepUp } = demandOf(door, standing.credential?.group, at);
    return `doors/${door.door}/${stepUp === undefined ? "level" : `stepUp/${stepUp}`}`;
  },
  ruling: { deny: "acs:SecurityLevelTooLow" },
  timed: demandIsTimed,
  applies: ({ door, proofs, standing, at }) =>
    provenLevel(demandOf(door, standing.credential?.group, at).levels, proofs) === undefined,
  words: ({ door, proofs, standing, at }) =>
    `${demandWords(door, standing.credential?.group, at)}; proven: ${[...proofs].join(", ") || "nothing"}`,
};

const known: Rule = {
  path: () => "allowList",
  ruling: { deny: "CredentialNotFound" },
  timed: demandIsTimed,
  applies: ({ standing }) => standing.credential === undefined,
  words: ({ standing }) =>
    `the holder is ${standing.credential === undefined ? "not " : ""}on the allow list`,
};

const enabled: Rule = {
  path: () => "allowList/enabled",
  ruling: { deny: "CredentialNotEnabled" },
  timed: demandIsTimed,
  applies: ({ standing }) => standing.credential?.enabled === false,
  words: ({ standing }) =>
    `the credential is switched ${standing.credential?.enabled === false ? "off" : "on"}`,
};

const group: Rule = {
  path: ({ door }) => `doors/${door.door}/groups`,
  ruling: { deny: "Unauthorized" },
  timed: demandIsTimed,
  applies: (question) => question.standing.credential !== undefined && admissionOf(question) === undefined,
  words: ({ door, standing }) =>
    `the credential is of ${groupWords(standing.credential?.group)}; ` +
    `the door admits ${[...door.admissions.keys()].join(", ")}`,
};

const clock: Rule = {
  path: () => "unsyncedClock",
  ruling: { deny: "acs:ClockUntrusted" },
  timed: isTimed,
  applies: (question) =>
    question.at.state === "unsynced" &&
    !goesByLastKnown(question.door.unsyncedClock, question.standing.credential?.group) &&
    needsTime(question),
  words: (question) => {
    if (!needsTime(question)) return "neither dates nor a schedule: the time does not matter";
    const { state } = question.at;
    if (state !== "unsynced") return `the time matters, and the clock is ${state}`;
    return `the time matters, the clock is unsynced, and ${unsyncedWords(question.door.unsyncedClock)}`;
  },
};

const validFrom: Rule = {
  path: () => "allowList/validFrom",
  ruling: { deny: "CredentialNotActive" },
  timed: isTimed,
  applies: ({ standing, at }) =>
    standing.credential?.validFrom !== undefined && at.instant < standing.credential.validFrom,
  words: ({ standing, at }) => comparison("begins", standing.credential?.validFrom, at.instant),
};

const validUntil: Rule = {
  path: () => "allowList/validUntil",
  ruling: { deny: "CredentialExpired" },
  timed: isTimed,
  applies: ({ standing, at }) =>
    standing.credential?.validUntil !== undefined && at.instant >= standing.credential.validUntil,
  words: ({ standing, at }) => comparison("ends", standing.credential?.validUntil, at.instant),
};

const schedule: Rule = {
  path: (question) => `schedules/${admissionOf(question)?.timetable?.name ?? ""}`,
  ruling: { deny: "NotPermittedAtThisTime" },
  timed: isTimed,
  applies: (question) => admissionOf(question)?.timetable?.covers(question.at.instant) === false,
  words: (question) => {
    const timetable = admissionOf(question)?.timetable;
    return timetable === undefined
      ? `${groupWords(question.standing.credential?.group)} may pass at any time`
      : timetableWords(timetable, question.at.instant);
  },
};

const admission: Rule = {
  path: (question) => {
    const { group: name = "", timetable } = admissionOf(question) ?? {};
    const path = `doors/${question.door.door}/groups/${name}`;
    return timetable === undefined ? path : `${path}/${timetable.name}`;
  },
  ruling: "grant",
  timed: isTimed,
  applies: (question) => admissionOf(question) !== undefined,
  words: (question) => `the door admits ${groupWords(admissionOf(question)?.group)}`,
};

/** In the order in which they are asked. */
export const RULES: readonly Rule[] = [
  denyList,
  chipKey,
  chipOrigin,
  chipSigner,
  level,
  known,
  enabled,
  group,
  clock,
  validFrom,
  validUntil,
  schedule,
  admission,
];

/** Whether the time may change what the door demands of this holder, and so whether the rule was come to. */
function demandIsTimed({ door, standing }: Question): boolean {
  return demandHangsOnTime(door, standing.credential?.group);
}

/** The same, or the rule itself hangs on the time. */
function isTimed(question: Question): boolean {
  return demandIsTimed(question) || needsTime(question);
}

/** Whether admission hangs on what time it is: a validity date, a schedule of the holder's group, or the dates of a document or a seal and of its signer. */
function needsTime(question: Question): boolean {
  const { credential } = question.standing;
  return (
    question.proofs.has("documentSignature") ||
    question.proofs.has("seal") ||
    credential?.validFrom !== undefined ||
    credential?.validUntil !== undefined ||
    admissionOf(question)?.timetable !== undefined
  );
}

const admissionOf = ({ door, standing }: Question): Admission | undefined =>
  standing.credential === undefined ? undefined : door.admissions.get(standing.credential.group);

function goesByLastKnown(rule: UnsyncedClock, name: string | undefined): boolean {
  if (typeof rule === "string") return rule === "lastKnown";
  return name !== undefined && rule.groups.includes(name);
}

const groupWords = (name: string | undefined): string => (name === undefined ? "no group" : `group ${name}`);

function unsyncedWords(rule: UnsyncedClock): string {
  if (rule === "lastKnown") return "the last known time counts";
  return rule === "deny" ? "then nobody passes" : `then only ${rule.groups.join(", ")} pass`;
}

const comparison = (what: "begins" | "ends", date: Instant | undefined, now: Instant): string =>
  date === undefined
    ? `validity never ${what}`
    : `validity ${what} at ${toIso8601(date)}; it is ${toIso8601(now)}`;
