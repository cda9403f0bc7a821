/**
 * What goes wrong at a gate on the day of a match: radio and bus in trouble for some seconds, readers that lose their supply,
 * a broker that is away, a process that dies.
 */
import type { SeededRandom } from "../../src/sim/seeded-random.ts";
import { between } from "./day-plan.ts";
import type { Fault, FaultWindow } from "./swarm.ts";

export type Outage =
  | { readonly kind: "faults"; readonly windows: readonly FaultWindow[] }
  /** At some instant, or in the next step that matters. */
  | { readonly kind: "killed" | "killedAtStep"; readonly fromMs: number };

/** Faults that come together, with their rates. */
const SPELLS: readonly Readonly<Partial<Record<Fault, number>>>[] = [
  { radioError: 0.08 },
  { radioError: 0.03, slowCard: 0.05 },
  { cardTorn: 0.03 },
  { corruptRead: 0.03, wrongDataChecksum: 0.02 },
  { lostAck: 0.03, lostResponse: 0.02 },
  { garbledStatus: 0.1, nackBurst: 0.05, lostByte: 0.02 },
  { brownOut: 0.01 },
  { hang: 0.005 },
  { busError: 0.01 },
  { lostEdge: 0.2, lateResponse: 0.02 },
];
/** One of them in so much time. */
const SPELL_EVERY_MS = 500_000;
const SPELL_MS = [8_000, 30_000] as const;
const KILL_EVERY_MS = 700_000;
const BROKER_EVERY_MS = 1_500_000;
const BROKER_AWAY_MS = [20_000, 300_000] as const;

/** Of a day of this length; at least one spell and one death. */
export function planOutages(random: SeededRandom, lengthMs: number): readonly Outage[] {
  const times = (everyMs: number): readonly number[] =>
    Array.from({ length: Math.max(1, Math.round(lengthMs / everyMs)) }, () => random.below(lengthMs));
  return [
    ...times(SPELL_EVERY_MS).map((fromMs) => spell(random, fromMs)),
    ...times(KILL_EVERY_MS).map((fromMs) => ({
      kind: random.pick(["killed", "killedAtStep"] as const),
      fromMs,
    })),
    ...times(BROKER_EVERY_MS).map((fromMs) => ({
      kind: "faults" as const,
      windows: [
        { fault: "brokerGone" as const, fromMs, toMs: fromMs + between(random, ...BROKER_AWAY_MS), rate: 1 },
      ],
    })),
  ];
}

function spell(random: SeededRandom, fromMs: number): Outage {
  const toMs = fromMs + between(random, ...SPELL_MS);
  const rates = Object.entries(random.pick(SPELLS));
  return {
    kind: "faults",
    windows: rates.map(([fault, rate]) => ({ fault: fault as Fault, fromMs, toMs, rate })),
  };
}
