/**
 * What witnesses kept of a day outside the gate, and what a judge makes of it. Judges see this record and nothing
 * else: no code of the gate, and none of its memory.
 */
import type { HostBus } from "../../src/sim/wiring.ts";
import type { Person } from "./cast.ts";
import type { Demand } from "./day-plan.ts";
import type { Fields, Presentation } from "./presentations.ts";
import type { FaultWindow } from "./swarm.ts";
import type { PinSighting, RelayEdge, Row, SeenStay } from "./witness.ts";

export interface Violation {
  readonly invariant: string;
  readonly atMs: number;
  readonly what: string;
}

export interface DayRecord {
  readonly doors: readonly string[];
  /** What the door of each lane asks for. */
  readonly demands: readonly Demand[];
  /** How the reader of each lane is connected. */
  readonly buses: readonly HostBus[];
  readonly fields: Fields;
  /** When a carrier went on beside another one of a shared field, and which. */
  readonly carriersTogether: readonly { readonly lanes: readonly number[]; readonly atMs: number }[];
  readonly maxPulseMs: number;
  readonly rows: readonly Row[];
  readonly edges: readonly RelayEdge[];
  readonly stays: readonly SeenStay[];
  readonly windows: readonly FaultWindow[];
  readonly launchesMs: readonly number[];
  readonly killsMs: readonly number[];
  /** By pseudonym in hexadecimal: to whom the State gave the number. */
  readonly holders: ReadonlyMap<string, Person>;
  /** What the database held of pinned chips, whenever it was looked at and had changed. */
  readonly pinSightings: readonly PinSighting[];
}

export type Judge = (record: DayRecord, presentations: readonly Presentation[]) => readonly Violation[];

/** A judge of what relays did, which needs to know nobody. */
export type RelayJudge = (
  record: Pick<DayRecord, "doors" | "rows" | "edges" | "killsMs" | "maxPulseMs">,
) => readonly Violation[];
