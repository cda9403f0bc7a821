/** What a gate says of itself in MQTT `health`: the process, and the reader of each door (fleet interface, §9). */
import type { Clock } from "../ports/clock.ts";
import type { Json } from "../ports/journal.ts";
import type { Millis } from "../time/time.ts";
import type { Gate } from "./gate-assembly.ts";
import type { ReaderReport } from "./recorded-reader.ts";

const MS_IN_SECOND = 1_000;

/** The process' age and memory, and the readers by door. */
export function gateHealth(gate: Gate, clock: Clock): { readonly [key: string]: Json } {
  return {
    upSeconds: Math.round(process.uptime()),
    rssBytes: process.memoryUsage.rss(),
    doors: doorsHealth(gate, clock.monotonicMs()),
  };
}

function doorsHealth(gate: Gate, now: Millis): { readonly [door: string]: Json } {
  const doors = gate.doors.map((door) => {
    const isDown = gate.condition(door).faults.has("reader");
    const { works, ...report } = gate.readerReport(door);
    return [door, { reader: { state: stateOf({ isDown, works }), ...asJson(report, now) } }] as const;
  });
  return Object.fromEntries(doors);
}

/** Down is what the door's fault says; between that and working lies every start, the first one too. */
function stateOf({ isDown, works }: { readonly isDown: boolean; readonly works: boolean }): string {
  if (isDown) return "down";
  return works ? "working" : "recovering";
}

function asJson(report: Omit<ReaderReport, "works">, now: Millis): { readonly [key: string]: Json } {
  const { firmware = null, failures, lastFailure, recoveries, degraded } = report;
  return {
    ...report,
    firmware,
    failures: { ...failures },
    lastFailure:
      lastFailure === undefined
        ? null
        : { kind: lastFailure.kind, ageSeconds: Math.round((now - lastFailure.at) / MS_IN_SECOND) },
    recoveries: { ...recoveries },
    degraded: [...degraded],
  };
}
