/** One measured figure, under a name that stays. */
export interface Figure {
  readonly name: string;
  readonly value: number | null;
  readonly unit: "ms" | "µs" | "MB" | "%" | "commands" | "exchanges" | "events/s" | "bytes" | "MB/s";
  readonly bound?: number;
  readonly ratio?: number;
  readonly note?: string;
}

/** The value at a share of the sorted list: 0.5 is the median. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Three decimals are more than any of these is worth. */
export const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;

/** A figure on one line for people. */
export function describeFigure({ name, value, unit, bound, ratio, note }: Figure): string {
  const extra = [
    bound === undefined ? "" : `bound ${bound} ${unit}`,
    ratio === undefined ? "" : `ratio ${ratio.toFixed(3)}`,
    note ?? "",
  ].filter((part) => part !== "");
  const shown = value === null ? "not measured" : `${value} ${unit}`;
  return `${name.padEnd(26)} ${shown.padStart(16)}   ${extra.join("; ")}`;
}
