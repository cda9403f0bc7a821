/**
 * How the gate comes back to its broker: how long to wait and which protocol version to try. Pure; the
 * loop that waits is in `publisher.ts`. Governing text: fleet interface, §12 (reconnect) and §13.
 */
import type { Millis } from "../time/time.ts";
import type { ConnectError, LinkEnd, ProtocolLevel } from "./mqtt-link.ts";

/** What is remembered between attempts. */
export interface ConnectionPolicy {
  /** Failures in a row. */
  readonly failures: number;
  /** What to ask for next. */
  readonly level: ProtocolLevel;
  /** The version that this broker has accepted, and when version 5 was last asked for. */
  readonly proven?: ProtocolLevel;
  readonly askedFor5At?: Millis;
}

/** The policy after an attempt and the wait before the next one. */
export interface NextAttempt {
  readonly policy: ConnectionPolicy;
  readonly delayMs: number;
}

/** What an attempt came to, for the policy. */
export interface AttemptEnd {
  readonly now: Millis;
  /** A fresh random number, 0 inclusive to 1 exclusive. */
  readonly chance: number;
}

const BASE_MS = 1000;
const CAP_MS = 120_000;
/** Beyond this exponent the cap holds anyway. */
const MAX_DOUBLINGS = 7;
/** Where waiting starts when the broker asked for patience, or another client uses our name. */
const SLOW_START_MS = 30_000;
/** A connection that lived this long was a good one: the next wait starts from the base. */
const GOOD_LIFE_MS = 30_000;
/** How often version 5 is asked for again where only 3.1.1 worked: the broker may have been upgraded. */
const ASK_AGAIN_MS = 3_600_000;

const UNSUPPORTED_VERSION = 0x84;
export const SESSION_TAKEN_OVER = 0x8e;
const QUOTA_EXCEEDED = 0x97;
const RATE_EXCEEDED = 0x9f;

export const FIRST_ATTEMPT: ConnectionPolicy = { failures: 0, level: 5 };

/** After a connection could not be made. */
export function afterFailure(policy: ConnectionPolicy, error: ConnectError, end: AttemptEnd): NextAttempt {
  const asked = policy.level === 5 ? { ...policy, askedFor5At: end.now } : policy;
  const otherLevel = levelAfter(policy, error);
  const next = { ...asked, failures: policy.failures + 1, level: otherLevel };
  // The other version is a new question, not a repeated one: the first time it is asked at once.
  if (otherLevel !== policy.level && policy.failures === 0) return { policy: next, delayMs: 0 };
  const patient = error.kind === "refused" && wantsPatience(error.code);
  return { policy: next, delayMs: delayMs(policy.failures, patient, end.chance) };
}

/** After a connection was made and ended; `livedMs` is how long it lasted. */
export function afterLink(
  policy: ConnectionPolicy,
  link: LinkEnd & { readonly livedMs: number },
  end: AttemptEnd,
): NextAttempt {
  const failures = link.livedMs >= GOOD_LIFE_MS ? 0 : policy.failures + 1;
  const sinceAsked =
    policy.askedFor5At === undefined ? Number.POSITIVE_INFINITY : end.now - policy.askedFor5At;
  const level = policy.level === 4 && sinceAsked >= ASK_AGAIN_MS ? 5 : policy.level;
  const patient = link.code !== undefined && wantsPatience(link.code);
  const next = { ...policy, failures, level, proven: policy.level };
  return { policy: next, delayMs: delayMs(failures, patient, end.chance) };
}

/**
 * The version to ask for next. A refusal of the version is believed. A silent close is only taken for one
 * while no version is proven: later it is a broker that restarts.
 */
function levelAfter(policy: ConnectionPolicy, error: ConnectError): ProtocolLevel {
  const refused = error.kind === "refused" && error.code === UNSUPPORTED_VERSION;
  const doubtful = error.kind === "closedEarly" && policy.proven !== policy.level;
  if (!refused && !doubtful) return policy.level;
  return policy.level === 5 ? 4 : 5;
}

const wantsPatience = (code: number): boolean =>
  code === QUOTA_EXCEEDED || code === RATE_EXCEEDED || code === SESSION_TAKEN_OVER;

/** Full jitter: anywhere up to the doubled base, so that a fleet does not come back all at once. */
function delayMs(failures: number, patient: boolean, chance: number): number {
  const ceilingMs = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(failures, MAX_DOUBLINGS));
  if (!patient) return chance * ceilingMs;
  return Math.min(CAP_MS, SLOW_START_MS + chance * Math.max(ceilingMs, SLOW_START_MS));
}
