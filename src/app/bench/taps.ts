/**
 * Tap to relay in real time on the virtual board, the gate in a process of its own. Members take turns, so
 * that every presentation is a new one.
 */
import type { Clock } from "../../ports/clock.ts";
import type { RecordedEdge } from "../../sim/board-protocol.ts";
import { SeededRandom } from "../../sim/seeded-random.ts";
import type { TapSnapshot } from "../../sim/tap.ts";
import { type LaneBus, type LaneDemand, LINES } from "../demo/site.ts";
import type { Stage } from "../demo/stage.ts";
import type { Person } from "../demo/story.ts";
import {
  type BusPlan,
  boundMs,
  hsuPlan,
  I2C_PLAN,
  IDENTIFIER_PLAN,
  ORIGINAL_CHIP_PLAN,
  type PlannedCommand,
  SPI_PLAN,
} from "./bound.ts";
import { type Figure, quantile, rounded } from "./figure.ts";
import { askLateness } from "./lateness.ts";

/** The shortest pulse there is, so that a tap need not wait for the end of the one before. */
export const TAP_PULSE_MS = 100;
const ANSWER_MS = 3_000;
/** The pulse and its gap are over. */
const PULSE_OVER_MS = 160;
/** The reader has noticed the removal and seen its field empty. */
const REMOVAL_MS = 300;
const PHASE_MS = 400;

interface Tap {
  /** Card in the field to the on edge of the relay. */
  readonly tapMs: number;
  /** Card in the field to the try that found it. */
  readonly waitMs: number;
  readonly commands: number;
  readonly hostMs: number;
}

/** What a lane demands, and the least commands for it. */
interface TapJob {
  readonly demand: LaneDemand;
  readonly commands: readonly PlannedCommand[];
}

const IDENTIFIER: TapJob = { demand: "identifier", commands: IDENTIFIER_PLAN };
const ORIGINAL_CHIP: TapJob = { demand: "originalChip", commands: ORIGINAL_CHIP_PLAN };

/** A job, and a reader's way to its host, as a measurement knows them. */
export interface TapTransport {
  readonly job: TapJob;
  /** Behind `tap.identifier` and `commands.identifier`; empty for the usual way. */
  readonly suffix: string;
  readonly laneBus: LaneBus;
  readonly plan: BusPlan;
}

const HSU_BAUDS = [115_200, 921_600] as const;
export const TAP_TRANSPORTS: readonly TapTransport[] = [
  { job: IDENTIFIER, suffix: "", laneBus: { bus: "spi" }, plan: SPI_PLAN },
  { job: ORIGINAL_CHIP, suffix: "", laneBus: { bus: "spi" }, plan: SPI_PLAN },
  { job: IDENTIFIER, suffix: ".i2c", laneBus: { bus: "i2c" }, plan: I2C_PLAN },
  ...HSU_BAUDS.map((baud) => ({
    job: IDENTIFIER,
    suffix: baud === 115_200 ? ".hsu" : `.hsu${baud}`,
    laneBus: { bus: "hsu", baud } as const,
    plan: hsuPlan(baud),
  })),
];

interface TapOptions {
  readonly count: number;
  readonly persons: readonly Person[];
}

/** Tap to relay over one transport: the median of `count` taps just before a try, its bound, and the commands. */
export async function measureTaps(
  stage: Stage,
  clock: Clock,
  { job, suffix, plan, ...options }: TapOptions & Pick<TapTransport, "job" | "suffix" | "plan">,
): Promise<readonly Figure[]> {
  const taps = await takeTurns(stage, clock, { ...options, when: "nextTry" });
  const late = await askLateness(stage.director);
  const bound = rounded(boundMs(job.commands, plan));
  const names = tapNames({ job, suffix });
  const tapsMs = taps.map(({ tapMs }) => tapMs);
  const medianMs = quantile(tapsMs, 0.5);
  const hostMs = quantile(
    taps.map(({ hostMs }) => hostMs),
    0.5,
  );
  const p99Ms = rounded(quantile(tapsMs, 0.99));
  return [
    {
      name: names.tap,
      value: rounded(medianMs),
      unit: "ms",
      bound,
      ratio: rounded(medianMs / bound),
      note: `${taps.length} taps, p99 ${p99Ms} ms${late.note}`,
    },
    {
      name: names.host,
      value: rounded(hostMs),
      unit: "ms",
      note: "what radio, chip, bus and card leave of it",
    },
    {
      name: names.commands,
      value: Math.max(...taps.map(({ commands }) => commands)),
      unit: "commands",
    },
    {
      name: names.late,
      value: rounded(late.p99Ms),
      unit: "ms",
      note: "how late the virtual board woke; above 0.2 the latencies are void",
    },
  ];
}

/** The names of a transport's figures. */
export function tapNames({ job: { demand }, suffix }: Pick<TapTransport, "job" | "suffix">) {
  const tap = `tap.${demand}${suffix}`;
  const late = demand === "identifier" ? suffix : `.${demand}${suffix}`;
  return { tap, host: `${tap}.host`, commands: `commands.${demand}${suffix}`, late: `sim.late.p99${late}` };
}

/** The same figures for a transport that cannot be set up here. */
export function unmeasuredTaps(transport: TapTransport, note: string): readonly Figure[] {
  const { tap, commands } = tapNames(transport);
  const bound = rounded(boundMs(transport.job.commands, transport.plan));
  return [
    { name: tap, value: null, unit: "ms", bound, note },
    { name: commands, value: null, unit: "commands", note },
  ];
}

/** The wait of cards that come at random for the try that finds them. */
export async function measureWaits(
  stage: Stage,
  clock: Clock,
  options: TapOptions,
): Promise<readonly Figure[]> {
  const taps = await takeTurns(stage, clock, { ...options, when: "now" });
  const waits = taps.map(({ waitMs }) => waitMs);
  return [
    {
      name: "tap.wait.p50",
      value: rounded(quantile(waits, 0.5)),
      unit: "ms",
      note: "arrival at random phase to the try that finds the card",
    },
    { name: "tap.wait.p99", value: rounded(quantile(waits, 0.99)), unit: "ms" },
  ];
}

/**
 * From the removal of a card to the try that finds the next one, which takes its place at once: the watch that
 * misses the first, the reset of the field, and the next poll, as a running gate does it. A card that is not read
 * in time counts with that time: to leave it out would flatter.
 */
export async function measureNextCard(
  stage: Stage,
  clock: Clock,
  { count, persons }: TapOptions,
): Promise<readonly Figure[]> {
  const random = new SeededRandom(1);
  const { node } = stage.site;
  const waits: number[] = [];
  for (let turn = 0; turn <= count; turn++) {
    const person = persons[turn % persons.length];
    if (person === undefined) throw new Error("a measurement needs persons");
    await stage.director.ask({ do: "remove", node });
    const edge = await tapOnce(stage, clock, person, "now");
    const tap = edge?.taps.find((each) => each.node === node);
    // The first has nobody before it.
    if (turn > 0) waits.push(edge === undefined || tap === undefined ? ANSWER_MS : tapOf(edge, tap).waitMs);
    await clock.sleep(PULSE_OVER_MS + random.below(PHASE_MS));
  }
  await stage.director.ask({ do: "remove", node });
  const missed = waits.filter((waitMs) => waitMs >= ANSWER_MS).length;
  if (missed > count / 2) throw new Error(`only ${count - missed} of ${count} cards were read`);
  const p50Ms = rounded(quantile(waits, 0.5));
  return [
    {
      name: "card.next",
      value: rounded(quantile(waits, 0.99)),
      unit: "ms",
      note: `p99 of ${waits.length} cards put in the place of another, p50 ${p50Ms} ms: removal to the try that finds the next; ${missed} not read within ${ANSWER_MS} ms count as that`,
    },
  ];
}

async function takeTurns(
  stage: Stage,
  clock: Clock,
  options: TapOptions & { readonly when: "now" | "nextTry" },
): Promise<readonly Tap[]> {
  const random = new SeededRandom(1);
  const taps: Tap[] = [];
  for (let turn = 0; turn < options.count; turn++) {
    const person = options.persons[turn % options.persons.length];
    if (person === undefined) throw new Error("a measurement needs persons");
    if (options.when === "now") await clock.sleep(random.below(PHASE_MS));
    const edge = await tapOnce(stage, clock, person, options.when);
    const tap = edge?.taps.find(({ node }) => node === stage.site.node);
    if (edge !== undefined && tap !== undefined) taps.push(tapOf(edge, tap));
    await clock.sleep(PULSE_OVER_MS);
    await stage.director.ask({ do: "remove", node: stage.site.node });
    await clock.sleep(REMOVAL_MS);
  }
  // On a machine that is held up, two cards can seem to follow each other without a gap; the notes count taps.
  if (taps.length < options.count / 2)
    throw new Error(`only ${taps.length} of ${options.count} taps moved the relay`);
  return taps;
}

async function tapOnce(stage: Stage, clock: Clock, { nis, family }: Person, when: "now" | "nextTry") {
  const patience = new AbortController();
  let seen: RecordedEdge | undefined;
  const ignore = stage.director.onEdge((edge) => {
    if (edge.line !== LINES.relay || edge.level !== "high") return;
    seen ??= edge;
    patience.abort();
  });
  await stage.director.ask({ do: "place", node: stage.site.node, card: { card: "cie", family, nis }, when });
  await clock.sleep(ANSWER_MS, patience.signal);
  ignore();
  return seen;
}

function tapOf(edge: RecordedEdge, tap: TapSnapshot): Tap {
  const tapMs = (edge.timeUs - tap.placedAtUs) / 1_000;
  const waitMs = (tap.foundAtUs - tap.placedAtUs) / 1_000;
  const modelMs = (tap.radioUs + tap.chipUs + tap.busUs + tap.cardUs) / 1_000;
  return { tapMs, waitMs, commands: tap.commands, hostMs: tapMs - waitMs - modelMs };
}
