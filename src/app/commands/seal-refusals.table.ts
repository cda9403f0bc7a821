/**
 * Why a seal was refused, by itself or beside a document, in words for people, and what to do about it. No word tells anything
 * of its holder.
 */
import type { SealDisagreement } from "../../identity/seal-agreement.ts";
import type { SealRefusal } from "../../seal/judge-seal.ts";
import type { SealError } from "../../seal/seal-error.ts";
import type { SealedHolderError } from "../../seal/sealed-holder.ts";
import type { Refusal } from "./document-refusals.table.ts";

export type SealFailure = SealError | SealRefusal | SealedHolderError;

const FORGED = "keep it in view, compare it with its holder, and report it";
const AGAIN =
  "scan it again; if that does not help, see that the scanner sends all characters, control characters among them";
const IMPORT =
  "import the newest list of seals' authorities and their signers with varco trust import; if it fails then too, it is forged";
const CRL = "import the authority's revocation list with varco trust import, or set trust.crl: warn";
const DATE = "check the date of this machine; if it is right, the seal cannot be accepted";
const LABORATORY = "trust.laboratory accepts such seals, which no real gate should do";
const REPORT = "report it with its authority and signer, and ask its holder for another document";
const OTHER_SEAL = "show the seal of an identity card";
const SEAL_OF_THIS = `show the seal of this card; if it is printed on this very card, ${FORGED}`;

const REFUSALS: Readonly<Record<SealFailure["kind"], Refusal>> = {
  noSeal: { what: "this is no seal", remedy: AGAIN },
  sealVersion: { what: "the seal is of a version that is not known here", remedy: REPORT },
  sealHeader: { what: "the seal's header is not one", remedy: AGAIN },
  sealMessage: { what: "the seal's fields cannot be told apart", remedy: AGAIN },
  sealFieldTwice: { what: "the seal has a field twice", remedy: FORGED },
  sealFieldMissing: { what: "the seal lacks a field that its kind must have", remedy: FORGED },
  sealSignature: { what: "the seal's signature is missing or cut off", remedy: AGAIN },
  testAuthority: { what: "this is a seal for laboratories", remedy: LABORATORY },
  signatureDateMissing: { what: "the seal does not say when it was signed", remedy: FORGED },
  signatureDateFuture: { what: "the seal says that it was signed on a day to come", remedy: DATE },
  authorityUnknown: { what: "no authority that is trusted here has the name in the seal", remedy: IMPORT },
  signerUnknown: { what: "the authority is trusted here, but its signer is not known", remedy: IMPORT },
  signatureAlgorithm: { what: "the signer's key is of a kind that is not supported", remedy: REPORT },
  signatureInvalid: {
    what: "the signature is wrong: the seal was altered, or made by somebody else",
    remedy: FORGED,
  },
  certificateAlgorithm: {
    what: "the signer's certificate is signed in a way that is not supported",
    remedy: REPORT,
  },
  noTrustAnchor: { what: "no authority that is trusted here stands behind the signer", remedy: IMPORT },
  signerCriticalExtension: {
    what: "the signer's certificate has a condition that is not known here",
    remedy: REPORT,
  },
  anchorCriticalExtension: {
    what: "the authority's certificate has a condition that is not known here",
    remedy: REPORT,
  },
  signerUsage: { what: "the signer may not sign seals", remedy: FORGED },
  anchorUsage: { what: "the authority's certificate may not certify signers", remedy: FORGED },
  signerNotYetValid: { what: "the signer's certificate was not valid yet when it signed", remedy: FORGED },
  signerExpired: { what: "the signer's certificate had expired when it signed", remedy: FORGED },
  anchorNotYetValid: {
    what: "the authority's certificate was not valid yet at the signature",
    remedy: FORGED,
  },
  anchorExpired: { what: "the authority's certificate had expired at the signature", remedy: FORGED },
  signerRevoked: { what: "the authority has revoked the signer", remedy: FORGED },
  anchorRevoked: { what: "the authority's own certificate was revoked", remedy: FORGED },
  crlMissing: { what: "there is no revocation list of the authority", remedy: CRL },
  crlStale: { what: "the authority's revocation list is too old", remedy: CRL },
  noIdentityTitle: { what: "the seal is right, and not of an identity card", remedy: OTHER_SEAL },
  sealedField: { what: "the seal is signed, and a field of it holds what it cannot", remedy: REPORT },
};

export const describeSealFailure = ({ kind }: SealFailure): Refusal => REFUSALS[kind];

/** A bill or a ticket, whoever signed it. */
export const OTHER_KIND: Refusal = { what: "the seal is not of an identity card", remedy: OTHER_SEAL };

const DISAGREEMENTS: Readonly<Record<SealDisagreement, Refusal>> = {
  numberDiffers: { what: "the seal is of another document than the chip", remedy: SEAL_OF_THIS },
  issuerDiffers: { what: "the seal names another State than the chip", remedy: FORGED },
  kindDiffers: { what: "the seal names another kind of document than the chip", remedy: FORGED },
  nameDiffers: { what: "the seal names somebody else than the chip", remedy: FORGED },
  sexDiffers: { what: "the seal says another sex than the chip", remedy: FORGED },
  nationalityDiffers: { what: "the seal says another nationality than the chip", remedy: FORGED },
  birthDateDiffers: { what: "the seal says another date of birth than the chip", remedy: FORGED },
};

export const describeDisagreement = (kind: SealDisagreement): Refusal => DISAGREEMENTS[kind];
