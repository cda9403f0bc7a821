/**
 * The comings and goings of one day at one lane, drawn from a seed before the day begins: who holds which
 * card to the reader from when to when. Rush hours and quiet ones; cards pulled away, flickering at the edge
 * of the field, left lying, swapped without a gap, held two at a time.
 */
import type { SeededRandom } from "../../src/sim/seeded-random.ts";
import type { Person } from "./cast.ts";

/** A card in the field of a lane from one instant to another, in ms since the day began. */
export interface Stay {
  readonly lane: number;
  readonly person: Person;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Visits an hour, from six in the morning; the quiet hours are where idle readers have to stay well. */
const VISITS_BY_HOUR = [12, 40, 46, 30, 14, 12, 32, 36, 20, 12, 14, 34, 44, 36, 20, 12];
const HOUR_MS = 3_600_000;

type Habit = "holds" | "pullsAway" | "flickers" | "leavesLying" | "comesAgain" | "bringsCompany";

const HABITS: readonly (readonly [Habit, number])[] = [
  ["holds", 55],
  ["pullsAway", 12],
  ["flickers", 14],
  ["leavesLying", 3],
  ["comesAgain", 9],
  ["bringsCompany", 7],
];

/** How often a role comes: members most, the others often enough that each day sees all of them. */
const WEIGHTS: readonly (readonly [string, number])[] = [
  ["member", 55],
  ["dated-member", 10],
  ["staff", 4],
  ["stranger", 8],
  ["expired", 4],
  ["early", 2],
  ["disabled", 2],
  ["banned", 4],
  ["guest", 3],
  ["worn", 2],
  ["phone", 3],
  ["payment", 2],
  ["transit", 2],
];

/** Who comes to doors that have chips prove themselves: more that are no members, or whose cards do not hold. */
const CHIP_WEIGHTS: readonly (readonly [string, number])[] = [...WEIGHTS, ["attacker", 45], ["frayed", 8]];

/** What a door asks of a card: its number, or that its chip prove itself, for which the door enrols by itself. */
export type Demand = "number" | "chip";

/** How long cards are held, in ms: as long as people know it to take. */
interface Patience {
  readonly holdsMs: number;
  readonly pulledBeforeMs: number;
  readonly weights: typeof WEIGHTS;
}

const PATIENCE: Readonly<Record<Demand, Patience>> = {
  number: { holdsMs: 4_000, pulledBeforeMs: 160, weights: WEIGHTS },
  chip: { holdsMs: 7_000, pulledBeforeMs: 2_000, weights: CHIP_WEIGHTS },
};

/** A part of one visit: on the reader for `holdMs`, `afterMs` after the part before has ended. */
type Part = readonly [afterMs: number, holdMs: number];

/** All stays of `hours` hours at one lane, `share` of what a single lane would see, in order of their beginning. */
export function planLane(
  lane: number,
  options: {
    readonly random: SeededRandom;
    readonly cast: readonly Person[];
    readonly hours: number;
    readonly share: number;
    /** What people are prepared for. */
    readonly demand: Demand;
  },
): readonly Stay[] {
  const { random, cast, hours, share, demand } = options;
  const patience = PATIENCE[demand];
  const stays: Stay[] = [];
  let freeAtMs = 2_000;
  for (const startMs of arrivals(random, hours, share)) {
    // People queue: the next one comes as soon as the one before has gone, at times without any gap.
    const gapMs = random.chance(0.25) ? 0 : between(random, 120, 2_500);
    const visit = visitAt(lane, Math.max(startMs, freeAtMs + gapMs), { random, cast, patience });
    stays.push(...visit);
    freeAtMs = Math.max(...visit.map(({ toMs }) => toMs));
  }
  return stays.filter(({ toMs }) => toMs < hours * HOUR_MS).sort((a, b) => a.fromMs - b.fromMs);
}

/**
 * The stays of a day at lanes whose readers see the same cards: now and then a card is held where both see it, or
 * goes on to the next reader, with a pause or without.
 */
export function spreadOver(lanes: number, stays: readonly Stay[], random: SeededRandom): readonly Stay[] {
  const spread: Stay[] = [];
  const isFree = ({ lane, person, fromMs, toMs }: Stay): boolean =>
    [...stays, ...spread].every(
      (other) => other.lane !== lane || other.person !== person || other.toMs < fromMs || other.fromMs > toMs,
    );
  for (const stay of stays) {
    const lane = (stay.lane + 1 + random.below(lanes - 1)) % lanes;
    const movesMs = stay.toMs + (random.chance(0.5) ? 0 : between(random, 20, 1_500));
    const beside = { ...stay, lane };
    const onwards = { ...beside, fromMs: movesMs, toMs: movesMs + between(random, 200, 3_000) };
    const habit = weighted(random, SPREADING);
    if (habit === "between" && isFree(beside)) spread.push(beside);
    if (habit === "onwards" && isFree(onwards)) spread.push(onwards);
  }
  return [...stays, ...spread].sort((a, b) => a.fromMs - b.fromMs);
}

/** Of people who are free to go to any lane, the stays that one person can really make: nobody is at two at a time. */
export function withoutDoubles(stays: readonly Stay[]): readonly Stay[] {
  const kept: Stay[] = [];
  for (const stay of stays.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const isElsewhere = kept.some(
      ({ lane, person, toMs }) =>
        lane !== stay.lane && person === stay.person && toMs > stay.fromMs - WALK_MS,
    );
    if (!isElsewhere) kept.push(stay);
  }
  return kept;
}

/** From one lane to another: longer than an absence that does not count. */
const WALK_MS = 5_000;

const SPREADING: readonly (readonly ["stays" | "between" | "onwards", number])[] = [
  ["stays", 60],
  ["between", 20],
  ["onwards", 20],
];

function arrivals(random: SeededRandom, hours: number, share: number): readonly number[] {
  const times: number[] = [];
  for (let hour = 0; hour < hours; hour++) {
    const usual = (VISITS_BY_HOUR[hour % VISITS_BY_HOUR.length] ?? 0) * share;
    const count = Math.round((usual * between(random, 90, 120)) / 100);
    for (let index = 0; index < count; index++) times.push(hour * HOUR_MS + random.below(HOUR_MS));
  }
  return times.sort((a, b) => a - b);
}

function visitAt(
  lane: number,
  startMs: number,
  {
    random,
    cast,
    patience,
  }: { readonly random: SeededRandom; readonly cast: readonly Person[]; readonly patience: Patience },
): readonly Stay[] {
  const person = somebody(random, cast, patience);
  const habit = weighted(random, HABITS);
  const stays = laidOut(lane, person, startMs, partsOf(habit, random, patience));
  const last = stays.at(-1);
  if (habit !== "bringsCompany" || last === undefined) return stays;
  const companion = somebody(random, cast, patience);
  if (companion === person) return stays;
  const fromMs = startMs + between(random, 0, 900);
  return [...stays, { lane, person: companion, fromMs, toMs: fromMs + between(random, 200, 4_000) }];
}

function laidOut(lane: number, person: Person, startMs: number, parts: readonly Part[]): readonly Stay[] {
  let atMs = startMs;
  return parts.map(([afterMs, holdMs]) => {
    const fromMs = atMs + afterMs;
    atMs = fromMs + holdMs;
    return { lane, person, fromMs, toMs: atMs };
  });
}

function partsOf(habit: Habit, random: SeededRandom, { holdsMs, pulledBeforeMs }: Patience): readonly Part[] {
  switch (habit) {
    case "holds":
    case "bringsCompany":
      return [[0, between(random, 350, holdsMs)]];
    case "pullsAway": {
      const pulled: Part = [0, between(random, 1, pulledBeforeMs)];
      return random.chance(0.5)
        ? [pulled, [between(random, 30, 3_000), between(random, 400, 2_000)]]
        : [pulled];
    }
    case "flickers": {
      const count = 1 + random.below(5);
      const flickers = Array.from(
        { length: count },
        (): Part => [between(random, 2, 900), between(random, 5, 500)],
      );
      return [
        [0, between(random, 5, 700)],
        ...flickers,
        [between(random, 2, 400), between(random, 300, 1_500)],
      ];
    }
    case "leavesLying":
      return [[0, between(random, 12_000, random.chance(0.3) ? 600_000 : 60_000)]];
    case "comesAgain":
      return [
        [0, between(random, 400, 2_000)],
        [between(random, 1_100, 25_000), between(random, 400, 3_000)],
      ];
  }
}

function somebody(random: SeededRandom, cast: readonly Person[], { weights }: Patience): Person {
  const wanted = weighted(random, weights);
  return random.pick(cast.filter(({ role }) => role === wanted));
}

function weighted<T>(random: SeededRandom, choices: readonly (readonly [T, number])[]): T {
  let left = random.below(choices.reduce((sum, [, weight]) => sum + weight, 0));
  const found = choices.find(([, weight]) => {
    left -= weight;
    return left < 0;
  });
  if (found === undefined) throw new Error("weights do not add up");
  return found[0];
}

/** A whole number from `least` to `most`, both included. */
export const between = (random: SeededRandom, least: number, most: number): number =>
  least + random.below(most - least + 1);
