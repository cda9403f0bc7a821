/**
 * Who comes to the turnstiles of a simulated day, with the card that each holds and what the gate has to say
 * to it. The expectation is written here, apart from the policy that it judges.
 */
import type { Credential } from "../../src/ports/credentials.ts";
import type { CieAttackName } from "../../src/sim/cards/cie-attacks.ts";
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
  readonly role: string;
  readonly nis?: string;
  /** At a door that goes by the number. Absent for a card that never answers to its end, about which nothing is promised. */
  readonly answer?: Answer;
  /** Whether the gate may ever open for this person. */
  readonly entitled: boolean;
  readonly made: MadeCard;
  /** What the gate is told of the holder before the day. */
  readonly credential?: Partial<Credential>;
  readonly isDenied?: true;
  /** The public key of the chip that the State issued, in hexadecimal; known where chips are asked to prove themselves. */
  readonly chipKey?: string;
  /** How the card was made to show the number of somebody else. */
  readonly attack?: { readonly name: CieAttackName; readonly victim: Person };
}

/** A part to be played by a number of people. */
export interface Role {
  readonly name: string;
  readonly count: number;
  readonly answer?: Answer;
  readonly entitled?: true;
  readonly credential?: Partial<Credential>;
  readonly isDenied?: true;
  readonly card?: Partial<CieSpec>;
}

const denied = (reason: string, detail?: string): Answer =>
  detail === undefined ? { outcome: "denied", reason } : { outcome: "denied", reason, detail };
const GRANTED: Answer = { outcome: "granted" };

/** Dates lie far enough away that no jump of the clock reaches them, and near enough that nothing is erased yet. */
export const ROLES: readonly Role[] = [
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
  { name: "banned", count: 5, answer: denied("acs:DenyListed"), credential: {}, isDenied: true },
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
    for (let index = 0; index < role.count; index++)
      people.push(
        personOf(role, index, { ...habits(random), ...role.card, ...numberOf(lane, people.length) }),
      );
  }
  return [...people, ...othersThanCie()];
}

/** Those who come with something that is no identity card. */
export const othersThanCie = (): readonly Person[] =>
  OTHER_CARDS.map(({ name, spec, answer }) => ({
    name,
    role: name,
    answer,
    entitled: false,
    made: makeCard(spec),
  }));

/** The number of the holder of this index at a lane. */
export const numberOf = (lane: number, index: number): Pick<CieSpec, "card" | "nis"> => ({
  card: "cie",
  nis: String(100_000_000_000 + lane * 1_000 + index),
});

/** Enrols those who are known to the gate and puts the banned on its deny list. */
export function enrol(world: VirtualGate, cast: readonly Person[]): void {
  for (const { nis, credential, isDenied } of cast) {
    if (nis === undefined || credential === undefined) continue;
    world.admit(nis, credential);
    if (isDenied === true) world.deny(nis);
  }
}

/** Who plays a role with this card. */
export function personOf(role: Role, index: number, spec: CieSpec): Person {
  const { name, count: _, card: __, entitled, ...known } = role;
  return {
    name: `${name}-${index + 1}`,
    role: name,
    nis: spec.nis,
    entitled: entitled === true,
    made: makeCard(spec),
    ...known,
  };
}

/** Ways in which good cards differ. */
export function habits(random: SeededRandom): Omit<CieSpec, "card" | "nis"> {
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
