/**
 * Who the holder of a document is, as far as a gate may match it: from DG1 and, where it was read, DG11. Only files whose
 * hash is among those that the State signed may come in here; a field of another file is no identity.
 * Governing text: identity claims sheet, 1, 4, 5, 7 and 8 (document number).
 */
import { Secret } from "../bytes/secret.ts";
import type { PersonalDetails } from "../emrtd/lds/dg11.ts";
import type { Leftovers } from "../emrtd/lds/items.ts";
import type { Mrz } from "../emrtd/lds/mrz.ts";
import type { CivilDate } from "../time/civil-date.ts";
import { ageYears, holderBirth, isExpired } from "./birth-date.ts";
import { isOfHolder, readFiscalCode } from "./fiscal-code.ts";
import type { HolderNote } from "./holder-note.ts";
import { type DocumentNames, namesOfZone } from "./name-key.ts";
import { type HolderNames, holderNames } from "./names.ts";

/** Two verified files, read by `parseDg1` and `parseDg11`. */
export interface HolderFiles {
  readonly mrz: Mrz;
  readonly dg11?: PersonalDetails & Leftovers;
}

/** What a document does not say is not there; it is never a placeholder. */
export interface DocumentHolder {
  /** Three letters, but one for Germany. */
  readonly issuer: string;
  /** ASCII without fillers, as long as it is; absent if its check digit does not hold. */
  readonly documentNumber?: Secret<Uint8Array>;
  /** Sixteen ASCII characters as on the card, of an Italian document whose check character holds. */
  readonly fiscalCode?: Secret<Uint8Array>;
  readonly names?: Secret<HolderNames>;
  /** What name keys are made of. */
  readonly writtenNames: Secret<DocumentNames>;
  readonly birthDate?: Secret<CivilDate>;
  /** Where the date is not known to the day. */
  readonly birthYear?: Secret<number>;
  /** Whole years; only with a whole birth date. */
  readonly ageYears?: number;
  /** The last day is past, or cannot be read. */
  readonly expired: boolean;
  readonly notes: readonly HolderNote[];
}

const ITALY = "ITA";
const FULL_AGE_YEARS = 18;

/** Whether documents of this State say the fiscal code of their holders; no other has one to be read. */
export const bearsFiscalCode = (issuer: string): boolean => issuer === ITALY;

/** Never fails: a field that cannot be read is absent, with a note. `today` is the day at the gate's place. */
export function holderOf({ mrz, dg11 }: HolderFiles, today: CivilDate): DocumentHolder {
  const named = holderNames(mrz, dg11?.fullName);
  const born = holderBirth(mrz.dateOfBirth, dg11?.dateOfBirth, today);
  const fiscal = bearsFiscalCode(mrz.issuer)
    ? holderFiscalCode(dg11?.personalNumber, born.date, mrz.sex)
    : NO_CODE;
  const age = born.date === undefined ? undefined : ageYears(born.date, today);
  const expired = isExpired(mrz.dateOfExpiry, today);
  const notes = new Set<HolderNote>([...named.notes, ...born.notes, ...fiscal.notes]);
  if (expired) notes.add("document.expired");
  if (age !== undefined && age < FULL_AGE_YEARS) notes.add("holder.minor");
  if (dg11 !== undefined && dg11.undecodable.length > 0) notes.add("field.undecodable");
  return {
    issuer: mrz.issuer,
    ...documentNumber(mrz),
    ...(fiscal.code === undefined ? {} : { fiscalCode: new Secret(ascii(fiscal.code)) }),
    ...(named.names === undefined ? {} : { names: new Secret(named.names) }),
    writtenNames: new Secret(writtenNames(mrz, dg11)),
    ...(born.date === undefined ? {} : { birthDate: new Secret(born.date) }),
    ...(born.year === undefined ? {} : { birthYear: new Secret(born.year) }),
    ...(age === undefined ? {} : { ageYears: age }),
    expired,
    notes: [...notes],
  };
}

interface FiscalFinding {
  readonly code?: string;
  readonly notes: readonly HolderNote[];
}

const NO_CODE: FiscalFinding = { notes: [] };

function holderFiscalCode(
  personalNumber: string | undefined,
  birthDate: CivilDate | undefined,
  sex: Mrz["sex"],
): FiscalFinding {
  if (personalNumber === undefined) return NO_CODE;
  const read = readFiscalCode(personalNumber);
  if (!read.ok)
    return {
      notes: [read.error.kind === "fiscalCodeShape" ? "fiscal_number.bad_shape" : "fiscal_number.bad_check"],
    };
  const notes: HolderNote[] = [];
  if (read.value.isOmocodic) notes.push("fiscal_number.omocodia");
  if (!isOfHolder(read.value, { birthDate, sex })) notes.push("fiscal_number.mismatch");
  return { code: read.value.code, notes };
}

function documentNumber({ documentNumber: number, checks }: Mrz): Pick<DocumentHolder, "documentNumber"> {
  const characters = number.replaceAll("<", "");
  return characters === "" || !checks.documentNumber ? {} : { documentNumber: new Secret(ascii(characters)) };
}

const writtenNames = (mrz: Mrz, dg11: PersonalDetails | undefined): DocumentNames => ({
  ...namesOfZone(mrz),
  ...(dg11?.fullName === undefined ? {} : { whole: dg11.fullName }),
});

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
