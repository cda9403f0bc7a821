/**
 * The journal rows of a lane: what was decided, by which rule, on which proofs, how fast. No row holds an
 * identifier; the pseudonym travels as the personal part, which the journal keeps erasable.
 */
import { type Level, type Proofs, reachedLevel } from "../identity/proofs.ts";
import type { ChipStanding, Decision } from "../policy/question.ts";
import type { ChipPin } from "../ports/chip-pins.ts";
import type { Json, NewEvent, PersonalPart } from "../ports/journal.ts";
import type { DocumentAlarm } from "./document-denials.table.ts";
import type { LaneNote, NoteFacts } from "./lane.ts";
import type { Passage } from "./passage.ts";
import type { RelayFault } from "./relay-pulse.ts";

/** What one verdict writes, in one transaction and in this order. */
export type LaneRows = readonly NewEvent[];

/** The fixed facts of a door that its events repeat. */
export interface DoorFacts {
  readonly door: string;
  readonly direction: "in" | "out";
}

export interface AccessFacts {
  readonly decision: Decision;
  /** What the door demanded of this holder at this time, of a stranger where nobody was made out; any of them sufficed. */
  readonly demands: readonly Level[];
  readonly proofs: Proofs;
  /** Card found to decision taken, in ms. */
  readonly latencyMs: number;
  /** More about a refusal that ONVIF's words do not say, for example `payment`. */
  readonly detail?: string;
  /** Challenge sent to signature received, in ms. */
  readonly chipResponseMs?: number;
  readonly personal?: PersonalPart;
}

/** By what of a document its holder was found; the number of a card is no match of a document. */
const MATCHES: Readonly<Partial<Record<PersonalPart["kind"], string>>> = {
  doc: "document",
  cf: "fiscalCode",
  name: "name",
};

/** `acs.access.granted` or `acs.access.denied`. */
export function accessEvent(door: DoorFacts, facts: AccessFacts): NewEvent {
  const { decision } = facts;
  const data: Record<string, Json> = {
    door: door.door,
    direction: door.direction,
    demands: [...facts.demands],
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
  const match = facts.personal && MATCHES[facts.personal.kind];
  if (match !== undefined) data["match"] = match;
  if (facts.chipResponseMs !== undefined) data["chipResponseMs"] = Math.round(facts.chipResponseMs);
  const type = decision.outcome === "granted" ? "acs.access.granted" : "acs.access.denied";
  return facts.personal === undefined ? { type, data } : { type, data, personal: facts.personal };
}

/** A chip that passed its examination and belongs to a holder from now on. */
export interface PinningFacts {
  readonly personal: PersonalPart;
  readonly pin: ChipPin;
  readonly responseMs: number;
  /** What the chain of signatures lacks without being refused for it. */
  readonly warnings: readonly string[];
  /** The door that enrolled the card by itself; absent when a person did. */
  readonly door?: string;
  /** The chip stands in place of another one, by an operator's word. */
  readonly replaced?: boolean;
}

/** `acs.config.chipPinned`: who signed for the chip, by the certificate's fingerprint, and how fast the chip signs. */
export function chipPinned(facts: PinningFacts): NewEvent {
  const { personal, pin, responseMs, warnings, door, replaced = false } = facts;
  const data: Record<string, Json> = {
    by: door === undefined ? "operator" : "door",
    generation: pin.generation,
    signer: pin.signer,
    chipResponseMs: Math.round(responseMs),
    replaced,
  };
  if (door !== undefined) data["door"] = door;
  if (warnings.length > 0) data["warnings"] = [...warnings];
  return { type: "acs.config.chipPinned", data, personal };
}

/**
 * The alarm that goes before the refusal of a chip that is not what it should be: `cloneSuspected` when a number
 * came without the chip that was pinned to it, `cardNotGenuine` when an examination found that no State made the card,
 * `signerUnknown` when the trust store could not tell. `why` is the check that failed.
 */
export function chipAlarm(
  { door }: DoorFacts,
  { chip, proofs, alarm }: Passage,
  personal: PersonalPart | undefined,
): NewEvent | undefined {
  const of = alarm ?? alarmOf(chip.standing, proofs);
  if (of === undefined) return undefined;
  const data = { door, why: chip.detail ?? "unknown" };
  return personal === undefined ? { type: ALARMS[of], data } : { type: ALARMS[of], data, personal };
}

function alarmOf(standing: ChipStanding, proofs: Proofs): DocumentAlarm | undefined {
  if (standing === "unpinned") return undefined;
  if (standing !== "pinned") return standing;
  return proofs.has("chipKey") ? undefined : "cloneSuspected";
}

const ALARMS: Readonly<Record<DocumentAlarm, NewEvent["type"]>> = {
  cloneSuspected: "acs.security.cloneSuspected",
  notGenuine: "acs.security.cardNotGenuine",
  signerUnknown: "acs.security.signerUnknown",
};

/** What an alarm about a card says. */
interface AlarmFacts {
  /** Absent at a desk. */
  readonly door?: string;
  readonly personal: PersonalPart;
}

/** An examination that a card did not pass, by its own fault or the trust store's; `why` is the first check that failed. */
export const examinationAlarm = ({
  of,
  door,
  why,
  personal,
}: AlarmFacts & { readonly of: DocumentAlarm; readonly why: string }): NewEvent => ({
  type: ALARMS[of],
  data: door === undefined ? { why } : { door, why },
  personal,
});

/** The document side of a card is kept beside its chip: its identity where the whole document was examined, else its access number alone. */
export const documentEnrolled = ({
  personal,
  examined,
}: Pick<AlarmFacts, "personal"> & { readonly examined: boolean }): NewEvent => ({
  type: "acs.config.documentEnrolled",
  data: { by: "operator", examined },
  personal,
});

/** A genuine card came to be enrolled with a number to which another chip is pinned. */
export const keyChanged = ({ personal }: Pick<AlarmFacts, "personal">): NewEvent => ({
  type: "acs.security.chipKeyChanged",
  data: { by: "operator" },
  personal,
});

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
