/**
 * Who signed an object of a travel document, EF.SOD or EF.CardSecurity, and whether that signer is trusted. Signed objects
 * of documents are not always what the standards ask for; where the deviation is known and harmless it is let pass and
 * named, so that a reading tells of it. Governing text: ICAO Doc 9303-10 §4.6.2, 9303-11 §5.1, 9303-12 §7.
 */
import { type SignatureDefect, verifyTolerantly } from "../crypto/tolerant-signature.ts";
import { err, ok, type Result } from "../result.ts";
import type { Instant } from "../time/time.ts";
import type { Element } from "./asn1.ts";
import type { Certificate } from "./certificate.ts";
import {
  contentFailure,
  namedSigner,
  readSignedData,
  type SignedData,
  type SignedDataFailure,
  signatureFailure,
  signatureQuestion,
} from "./signed-data.ts";
import type { ChainFailure, ChainWarning, TrustAnchors } from "./trust-anchors.ts";

/** What is wrong with a document that is authentic all the same. */
export type DocumentDefect =
  /** The signer's identifier names no embedded certificate; the only one there verifies (Ukraine, name encodings). */
  "signerUnnamed" | SignatureDefect;

export interface SignedObjectQuestion {
  /** ContentInfo, BER or DER. */
  readonly element: Element | undefined;
  /** The identifiers of the content that are taken. */
  readonly contentTypes: readonly string[];
  readonly anchors: TrustAnchors;
  /** Now. */
  readonly at: Instant;
}

export interface SignedObject {
  readonly signed: SignedData;
  readonly signer: Certificate;
  /** The country signer behind him. */
  readonly anchor: Certificate;
  readonly warnings: readonly ChainWarning[];
  readonly defects: readonly DocumentDefect[];
}

export type SignedObjectFailure =
  | { readonly kind: "malformed"; readonly part: "signedData" }
  | { readonly kind: "wrongContentType" }
  | SignedDataFailure
  | ChainFailure
  /** The signer's certificate names another State than the country signer that made it: no State signs for another. */
  | { readonly kind: "wrongCountry" };

/**
 * Checks in this order: form, content type, attributes and digest, signer's certificate, signature, chain with dates and
 * revocation, State. Nothing of the content is believed before. Never throws.
 */
export function authenticateSignedObject(
  question: SignedObjectQuestion,
): Result<SignedObject, SignedObjectFailure> {
  const read = readSignedData(question.element);
  if (!read.ok) return err({ kind: "malformed", part: "signedData" });
  const signed = read.value;
  if (!question.contentTypes.includes(signed.contentType)) return err({ kind: "wrongContentType" });
  const signature = signerOf(signed);
  if (!signature.ok) return signature;
  const { signer, defects } = signature.value;
  // A purpose is that of a signer of other things: master lists, deviation lists, visible seals (Doc 9303-12 §7.1).
  if (signer.extendedKeyUsage.length > 0) return err({ kind: "signerUsage" });
  const { anchors, at } = question;
  const chain = anchors.judge(signer, { at, signedAt: signed.attributes?.signingTime });
  if (!chain.ok) return chain;
  const { anchor, warnings } = chain.value;
  if (signer.issuer.country !== anchor.subject.country) return err({ kind: "wrongCountry" });
  return ok({ signed, signer, anchor, warnings, defects });
}

interface Signature {
  readonly signer: Certificate;
  readonly defects: readonly DocumentDefect[];
}

function signerOf(signed: SignedData): Result<Signature, SignedDataFailure> {
  const failure = contentFailure(signed);
  if (failure !== undefined) return err(failure);
  const named = namedSigner(signed);
  const [sole, ...others] = signed.certificates;
  const signer = named ?? (others.length === 0 ? sole : undefined);
  if (signer === undefined) return err({ kind: "signerMismatch" });
  const question = signatureQuestion(signed, signer);
  if (!question.ok) return question;
  const { verdict, defects } = verifyTolerantly(question.value);
  const wrong = signatureFailure(verdict);
  if (wrong !== undefined) return err(wrong);
  return ok({ signer, defects: named === undefined ? ["signerUnnamed", ...defects] : defects });
}
