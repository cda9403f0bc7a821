/**
 * Passive authentication of the service side of a CIE: that the Italian State signed this NIS together with this public
 * key. It is done once, at enrolment; a passage then needs only the key that was pinned. EF.SOD of the service
 * application holds a security object like a passport's, over the card's own files. Governing text: card specification,
 * EF.SOD of the service side, both generations; ICAO Doc 9303-10 §4.6.2, 9303-12 §7.
 */
import { equalBytes } from "../bytes/bytes.ts";
import { digest } from "../crypto/digest.ts";
import { CARD_OBJECT, children, parseAsn1, rawBytes } from "../pki/asn1.ts";
import type { Certificate } from "../pki/certificate.ts";
import { type LdsSecurityObject, parseLdsSecurityObject } from "../pki/lds-security-object.ts";
import {
  checkSignedData,
  readSignedData,
  type SignedData,
  type SignedDataFailure,
} from "../pki/signed-data.ts";
import type { ChainFailure, ChainWarning, TrustAnchors } from "../pki/trust-anchors.ts";
import { err, ok, type Result } from "../result.ts";
import type { Instant } from "../time/time.ts";
import type { Nis } from "./nis.ts";

export interface ServiceSodQuestion {
  /** Content of EF.SOD (1006): tag 77, then filler behind its own length. */
  readonly sod: Uint8Array;
  readonly nis: Nis;
  /** The key of EF.Servizi_Int.Kpub (1005) as `parseRsaPublicKey` gives it, without the filler behind its DER. */
  readonly publicKey: Uint8Array;
  readonly anchors: TrustAnchors;
  /** Now. */
  readonly at: Instant;
}

/**
 * The generation of the card: 1 signs with SHA-1 over SHA-256 hashes, 2 with RSASSA-PSS over SHA-512 throughout. Any
 * other mixture is judged by its own algorithms and called `other`: a third generation is not refused for being new.
 */
export type CardGeneration = 1 | 2 | "other";

export interface ServiceSodProof {
  readonly generation: CardGeneration;
  /** Fingerprint of the document signer's certificate. */
  readonly signer: string;
  readonly signerCountry: string;
  /** Fingerprint of the country signer behind it. */
  readonly anchor: string;
  readonly warnings: readonly ChainWarning[];
}

/**
 * The first check that failed; the order here is the order of the checks, save that an algorithm nobody supports is
 * found wherever it stands. No kind tells anything of the person.
 */
export type SodFailure =
  | { readonly kind: "malformed"; readonly part: "sod" | "signedData" | "securityObject" }
  | { readonly kind: "wrongContentType" }
  /** attributesMissing, messageDigestMismatch, signerMismatch, signatureInvalid, unsupportedAlgorithm. */
  | SignedDataFailure
  /** noTrustAnchor, testSigner, usage, dates, revocation: of the signer or of the anchor. */
  | ChainFailure
  /** The chain is sound, but its State is not Italy: no other may speak for an Italian card. */
  | { readonly kind: "wrongCountry" }
  /** The signer may not sign identity cards: its list of document types lacks `C`, or is absent after generation 1. */
  | { readonly kind: "documentType" }
  /** The security object has no hash for the file, so nothing is said of it. */
  | { readonly kind: "hashMissing"; readonly file: "nis" | "publicKey" }
  /** A1: the object was signed for another NIS. */
  | { readonly kind: "nisHashMismatch" }
  /** A5: the object was signed for another key. */
  | { readonly kind: "keyHashMismatch" };

const TAG_SOD = 0x77;
const LDS_SECURITY_OBJECT = "2.23.136.1.1.1";
const ITALY = "IT";
const IDENTITY_CARD = "C";
/** File numbers as the security object writes them: content bytes of the INTEGER. */
const NIS_FILE = "A1";
const SERVICE_KEY_FILE = "A5";

/**
 * Makes every check of the service SOD and returns what they show together. Dates: the document signer and its country
 * signer must cover now, and the time of signing where it is known (`chain.ts`). Never throws; 64 kB at most are read.
 */
export function checkServiceSod(question: ServiceSodQuestion): Result<ServiceSodProof, SodFailure> {
  const { anchors, at } = question;
  const signed = readSod(question.sod);
  if (!signed.ok) return signed;
  const lds = parseLdsSecurityObject(signed.value.content);
  if (!lds.ok)
    return err(
      lds.error.kind === "unsupportedHash"
        ? { kind: "unsupportedAlgorithm", why: "algorithm" }
        : { kind: "malformed", part: "securityObject" },
    );
  const signer = checkSignedData(signed.value);
  if (!signer.ok) return signer;
  const signedAt = signed.value.attributes?.signingTime;
  const chain = anchors.judge(signer.value, { at, signedAt });
  if (!chain.ok) return chain;
  const { anchor, warnings } = chain.value;
  const generation = generationOf(signed.value, lds.value);
  const failure = objectionToSigner(signer.value, anchor, generation) ?? hashFailure(lds.value, question);
  if (failure !== undefined) return err(failure);
  const signerCountry = signer.value.issuer.country;
  return ok({
    generation,
    signer: signer.value.fingerprint,
    signerCountry,
    anchor: anchor.fingerprint,
    warnings,
  });
}

function readSod(sod: Uint8Array): Result<SignedData, SodFailure> {
  const wrapper = parseAsn1(sod, CARD_OBJECT);
  if (!wrapper.ok || rawBytes(wrapper.value)[0] !== TAG_SOD) return err({ kind: "malformed", part: "sod" });
  const signed = readSignedData(children(wrapper.value)[0]);
  if (!signed.ok) return err({ kind: "malformed", part: "signedData" });
  return signed.value.contentType === LDS_SECURITY_OBJECT ? signed : err({ kind: "wrongContentType" });
}

function objectionToSigner(
  signer: Certificate,
  anchor: Certificate,
  generation: CardGeneration,
): SodFailure | undefined {
  if (signer.issuer.country !== ITALY || anchor.subject.country !== ITALY) return { kind: "wrongCountry" };
  const mayLackTypes = generation === 1 && signer.documentTypes === undefined;
  const isForCards = signer.documentTypes?.includes(IDENTITY_CARD) ?? mayLackTypes;
  return isForCards ? undefined : { kind: "documentType" };
}

function hashFailure(lds: LdsSecurityObject, { nis, publicKey }: ServiceSodQuestion): SodFailure | undefined {
  const nisHash = lds.hashes.get(NIS_FILE);
  const keyHash = lds.hashes.get(SERVICE_KEY_FILE);
  if (nisHash === undefined) return { kind: "hashMissing", file: "nis" };
  if (keyHash === undefined) return { kind: "hashMissing", file: "publicKey" };
  if (!equalBytes(digest(lds.hash, nis), nisHash)) return { kind: "nisHashMismatch" };
  return equalBytes(digest(lds.hash, publicKey), keyHash) ? undefined : { kind: "keyHashMismatch" };
}

function generationOf({ signatureAlgorithm }: SignedData, { hash }: LdsSecurityObject): CardGeneration {
  const { kind, hash: signedHash } = signatureAlgorithm ?? {};
  if (kind === "rsaPkcs1" && signedHash === "sha1" && hash === "sha256") return 1;
  return kind === "rsaPss" && signedHash === "sha512" && hash === "sha512" ? 2 : "other";
}
