/**
 * Whether a visible seal is what a trusted signer made: the signer that it names is in the store, its key made the signature
 * over header and message, and an authority that the operator trusts stands behind the signer on the day of signing.
 * What a seal proves is where its data come from; anybody can copy it. ANTS, 2D-Doc specification 3.2.6, 5.1.
 */
import { verifyByCurve } from "../crypto/curve-signature.ts";
import type { SignatureVerdict, UnsupportedSignature } from "../crypto/signature.ts";
import type { Certificate } from "../pki/certificate.ts";
import type { ChainWarning } from "../pki/trust-anchors.ts";
import { err, ok, type Result } from "../result.ts";
import type { Instant } from "../time/time.ts";
import type { Seal } from "./seal.ts";
import type { SealAnchors, SealerFailure, UnknownSealer } from "./seal-anchors.ts";
import { boundsOf } from "./seal-dates.ts";
import { isTestSealer } from "./sealer.ts";

/** Who made a seal. */
export interface SealVerdict {
  readonly signer: Certificate;
  readonly authority: Certificate;
  readonly warnings: readonly ChainWarning[];
}

/** Why a well-formed seal counts for nothing; a wrong signature comes before all that is wrong with its signer. */
export type SealRefusal =
  | UnknownSealer
  /** The header gives no day of signing, without which no certificate can be judged. */
  | { readonly kind: "signatureDateMissing" }
  | { readonly kind: "signatureDateFuture" }
  /** The signer's key is none of the three that seals are made with. */
  | { readonly kind: "signatureAlgorithm"; readonly why: UnsupportedSignature }
  /** Not what the signer signed: the seal is altered or forged. */
  | { readonly kind: "signatureInvalid" }
  | SealerFailure;

/**
 * Judges a seal at this time. Document dates are not compared with anything: documents are dated before and after the day of
 * their seal. The dear part is one verification; who stands behind a signer is found once and remembered by `anchors`.
 */
export function judgeSeal(seal: Seal, anchors: SealAnchors, at: Instant): Result<SealVerdict, SealRefusal> {
  if (anchors.testAnchors === "refuse" && isTestSealer(seal)) return err({ kind: "testAuthority" });
  if (seal.signatureDate === undefined) return err({ kind: "signatureDateMissing" });
  const signed = boundsOf(seal.signatureDate);
  if (signed.from > at) return err({ kind: "signatureDateFuture" });
  const known = anchors.signersOf(seal);
  if (!known.ok) return known;
  const signer = signerBehind(seal, known.value);
  if (!signer.ok) return signer;
  const trusted = anchors.judge(signer.value, seal.authorityId, { at, signed });
  return trusted.ok ? ok({ signer: signer.value, ...trusted.value }) : trusted;
}

/** The one of several signers of one name whose key made the signature. */
function signerBehind(seal: Seal, signers: readonly Certificate[]): Result<Certificate, SealRefusal> {
  const verdicts = signers.map((signer) => isSealedBy(seal, signer));
  const signer = signers.find((_, index) => verdicts[index] === "valid");
  if (signer !== undefined) return ok(signer);
  const unsupported = verdicts.find((verdict) => typeof verdict === "object");
  return err(
    unsupported === undefined
      ? { kind: "signatureInvalid" }
      : { kind: "signatureAlgorithm", why: unsupported.unsupported },
  );
}

/** Whether the key in this certificate made the seal's signature; nothing else of it is looked at. */
export const isSealedBy = (
  { signed, signature }: Seal,
  { spki }: Pick<Certificate, "spki">,
): SignatureVerdict => verifyByCurve({ spki, message: signed, signature });
