/**
 * Passive authentication: that a State signed these files for this kind of document, and that nobody has changed them
 * since. It says nothing of the chip they came from, which may be a copy; chip or active authentication adds that.
 * A reader that has time while files come in judges EF.SOD ahead (`passive-authentication-sod.ts`).
 * Governing text: ICAO Doc 9303-10 §4.6.2, 9303-11 §5.1, 9303-12 §7.
 */
import { equalBytes } from "../bytes/bytes.ts";
import type { DocumentDefect } from "../pki/document-signature.ts";
import type { ChainWarning } from "../pki/trust-anchors.ts";
import { err, ok, type Result } from "../result.ts";
import type { CivilDate } from "../time/civil-date.ts";
import { signerCountries } from "./lds/countries.ts";
import { expiryDate, isBefore } from "./lds/dates.ts";
import { parseDg1 } from "./lds/dg1.ts";
import type { Mrz } from "./lds/mrz.ts";
import { mrzInformation } from "./mrz-key.ts";
import {
  authenticateSod,
  type DataGroupFailure,
  type DocumentSecurity,
  dataGroupFailure,
  type SodFailure,
  type SodQuestion,
} from "./passive-authentication-sod.ts";

/** What is asked of the files once EF.SOD is judged. */
export interface FilesQuestion {
  /** Every data group that was read, by its number; each file whole and without filler. DG1 must be among them. */
  readonly files: ReadonlyMap<number, Uint8Array>;
  /** The day at the gate's place: a document is valid through its last day. */
  readonly today: CivilDate;
  /** MRZ_information of the zone that was typed or scanned, if one was; the caller wipes it. */
  readonly presented?: Uint8Array;
}

export interface DocumentProof {
  /** What DG1 says, and may now be believed. */
  readonly mrz: Mrz;
  readonly expiresOn: CivilDate;
  /** Numbers of the data groups that were checked, and of all that the document has. */
  readonly verified: ReadonlySet<number>;
  readonly listed: ReadonlySet<number>;
  /** Fingerprints of the document signer's certificate and of the country signer's behind it. */
  readonly signer: string;
  readonly anchor: string;
  readonly signerCountry: string;
  readonly warnings: readonly ChainWarning[];
  readonly defects: readonly DocumentDefect[];
}

/** The first check that failed, in the order of the checks. No kind tells anything of the person. */
export type FilesFailure =
  | DataGroupFailure
  /** DG1, which says whose document it is, was not read. */
  | { readonly kind: "dataGroupMissing"; readonly dataGroup: 1 }
  /** A State signed a DG1 that holds no machine readable zone. */
  | { readonly kind: "malformed"; readonly part: "dataGroup1" }
  /** The signer's State is not the one that issued the document by its machine readable zone. */
  | { readonly kind: "wrongCountry" }
  /** The signer may not sign this kind of document: its list of types lacks the first letters of the zone. */
  | { readonly kind: "documentType" }
  /** The chip holds another document than the one whose zone was typed or scanned. */
  | { readonly kind: "otherDocument" }
  | { readonly kind: "documentExpired" }
  /** The date of expiry is no date. */
  | { readonly kind: "expiryUnreadable" };

/**
 * All checks of EF.SOD and of the files read, in the order that the inspection procedure gives them. Whether the holder or
 * the document is wanted here at all is for the policy to say. Never throws.
 */
export function checkDocumentSod(
  question: SodQuestion & FilesQuestion,
): Result<DocumentProof, SodFailure | FilesFailure> {
  const security = authenticateSod(question);
  return security.ok ? checkDocumentFiles(security.value, question) : security;
}

/** Steps 7 to 9: hashes, State and kind of document, then the document itself. */
export function checkDocumentFiles(
  security: DocumentSecurity,
  { files, today, presented }: FilesQuestion,
): Result<DocumentProof, FilesFailure> {
  for (const [dataGroup, file] of files) {
    const failure = dataGroupFailure(security, dataGroup, file);
    if (failure !== undefined) return err(failure);
  }
  const dg1 = files.get(1);
  if (dg1 === undefined) return err({ kind: "dataGroupMissing", dataGroup: 1 });
  const mrz = parseDg1(dg1);
  if (!mrz.ok) return err({ kind: "malformed", part: "dataGroup1" });
  const objection = objectionToSigner(security, mrz.value);
  if (objection !== undefined) return err(objection);
  if (presented !== undefined && !isPresented(mrz.value, presented)) return err({ kind: "otherDocument" });
  const expiresOn = expiryDate(mrz.value.dateOfExpiry);
  if (expiresOn === undefined) return err({ kind: "expiryUnreadable" });
  if (isBefore(expiresOn, today)) return err({ kind: "documentExpired" });
  const { signer, anchor, listed, warnings, defects } = security;
  return ok({
    mrz: mrz.value,
    expiresOn,
    verified: new Set(files.keys()),
    listed,
    signer: signer.fingerprint,
    anchor: anchor.fingerprint,
    signerCountry: signer.issuer.country,
    warnings,
    defects,
  });
}

function objectionToSigner(
  { signer }: DocumentSecurity,
  { issuer, documentCode }: Mrz,
): FilesFailure | undefined {
  if (!signerCountries(issuer).includes(signer.issuer.country)) return { kind: "wrongCountry" };
  // The list has one or two letters for each kind; a signer without one signs any. Some lists have the filler too.
  const types = (signer.documentTypes ?? []).map((type) => type.replaceAll("<", "").toUpperCase());
  const isAllowed =
    types.length === 0 || types.includes(documentCode) || types.includes(documentCode.charAt(0));
  return isAllowed ? undefined : { kind: "documentType" };
}

/** Number, birth and expiry are those that were presented; a zone whose digits are wrong is no zone that can be. */
function isPresented({ zone }: Mrz, presented: Uint8Array): boolean {
  const characters = Uint8Array.from(zone, (character) => character.charCodeAt(0));
  const information = mrzInformation(characters);
  characters.fill(0);
  if (!information.ok) return false;
  const isSame = equalBytes(information.value, presented);
  information.value.fill(0);
  return isSame;
}
