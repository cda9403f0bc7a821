/** The demo in words: one line for each presentation, and a summary. */
import type { SeenEvent } from "./back-end.ts";
import type { Outcome } from "./performance.ts";

export interface Summary {
  /** The newest, if there were very many. */
  readonly outcomes: readonly Outcome[];
  /** As many decisions as the back end has them, in the journal's order. */
  readonly decisions: readonly SeenEvent[];
  /** All events at the back end, once each. */
  readonly events: number;
  readonly missing: number;
  readonly sentAgain: number;
  readonly leftLying: number;
  /** How late the virtual board woke, 99th percentile; above 0.2 ms the latencies say little. */
  readonly lateP99Ms: number | undefined;
  /** Commands that virtual chip and cards did not know. */
  readonly surprises: number | undefined;
}

export const HEADING: readonly string[] = [
  "A short day at a gym turnstile. The gate is the real program; board, chip and cards are virtual.",
  "Latency is from the card in the field to the relay, or to the red lamp.",
  "",
  `${"who comes".padEnd(42)} ${"answer".padEnd(8)} ${"why".padEnd(42)} latency = radio + chip + bus + card + host`,
];

const GREEN = "\u001b[32m";
const RED = "\u001b[31m";
const PLAIN = "\u001b[0m";

/** One presentation on one line, and on another what was explained of it. */
export function describeOutcome(outcome: Outcome, colour: boolean): readonly string[] {
  const answer = outcome.shown.padEnd(8);
  const paint = outcome.shown === "granted" ? GREEN : RED;
  const painted = colour ? `${paint}${answer}${PLAIN}` : answer;
  const { title, event, explained } = outcome;
  const line = `${title.padEnd(42)} ${painted} ${reasonOf(event).padEnd(42)} ${latencyOf(outcome)}`;
  return explained === undefined ? [line] : [line, `   … ${explained} …`];
}

/** The rule that granted, or ONVIF's reason with what the gate knows besides. */
function reasonOf(event: SeenEvent | undefined): string {
  if (event === undefined) return "(the back end will hear of it)";
  const { rule, reason, detail } = event.data;
  if (reason === undefined) return String(rule);
  return detail === undefined ? String(reason) : `${String(reason)} (${String(detail)})`;
}

const ms = (value: number): string => value.toFixed(1).padStart(5);

function latencyOf(outcome: Outcome): string {
  if (outcome.shown === "nothing") return "no answer";
  const { latencyMs, radioMs, chipMs, busMs, cardMs, hostMs, commands } = outcome;
  const parts = [radioMs, chipMs, busMs, cardMs, hostMs].map(ms).join(" +");
  return `${ms(latencyMs)} ms =${parts}   ${commands} commands`;
}

export function describeSummary(summary: Summary): readonly string[] {
  const granted = summary.outcomes.filter(({ shown }) => shown === "granted");
  const latencies = granted.map(({ latencyMs }) => latencyMs).sort((left, right) => left - right);
  const median = latencies[Math.floor(latencies.length / 2)];
  const late = summary.lateP99Ms;
  return [
    "",
    `${summary.outcomes.length} presentations: ${granted.length} granted, ${summary.outcomes.length - granted.length} refused` +
      ` (${tally(summary.decisions)})`,
    `card to relay, median of the granted: ${median === undefined ? "none" : `${median.toFixed(1)} ms`}`,
    `back end: ${summary.events} events, ${summary.missing} decisions missing, ${summary.sentAgain} sent again after the loss and recognised`,
    `cards reported as left lying: ${summary.leftLying}`,
    `virtual board: woke ${late === undefined ? "?" : late.toFixed(3)} ms late at the 99th percentile` +
      `${late !== undefined && late > LATE_LIMIT_MS ? " (a busy machine: take the latencies with care)" : ""}, ` +
      `${summary.surprises ?? "?"} commands that chip or cards did not know`,
  ];
}

const LATE_LIMIT_MS = 0.2;

/** Refusals by reason, most frequent first. */
function tally(decisions: readonly SeenEvent[]): string {
  const counts = new Map<string, number>();
  for (const { data } of decisions) {
    if (data["reason"] === undefined) continue;
    const reason = String(data["reason"]);
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, left], [, right]) => right - left)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(", ");
}
