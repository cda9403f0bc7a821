/**
 * A seeded day from beginning to judgement: run it with its faults, let everything heal, hold a card to every
 * reader once more, wait until the back end has all, then ask every invariant.
 */
import process from "node:process";
import { isDeepStrictEqual } from "node:util";
import { toHex } from "../../src/bytes/hex.ts";
import { pseudonym } from "../../src/crypto/pseudonym.ts";
import { verifyChain } from "../../src/journal/verify-chain.ts";
import type { Person } from "./cast.ts";
import { rowsAboutAttackers } from "./chip-invariants.ts";
import { Day, type DayOptions } from "./day.ts";
import type { DayRecord, Violation } from "./day-record.ts";
import { type Engine, enginesAt } from "./engines.ts";
import { isCalm, judgeDay } from "./invariants.ts";
import { presentationsOf } from "./presentations.ts";
import { CHIP_FAULTS, type Fault } from "./swarm.ts";

export interface DayReport {
  readonly seed: number;
  readonly lanes: number;
  /** Who speaks ISO-DEP at each lane. */
  readonly engines: readonly Engine[];
  readonly presentations: number;
  /** Presentations about which a definite answer was demanded. */
  readonly calm: number;
  readonly granted: number;
  readonly denied: number;
  /** Of the granted and the denied, those whose card showed the number of somebody else. */
  readonly attackersGranted: number;
  readonly attackersDenied: number;
  /** Chips pinned at the end. */
  readonly pinned: number;
  readonly kills: number;
  /** How often each fault struck. */
  readonly faults: ReadonlyMap<Fault, number>;
  readonly violations: readonly Violation[];
  /** What happened, in order. */
  readonly diary: readonly { readonly atMs: number; readonly what: string }[];
  /** Every row with its hash and personal part. */
  readonly journal: string;
}

const HEAL_MS = 60_000;
const LAST_TAP_MS = { numbers: 1_500, chips: 4_500 } as const;
const LOOKS_WITHIN_MS = 300;
/** The longest pause between two attempts to deliver, and one that fails just before the end of all faults. */
const DELIVERY_MS = 22 * 60_000;
const LOOK_EVERY_MS = 5_000;

/** Runs and judges the day of a seed. */
export async function simulate(options: DayOptions): Promise<DayReport> {
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  process.on("unhandledRejection", onRejection);
  const day = new Day(options);
  try {
    await day.run();
    const afterwards = [...(await heal(day)), ...(await deliver(day))];
    const record = recordOf(day);
    await day.close();
    const violations = [
      ...judgeDay(record),
      ...afterwards,
      ...judgeEnd(day),
      ...[...day.defects, ...rejections].map((cause) => violation(day, "nothingThrows", describe(cause))),
    ];
    return reportOf(day, record, violations);
  } finally {
    process.off("unhandledRejection", onRejection);
    day.remove();
  }
}

const violation = (day: Day, invariant: string, what: string): Violation => ({
  invariant,
  atMs: day.nowMs,
  what,
});

const describe = (cause: unknown): string =>
  cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);

/** All faults are over: in a minute every lane polls, reports no fault, and lets a member in. */
async function heal(day: Day): Promise<readonly Violation[]> {
  const { world } = day;
  await world.pass(HEAL_MS);
  const violations: Violation[] = [];
  const lastTapMs = LAST_TAP_MS[day.options.proof ?? "numbers"];
  for (const [lane, { id, reader }] of day.doors.entries()) {
    const { chip } = world.board.reader(reader.node);
    const { faults } = world.gate.condition(id);
    if (faults.size > 0) violations.push(violation(day, "heals", `${id} reports ${[...faults].join()}`));
    // One that shares its field looks when it has the turn.
    await world.timeline.runUntil(() => chip.isBusy(), world.timeline.nowUs() + LOOKS_WITHIN_MS * 1_000);
    if (!chip.isBusy()) violations.push(violation(day, "heals", `${id} is not polling`));
    const member = lastTapper(day, lane);
    const edgesBefore = day.witness.edges.length;
    if (member !== undefined) day.hold(lane, member, lastTapMs);
    await world.pass(lastTapMs + 1_000);
    const opened = day.witness.edges.slice(edgesBefore).filter((edge) => edge.lane === lane);
    if (opened.map(({ level }) => level).join() !== "on,off")
      violations.push(violation(day, "heals", `a member at ${id} was not let in once`));
  }
  if (!world.gate.isAlive()) violations.push(violation(day, "heals", "the watchdog would bite"));
  return violations;
}

/** Somebody else at each lane, since where chips are shown one cast serves all of them. */
function lastTapper({ casts, options }: Day, lane: number): Person | undefined {
  const name = `member-${options.proof === "chips" ? lane + 1 : 1}`;
  return casts[lane]?.find((person) => person.name === name);
}

/** Everything that was committed arrives at the back end, unchanged. */
async function deliver(day: Day): Promise<readonly Violation[]> {
  const { witness, backEnd, world } = day;
  const untilMs = day.nowMs + DELIVERY_MS;
  while (day.nowMs < untilMs && backEnd.contiguous < witness.rows().length) await world.pass(LOOK_EVERY_MS);
  const rows = witness.rows();
  const lost = rows.filter(({ seq }) => backEnd.event(seq) === undefined);
  const changed = rows.filter(({ seq, line }) => {
    const received = backEnd.event(seq);
    if (received === undefined) return false;
    const { hash: _, personal: __, ...hashed } = received;
    return !isDeepStrictEqual(hashed, JSON.parse(line));
  });
  const complaints = [...backEnd.complaints, ...day.broker.complaints];
  return [
    ...lost.map(({ seq, atMs }) => ({
      invariant: "everyRowArrives",
      atMs,
      what: `row ${seq} never arrived`,
    })),
    ...changed.map(({ seq, atMs }) => ({
      invariant: "rowsArriveUnchanged",
      atMs,
      what: `row ${seq} differs`,
    })),
    ...complaints.map((what) => violation(day, "rowsArriveInOrder", what)),
    ...(backEnd.size > rows.length
      ? [violation(day, "everyRowArrives", "rows arrived that do not exist")]
      : []),
  ];
}

/** What only the end shows: the chain, the levels of the pins, and what cards and chips noted down. */
function judgeEnd(day: Day): readonly Violation[] {
  const chain = verifyChain(day.database, day.signer.publicKey);
  return [
    ...(chain.ok ? [] : [violation(day, "chainVerifies", JSON.stringify(chain.error))]),
    ...judgeBoard(day),
    ...judgeCards(day),
  ];
}

function judgeBoard(day: Day): readonly Violation[] {
  const { board } = day.world;
  return day.doors.flatMap(({ id, reader, relayLine }) => {
    const { unhandled } = board.reader(reader.node).chip;
    return [
      ...(board.pins.level(relayLine) === "low" ? [] : [violation(day, "relayRestsOff", id)]),
      ...unhandled.map((command) => violation(day, "chipKnowsCommands", `${id}: ${command}`)),
    ];
  });
}

function judgeCards(day: Day): readonly Violation[] {
  return [...new Set(day.casts.flat())].flatMap(({ name, made }) => {
    const { unexpected = [], tripwires = 0 } = made.cie ?? {};
    return [
      ...unexpected.map((command) => violation(day, "cardKnowsCommands", `${name}: ${command}`)),
      ...(tripwires > 0 ? [violation(day, "noPinCommand", name)] : []),
    ];
  });
}

function recordOf({ doors, world, witness, windows, casts }: Day): DayRecord {
  witness.sightPins();
  const holders = new Map<string, Person>();
  for (const person of casts.flat()) {
    if (person.nis === undefined || person.attack !== undefined) continue;
    holders.set(toHex(pseudonym(world.scopeKey, "nis", new TextEncoder().encode(person.nis))), person);
  }
  return {
    doors: doors.map(({ id }) => id),
    demands: doors.map(({ demands }) => (demands === undefined ? "number" : "chip")),
    buses: doors.map(({ reader }) => reader.bus),
    fields: doors.some(({ reader }) => reader.fieldGroup !== undefined) ? "shared" : "own",
    carriersTogether: witness.carriersTogether,
    maxPulseMs: Math.max(...world.config.doors.map(({ relay }) => relay.maxPulseMs)),
    rows: [...witness.rows()],
    edges: witness.edges,
    stays: witness.stays,
    windows,
    launchesMs: witness.launchesMs,
    killsMs: witness.killsMs,
    holders,
    pinSightings: witness.pinSightings,
  };
}

function reportOf(day: Day, record: DayRecord, violations: readonly Violation[]): DayReport {
  const { weather, witness, doors, world } = day;
  for (const fault of CHIP_FAULTS) {
    for (const { reader } of doors) weather.count(fault, world.board.reader(reader.node).faults.count(fault));
  }
  const presentations = presentationsOf(record.stays, record.fields);
  const count = (type: string): number => record.rows.filter((row) => row.type === type).length;
  return {
    seed: day.options.seed,
    lanes: doors.length,
    engines: enginesAt(doors),
    presentations: presentations.length,
    calm: presentations.filter((presentation) => isCalm(presentation, record)).length,
    granted: count("acs.access.granted"),
    denied: count("acs.access.denied"),
    attackersGranted: rowsAboutAttackers("acs.access.granted", record, presentations).length,
    attackersDenied: rowsAboutAttackers("acs.access.denied", record, presentations).length,
    pinned: record.pinSightings.at(-1)?.pins.size ?? 0,
    kills: record.killsMs.length,
    faults: weather.counts,
    violations,
    diary: witness.diary.toSorted((a, b) => a.atMs - b.atMs),
    journal: record.rows
      .map(({ line, hash, pseudonym: holder }) => `${line} ${hash} ${holder ?? ""}`)
      .join("\n"),
  };
}
