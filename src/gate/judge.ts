/**
 * From a reading to a verdict: the pseudonym is looked up, the policy decides, and the rows to be committed are
 * made: the decision, before it the alarm if the chip is not what it should be. One judge per door.
 */
import { toHex } from "../bytes/hex.ts";
import { decide } from "../policy/decide.ts";
import { demandedLevels } from "../policy/demand.ts";
import type { Decision, DecisionTime, DenialReason, DoorPolicy } from "../policy/question.ts";
import type { CredentialLookup, Standing } from "../ports/credentials.ts";
import type { JournalError, NewEvent, PersonalPart } from "../ports/journal.ts";
import { ok, type Result, unreachable } from "../result.ts";
import { type AccessFacts, accessEvent, chipAlarm, type DoorFacts, type LaneRows } from "./access-event.ts";
import { INCOMPLETE, type Verdict } from "./lane.ts";
import type { Passage } from "./passage.ts";
import type { ReadFailure } from "./read-card.ts";

export interface JudgeContext {
  readonly facts: DoorFacts;
  readonly policy: DoorPolicy;
  readonly credentials: CredentialLookup;
  /** Now, never below the floor that the gate has already seen. */
  readonly decisionTime: () => DecisionTime;
}

/** Whom the lists know, and what they know of him. */
interface Known {
  readonly standing: Standing;
  readonly personal?: PersonalPart;
}

/** Whom a holder may be taken for, the surest first; at least one, who may be a stranger. */
export type KnownAs = readonly [Known, ...Known[]];

/**
 * What the lists know by these identifiers. The deny list counts by whatever identifier. A stranger's
 * document leaves no pseudonym: nobody asked for one. A number does, for whoever has to add him.
 */
export function whoOf(
  holders: readonly PersonalPart[],
  credentials: CredentialLookup,
): Result<KnownAs, JournalError> {
  const listed: Known[] = [];
  for (const personal of holders) {
    const standing = credentials.standing(personal.pseudonym);
    if (!standing.ok) return standing;
    if (standing.value.denyListed) return ok([{ standing: standing.value, personal }]);
    if (standing.value.credential !== undefined) listed.push({ standing: standing.value, personal });
  }
  const [first, ...others] = listed;
  if (first !== undefined) return ok([first, ...others]);
  const number = holders.find(({ kind }) => kind === "nis");
  const standing = { denyListed: false };
  return ok([number === undefined ? { standing } : { standing, personal: number }]);
}

/** The first of them who is admitted, else the first: one entry that is over takes nothing from another that is not. */
export function bestOf<Decided extends { readonly decision: Decision }>(
  known: KnownAs,
  decideOn: (known: Known) => Decided,
): Decided & { readonly known: Known } {
  const [first, ...others] = known;
  const best = { ...decideOn(first), known: first };
  if (best.decision.outcome === "granted") return best;
  for (const other of others) {
    const decided = decideOn(other);
    if (decided.decision.outcome === "granted") return { ...decided, known: other };
  }
  return best;
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
  judge(passage: Passage, latencyMs: () => number): Result<Verdict<LaneRows>, JournalError> {
    const { facts, policy, credentials, decisionTime } = this.#context;
    const { proofs, chip } = passage;
    const found = whoOf(passage.holders, credentials);
    if (!found.ok) return found;
    const at = decisionTime();
    const { decision, known } = bestOf(found.value, ({ standing }) => ({
      decision: chip.decided ?? decide({ door: policy, proofs, chip: chip.standing, standing, at }),
    }));
    const { personal, standing } = known;
    const { detail, responseMs } = chip;
    const row = accessEvent(facts, {
      decision,
      demands: demandedLevels(policy, standing.credential?.group, at),
      proofs,
      latencyMs: latencyMs(),
      ...(personal === undefined ? {} : { personal }),
      ...(detail === undefined ? {} : { detail }),
      ...(responseMs === undefined ? {} : { chipResponseMs: responseMs }),
    });
    const alarm = chipAlarm(facts, passage, personal);
    const someone = personal ?? passage.holders[0];
    const holder =
      someone === undefined
        ? (passage.unknownAs ?? `chip:${detail ?? "unknown"}`)
        : holderKey(someone.pseudonym, { refuted: alarm !== undefined });
    const isRetry = decision.outcome === "denied" && passage.attempt !== undefined;
    const who = isRetry ? `${holder}#${passage.attempt}` : holder;
    const rows = alarm === undefined ? [row] : [alarm, row];
    return ok({ outcome: decision.outcome, who, row: rows, bySeal: passage.bySeal });
  }

  /** A card that can never pass here: not an identity card, or one that speaks wrongly. */
  refuse(failure: FinalFailure, latencyMs: number): Verdict<LaneRows> {
    const { reason, detail } = refusalOf(failure);
    return this.#refusal(`chip:${detail}`, { decision: refusal(reason, "reading"), latencyMs, detail });
  }

  /** A holder who cannot be looked up is not admitted. */
  unjudged(latencyMs: number): Verdict<LaneRows> {
    const detail = "credentialsUnavailable";
    return this.#refusal(detail, { decision: refusal("Other", "allowList"), latencyMs, detail });
  }

  /** A card that was pulled away, or fell silent, before it could be read. */
  incomplete(latencyMs: number, tries: number): Verdict<LaneRows> {
    const decision = refusal("acs:ReadIncomplete", "reading");
    return this.#refusal(INCOMPLETE, { decision, latencyMs, detail: `tries:${tries}` });
  }

  /** In place of a verdict on somebody whom a neighbour who sees the same cards has admitted already. */
  admittedNextDoor(verdict: Verdict<LaneRows>): Verdict<LaneRows> {
    return { ...verdict, outcome: "admittedNextDoor", row: verdict.row.map(notAgain) };
  }

  #refusal(who: string, refused: Omit<AccessFacts, "proofs" | "demands">): Verdict<LaneRows> {
    const { facts, policy, decisionTime } = this.#context;
    const demands = demandedLevels(policy, undefined, decisionTime());
    const row = accessEvent(facts, { ...refused, demands, proofs: new Set() });
    return { outcome: "denied", who, row: [row] };
  }
}

/**
 * How the lane names a holder in memory; also made from the journal after a restart. A chip that was refuted is
 * somebody else than the holder of its number: neither of the two hides that the other was there.
 */
export const holderKey = (holder: Uint8Array, { refuted }: { readonly refuted: boolean }): string =>
  `${refuted ? "refuted" : "nis"}:${toHex(holder)}`;

/** Denials that speak about the chip, in rows of the journal. */
const REFUTING: ReadonlySet<unknown> = new Set<DenialReason>([
  "acs:ChipAuthenticationFailed",
  "acs:DocumentAuthenticationFailed",
  "acs:TrustAnchorMissing",
]);

/** Whether a row of this reason was about a chip that was refuted. */
export const isRefutation = (reason: unknown): boolean => REFUTING.has(reason);

/** The detail of a denial to somebody who is admitted, next door. */
const ADMITTED_NEXT_DOOR = "admittedNextDoor";

/** Whether a row says that its holder was not admitted, here or next door. */
export const isRefusal = ({ type, data }: Pick<NewEvent, "type" | "data">): boolean =>
  type === "acs.access.denied" && data["detail"] !== ADMITTED_NEXT_DOOR;

/** A grant that is none, as a row: a denial of the same holder on the same proofs, with no group to pass by. */
function notAgain(event: NewEvent): NewEvent {
  if (event.type !== "acs.access.granted") return event;
  const facts = Object.entries(event.data).filter(([name]) => name !== "group");
  const denial = { rule: "fieldGroup", reason: "Other", detail: ADMITTED_NEXT_DOOR };
  return { ...event, type: "acs.access.denied", data: { ...Object.fromEntries(facts), ...denial } };
}

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
