/** What a campaign has seen, as a table for people. */
import type { ReadingsReport } from "./document-readings.ts";

const MOST_NAMED = 4;

/** One line for each step: lies told, what was accepted, and the refusals that were most frequent. */
export function readingsTable({ outcomes, harmless }: ReadingsReport): string {
  const lines = [...outcomes].sort().map(([step, row]) => {
    const lies = total(row);
    const accepted = row.get("accepted") ?? 0;
    const refusals = [...row].filter(([word]) => word !== "accepted").sort(byCount);
    const named = refusals.slice(0, MOST_NAMED).map(([word, count]) => `${word} ${count}`);
    const rest = refusals.length > MOST_NAMED ? ` and ${refusals.length - MOST_NAMED} more kinds` : "";
    return `${step.padEnd(15)}${cell(lies)}${cell(accepted)}  ${named.join(", ")}${rest}`;
  });
  const head = `${"step".padEnd(15)}${"lies".padStart(8)}${"as honest".padStart(10)}  refused`;
  const why = [...harmless].sort(byCount).map(([name, count]) => `${cell(count)}  ${name}`);
  return [head, ...lines, "as honest, because the lie was", ...why, ""].join("\n");
}

/** One line for each kind of file or message; what is made of files is judged twice and counted so, see `fuzz.ts`. */
export function filesTable(seen: ReadonlyMap<string, number>): string {
  const lines = [...seen]
    .filter(([word]) => /^\w+ (?!told|not)/.test(word))
    .sort()
    .map(([word, count]) => `${cell(count)}  ${word}`);
  return [...lines, ""].join("\n");
}

const byCount = ([, one]: readonly [string, number], [, other]: readonly [string, number]): number =>
  other - one;

const cell = (number: number): string => `${number}`.padStart(8);

function total(counts: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}
