/**
 * The full examination of a card, once for each chip: its public key, the object that the State signed over number
 * and key, the chain of that signature to a country that is trusted here, and the chip's own proof that it holds
 * the private key. What passes is fit to be pinned. Governing text: CIE card sheet, 3.1 to 3.4.
 */
import { type RunnerContext, run } from "../apdu/exchange.ts";
import type { Nis } from "../cie/nis.ts";
import { readServiceFile, type ServiceFileError } from "../cie/service-files.ts";
import { checkServiceSod, type ServiceSodProof, type SodFailure } from "../cie/service-sod.ts";
import { parseRsaPublicKey, type RsaKeyError } from "../crypto/rsa-block.ts";
import type { TrustAnchors } from "../pki/trust-anchors.ts";
import type { CardChannel, LinkError } from "../ports/card.ts";
import type { ChipPin } from "../ports/chip-pins.ts";
import type { Random } from "../ports/random.ts";
import { ok, type Result } from "../result.ts";
import { after, type Instant } from "../time/time.ts";
import { type ChipProof, type ChipRefutation, proveChip } from "./chip-proof.ts";

export interface Examination extends ChipProof {
  readonly pin: ChipPin;
  /** The chain behind the pin, and what was found amiss with it but not refused. */
  readonly signed: ServiceSodProof;
}

/** The first check that failed. */
export type ExaminationFailure = ServiceFileError | RsaKeyError | SodFailure | ChipRefutation;

const STORE_FAILURES: ReadonlySet<string> = new Set<SodFailure["kind"]>([
  "noTrustAnchor",
  "crlMissing",
  "crlStale",
  "anchorExpired",
  "anchorNotYetValid",
]);

/** Whether the failure is one of the trust store rather than of the card: somebody here has to see to it. */
export const isOfTheStore = ({ kind }: ExaminationFailure): boolean => STORE_FAILURES.has(kind);

export interface ExaminationContext extends Omit<RunnerContext, "until"> {
  readonly random: Random;
  readonly anchors: TrustAnchors;
  /** The date that certificates are judged by. */
  readonly at: Instant;
}

/** Some twenty commands and a signature; three times what they take on a slow card. */
const EXAMINATION_MS = 6_000;

/** Examines the card whose CIE application is selected and whose number was read. */
export async function examineChip(
  nis: Nis,
  card: CardChannel,
  context: ExaminationContext,
): Promise<Result<Examination, ExaminationFailure | LinkError>> {
  const bounded = { ...context, until: after(context.clock.monotonicMs(), EXAMINATION_MS) };
  const content = await run(readServiceFile("publicKey"), card, bounded);
  if (!content.ok) return content;
  const publicKey = parseRsaPublicKey(content.value);
  if (!publicKey.ok) return publicKey;
  const sod = await run(readServiceFile("sod"), card, bounded);
  if (!sod.ok) return sod;
  const { anchors, at } = context;
  const signed = checkServiceSod({ sod: sod.value, nis, publicKey: publicKey.value.der, anchors, at });
  if (!signed.ok) return signed;
  const proof = await proveChip(publicKey.value, card, bounded);
  if (!proof.ok) return proof;
  const { generation, signer } = signed.value;
  return ok({
    pin: { publicKey: publicKey.value.der, generation, signer },
    signed: signed.value,
    responseMs: proof.value.responseMs,
  });
}
