/** Processor time of work in this process: on a busy machine the clock on the wall would count other people's work. */
import { type Figure, quantile, rounded } from "./figure.ts";

/** What `work` gives, and the processor time in ms that it takes, helper threads (the garbage collector's) included. */
export function timed<T>(work: () => T): { readonly value: T; readonly tookMs: number } {
  const before = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(before);
  return { value, tookMs: (user + system) / 1_000 };
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
