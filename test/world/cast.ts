/**
 * Who comes to the turnstiles of a simulated day, with the card that each holds and what the gate has to say
 * to it. The expectation is written here, apart from the policy that it judges.
 */
import type { Credential } from "../../src/ports/credentials.ts";
import { CIE_FAMILY_NAMES } from "../../src/sim/cards/cie-families.table.ts";
import type { CieSpec } from "../../src/sim/cards/cie-spec.ts";
import { type CardSpec, type MadeCard, makeCard } from "../../src/sim/cards/make-card.ts";
import type { SeededRandom } from "../../src/sim/seeded-random.ts";
import { instant } from "../../src/time/time.ts";
import { MORNING, type VirtualGate } from "./virtual-gate.ts";

const DAY_MS = 86_400_000;

/** What the one row about an undisturbed presentation says. `detail` only where the reason needs it. */
export interface Answer {
  readonly outcome: "granted" | "denied";
  readonly reason?: string;
  readonly detail?: string;
}

export interface Person {
  readonly name: string;
  readonly nis?: string;
  /** Absent for a card that never answers to its end, about which nothing is promised. */
  readonly answer?: Answer;
  /** Whether the gate may ever open for this person. */
  readonly entitled: boolean;
  readonly made: MadeCard;
}

interface Role {
  readonly name: string;
  readonly count: number;
  readonly answer?: Answer;
  readonly entitled?: true;
  readonly credential?: Partial<Credential>;
  readonly denied?: true;
  readonly card?: Partial<CieSpec>;
}

const denied = (reason: string, detail?: string): Answer =>
  detail === undefined ? { outcome: "denied", reason } : { outcome: "denied", reason, detail };
const GRANTED: Answer = { outcome: "granted" };

/** Dates lie far enough away that no jump of the clock reaches them, and near enough that nothing is erased yet. */
const ROLES: readonly Role[] = [
  { name: "member", count: 70, answer: GRANTED, entitled: true, credential: {} },
  {
    name: "dated-member",
    count: 12,
    answer: GRANTED,
    entitled: true,
    credential: { validFrom: instant(MORNING - 900 * DAY_MS), validUntil: instant(MORNING + 900 * DAY_MS) },
  },
  { name: "staff", count: 4, answer: GRANTED, entitled: true, credential: { group: "staff" } },
  { name: "stranger", count: 10, answer: denied("CredentialNotFound") },
  {
    name: "expired",
    count: 5,
    answer: denied("CredentialExpired"),
    credential: { validUntil: instant(MORNING - 20 * DAY_MS) },
  },
  {
    name: "early",
    count: 3,
    answer: denied("CredentialNotActive"),
    credential: { validFrom: instant(MORNING + 200 * DAY_MS) },
  },
  { name: "disabled", count: 3, answer: denied("CredentialNotEnabled"), credential: { enabled: false } },
  { name: "banned", count: 5, answer: denied("acs:DenyListed"), credential: {}, denied: true },
  { name: "guest", count: 4, answer: denied("Unauthorized"), credential: { group: "guests" } },
  { name: "worn", count: 4, entitled: true, credential: {}, card: { tearAfterApdu: 2 } },
];

const OTHER_CARDS: readonly { readonly name: string; readonly spec: CardSpec; readonly answer: Answer }[] = [
  { name: "phone", spec: { card: "phone" }, answer: denied("Other", "notAnIdentityCard:unknown") },
  { name: "payment", spec: { card: "payment" }, answer: denied("Other", "notAnIdentityCard:payment") },
  {
    name: "transit",
    spec: { card: "transit", uid: "01020304" },
    answer: denied("Other", "notAnIdentityCard:transit"),
  },
];

/** Everybody who may come to one lane, in a fixed order. `random` varies the habits of their cards. */
export function makeCast(random: SeededRandom, lane: number): readonly Person[] {
  const people: Person[] = [];
  for (const role of ROLES) {
    for (let index = 0; index < role.count; index++) {
      const nis = String(100_000_000_000 + lane * 1_000 + people.length);
      people.push(personOf(role, index, { ...habits(random), ...role.card, card: "cie", nis }));
    }
  }
  for (const { name, spec, answer } of OTHER_CARDS) {
    people.push({ name, answer, entitled: false, made: makeCard(spec) });
  }
  return people;
}

/** Enrols those who are known to the gate and puts the banned on its deny list. */
export function enrol(world: VirtualGate, cast: readonly Person[]): void {
  for (const { name, nis } of cast) {
    const role = ROLES.find((known) => name.startsWith(`${known.name}-`));
    if (nis === undefined || role?.credential === undefined) continue;
    world.admit(nis, role.credential);
    if (role.denied === true) world.deny(nis);
  }
}

function personOf(role: Role, index: number, spec: CieSpec): Person {
  const { answer, entitled } = role;
  const person = { name: `${role.name}-${index + 1}`, nis: spec.nis, made: makeCard(spec) };
  return answer === undefined
    ? { ...person, entitled: entitled === true }
    : { ...person, entitled: entitled === true, answer };
}

/** Ways in which good cards differ. */
function habits(random: SeededRandom): Omit<CieSpec, "card" | "nis"> {
  return {
    family: random.pick(CIE_FAMILY_NAMES),
    filler: random.chance(0.3),
    leZero: random.pick([256, 231] as const),
    eof: random.pick(["6282", "6B00", "exact"] as const),
    sw61: random.chance(0.15),
    sw6C: random.chance(0.15),
    apduUs: random.pick([8_000, 15_000, 30_000]),
    type: random.pick(["A", "A", "A", "B"] as const),
  };
}
