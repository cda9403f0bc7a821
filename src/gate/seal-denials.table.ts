/**
 * Why a seal leads to a denial, in the words of the access event, and which alarm goes before it. A seal is printed, so that
 * whoever shows one that no State signed as it is has made it, or has it from somebody who did. Whoever shows that of another
 * card may have confused two, and raises none; a seal that names this card and contradicts its chip does.
 * Reasons: ONVIF Access Control Service, access denied; ours with `acs:`.
 */
import type { SealDisagreement } from "../identity/seal-agreement.ts";
import type { SealRefusal } from "../seal/judge-seal.ts";
import type { SealError } from "../seal/seal-error.ts";
import type { SealedHolderError } from "../seal/sealed-holder.ts";
import type { DocumentDenial } from "./document-denials.table.ts";

/** What speaks against a seal: in itself, in its signature, or beside the chip of the document that it is shown with. */
export type SealObjection =
  | SealError["kind"]
  | SealRefusal["kind"]
  | SealedHolderError["kind"]
  | SealDisagreement
  /** Nobody showed one in time. */
  | "missing"
  /** It says that the last day of its document is past. */
  | "documentExpired"
  /** The door takes no documents of this country. */
  | "country"
  | "trustStoreUnusable";

export interface SealDenial extends DocumentDenial {
  /** As rows name it. */
  readonly detail: string;
}

const FORGED: DocumentDenial = { reason: "acs:DocumentAuthenticationFailed", alarm: "notGenuine" };
const UNTRUSTED: DocumentDenial = { reason: "acs:TrustAnchorMissing", alarm: "signerUnknown" };
/** Nothing is proven, and nobody is accused. */
const UNPROVEN: DocumentDenial = { reason: "acs:DocumentAuthenticationFailed" };

const forged = (detail: string): SealDenial => ({ ...FORGED, detail });
const untrusted = (detail: string): SealDenial => ({ ...UNTRUSTED, detail });
const unproven = (detail: string): SealDenial => ({ ...UNPROVEN, detail });
const malformed = unproven("sealMalformed");

/** No other seal would do better: these have this card's number and contradict its chip, or no seal can be judged. */
const FINAL: readonly SealObjection[] = [
  ...(["issuerDiffers", "kindDiffers", "nameDiffers", "sexDiffers"] as const),
  ...(["nationalityDiffers", "birthDateDiffers", "trustStoreUnusable"] as const),
];

export const SEAL_DENIALS: Readonly<Record<SealObjection, SealDenial>> = {
  missing: { reason: "acs:SecurityLevelTooLow", detail: "sealMissing" },
  documentExpired: { reason: "acs:DocumentExpired", detail: "documentExpired" },
  country: { reason: "Unauthorized", detail: "country" },
  trustStoreUnusable: untrusted("trustStoreUnusable"),
  noSeal: malformed,
  sealVersion: malformed,
  sealHeader: malformed,
  sealMessage: malformed,
  sealFieldTwice: malformed,
  sealFieldMissing: malformed,
  sealSignature: malformed,
  sealedField: malformed,
  noIdentityTitle: { reason: "Other", detail: "sealOtherKind" },
  signatureDateMissing: unproven("sealSignatureDateMissing"),
  signatureDateFuture: unproven("sealSignatureDateFuture"),
  signatureAlgorithm: unproven("sealSignatureAlgorithm"),
  certificateAlgorithm: unproven("sealCertificateAlgorithm"),
  signatureInvalid: forged("sealSignatureInvalid"),
  signerRevoked: forged("sealSignerRevoked"),
  anchorRevoked: forged("sealAnchorRevoked"),
  signerUsage: forged("sealSignerUsage"),
  anchorUsage: forged("sealAnchorUsage"),
  signerCriticalExtension: forged("sealSignerCriticalExtension"),
  anchorCriticalExtension: forged("sealAnchorCriticalExtension"),
  authorityUnknown: untrusted("sealAuthorityUnknown"),
  signerUnknown: untrusted("sealSignerUnknown"),
  noTrustAnchor: untrusted("sealNoTrustAnchor"),
  testAuthority: untrusted("sealTestAuthority"),
  signerExpired: untrusted("sealSignerExpired"),
  signerNotYetValid: untrusted("sealSignerNotYetValid"),
  anchorExpired: untrusted("sealAnchorExpired"),
  anchorNotYetValid: untrusted("sealAnchorNotYetValid"),
  crlMissing: untrusted("sealCrlMissing"),
  crlStale: untrusted("sealCrlStale"),
  numberDiffers: unproven("sealNumberDiffers"),
  issuerDiffers: forged("sealIssuerDiffers"),
  kindDiffers: forged("sealKindDiffers"),
  nameDiffers: forged("sealNameDiffers"),
  sexDiffers: forged("sealSexDiffers"),
  nationalityDiffers: forged("sealNationalityDiffers"),
  birthDateDiffers: forged("sealBirthDateDiffers"),
};

const FINAL_DETAILS: ReadonlySet<string | undefined> = new Set(
  FINAL.map((objection) => SEAL_DENIALS[objection].detail),
);

/** Whether whoever was refused for this by one seal can show no better one. */
export const isFinal = ({ detail }: { readonly detail?: string }): boolean => FINAL_DETAILS.has(detail);
