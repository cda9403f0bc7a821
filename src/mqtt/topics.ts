/** The topic tree of one gate (fleet interface, §2). */
import type { EventClass } from "../ports/journal.ts";

/** Where the gate is in the fleet; `gate` is unique and is also the client id. */
export interface GateAddress {
  /** `acs/v1` unless configured otherwise. */
  readonly prefix: string;
  readonly site: string;
  readonly gate: string;
}

export interface Topics {
  readonly status: string;
  readonly info: string;
  readonly ack: string;
  readonly health: string;
  state(door: string): string;
  event(eventClass: EventClass): string;
  live(eventClass: EventClass): string;
}

export function topicsOf({ prefix, site, gate }: GateAddress): Topics {
  const base = `${prefix}/${site}/${gate}`;
  return {
    status: `${base}/status`,
    info: `${base}/info`,
    ack: `${base}/ack`,
    health: `${base}/health`,
    state: (door) => `${base}/state/${door}`,
    event: (eventClass) => `${base}/event/${eventClass}`,
    live: (eventClass) => `${base}/live/${eventClass}`,
  };
}
