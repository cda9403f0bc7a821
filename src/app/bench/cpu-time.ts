/** Processor time of work in this process: on a busy machine the clock on the wall would count other people's work. */
import { type Figure, quantile, rounded } from "./figure.ts";

/** Processor time in ms, helper threads (the garbage collector's) included, that `work` takes. */
export function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** The median of some such times, with a bound and a note that ends with their 99th percentile. */
export function cpuFigure(
  name: string,
  {
    timesMs,
    bound,
    note,
  }: { readonly timesMs: readonly number[]; readonly bound: number; readonly note: string },
): Figure {
  const p99Ms = rounded(quantile(timesMs, 0.99));
  return {
    name,
    value: rounded(quantile(timesMs, 0.5)),
    unit: "ms",
    bound,
    note: `${note}, p99 ${p99Ms} ms`,
  };
}
