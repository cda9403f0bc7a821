/**
 * A match day from a seed to its judgement: six gates of two lanes, each with its own journal, one after another, since they
 * have nothing to do with each other but the crowd that divides among them.
 */
import { verifyChain } from "../../src/journal/verify-chain.ts";
import type { Violation } from "./day-record.ts";
import type { Engine } from "./engines.ts";
import type { MatchDefect } from "./match-defects.ts";
import { type Figures, figuresOf } from "./match-figures.ts";
import { MatchGateDay } from "./match-gate.ts";
import { MATCH_GATES } from "./match-gates.table.ts";
import { answerOf, judgeMatch, type MatchRecord, visitsOf } from "./match-judge.ts";
import { planMatch } from "./match-plan.ts";
import type { Visit } from "./match-visitor.ts";
import { CHIP_FAULTS } from "./swarm.ts";

export interface MatchOptions {
  readonly seed: number;
  readonly arrivals: number;
  /** How many gates of the table are played; all when absent. */
  readonly gates?: number;
  readonly defect?: MatchDefect;
  /** Who speaks ISO-DEP at all readers; drawn for each unless said otherwise. */
  readonly engine?: Engine | undefined;
}

export interface MatchReport {
  readonly seed: number;
  /** Who speaks ISO-DEP, by gate and lane. */
  readonly engines: readonly (readonly Engine[])[];
  readonly visits: number;
  /** About which the whole course was demanded. */
  readonly calm: number;
  readonly kills: number;
  /** Strikes of faults. */
  readonly faults: number;
  readonly violations: readonly (Violation & { readonly gate: number })[];
  /** How often each kind of people got which answer: `member: granted originalChip`. */
  readonly answers: ReadonlyMap<string, number>;
  readonly figures: Figures;
  /** What happened at the gates with violations, in order. */
  readonly diaries: ReadonlyMap<number, readonly { readonly atMs: number; readonly what: string }[]>;
}

type GateReport = Omit<MatchReport, "seed" | "engines" | "visits" | "figures" | "violations" | "diaries"> & {
  readonly engines: readonly Engine[];
  readonly visits: readonly Visit[];
  readonly violations: readonly Violation[];
  readonly diary: readonly { readonly atMs: number; readonly what: string }[];
};

/** Plays and judges the match day of a seed. */
export async function playMatch(options: MatchOptions): Promise<MatchReport> {
  const { seed, gates = MATCH_GATES.length } = options;
  const plans = planMatch(options).slice(0, gates);
  const reports: GateReport[] = [];
  for (const [index, plan] of plans.entries()) {
    const day = new MatchGateDay({
      seed,
      index,
      plan,
      engine: options.engine,
      ...(options.defect === undefined ? {} : { defect: options.defect }),
    });
    try {
      reports.push(await gateReport(day));
    } finally {
      day.remove();
    }
  }
  const visits = reports.flatMap((report) => report.visits);
  const sum = (of: (report: GateReport) => number): number =>
    reports.reduce((total, each) => total + of(each), 0);
  const lanes = plans.flatMap((_, index) => MATCH_GATES[index]?.doors ?? []).length;
  return {
    seed,
    engines: reports.map(({ engines }) => engines),
    visits: visits.length,
    calm: sum(({ calm }) => calm),
    kills: sum(({ kills }) => kills),
    faults: sum(({ faults }) => faults),
    violations: reports.flatMap(({ violations }, gate) =>
      violations.map((each) => ({ ...each, gate: gate + 1 })),
    ),
    answers: added(reports.map(({ answers }) => answers)),
    figures: figuresOf(visits, lanes),
    diaries: new Map(
      reports.flatMap(({ violations, diary }, gate) =>
        violations.length > 0 ? [[gate + 1, diary] as const] : [],
      ),
    ),
  };
}

async function gateReport(day: MatchGateDay): Promise<GateReport> {
  const atEnd = await day.run();
  const record = recordOf(day);
  await day.close();
  const chain = verifyChain(day.database, day.signer.publicKey);
  const broken = chain.ok
    ? []
    : [{ invariant: "chainVerifies", atMs: day.nowMs, what: JSON.stringify(chain.error) }];
  const judged = visitsOf(record);
  const answers = new Map<string, number>();
  for (const { visit, answers: rows } of judged) {
    for (const row of rows) {
      const name = `${visit.errand.guest.kind}: ${answerOf(row)}`;
      answers.set(name, (answers.get(name) ?? 0) + 1);
    }
  }
  return {
    engines: day.engines,
    visits: record.visits,
    calm: judged.filter(({ isCalm }) => isCalm).length,
    kills: record.killsMs.length,
    faults: strikes(day),
    violations: [...judgeMatch(record), ...atEnd, ...broken],
    answers,
    diary: day.witness.diary.toSorted((a, b) => a.atMs - b.atMs),
  };
}

function recordOf(day: MatchGateDay): MatchRecord {
  const { world, witness, visits, outages } = day;
  const { doors } = world.config;
  return {
    doors: doors.map(({ id }) => id),
    buses: doors.map(({ reader }) => reader.bus),
    rows: [...witness.rows()],
    edges: witness.edges,
    killsMs: witness.killsMs,
    launchesMs: witness.launchesMs,
    maxPulseMs: Math.max(...doors.map(({ relay }) => relay.maxPulseMs)),
    windows: outages.flatMap((outage) => (outage.kind === "faults" ? outage.windows : [])),
    visits,
    key: (listing) => day.key(listing),
  };
}

/** Of faults at the readers, and of others. */
function strikes({ world, weather }: MatchGateDay): number {
  const atReaders = world.board
    .readers()
    .flatMap(({ faults }) => CHIP_FAULTS.map((fault) => faults.count(fault)));
  return [...atReaders, ...weather.counts.values()].reduce((total, count) => total + count, 0);
}

const added = (counts: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> => {
  const total = new Map<string, number>();
  for (const [name, count] of counts.flatMap((each) => [...each]))
    total.set(name, (total.get(name) ?? 0) + count);
  return total;
};
