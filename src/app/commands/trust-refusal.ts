/**
 * Why a file, or a part of one, does not come into the trust store, as kinds, and each kind as a sentence that says
 * what to do. Names of certificates come from the certificates and hold no control characters.
 */
import type { SignatureVerdict } from "../../crypto/signature.ts";
import type { MasterListFailure } from "../../pki/master-list.ts";
import type { TrustedListError } from "../../seal/trusted-list.ts";
import { toIso8601 } from "../../time/iso-8601.ts";
import type { Instant } from "../../time/time.ts";
import type { TrustFileError } from "./trust-file.ts";

export type TrustRefusal =
  | TrustFileError
  /** What `--pin-signer` names is none or more than one. */
  | { readonly kind: "noSinglePin" }
  /** Parts that are neither certificate nor revocation list. */
  | { readonly kind: "partsUnreadable"; readonly count: number }
  | { readonly kind: "testAuthority"; readonly subject: string }
  | { readonly kind: "noCountrySigner"; readonly subject: string }
  | { readonly kind: "selfSignature"; readonly subject: string; readonly verdict: SignatureVerdict }
  | { readonly kind: "linkUnproven"; readonly subject: string; readonly issuer: string }
  | { readonly kind: "crlIssuerUnknown"; readonly issuer: string }
  | { readonly kind: "crlSignature"; readonly issuer: string }
  | { readonly kind: "crlOlder"; readonly issuer: string; readonly held: Instant }
  | { readonly kind: "listUnverified"; readonly failure: MasterListFailure }
  | { readonly kind: "listOlder"; readonly publisher: string; readonly held: Instant }
  | SealerRefusal
  | { readonly kind: "nothingUsable" };

/** Of those who make visible seals. */
export type SealerRefusal =
  /** Given as a country signer or as a signer of their lists, and a maker of seals. */
  | { readonly kind: "sealAuthority"; readonly subject: string }
  /** Given as a maker of seals, with the key of a country signer or of a pinned signer of lists. */
  | { readonly kind: "sealerIsCountrySigner"; readonly subject: string }
  /** No root or authority of the store signed it. */
  | { readonly kind: "sealerUnproven"; readonly subject: string; readonly issuer: string }
  | { readonly kind: "sealerUsage"; readonly subject: string }
  /** An authority or a root among the signers that an authority publishes. */
  | { readonly kind: "sealerNotBelow"; readonly subject: string }
  /** The store has it under another name. */
  | { readonly kind: "sealerKnownOtherwise"; readonly subject: string; readonly as: string }
  /** `--seal-name` with more certificates than one. */
  | { readonly kind: "sealNameForMany" }
  | { readonly kind: "sealNameMissing"; readonly subject: string }
  /** Neither the certificate nor `--seal-name` gives a name of the form that fits. */
  | { readonly kind: "sealNameUnfit"; readonly subject: string; readonly fit: string }
  /** A trusted list without its hash, or with that of another file. */
  | { readonly kind: "listUnconfirmed"; readonly fingerprint: string; readonly isOther: boolean }
  | { readonly kind: "trustedListUnreadable"; readonly failure: TrustedListError };

/** What is wrong and what to do about it, to stand behind the name of the file or part. */
export function describeRefusal(refusal: TrustRefusal): string {
  switch (refusal.kind) {
    case "noSinglePin":
      return "is not one certificate: give that of the list's signer, or of the country signer above it";
    case "partsUnreadable":
      return `${refusal.count} of its parts are neither certificate nor revocation list: give a file without them`;
    case "testAuthority":
      return `${refusal.subject} is a test authority, whose cards anyone can get: only --laboratory takes it`;
    case "noCountrySigner":
      return `${refusal.subject} may not sign certificates: give the certificate of the country signer above it`;
    case "selfSignature":
      return `${refusal.subject} ${selfSignature(refusal.verdict)}`;
    case "linkUnproven":
      return `${refusal.subject} carries a new key that no certificate of the store vouches for: import that of ${refusal.issuer} first`;
    case "crlIssuerUnknown":
      return `the store has no certificate of ${refusal.issuer}, which issued this revocation list: import that first`;
    case "crlSignature":
      return `no certificate of ${refusal.issuer} in the store verifies this revocation list: download it again, or import the issuer's newest certificate`;
    case "crlOlder":
      return `the store holds a newer revocation list of ${refusal.issuer}, of ${day(refusal.held)}: download the current one`;
    case "listUnverified":
      return unverified(refusal.failure);
    case "listOlder":
      return `the store holds a newer list of ${refusal.publisher}, of ${day(refusal.held)}: import the current one, or take the newer out with varco trust remove --source`;
    case "nothingUsable":
      return "nothing of it was accepted: see what was left out, and import or pin what it depends on first";
    case "fileUnreadable":
    case "fileTooLarge":
    case "fileEmpty":
    case "filePrivateKey":
    case "fileWebPage":
    case "fileArchive":
    case "fileUnknown":
      return describeFileError(refusal);
    default:
      return describeSealerRefusal(refusal);
  }
}

function describeSealerRefusal(refusal: SealerRefusal): string {
  switch (refusal.kind) {
    case "sealAuthority":
      return `${refusal.subject} makes visible seals, and vouches for no chip: only --seals takes it`;
    case "sealerIsCountrySigner":
      return `${refusal.subject} has a key that vouches for chips in the store, and makes no visible seals here: take it out first if it was imported by mistake`;
    case "sealerUnproven":
      return `${refusal.subject} is signed by nobody in the store who makes visible seals: import that of ${refusal.issuer} first, with --seals or in a trusted list`;
    case "sealerNotBelow":
      return `${refusal.subject} is itself an authority, which a file of signers does not bring: import it in a trusted list or alone, with --seals`;
    case "sealerUsage":
      return `${refusal.subject} is not for signing: give the certificate that the seals are made with`;
    case "sealerKnownOtherwise":
      return `${refusal.subject} is in the store as ${refusal.as}: take it out first if that is wrong`;
    case "sealNameForMany":
      return "has more than one certificate, and --seal-name is for one: give each in a file of its own";
    case "sealNameMissing":
      return `${refusal.subject} does not say what seals call it: give that with --seal-name, such as FR05`;
    case "sealNameUnfit":
      return `${refusal.subject} goes by another name in seals: give it with --seal-name, in the form of ${refusal.fit}`;
    case "listUnconfirmed":
      return refusal.isOther
        ? `is not the file that --sha256 names: its SHA-256 is ${refusal.fingerprint}; download it again`
        : `is a trusted list, whose signature is not verified here: make sure that it is the publisher's own, then give --sha256 ${refusal.fingerprint}`;
    case "trustedListUnreadable":
      return `is no trusted list that can be read (${describeFailure(refusal.failure)}): download it again`;
  }
}

const describeFailure = (failure: TrustedListError): string =>
  failure.kind === "xml" ? `XML, ${failure.why} at character ${failure.offset}` : failure.field;

const GIVE =
  "give a certificate (DER or PEM), a master list, an LDIF file of the ICAO directory, a CRL, or a trusted list of seals";

function describeFileError(error: TrustFileError): string {
  switch (error.kind) {
    case "fileUnreadable":
      return `cannot be read (${error.code}): ${GIVE}, readable by this user`;
    case "fileTooLarge":
      return `is larger than ${error.mostMegabytes} MB, which no such file is: ${GIVE}`;
    case "fileEmpty":
      return `is empty: ${GIVE}`;
    case "filePrivateKey":
      return "holds a private key, which belongs neither here nor in a file that is passed on: give the certificate alone";
    case "fileWebPage":
      return "is a web page: download the list itself, not the page about it";
    case "fileArchive":
      return "is an archive: unpack it and give the file inside";
    case "fileUnknown":
      return `is nothing that is known here: ${GIVE}`;
  }
}

/** Whoever made the list, it counts for nothing until its signer is known. */
function unverified(failure: MasterListFailure): string {
  switch (failure.kind) {
    case "malformed":
    case "wrongContentType":
      return "is a signed file but no master list: give the list as its publisher offers it";
    case "signerNotPinned": {
      const { subject, issuer, fingerprint } = failure.signer;
      return `is signed by ${subject.text} (SHA-256 ${fingerprint}), whom nobody has pinned: get the certificate of ${issuer.text} from its publisher and give it with --pin-signer`;
    }
    case "signerPurpose":
      return "is signed with a certificate that is not for master lists: download it again from its publisher";
    case "unsupportedAlgorithm":
      return `is signed in a way that is not supported (${failure.why}): look for another edition of it`;
    case "signerExpired":
    case "anchorExpired":
      return "is signed with a certificate that has expired: download the current list and check this machine's clock";
    case "signerNotYetValid":
    case "anchorNotYetValid":
      return "is signed with a certificate that is not valid yet: check this machine's clock";
    default:
      return `is not what its signer signed, or not signed by whom it says (${failure.kind}): download it again`;
  }
}

const selfSignature = (verdict: SignatureVerdict): string =>
  typeof verdict === "string"
    ? "is not signed with its own key, as a country signer is: the file was altered or is no certificate of a country signer"
    : `is signed in a way that is not supported (${verdict.unsupported}): ask the issuer for a certificate that other States accept`;

/** The day in UTC, as `2035-07-25`. */
export const day = (time: Instant): string => toIso8601(time).slice(0, "2035-07-25".length);
