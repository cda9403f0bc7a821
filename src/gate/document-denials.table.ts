/**
 * Why a document leads to a denial, in the words of the access event, and which alarm goes before it: for a chip that is a
 * copy, for a document that no State made as it is, for a signer whom the trust store does not know. What a trembling hand
 * or a wrong digit can cause raises none. Reasons: ONVIF Access Control Service, access denied; ours with `acs:`.
 */
import type { DocumentError } from "../emrtd/document-request.ts";
import type { DenialReason } from "../policy/question.ts";

export type DocumentAlarm = "cloneSuspected" | "notGenuine" | "signerUnknown";

export interface DocumentDenial {
  readonly reason: DenialReason;
  readonly alarm?: DocumentAlarm;
}

const forged: DocumentDenial = { reason: "acs:DocumentAuthenticationFailed", alarm: "notGenuine" };
const copied: DocumentDenial = { reason: "acs:ChipAuthenticationFailed", alarm: "cloneSuspected" };
const untrusted: DocumentDenial = { reason: "acs:TrustAnchorMissing", alarm: "signerUnknown" };
/** The chip broke off, or does what this program does not: nothing is proven, and nobody is accused. */
const unproven: DocumentDenial = { reason: "acs:DocumentAuthenticationFailed" };
const other: DocumentDenial = { reason: "Other" };

export const DOCUMENT_DENIALS: Readonly<Record<DocumentError["kind"], DocumentDenial>> = {
  wrongPassword: { reason: "InvalidPIN" },
  otherDocument: { reason: "InvalidPIN" },
  documentExpired: { reason: "acs:DocumentExpired" },
  unwanted: { reason: "Unauthorized" },
  noAccessProtocol: other,
  notTravelDocument: other,
  paceRefused: unproven,
  paceMalformed: unproven,
  bacWithdrawn: unproven,
  bacRefused: unproven,
  bacMalformed: unproven,
  sessionDropped: unproven,
  sessionEnded: unproven,
  answerMalformed: unproven,
  fileMissing: unproven,
  fileRefused: unproven,
  fileMalformed: unproven,
  chipWayFailed: unproven,
  activeAuthenticationAbsent: unproven,
  activeAuthenticationUnsupported: unproven,
  activeAuthenticationRefused: unproven,
  activeKeyUnusable: unproven,
  unsupportedAlgorithm: unproven,
  certificateAlgorithm: unproven,
  expiryUnreadable: unproven,
  hostileChip: forged,
  answerForged: forged,
  paceWithheld: forged,
  malformed: forged,
  wrongContentType: forged,
  attributesMissing: forged,
  messageDigestMismatch: forged,
  signerMismatch: forged,
  signatureInvalid: forged,
  signerUsage: forged,
  anchorUsage: forged,
  signerCriticalExtension: forged,
  anchorCriticalExtension: forged,
  signerRevoked: forged,
  anchorRevoked: forged,
  wrongCountry: forged,
  documentType: forged,
  dataGroupUnlisted: forged,
  dataGroupChanged: forged,
  dataGroupMissing: forged,
  dataGroupWithheld: copied,
  chipRefuted: copied,
  chipUnproven: copied,
  chipKeyMissing: copied,
  chipKeyMismatch: copied,
  chipSignatureWrong: copied,
  noTrustAnchor: untrusted,
  testSigner: untrusted,
  signerExpired: untrusted,
  signerNotYetValid: untrusted,
  anchorExpired: untrusted,
  anchorNotYetValid: untrusted,
  crlMissing: untrusted,
  crlStale: untrusted,
};
