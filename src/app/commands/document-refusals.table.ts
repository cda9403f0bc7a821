/** Why a document was refused, in words for people, and what to do about it. No word tells anything of its holder. */
import type { DocumentError } from "../../emrtd/document-request.ts";

export interface Refusal {
  readonly what: string;
  readonly remedy: string;
}

const FORGED = "keep it in view, compare it with its holder, and report it";
const AGAIN = "hold it still and try again; if it fails twice, take it for a copy";
const PASSWORD = "check the digits, or the zone, and type them once more";
const IMPORT = "import the newest master list with varco trust import; if it fails then too, it is forged";
const CRL = "import the country's revocation list with varco trust import, or set trust.crl: warn";
const DATE = "check the date of this machine; if it is right, the document cannot be accepted";
const LABORATORY = "trust.laboratory accepts such documents, which no real gate should do";
const BAC = "if it is an old passport, give the MRZ and --bac; if not, it is no travel document";
const PACE = "leave --bac away";
const OTHER_MEANS = "ask its holder for another document";
const REPORT = "report it with the State and the year of issue, and ask its holder for another document";

const REFUSALS: Readonly<Record<DocumentError["kind"], Refusal>> = {
  wrongPassword: { what: "the document does not know this password", remedy: PASSWORD },
  noAccessProtocol: {
    what: "the document announces no PACE that this program does, and BAC is not allowed or needs the MRZ",
    remedy: BAC,
  },
  notTravelDocument: { what: "there is no travel application on this card", remedy: OTHER_MEANS },
  paceRefused: { what: "the chip broke off PACE", remedy: AGAIN },
  paceMalformed: { what: "the chip's answer in PACE makes no sense", remedy: FORGED },
  bacWithdrawn: { what: "the document does not do BAC any more", remedy: PACE },
  bacRefused: { what: "the chip broke off BAC", remedy: AGAIN },
  bacMalformed: { what: "the chip's answer in BAC makes no sense", remedy: FORGED },
  hostileChip: { what: "the chip did what no honest chip does", remedy: FORGED },
  paceWithheld: {
    what: "the chip did not announce what its State signed: somebody took the better protocol away",
    remedy: FORGED,
  },
  sessionDropped: { what: "the chip gave up the protected session", remedy: AGAIN },
  answerForged: { what: "an answer was changed on its way, or made by another chip", remedy: FORGED },
  answerMalformed: { what: "a protected answer makes no sense", remedy: FORGED },
  sessionEnded: { what: "the protected session was over", remedy: AGAIN },
  fileMissing: { what: "the document lacks a file that it must have", remedy: FORGED },
  fileRefused: { what: "the chip does not give a file", remedy: AGAIN },
  fileMalformed: { what: "a file is not what its header promises", remedy: FORGED },
  malformed: { what: "a file cannot be read", remedy: FORGED },
  wrongContentType: { what: "the signed object is of another kind", remedy: FORGED },
  attributesMissing: { what: "the signed object lacks what is signed", remedy: FORGED },
  messageDigestMismatch: { what: "the signed list of hashes was changed", remedy: FORGED },
  signerMismatch: { what: "the signed object names a signer whom it does not carry", remedy: FORGED },
  signatureInvalid: { what: "the signature is wrong", remedy: FORGED },
  unsupportedAlgorithm: { what: "the signature is of a kind that is not supported", remedy: REPORT },
  certificateAlgorithm: {
    what: "the signer's certificate is signed in a way that is not supported",
    remedy: REPORT,
  },
  noTrustAnchor: { what: "no country that is trusted here stands behind the signer", remedy: IMPORT },
  testSigner: { what: "this is a document for laboratories", remedy: LABORATORY },
  signerUsage: { what: "the signer may not sign documents", remedy: FORGED },
  anchorUsage: { what: "the country's certificate may not certify signers", remedy: FORGED },
  signerCriticalExtension: {
    what: "the signer's certificate has a condition that is not known here",
    remedy: REPORT,
  },
  anchorCriticalExtension: {
    what: "the country's certificate has a condition that is not known here",
    remedy: REPORT,
  },
  signerExpired: { what: "the signer's certificate has expired", remedy: DATE },
  signerNotYetValid: { what: "the signer's certificate is not valid yet", remedy: DATE },
  anchorExpired: { what: "the country's certificate has expired", remedy: DATE },
  anchorNotYetValid: { what: "the country's certificate is not valid yet", remedy: DATE },
  signerRevoked: { what: "the country has revoked the signer", remedy: FORGED },
  anchorRevoked: { what: "the country has revoked its own certificate", remedy: FORGED },
  crlMissing: { what: "there is no revocation list of the country", remedy: CRL },
  crlStale: { what: "the country's revocation list is too old", remedy: CRL },
  wrongCountry: { what: "the signer's State is not the one that the document names", remedy: FORGED },
  documentType: { what: "the signer may not sign this kind of document", remedy: FORGED },
  dataGroupUnlisted: { what: "the chip gave a file that its State did not sign", remedy: FORGED },
  dataGroupChanged: { what: "a file is not the one that its State signed", remedy: FORGED },
  dataGroupMissing: { what: "the file with the holder's data is missing", remedy: FORGED },
  dataGroupWithheld: { what: "the chip hides a file by which it could be known", remedy: FORGED },
  otherDocument: { what: "this is not the document whose zone was typed or scanned", remedy: PASSWORD },
  unwanted: { what: "the document is none that is admitted here", remedy: OTHER_MEANS },
  documentExpired: { what: "the document has expired", remedy: OTHER_MEANS },
  expiryUnreadable: { what: "the document's date of expiry is no date", remedy: FORGED },
  chipRefuted: { what: "the chip does not hold the key that its State signed: a copy", remedy: FORGED },
  chipUnproven: { what: "the chip failed every proof of itself that its State signed for", remedy: FORGED },
  chipWayFailed: { what: "the chip broke off its proof of itself", remedy: AGAIN },
  chipKeyMissing: { what: "the signed file names no key for the chip's proof", remedy: FORGED },
  chipKeyMismatch: { what: "the chip does not hold the key that its State signed: a copy", remedy: FORGED },
  chipSignatureWrong: {
    what: "the chip's signature is not of the key that its State signed: a copy",
    remedy: FORGED,
  },
  activeAuthenticationAbsent: {
    what: "the document has no key for active authentication",
    remedy: OTHER_MEANS,
  },
  activeKeyUnusable: { what: "the chip's key is too weak or cannot be read", remedy: OTHER_MEANS },
  activeAuthenticationUnsupported: {
    what: "the chip does not know the proof that its State signed for: a copy would not",
    remedy: FORGED,
  },
  activeAuthenticationRefused: { what: "the chip refused to prove itself", remedy: AGAIN },
};

export const describeRefusal = ({ kind }: DocumentError): Refusal => REFUSALS[kind];
