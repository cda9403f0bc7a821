/**
 * A virtual document before it is made: what it says, what its chip offers, who signs it. Profiles are such plans, and
 * most faults are changes to one. ICAO Doc 9303-10.
 */
import type { PaceOffer } from "../content.ts";
import type { ActiveKeyOwner, ActivePlan } from "./active-keys.ts";
import type { ChipKeyPlan } from "./chip-key-files.ts";
import type { DetailFields, DetailOddity } from "./detail-files.ts";
import type { CommonOddity, LargestApdus } from "./directory-files.ts";
import type { SodPlan } from "./document-sod.ts";
import type { FacePlan } from "./face-files.ts";
import type { Person } from "./holders.table.ts";
import type { ZoneFields } from "./mrz.ts";
import type { CardAccessForm } from "./security-files.ts";

/** Tag and all, in hexadecimal. */
export type WholeFile = string;

/** A holder whose zone is given letter by letter; DG11 and DG12 are there if they are given, whole or by their fields. */
export interface WrittenHolder {
  /** 90, 72 or 88 characters. */
  readonly mrz: string;
  readonly can?: string;
  readonly dg11?: DetailFields | WholeFile;
  readonly dg12?: DetailFields | WholeFile;
}

export type DataGroupNumber = 1 | 2 | 3 | 7 | 11 | 12 | 13 | 14 | 15 | 16;

export interface DocumentPlan {
  readonly holder: Person | WrittenHolder;
  /** What the zone says of the document and not of its holder. */
  readonly zone: Pick<ZoneFields, "format" | "documentCode" | "issuer">;
  /** Whether a CAN is printed on it. */
  readonly hasCan: boolean;
  /** In ascending order. */
  readonly groups: readonly DataGroupNumber[];
  readonly face: FacePlan;
  /** In DG12. */
  readonly issuingAuthority: string;
  readonly detailOddity?: DetailOddity;
  readonly commonOddity?: CommonOddity;
  readonly directory: "one" | "several";
  readonly pace: readonly PaceOffer[];
  /** No file when absent. */
  readonly cardAccess?: CardAccessForm;
  readonly bac: boolean;
  readonly chipKeys: readonly ChipKeyPlan[];
  readonly active?: ActivePlan;
  /** Whose the secrets are, and the public halves in the files. */
  readonly keyOwner: ActiveKeyOwner;
  /** What DG14 holds besides chip authentication: `access` is all that EF.CardAccess lists. */
  readonly alsoInGroup14: readonly ("access" | "terminal authentication")[];
  readonly group14Order: "sorted" | "backwards";
  /** No lengths of three bytes when absent. */
  readonly largestApdus?: LargestApdus;
  readonly sod: SodPlan;
}

/** The day on which every virtual document was issued, `YYYYMMDD`. */
export const ISSUED = "20240301";
