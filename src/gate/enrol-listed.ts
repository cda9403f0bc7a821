/**
 * Enrolment at a door: a listed holder whose card was never seen here gives it to a full examination in his first
 * passage, and from then on no other chip has his number. Nobody else is examined: whoever would be refused all the
 * same gives no more than his number.
 */
import type { Nis } from "../cie/nis.ts";
import type { Proofs } from "../identity/proofs.ts";
import type { TrustAnchors } from "../pki/trust-anchors.ts";
import { decide } from "../policy/decide.ts";
import type { DecisionTime, DoorPolicy } from "../policy/question.ts";
import { type DetectedCard, isLinkError } from "../ports/card.ts";
import type { ChipPins } from "../ports/chip-pins.ts";
import type { CredentialLookup } from "../ports/credentials.ts";
import type { JournalError, PersonalPart } from "../ports/journal.ts";
import { err, ok, type Result } from "../result.ts";
import { chipPinned } from "./access-event.ts";
import {
  type ExaminationContext,
  type ExaminationFailure,
  examineChip,
  isOfTheStore,
} from "./examine-chip.ts";
import type { EnrolOnTheFly, Found, PassageFailure } from "./passage.ts";

export interface EnrolmentContext extends Omit<ExaminationContext, "anchors" | "at"> {
  readonly door: string;
  readonly credentials: CredentialLookup;
  readonly pins: ChipPins;
  /** The trust store as it is now; `undefined` when it cannot be used, which its owner has told. */
  readonly anchors: () => TrustAnchors | undefined;
  readonly policy: DoorPolicy;
  readonly decisionTime: () => DecisionTime;
}

/** What a successful examination proves together with the number, and the card's document side where the door asks for that. */
const WOULD_PROVE: Proofs = new Set([
  ...(["nisRead", "serviceSod", "chipKey"] as const),
  ...(["cardAccess", "documentSignature", "documentChip"] as const),
]);
const STORE_UNUSABLE: Found = { standing: "signerUnknown", proofs: [], detail: "trustStoreUnusable" };

/** Makes the enrolment of a door that enrols those on its list. */
export const enrolListed =
  (context: EnrolmentContext): EnrolOnTheFly =>
  async (nis, personal, card) => {
    const standing = context.credentials.standing(personal.pseudonym);
    if (!standing.ok) return pinsFailed(standing.error);
    const at = context.decisionTime();
    const asked = { door: context.policy, proofs: WOULD_PROVE, standing: standing.value, at };
    const decided = decide({ ...asked, chip: "pinned" });
    if (decided.outcome === "denied")
      return ok({ standing: "unpinned", proofs: [], detail: "notExamined", decided });
    const anchors = context.anchors();
    return anchors === undefined
      ? ok(STORE_UNUSABLE)
      : enrol(nis, personal, card, { ...context, anchors, at: at.instant });
  };

async function enrol(
  nis: Nis,
  personal: PersonalPart,
  card: DetectedCard,
  context: ExaminationContext & Pick<EnrolmentContext, "door" | "pins">,
): Promise<Result<Found, PassageFailure>> {
  const examined = await examineChip(nis, card.channel, context);
  if (!examined.ok) return isLinkError(examined.error) ? err(examined.error) : ok(refuted(examined.error));
  const { pin, responseMs, signed } = examined.value;
  const event = chipPinned({ personal, pin, responseMs, warnings: signed.warnings, door: context.door });
  const pinning = await context.pins.pin(personal, pin, [event]);
  if (!pinning.ok) return pinsFailed(pinning.error);
  // Another door has pinned another chip to this number since this one looked.
  if (pinning.value === "otherKey") return ok({ standing: "pinned", proofs: [], detail: "otherKey" });
  return ok({ standing: "pinned", proofs: ["serviceSod", "chipKey"], responseMs });
}

const refuted = (failure: ExaminationFailure): Found => ({
  standing: isOfTheStore(failure) ? "signerUnknown" : "notGenuine",
  proofs: [],
  detail: failure.kind,
});

const pinsFailed = (error: JournalError) => err({ kind: "pinsFailed", error } as const);
