/**
 * One card at a door, as far as it goes before the decision: its number, and what its chip proves about it. A number
 * to which a chip was pinned has to be proven by that chip at every door, whatever the door demands of others.
 * The number becomes a keyed pseudonym and is wiped here.
 */
import type { RunnerContext } from "../apdu/exchange.ts";
import { describeStatus } from "../apdu/response.ts";
import { toHex } from "../bytes/hex.ts";
import type { FamilyCache } from "../cie/families.ts";
import type { Nis } from "../cie/nis.ts";
import { pseudonym, type ScopeKey } from "../crypto/pseudonym.ts";
import { parseRsaPublicKey } from "../crypto/rsa-block.ts";
import type { Proof, Proofs } from "../identity/proofs.ts";
import type { ChipStanding, Denial } from "../policy/question.ts";
import type { DetectedCard, LinkError } from "../ports/card.ts";
import type { ChipPin, ChipPins } from "../ports/chip-pins.ts";
import type { JournalError, PersonalPart } from "../ports/journal.ts";
import type { Random } from "../ports/random.ts";
import { err, ok, type Result } from "../result.ts";
import { after } from "../time/time.ts";
import { proveChip } from "./chip-proof.ts";
import type { DocumentAlarm } from "./document-denials.table.ts";
import type { LostProofs } from "./lost-proofs.ts";
import { type ReadFailure, readCard } from "./read-card.ts";

/** What a door's reading came to. */
export interface Passage {
  readonly proofs: Proofs;
  /** By what the holder may be on the lists, the surest first; none where nobody could be made out. */
  readonly holders: readonly PersonalPart[];
  readonly chip: ChipFinding;
  /** What is amiss with a travel document, beyond that it proves too little. */
  readonly alarm?: DocumentAlarm;
  /** Tells one presentation in which nobody could be made out from another; in memory only. */
  readonly unknownAs?: string;
  /** Shown by a seal, in place of a card or of what would open one. */
  readonly bySeal?: true;
  /** Numbers the passwords that were tried at this door: two refusals one after the other are two presentations. */
  readonly attempt?: number;
}

/** What is known of the chip; `detail` says more about a failure, without anything of the holder. */
export interface ChipFinding {
  readonly standing: ChipStanding;
  readonly detail?: string;
  /** How long the chip took to sign, in ms. */
  readonly responseMs?: number;
  /** The denial of a holder whose chip was not asked for anything, since the best answer would not have helped him. */
  readonly decided?: Denial;
}

export interface PassageContext extends Omit<RunnerContext, "until"> {
  readonly families: FamilyCache;
  readonly random: Random;
  readonly scopeKey: ScopeKey;
  readonly pins: Pick<ChipPins, "pinOf">;
  readonly lostProofs: LostProofs;
  /** How often anything went wrong with the reader so far. */
  readonly readerTroubles: () => number;
  /** Asked about a number without a pin; absent where a door enrols nobody. */
  readonly enrol?: EnrolOnTheFly | undefined;
}

/** Examines the card of a holder without a pin, and pins its chip if the holder is listed and the card genuine. */
export type EnrolOnTheFly = (
  nis: Nis,
  personal: PersonalPart,
  card: DetectedCard,
) => Promise<Result<Found, PassageFailure>>;

/** Why there is nothing to decide about. The last is of the gate, not of the card. */
export type PassageFailure = ReadFailure | { readonly kind: "pinsFailed"; readonly error: JournalError };

/** Nothing to decide about either: somebody who was decided on just now has brushed the field in leaving. */
export type Left = { readonly kind: "left" };

/** Ten times what a signature takes on a card seen. */
const PROOF_MS = 1_500;

/** Reads and proves the card in the field: three commands, and two more for a number that has its chip. */
export async function readPassage(
  card: DetectedCard,
  context: PassageContext,
): Promise<Result<Passage, PassageFailure>> {
  const reading = await readCard(card, context.families, context);
  if (!reading.ok) return reading;
  const { identifier, proofs, kind } = reading.value;
  const nis = identifier.reveal();
  try {
    const { scopeKey } = context;
    const personal = { pseudonym: pseudonym(scopeKey, kind, nis), keyId: scopeKey.keyId, kind };
    const found = await findChip(card, nis, personal, context);
    if (!found.ok) return found;
    const { proofs: more, ...chip } = found.value;
    return ok({ proofs: new Set([...proofs, ...more]), holders: [personal], chip });
  } finally {
    nis.fill(0);
  }
}

/** A finding, with what it proved beyond the number. */
export type Found = ChipFinding & { readonly proofs: readonly Proof[] };

async function findChip(
  card: DetectedCard,
  nis: Nis,
  personal: PersonalPart,
  context: PassageContext,
): Promise<Result<Found, PassageFailure>> {
  const pin = context.pins.pinOf(personal.pseudonym);
  if (!pin.ok) return err({ kind: "pinsFailed", error: pin.error });
  if (pin.value !== undefined) return provePinned(pin.value, toHex(personal.pseudonym), card, context);
  return context.enrol?.(nis, personal, card) ?? ok({ standing: "unpinned", proofs: [] });
}

/** A chip that will not or cannot prove itself is a finding, to be decided about; a lost one is read again. */
async function provePinned(
  { publicKey }: ChipPin,
  who: string,
  card: DetectedCard,
  context: PassageContext,
): Promise<Result<Found, LinkError>> {
  const { clock, lostProofs } = context;
  const key = parseRsaPublicKey(publicKey);
  if (!key.ok) throw new Error("a pin whose key is none");
  const until = after(clock.monotonicMs(), PROOF_MS);
  const proof = await proveChip(key.value, card.channel, { ...context, until });
  if (proof.ok) {
    lostProofs.proven(who);
    return ok({ standing: "pinned", proofs: ["chipKey"], ...proof.value });
  }
  const { error } = proof;
  if (error.kind === "readerFailed") return err(error);
  if (error.kind === "cardLost") {
    // One lost radio link says nothing of the chip; one that never answers is not the pinned one.
    const isSilent = lostProofs.lost(who, clock.monotonicMs(), context.readerTroubles());
    return isSilent ? refuted("silent") : err(error);
  }
  return refuted(error.kind === "authenticationRefused" ? `refused:${describeStatus(error.sw)}` : error.kind);
}

const refuted = (detail: string) => ok({ standing: "pinned", proofs: [], detail } as const);
