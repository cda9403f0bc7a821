/**
 * How the people of a match are cast: with which document, listed by what, enrolled how, and what the gate has to say to
 * them then. What they do at a lane is in `match-acts.ts`, which kinds of them there are in `match-kinds.ts`.
 */
import { ARRIVALS, type ArrivalFacts } from "../../src/sim/arrivals.table.ts";
import { type ArrivalName, arrivalOf } from "../../src/sim/arrivals.ts";
import type { CieAttackName } from "../../src/sim/cards/cie-attacks.ts";
import { makeCard } from "../../src/sim/cards/make-card.ts";
import type { ChipFault } from "../../src/sim/emrtd/chip-faults.ts";
import type { ContentFault } from "../../src/sim/emrtd/documents/content-faults.ts";
import { PROFILES } from "../../src/sim/emrtd/documents/profiles.table.ts";
import type { SeededRandom } from "../../src/sim/seeded-random.ts";
import type { Habits, Opening } from "./match-acts.ts";
import type { MatchGate, MatchWord } from "./match-gates.table.ts";
import {
  cieOf,
  documentText,
  type Enrolment,
  type Errand,
  type Guest,
  holding,
  listingOf,
  variantOf,
} from "./match-people.ts";

/** Of the people of one kind at one gate. */
export interface Casting {
  readonly gate: MatchGate;
  readonly random: SeededRandom;
  /** A number that nobody else at the gate has. */
  readonly serial: number;
  /** Somebody of another kind, for attackers to copy. */
  readonly victim: (index: number) => Guest;
}

export interface Kind {
  readonly name: string;
  /** Of ten thousand who come. */
  readonly share: number;
  /** How many different people of this kind a gate sees, who come again and again; everybody is new when absent. */
  readonly pool?: number;
  readonly guest: (casting: Casting) => Omit<Guest, "kind" | "name">;
  readonly errand: (guest: Guest, habits: Habits, random: SeededRandom) => Omit<Errand, "guest">;
}

export const INCOMPLETE = "denied acs:ReadIncomplete*";
export const WRONG_PASSWORD = "denied InvalidPIN wrongPassword";
export const BLOCKED = "denied acs:Blocked passwordTries";
export const NOT_LISTED = "denied CredentialNotFound";
export const COPY = "denied acs:ChipAuthenticationFailed*";
export const NO_DOCUMENT = "denied Other notAnIdentityCard*";
export const DAY_MS = 86_400_000;
export const MEMBERS = 120;
export const GUESSES = 13;
export const GUESSES_BY_NUMBER = 7;

export const ALL_DOCUMENTS: readonly ArrivalName[] = [
  ...([
    "chiara",
    "marco",
    "lucas",
    "camille",
    "greta",
    "walter",
    "amelie",
    "sanne",
    "grace",
    "reto",
  ] as const),
  ...(["ines", "jules", "emma"] as const),
];
export const CIES: readonly ArrivalName[] = ["chiara", "marco"];
export const WITH_CAN: readonly ArrivalName[] = ["chiara", "marco", "lucas", "camille", "greta", "emma"];
/** Which a gate that goes by them takes everywhere, and whose chips can be told from copies. */
export const SURE: readonly ArrivalName[] = [
  "chiara",
  "marco",
  "lucas",
  "camille",
  "greta",
  "amelie",
  "ines",
  "emma",
];

/** Somebody with a document; `facts` and `fault` change it. */
export function traveller(
  { random, serial }: Casting,
  patterns: readonly ArrivalName[],
  {
    facts = {},
    fault,
  }: { readonly facts?: Partial<ArrivalFacts>; readonly fault?: ChipFault | ContentFault } = {},
) {
  const pattern = patterns[serial % patterns.length] ?? "lucas";
  return { pattern, arrival: arrivalOf({ ...variantOf(pattern, serial, random), ...facts }, fault) };
}

/** By what this gate would know the holder of such a document: one of the ways that it has. */
function wordFor(pattern: ArrivalName, { gate, random }: Casting): MatchWord {
  const able = gate.match.filter((word) => word !== "fiscalCode" || CIES.includes(pattern));
  return random.pick(able);
}

/** What is due to a sound document whose holder is listed by it. */
function dueByDocument(pattern: ArrivalName, word: MatchWord, { level, countries }: MatchGate): string {
  const { profile } = ARRIVALS[pattern];
  const { issuer } = PROFILES[profile].zone;
  if (countries !== undefined && !countries.includes(issuer)) return "denied Unauthorized country";
  const proves = profile === "passport-us" ? "authenticDocument" : "verifiedDocument";
  if (proves !== level && level === "verifiedDocument") return "denied acs:SecurityLevelTooLow";
  return `granted ${proves} by ${word}`;
}

/** The holder of a document who is on the list, whatever may be false about it. */
export function listed(
  casting: Casting,
  patterns: readonly ArrivalName[],
  change: Parameters<typeof traveller>[2] & { readonly due?: string; readonly alarm?: string } = {},
): Omit<Guest, "kind" | "name"> {
  const { due, alarm } = change;
  const { pattern, arrival } = traveller(casting, patterns, change);
  const word = wordFor(pattern, casting);
  return {
    ...holding(arrival),
    listed: [listingOf(arrival, word)],
    due: due ?? dueByDocument(pattern, word, casting.gate),
    ...(alarm === undefined ? {} : { alarm }),
  };
}

export function stranger(
  casting: Casting,
  patterns: readonly ArrivalName[],
  due: string,
): Omit<Guest, "kind" | "name"> {
  return { ...holding(traveller(casting, patterns).arrival), listed: [], due };
}

/** Somebody whose chip was pinned at the desk; with `documents`, his document and its number too. */
export function enrolled(
  casting: Casting,
  { document, due }: { readonly document: "none" | "kept" | "replaced"; readonly due: string },
): Omit<Guest, "kind" | "name"> {
  const { arrival } = traveller(casting, CIES);
  const { holder, can = "" } = arrival;
  const { nis = "" } = holder;
  const kept = document === "replaced" ? { ...holder, documentNumber: "CA99999ZZ" } : holder;
  const enrolment: Enrolment = {
    ...{ nis, generation: 2 },
    ...(document === "none" ? {} : { can, document: documentText(kept) }),
  };
  const alone = { card: () => makeCard(cieOf(nis)) };
  return {
    ...(document === "none" ? alone : holding(arrival)),
    listed: [{ kind: "nis", text: nis }],
    enrolment,
    due,
  };
}

const opening = ({ can }: Guest, random: SeededRandom): Opening => ({
  way: can === undefined || random.chance(0.2) ? "scanner" : "keypad",
  when: random.pick(["before", "after"] as const),
});

/** Taps, and is told what is due. */
export const taps = ({ due }: Guest, habits: Habits) => ({
  acts: habits.tap(),
  again: habits.tapAgain(),
  answers: [due],
  mistakes: [],
});

/** Opens the document in one of the ways that there are. */
export function opens(guest: Guest, habits: Habits, random: SeededRandom) {
  const how = opening(guest, random);
  return { acts: habits.open(how), again: habits.openAgain(how.way), answers: [guest.due], mistakes: [] };
}

export const kind = (
  name: string,
  share: number,
  guest: Kind["guest"],
  errand: Kind["errand"],
  pool: number | undefined = 4,
): Kind => ({ name, share, guest, errand, ...(pool === undefined ? {} : { pool }) });

export const forged = (name: string, share: number, fault: ContentFault, due: string, alarm: string): Kind =>
  kind(name, share, (casting) => listed(casting, SURE, { fault, due, alarm }), opens);

export const COPIES: readonly CieAttackName[] = ["ownKey", "nisOnly", "copiedSod", "replay"];
