/**
 * What is decided about, and what a decision says: the words that policy, gate and journal share. A decision
 * names exactly one reason in ONVIF's words (Access Control Service, access denied; fleet interface, denial
 * reasons) and the rule that decided.
 */
import type { Level, Proofs } from "../identity/proofs.ts";
import type { ClockState } from "../ports/clock.ts";
import type { Standing } from "../ports/credentials.ts";
import type { Instant } from "../time/time.ts";
import type { Timetable } from "./timetable.ts";

/** ONVIF's denial reasons, and ours under the prefix that the specification asks of vendors. */
export type DenialReason =
  | "CredentialNotFound"
  | "CredentialNotEnabled"
  | "CredentialNotActive"
  | "CredentialExpired"
  /** The password of a document, CAN or MRZ, was not its own. */
  | "InvalidPIN"
  | "NotPermittedAtThisTime"
  | "Unauthorized"
  | "Other"
  | "pt:InvalidIdentifierValue"
  | "acs:ClockUntrusted"
  | "acs:DenyListed"
  | "acs:SecurityLevelTooLow"
  | "acs:ChipAuthenticationFailed"
  | "acs:DocumentAuthenticationFailed"
  | "acs:DocumentExpired"
  /** Too many wrong passwords; for a while none is tried. */
  | "acs:Blocked"
  | "acs:TrustAnchorMissing"
  | "acs:ReadIncomplete";

/** A group that a door admits: at any time, or in the times of a schedule. */
export interface Admission {
  readonly group: string;
  readonly timetable?: Timetable;
}

/**
 * What holds for dates and schedules while no trusted source has set the clock (fleet interface, clock
 * rules): nobody who needs the time passes, or only these groups do, or all go by the last known time.
 */
export type UnsyncedClock = "deny" | "lastKnown" | { readonly groups: readonly string[] };

/** What a door demands in place of its own levels, of some holders or in some times. */
export interface StepUp {
  /** Any of them suffices; with none nobody passes. */
  readonly levels: readonly Level[];
  /** Of whom; absent = of everybody. */
  readonly groups?: readonly string[];
  /** When; absent = always. */
  readonly timetable?: Timetable;
}

/** What one door demands. */
export interface DoorPolicy {
  readonly door: string;
  /** Any of them suffices; with none nobody passes. */
  readonly levels: readonly Level[];
  /** The first that holds counts in place of `levels`. */
  readonly stepUps: readonly StepUp[];
  /** By the name of the group. */
  readonly admissions: ReadonlyMap<string, Admission>;
  readonly unsyncedClock: UnsyncedClock;
}

/** The time of the decision, never below the floor of what the gate has already seen. */
export interface DecisionTime {
  readonly instant: Instant;
  readonly state: ClockState;
}

/**
 * What is known of the chip behind a number: nothing was ever pinned; a chip was, and no other may use the number;
 * nothing was, and an examination found that the State did not make this one, or could not tell for want of a trusted
 * signer or a fresh list.
 */
export type ChipStanding = "unpinned" | "pinned" | "notGenuine" | "signerUnknown";

export interface Question {
  readonly door: DoorPolicy;
  readonly proofs: Proofs;
  readonly chip: ChipStanding;
  readonly standing: Standing;
  readonly at: DecisionTime;
}

/** A decision. `dated` says that the time of day or a date decided or could have, so the clock's state matters. */
export type Decision =
  | {
      readonly outcome: "granted";
      readonly rule: string;
      /** The strongest that was demanded and proven. */
      readonly level: Level;
      readonly group: string;
      readonly dated: boolean;
    }
  | Denial;

export interface Denial {
  readonly outcome: "denied";
  readonly rule: string;
  readonly reason: DenialReason;
  readonly dated: boolean;
}
