/**
 * The decision: a pure function of what was proven, what is known of the holder, what the door demands
 * and the time. Deny list first, then the level, then the allow list with its groups and validity. Every
 * decision names exactly one reason in ONVIF's words (Access Control Service, access denied) and the rule
 * that decided.
 */
import { type Level, type Proofs, reaches } from "../identity/proofs.ts";
import type { ClockState } from "../ports/clock.ts";
import type { Credential, Standing } from "../ports/credentials.ts";
import type { Instant } from "../time/time.ts";

/** ONVIF's denial reasons, and ours under the prefix that the specification asks of vendors. */
export type DenialReason =
  | "CredentialNotFound"
  | "CredentialNotEnabled"
  | "CredentialNotActive"
  | "CredentialExpired"
  | "Unauthorized"
  | "Other"
  | "pt:InvalidIdentifierValue"
  | "acs:DenyListed"
  | "acs:SecurityLevelTooLow"
  | "acs:ReadIncomplete";

/** What one door demands. */
export interface DoorPolicy {
  readonly door: string;
  readonly level: Level;
  /** Groups that this door admits. */
  readonly groups: readonly string[];
}

/** The time of the decision, never below the floor of what the gate has already seen. */
export interface DecisionTime {
  readonly instant: Instant;
  readonly state: ClockState;
}

export interface Question {
  readonly door: DoorPolicy;
  readonly proofs: Proofs;
  readonly standing: Standing;
  readonly at: DecisionTime;
}

/** A decision. `dated` says that a validity date was compared with the clock, so its state matters. */
export type Decision =
  | {
      readonly outcome: "granted";
      readonly rule: string;
      readonly level: Level;
      readonly group: string;
      readonly dated: boolean;
    }
  | {
      readonly outcome: "denied";
      readonly rule: string;
      readonly reason: DenialReason;
      readonly dated: boolean;
    };

/** Decides. The first rule that applies ends the matter. */
export function decide({ door, proofs, standing, at }: Question): Decision {
  if (standing.denyListed) return denied("acs:DenyListed", "denyList");
  if (!reaches(proofs, door.level)) return denied("acs:SecurityLevelTooLow", `doors/${door.door}/level`);
  const { credential } = standing;
  if (credential === undefined) return denied("CredentialNotFound", "allowList");
  if (!credential.enabled) return denied("CredentialNotEnabled", "allowList/enabled");
  if (!door.groups.includes(credential.group)) return denied("Unauthorized", `doors/${door.door}/groups`);
  const outside = outsideValidity(credential, at.instant);
  if (outside !== undefined) return { ...outside, dated: true };
  return {
    outcome: "granted",
    rule: `doors/${door.door}/groups/${credential.group}`,
    level: door.level,
    group: credential.group,
    dated: credential.validFrom !== undefined || credential.validUntil !== undefined,
  };
}

/** Validity begins at `validFrom` and ends just before `validUntil`; an absent side is open. */
function outsideValidity(credential: Credential, instant: Instant): Decision | undefined {
  if (credential.validFrom !== undefined && instant < credential.validFrom) {
    return denied("CredentialNotActive", "allowList/validFrom");
  }
  if (credential.validUntil !== undefined && instant >= credential.validUntil) {
    return denied("CredentialExpired", "allowList/validUntil");
  }
  return undefined;
}

const denied = (reason: DenialReason, rule: string): Decision => ({
  outcome: "denied",
  reason,
  rule,
  dated: false,
});
