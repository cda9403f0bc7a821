/** The figures of a match day: how long people wait and pass, by kind of passage, and how many a lane lets in at the peak. */
import type { Visit } from "./match-visitor.ts";

export interface Spread {
  readonly count: number;
  readonly median: number;
  readonly p90: number;
  readonly p99: number;
}

export interface Figures {
  /** From the end of the queue to the lane, in ms. */
  readonly waiting: Spread;
  /** From stepping up to the opening of the turnstile, in ms. */
  readonly passage: ReadonlyMap<string, Spread>;
  /** People let in at one lane within a minute, in the busiest ten minutes. */
  readonly peakPerMinute: number;
}

const MINUTE_MS = 60_000;
const PEAK_MS = 10 * MINUTE_MS;

/** Of all gates together. */
export function figuresOf(visits: readonly Visit[], lanes: number): Figures {
  const passed = visits.filter(({ passedMs }) => passedMs !== undefined);
  const kinds = new Map<string, number[]>();
  for (const visit of passed) {
    const name = passageOf(visit);
    kinds.set(name, [...(kinds.get(name) ?? []), (visit.passedMs ?? 0) - visit.beganMs]);
  }
  return {
    waiting: spreadOf(visits.map(({ arrivedMs, beganMs }) => beganMs - arrivedMs)),
    passage: new Map([...kinds].sort().map(([name, times]) => [name, spreadOf(times)])),
    peakPerMinute: peak(passed.map(({ passedMs = 0 }) => passedMs)) / lanes / (PEAK_MS / MINUTE_MS),
  };
}

/** How somebody who did nothing else came in. */
function passageOf({ errand, entries, retries }: Visit): string {
  const { guest } = errand;
  if (retries > 0 || errand.mistakes.length > 0) return "after a mistake or a fault";
  if (entries.length === 0) return guest.enrolment?.document === undefined ? "tap" : "tap, both sides";
  const [first] = errand.acts;
  const way = errand.acts.find((act) => act.do === "enter");
  const what = way?.do === "enter" && way.way === "scanner" ? "zone" : "number";
  return first?.do === "enter" ? `${what}, then document` : `document, then ${what}`;
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
  return { count: sorted.length, median: at(0.5), p90: at(0.9), p99: at(0.99) };
}

/** Most that fall into any ten minutes. */
function peak(timesMs: readonly number[]): number {
  const sorted = timesMs.toSorted((a, b) => a - b);
  let [most, first] = [0, 0];
  for (const [index, timeMs] of sorted.entries()) {
    while ((sorted[first] ?? 0) < timeMs - PEAK_MS) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

/** In words and seconds, a line for each. */
export function figureLines({ waiting, passage, peakPerMinute }: Figures): readonly string[] {
  const line = (name: string, { count, median, p90, p99 }: Spread): string =>
    `  ${name}: ${count}, median ${seconds(median)}, p90 ${seconds(p90)}, p99 ${seconds(p99)} s`;
  return [
    line("waiting", waiting),
    ...[...passage].map(([name, spread]) => line(name, spread)),
    `  at the peak ${peakPerMinute.toFixed(1)} a minute and lane`,
  ];
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(2);
