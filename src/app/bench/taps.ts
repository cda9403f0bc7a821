/**
 * Tap to relay in real time on the virtual board, the gate in a process of its own. Two members take turns,
 * so that every presentation is a new one.
 */
import type { Clock } from "../../ports/clock.ts";
import type { RecordedEdge } from "../../sim/board-protocol.ts";
import { SeededRandom } from "../../sim/seeded-random.ts";
import type { TapSnapshot } from "../../sim/tap.ts";
import { LINES, NODE } from "../demo/site.ts";
import type { Stage } from "../demo/stage.ts";
import type { Person } from "../demo/story.ts";
import { boundMs, IDENTIFIER_PLAN } from "./bound.ts";
import { type Figure, quantile, rounded } from "./figure.ts";

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

/** Figures of `count` taps just before a try, and of as many at random phase. */
export async function measureTaps(
  stage: Stage,
  clock: Clock,
  options: { readonly count: number; readonly persons: readonly Person[] },
): Promise<readonly Figure[]> {
  const atTry = await takeTurns(stage, clock, { ...options, when: "nextTry" });
  const atRandom = await takeTurns(stage, clock, { ...options, when: "now" });
  const lateness = await stage.director.ask({ do: "lateness" });
  const lateP99Ms = lateness.ok ? lateness.value.p99Ms : Number.NaN;
  const bound = rounded(boundMs(IDENTIFIER_PLAN));
  const medianMs = quantile(
    atTry.map(({ tapMs }) => tapMs),
    0.5,
  );
  const waits = atRandom.map(({ waitMs }) => waitMs);
  return [
    {
      name: "tap.identifier",
      value: rounded(medianMs),
      unit: "ms",
      bound,
      ratio: rounded(medianMs / bound),
      note: `${atTry.length} taps, p99 ${rounded(
        quantile(
          atTry.map(({ tapMs }) => tapMs),
          0.99,
        ),
      )} ms${isVoid(lateP99Ms)}`,
    },
    {
      name: "tap.identifier.host",
      value: rounded(
        quantile(
          atTry.map(({ hostMs }) => hostMs),
          0.5,
        ),
      ),
      unit: "ms",
      note: "what radio, chip, bus and card leave of it",
    },
    {
      name: "tap.wait.p50",
      value: rounded(quantile(waits, 0.5)),
      unit: "ms",
      note: "arrival at random phase to the try that finds the card",
    },
    { name: "tap.wait.p99", value: rounded(quantile(waits, 0.99)), unit: "ms" },
    {
      name: "commands.identifier",
      value: Math.max(...atTry.map(({ commands }) => commands)),
      unit: "commands",
    },
    {
      name: "sim.late.p99",
      value: rounded(lateP99Ms),
      unit: "ms",
      note: "how late the virtual board woke; above 0.2 the latencies are void",
    },
  ];
}

const LATE_LIMIT_MS = 0.2;
const isVoid = (lateP99Ms: number): string =>
  lateP99Ms > LATE_LIMIT_MS ? "; VOID: the virtual board woke too late on this machine" : "";

async function takeTurns(
  stage: Stage,
  clock: Clock,
  options: { readonly count: number; readonly persons: readonly Person[]; readonly when: "now" | "nextTry" },
): Promise<readonly Tap[]> {
  const random = new SeededRandom(1);
  const taps: Tap[] = [];
  for (let turn = 0; turn < options.count; turn++) {
    const person = options.persons[turn % options.persons.length];
    if (person === undefined) throw new Error("a measurement needs persons");
    if (options.when === "now") await clock.sleep(random.below(PHASE_MS));
    const edge = await tapOnce(stage, clock, person, options.when);
    const tap = edge?.taps.find(({ node }) => node === NODE);
    if (edge !== undefined && tap !== undefined) taps.push(tapOf(edge, tap));
    await clock.sleep(PULSE_OVER_MS);
    await stage.director.ask({ do: "remove", node: NODE });
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
  await stage.director.ask({ do: "place", node: NODE, card: { card: "cie", family, nis }, when });
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
