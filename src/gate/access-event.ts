/**
 * The journal rows of a lane: what was decided, by which rule, on which proofs, how fast. No row holds an
 * identifier; the pseudonym travels as the personal part, which the journal keeps erasable.
 */
import { type Level, type Proofs, reachedLevel } from "../identity/proofs.ts";
import type { Decision } from "../policy/question.ts";
import type { Json, NewEvent, PersonalPart } from "../ports/journal.ts";
import type { LaneNote, NoteFacts } from "./lane.ts";
import type { RelayFault } from "./relay-pulse.ts";

/** The fixed facts of a door that its events repeat. */
export interface DoorFacts {
  readonly door: string;
  readonly direction: "in" | "out";
  readonly level: Level;
}

export interface AccessFacts {
  readonly decision: Decision;
  readonly proofs: Proofs;
  /** Card found to decision taken, in ms. */
  readonly latencyMs: number;
  /** More about a refusal that ONVIF's words do not say, for example `payment`. */
  readonly detail?: string;
  readonly personal?: PersonalPart;
}

/** `acs.access.granted` or `acs.access.denied`. */
export function accessEvent(door: DoorFacts, facts: AccessFacts): NewEvent {
  const { decision } = facts;
  const data: Record<string, Json> = {
    door: door.door,
    direction: door.direction,
    demands: door.level,
    proofs: [...facts.proofs],
    rule: decision.rule,
    decidedBy: "local",
    dated: decision.dated,
    latencyMs: Math.round(facts.latencyMs),
  };
  if (decision.outcome === "granted") data["group"] = decision.group;
  else data["reason"] = decision.reason;
  const level = reachedLevel(facts.proofs);
  if (level !== undefined) data["level"] = level;
  if (facts.detail !== undefined) data["detail"] = facts.detail;
  const type = decision.outcome === "granted" ? "acs.access.granted" : "acs.access.denied";
  return facts.personal === undefined ? { type, data } : { type, data, personal: facts.personal };
}

const NOTE_TYPES = {
  readerRecovered: "acs.system.readerRecovered",
  readerDown: "acs.system.readerDown",
  readerUp: "acs.system.readerUp",
  cardLeftLying: "acs.system.cardLeftLying",
} as const satisfies Readonly<Record<LaneNote, NewEvent["type"]>>;

/** What happened to the reader or on it, apart from decisions; `by` is the step of recovery that helped. */
export function noteEvent(door: DoorFacts, note: LaneNote, { reason, by, times }: NoteFacts): NewEvent {
  const data: Record<string, Json> = { door: door.door };
  if (reason !== undefined) data["reason"] = reason;
  if (by !== undefined) data["by"] = by;
  if (times !== undefined) data["times"] = times;
  return { type: NOTE_TYPES[note], data };
}

/** A relay that does not do what it is told, and its recovery (`fault` absent). */
export const relayEvent = (door: DoorFacts, fault: RelayFault | undefined): NewEvent => ({
  type: "acs.door.fault",
  data: { door: door.door, ...(fault === undefined ? { fault: "none" } : relayFaultData(fault)) },
});

function relayFaultData(fault: RelayFault): { readonly [key: string]: Json } {
  switch (fault.kind) {
    case "relayUnavailable":
      return { fault: fault.kind, error: fault.error.kind };
    case "relayStuck":
      return { fault: fault.kind, wanted: fault.wanted };
    case "pulseTooLong":
      return { fault: fault.kind, lengthMs: fault.lengthMs };
  }
}

/** Written first thing when the journal works again: how many presentations went unrecorded meanwhile. */
export const journalRecoveredEvent = (door: DoorFacts, refusals: number): NewEvent => ({
  type: "acs.door.fault",
  data: { door: door.door, fault: "none", recovered: "journal", unrecordedRefusals: refusals },
});
