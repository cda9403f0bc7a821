/**
 * The chip's proof in one passage: a fresh challenge, signed by the card, judged against the public key that was
 * pinned to its number. What the card will not sign, or signs wrongly, is no weaker proof but the mark of a copy;
 * only a lost radio link is neither. Governing text: CIE card sheet, 3.2.
 */
import { type RunnerContext, run } from "../apdu/exchange.ts";
import {
  type AuthenticationRefused,
  CHALLENGE_BYTES,
  chooseServiceKey,
  signChallenge,
} from "../cie/internal-authentication.ts";
import { type ChipProofFailure, judgeResponse, type RsaPublicKey } from "../crypto/rsa-block.ts";
import type { CardChannel, LinkError } from "../ports/card.ts";
import type { Random } from "../ports/random.ts";
import { ok, type Result } from "../result.ts";

export interface ChipProof {
  /** INTERNAL AUTHENTICATE sent to signature received, in ms: a relayed card takes longer. */
  readonly responseMs: number;
}

/** The chip did not show that it holds the key: it would not sign, or what it gave is not the key's signature. */
export type ChipRefutation = AuthenticationRefused | ChipProofFailure;

export interface ProofContext extends RunnerContext {
  readonly random: Random;
}

/** Two commands to the selected CIE application. */
export async function proveChip(
  publicKey: RsaPublicKey,
  card: CardChannel,
  context: ProofContext,
): Promise<Result<ChipProof, ChipRefutation | LinkError>> {
  const { clock, random } = context;
  const chosen = await run(chooseServiceKey(), card, context);
  if (!chosen.ok) return chosen;
  const challenge = random.bytes(CHALLENGE_BYTES);
  const sentAt = clock.monotonicMs();
  const signature = await run(signChallenge(challenge), card, context);
  const responseMs = clock.monotonicMs() - sentAt;
  if (!signature.ok) return signature;
  const judged = judgeResponse({ publicKey, challenge, response: signature.value });
  return judged.ok ? ok({ responseMs }) : judged;
}
