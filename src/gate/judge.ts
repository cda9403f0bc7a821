/**
 * From a reading to a verdict: the identifier becomes a keyed pseudonym and is wiped, the pseudonym is
 * looked up, the policy decides, and the row to be committed is made. One judge per door.
 */
import { toHex } from "../bytes/hex.ts";
import { pseudonym, type ScopeKey } from "../crypto/pseudonym.ts";
import { decide } from "../policy/decide.ts";
import type { Decision, DecisionTime, DenialReason, DoorPolicy } from "../policy/question.ts";
import type { CredentialLookup } from "../ports/credentials.ts";
import type { JournalError, NewEvent } from "../ports/journal.ts";
import { ok, type Result, unreachable } from "../result.ts";
import { accessEvent, type DoorFacts } from "./access-event.ts";
import { INCOMPLETE, type Verdict } from "./lane.ts";
import type { CardReading, ReadFailure } from "./read-card.ts";

export interface JudgeContext {
  readonly facts: DoorFacts;
  readonly policy: DoorPolicy;
  readonly scopeKey: ScopeKey;
  readonly credentials: CredentialLookup;
  /** Now, never below the floor that the gate has already seen. */
  readonly decisionTime: () => DecisionTime;
}

type FinalFailure = Exclude<ReadFailure, { readonly kind: "cardLost" | "readerFailed" }>;

export class Judge {
  readonly #context: JudgeContext;

  constructor(context: JudgeContext) {
    this.#context = context;
  }

  /**
   * Decides on what a card has shown. Fails only when the credentials cannot be looked up, in which case
   * nobody is admitted.
   */
  judge(reading: CardReading, latencyMs: () => number): Result<Verdict<NewEvent>, JournalError> {
    const { facts, policy, scopeKey, credentials, decisionTime } = this.#context;
    const identifier = reading.identifier.reveal();
    const holder = pseudonym(scopeKey, reading.kind, identifier);
    identifier.fill(0);
    const standing = credentials.standing(holder);
    if (!standing.ok) return standing;
    const decision = decide({
      door: policy,
      proofs: reading.proofs,
      standing: standing.value,
      at: decisionTime(),
    });
    const personal = { pseudonym: holder, keyId: scopeKey.keyId, kind: reading.kind };
    const row = accessEvent(facts, { decision, proofs: reading.proofs, latencyMs: latencyMs(), personal });
    return ok({ outcome: decision.outcome, who: holderKey(holder), row });
  }

  /** A card that can never pass here: not an identity card, or one that speaks wrongly. */
  refuse(failure: FinalFailure, latencyMs: number): Verdict<NewEvent> {
    const { reason, detail } = refusalOf(failure);
    const decision = refusal(reason, "reading");
    const row = accessEvent(this.#context.facts, { decision, proofs: new Set(), latencyMs, detail });
    return { outcome: "denied", who: `chip:${detail}`, row };
  }

  /** A holder who cannot be looked up is not admitted. */
  unjudged(latencyMs: number): Verdict<NewEvent> {
    const decision = refusal("Other", "allowList");
    const detail = "credentialsUnavailable";
    const row = accessEvent(this.#context.facts, { decision, proofs: new Set(), latencyMs, detail });
    return { outcome: "denied", who: detail, row };
  }

  /** A card that was pulled away, or fell silent, before it could be read. */
  incomplete(latencyMs: number, tries: number): Verdict<NewEvent> {
    const decision = refusal("acs:ReadIncomplete", "reading");
    const detail = `tries:${tries}`;
    const row = accessEvent(this.#context.facts, { decision, proofs: new Set(), latencyMs, detail });
    return { outcome: "denied", who: INCOMPLETE, row };
  }
}

/** How the lane names a holder in memory; also made from the journal after a restart. */
export const holderKey = (holder: Uint8Array): string => `nis:${toHex(holder)}`;

const refusal = (reason: DenialReason, rule: string): Decision => ({
  outcome: "denied",
  reason,
  rule,
  dated: false,
});

interface Refusal {
  readonly reason: DenialReason;
  readonly detail: string;
}

/** ONVIF has no word for "not an identity card": `Other`, and our detail beside it. */
function refusalOf(failure: FinalFailure): Refusal {
  switch (failure.kind) {
    case "notIsoDep":
      return { reason: "Other", detail: "notAnIdentityCard:transit" };
    case "notCie":
      return { reason: "Other", detail: `notAnIdentityCard:${failure.application}` };
    case "nisUnreadable":
      return { reason: "pt:InvalidIdentifierValue", detail: "nisUnreadable" };
    case "cardGarbled":
      return { reason: "Other", detail: "cardGarbled" };
    default:
      return unreachable(failure);
  }
}
