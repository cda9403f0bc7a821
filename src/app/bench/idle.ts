/** What an idle gate with two polling readers costs: the daemon's own processor time and memory. */
import { readFileSync } from "node:fs";
import type { Clock } from "../../ports/clock.ts";
import type { Stage } from "../demo/stage.ts";
import { type Figure, rounded } from "./figure.ts";

/** Ticks of a second in /proc (USER_HZ, the same on every Linux that Node runs on). */
const TICKS_PER_SECOND = 100;
/** The gate has connected, erased and collected its start-up rubbish. */
const SETTLE_MS = 3_000;

export interface ProcessUsage {
  readonly ticks: number;
  readonly residentBytes: number;
  /** The most that was ever resident. */
  readonly mostBytes: number;
}

/** Processor time in ticks and memory of a process. */
export function usage(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The command name may hold blanks: fields are counted from its closing bracket. utime and stime are 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const bytesOf = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1_024;
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { ticks, residentBytes: bytesOf("VmRSS"), mostBytes: bytesOf("VmHWM") };
}

/** `cpu.idle` and `rss.idle` over a time; `suffix` names other Node flags. */
export async function measureIdle(
  stage: Stage,
  clock: Clock,
  options: { readonly forMs: number; readonly suffix: string; readonly flags: string },
): Promise<readonly Figure[]> {
  const { pid } = stage.gate.process;
  if (pid === undefined) throw new Error("the gate has no process");
  await clock.sleep(SETTLE_MS);
  const before = usage(pid);
  const begun = clock.monotonicMs();
  await clock.sleep(options.forMs);
  const after = usage(pid);
  const seconds = (clock.monotonicMs() - begun) / 1_000;
  const percent = ((after.ticks - before.ticks) / TICKS_PER_SECOND / seconds) * 100;
  return [
    {
      name: `cpu.idle${options.suffix}`,
      value: rounded(percent),
      unit: "%",
      note: `two readers polling, ${Math.round(seconds)} s, ${options.flags}`,
    },
    {
      name: `rss.idle${options.suffix}`,
      value: rounded(after.residentBytes / 1e6),
      unit: "MB",
      note: options.flags,
    },
  ];
}
