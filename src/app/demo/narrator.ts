/** The demo in words: one line for each presentation, and a summary. */
import type { SeenEvent } from "./back-end.ts";
import { levelOf, type Summary } from "./judgement.ts";
import type { Outcome, Split } from "./performance.ts";
import { doorOf } from "./site.ts";

const GYM_DOORS: readonly string[] = [doorOf(1), doorOf(2)];
const STADIUM_DOOR = doorOf(3);
const WIDTHS = { title: 48, answer: 8, why: 59 } as const;

export const HEADING: readonly string[] = [
  "A short day at a gym turnstile, the door behind it, and a stadium lane beside them that takes travel documents.",
  "There our own ISO-DEP engine reads them, in frames of up to 256 bytes at 424 kbit/s where the chip's takes 64 at 106.",
  "The bicycle park before it opens by a seal alone, without the card: whoever has photographed one passes there, too.",
  "The gate is the real program; board, chips, cards, keypad and scanners are virtual.",
  "Latency is from the card in the field, or a seal's first character, to the relay, or to the red lamp.",
  "",
  `${"who comes".padEnd(WIDTHS.title)} expected ${"answer".padEnd(WIDTHS.answer)} ${"why".padEnd(WIDTHS.why)} latency = radio + chip + bus + card + host`,
];

const GREEN = "\u001b[32m";
const RED = "\u001b[31m";
const PLAIN = "\u001b[0m";

/** One presentation on one line, and on another what was explained of it. */
export function describeOutcome(outcome: Outcome, colour: boolean): readonly string[] {
  const { title, event, explained, expected, shown } = outcome;
  const answer = shown.padEnd(WIDTHS.answer);
  const paint = shown === "granted" ? GREEN : RED;
  const painted = colour ? `${paint}${answer}${PLAIN}` : answer;
  const [wanted = ""] = expected.split(" ");
  const who = `${title.padEnd(WIDTHS.title)} ${wanted.padEnd(WIDTHS.answer)}`;
  const line = `${who} ${painted} ${reasonOf(event).padEnd(WIDTHS.why)} ${latencyOf(outcome)}`;
  return explained === undefined ? [line] : [line, `   … ${explained} …`];
}

/** The level that was reached, with a seal beside it or without, and the rule that granted, or ONVIF's reason with what the gate knows besides. */
function reasonOf(event: SeenEvent | undefined): string {
  if (event === undefined) return "(the back end will hear of it)";
  const { rule, reason, detail } = event.data;
  if (reason === undefined) return `${levelOf(event)}, ${String(rule)}`;
  return detail === undefined ? String(reason) : `${String(reason)} (${String(detail)})`;
}

const ms = (value: number): string => value.toFixed(1).padStart(5);

function latencyOf({ latencyMs, split }: Outcome): string {
  if (latencyMs === undefined) return "no answer";
  const whole = `${latencyMs.toFixed(1).padStart(6)} ms`;
  return split === undefined ? whole : `${whole} =${partsOf(split)}   ${split.commands} commands`;
}

const partsOf = ({ radioMs, chipMs, busMs, cardMs, hostMs }: Split): string =>
  [radioMs, chipMs, busMs, cardMs, hostMs].map(ms).join(" +");

export function describeSummary(summary: Summary): readonly string[] {
  const { outcomes, unexpected, board } = summary;
  const granted = outcomes.filter(({ shown }) => shown === "granted");
  const late = summary.lateP99Ms;
  return [
    "",
    `${outcomes.length} presentations: ${granted.length} granted, ${outcomes.length - granted.length} refused` +
      ` (${tally(summary.decisions)})`,
    `as expected: ${outcomes.length - unexpected.length} of ${outcomes.length}`,
    ...unexpected.map(
      ({ title, expected, shown }) => `  NOT as expected: ${title}: ${shown}, not ${expected}`,
    ),
    `card to relay, median of the granted: ${medianOf(granted.filter(isOfGym))}; at the stadium lane ${medianOf(granted.filter(isOfStadiumLane))}`,
    `back end: ${summary.events} events, ${summary.missing} decisions missing, ${summary.sentAgain} sent again after the loss and recognised`,
    `cards reported as left lying: ${summary.leftLying}; alarms about cards and seals that are not genuine: ${summary.notGenuine}`,
    `virtual board: woke ${late === undefined ? "?" : late.toFixed(3)} ms late at the 99th percentile` +
      `${late !== undefined && late > LATE_LIMIT_MS ? " (a busy machine: take the latencies with care)" : ""}, ` +
      `${board?.surprises ?? "?"} commands that chip or cards did not know`,
    `travel documents gave out ${board?.read.join(", ") ?? "?"}; ${board?.forbidden ?? "?"} commands that no gate may send`,
  ];
}

const isOfGym = ({ door }: Outcome): boolean => GYM_DOORS.includes(door);
const isOfStadiumLane = ({ door }: Outcome): boolean => door === STADIUM_DOOR;

function medianOf(outcomes: readonly Outcome[]): string {
  const latencies = outcomes.flatMap(({ latencyMs }) => latencyMs ?? []).sort((left, right) => left - right);
  const median = latencies[Math.floor(latencies.length / 2)];
  return median === undefined ? "none" : `${median.toFixed(1)} ms`;
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
