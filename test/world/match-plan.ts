/**
 * Who comes to which gate of the stadium when, drawn from a seed before the match: every kind of people, spread over the
 * hours before it begins, most of them late.
 */
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import { Habits } from "./match-acts.ts";
import type { Kind } from "./match-casting.ts";
import { MATCH_GATES } from "./match-gates.table.ts";
import { KINDS } from "./match-kinds.ts";
import type { Errand, Guest } from "./match-people.ts";

/** Somebody who comes. */
export interface Arriving {
  readonly atMs: number;
  readonly errand: Errand;
}

export interface GatePlan {
  readonly lengthMs: number;
  /** In order of time. */
  readonly arriving: readonly Arriving[];
  /** Those who come, and those whose cards somebody has copied. */
  readonly people: readonly Guest[];
}

/** So long is the match day for each of those who come: a stadium has lanes enough for its crowd. */
const MS_EACH = 700;
const LEAST_LENGTH_MS = 240_000;
const OF_TEN_THOUSAND = 10_000;
/** When most come, as a share of the time; the others come at any time. */
const PEAK = 0.75;
const SERIALS_PER_KIND = 1_000;

/** The plan of each gate. */
export function planMatch({
  seed,
  arrivals,
}: {
  readonly seed: number;
  readonly arrivals: number;
}): readonly GatePlan[] {
  const random = new SeededRandom(seed);
  const lengthMs = Math.max(LEAST_LENGTH_MS, arrivals * MS_EACH);
  const crowd = shuffled(
    KINDS.flatMap((kind) => Array.from({ length: countOf(kind, arrivals) }, () => kind)),
    random,
  );
  return MATCH_GATES.map((_, index) => {
    const kinds = crowd.filter((_, place) => place % MATCH_GATES.length === index);
    const cast = new GateCast(index, random.fork());
    const times = kinds.map(() => Math.round(arrivalTime(random) * lengthMs)).sort((a, b) => a - b);
    const arriving = kinds.map((kind, place) => ({ atMs: times[place] ?? 0, errand: cast.errand(kind) }));
    return { lengthMs, arriving, people: cast.people() };
  });
}

/** Somebody of every kind, however few come. */
const countOf = ({ share }: Kind, arrivals: number): number =>
  Math.max(1, Math.round((share * arrivals) / OF_TEN_THOUSAND));

function shuffled<T>(items: readonly T[], random: SeededRandom): readonly T[] {
  return items
    .map((item) => ({ item, order: random.next() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

/** From 0 to 1: for half of them evenly, for the others rising to the peak and falling quickly behind it. */
function arrivalTime(random: SeededRandom): number {
  const [even, chance] = [random.chance(0.5), random.below(OF_TEN_THOUSAND) / OF_TEN_THOUSAND];
  if (even) return chance;
  return chance < PEAK ? Math.sqrt(chance * PEAK) : 1 - Math.sqrt((1 - chance) * (1 - PEAK));
}

/** The people of one gate, each made when he first comes. */
class GateCast {
  readonly #gate: number;
  readonly #random: SeededRandom;
  readonly #habits: Habits;
  readonly #guests = new Map<string, Guest>();
  readonly #came = new Map<Kind, number>();

  constructor(gate: number, random: SeededRandom) {
    this.#gate = gate;
    this.#random = random;
    this.#habits = new Habits(random.fork());
  }

  /** Everybody who was made so far. */
  people(): readonly Guest[] {
    return [...this.#guests.values()];
  }

  errand(kind: Kind): Errand {
    const came = this.#came.get(kind) ?? 0;
    this.#came.set(kind, came + 1);
    const guest = this.#guest(kind, kind.pool === undefined ? came : came % kind.pool);
    return { guest, ...kind.errand(guest, this.#habits, this.#random) };
  }

  #guest(kind: Kind, index: number): Guest {
    const name = `${kind.name} ${index + 1}`;
    const known = this.#guests.get(name);
    if (known !== undefined) return known;
    const gate = MATCH_GATES[this.#gate];
    const member = KINDS[0];
    if (gate === undefined || member === undefined) throw new Error("no such gate");
    const guest = {
      kind: kind.name,
      name,
      ...kind.guest({
        gate,
        random: this.#random,
        serial: KINDS.indexOf(kind) * SERIALS_PER_KIND + index,
        victim: (which) => this.#guest(member, which % (member.pool ?? 1)),
      }),
    };
    this.#guests.set(name, guest);
    return guest;
  }
}
