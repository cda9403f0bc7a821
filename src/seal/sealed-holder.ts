/**
 * Who an identity title says its holder is, as far as its seal repeats it: seals of type 07 in perimeter 01, text form. Only
 * a seal whose signature `judgeSeal` has found right may come in here. The seal is printed on the document and as easily
 * copied, so that it says what is on some document of this State, not that it is here.
 * Governing text: ANTS, 2D-Doc specification 3.2.6, 7.5 and 8.5; eMRTD notes, 10.2.
 */
import { Secret } from "../bytes/secret.ts";
import { err, ok, type Result } from "../result.ts";
import type { CivilDate } from "../time/civil-date.ts";
import type { Seal, SealField } from "./seal.ts";
import { digitsDate } from "./seal-dates.ts";
import { isTestSealer } from "./sealer.ts";

/** A name as the seal spells it: capitals without accents, blanks between the parts of a compound name. */
export interface SealedName {
  readonly text: string;
  /** There was no room for the end of it. */
  readonly isTruncated: boolean;
}

export interface SealedNames {
  /** The surname of birth (62). */
  readonly surname: SealedName;
  /** The surname in use (63), where it is another. */
  readonly usedSurname?: SealedName;
  /** That of the wife or husband (64). */
  readonly spouseSurname?: SealedName;
  /** All given names (60) in their order; of the last one the end may be missing. None for a person of one name. */
  readonly givenNames: readonly SealedName[];
  /** The given name in use (61). */
  readonly usedGivenName?: SealedName;
}

export interface SealedHolder {
  /** `ID`, or `P`, `IR`, `V`, `D`; letters that a State adds are kept. */
  readonly documentKind: string;
  /** Two letters: field 6I, else the country of the header; absent before version 4. */
  readonly issuingCountry?: string;
  /** ASCII capitals and digits; wiping it is up to whoever asked for it. */
  readonly documentNumber: Secret<Uint8Array>;
  readonly names: Secret<SealedNames>;
  /** Two letters (ISO 3166-1). */
  readonly nationality: string;
  readonly sex: "female" | "male";
  /** Two letters. */
  readonly birthCountry: string;
  readonly birthDate?: Secret<CivilDate>;
  /** Where the date is not known to the day. */
  readonly birthYear?: Secret<number>;
  /** First and last day of the document, where the seal says them (6N, 6O). */
  readonly validFrom?: CivilDate;
  readonly validUntil?: CivilDate;
}

export type SealedHolderError =
  /** The seal is none of an identity title in a form that is published, or not by an authority that makes such titles. */
  | {
      readonly kind: "noIdentityTitle";
      readonly why: "form" | "perimeter" | "documentType" | "authority";
    }
  /** A signed field holds what it cannot; `why` is its identifier. */
  | { readonly kind: "sealedField"; readonly why: string };

const IDENTITY_TITLE = "07";
const PERIMETER = "01";
/**
 * The State's own authority. A trusted list names those of companies beside it, whose signers seal bills and payslips, and no
 * certificate says for which types of document it is.
 */
const IDENTITY_AUTHORITIES: ReadonlySet<string> = new Set(["FR05"]);
const KIND = /^[A-Z][A-Z ]$/;
const NUMBER = /^[A-Z0-9]{1,20}$/;
const COUNTRY = /^[A-Z]{2}$/;
const COUNTRY_OR_NONE = /^([A-Z]{2})?$/;
const SEXES: ReadonlyMap<string, SealedHolder["sex"]> = new Map([
  ["F", "female"],
  ["M", "male"],
]);

/** Reads the holder. The texts are copies; the seal can be wiped from then on. */
export function sealedHolder(seal: Seal): Result<SealedHolder, SealedHolderError> {
  const other = whyNoIdentityTitle(seal);
  if (other !== undefined) return err({ kind: "noIdentityTitle", why: other });
  const fields = new Map(seal.fields.map((field) => [field.id, field]));
  const country = textOf(fields.get("6I")) || seal.country;
  const wrong = FORMS.find(([id, form]) => !form.test(textOf(fields.get(id))));
  const sex = SEXES.get(textOf(fields.get("68")));
  if (wrong !== undefined || sex === undefined) return err({ kind: "sealedField", why: wrong?.[0] ?? "68" });
  const dates = readDates(fields);
  if (!dates.ok) return dates;
  return ok({
    documentKind: textOf(fields.get("65")).trimEnd(),
    ...(country === undefined ? {} : { issuingCountry: country }),
    documentNumber: new Secret(fields.get("66")?.value.slice() ?? new Uint8Array(0)),
    names: new Secret(namesOf(fields)),
    nationality: textOf(fields.get("67")),
    sex,
    birthCountry: textOf(fields.get("6C")),
    ...dates.value,
  });
}

type OtherSeal = Extract<SealedHolderError, { readonly kind: "noIdentityTitle" }>["why"];

/** Why a seal, whoever made it, is of something else than a person's identity; it can be asked before the seal is judged. */
export function whyOfOtherKind(seal: Seal): Exclude<OtherSeal, "authority"> | undefined {
  if (seal.form !== "text") return "form";
  if ((seal.perimeter ?? PERIMETER) !== PERIMETER) return "perimeter";
  return seal.documentType === IDENTITY_TITLE ? undefined : "documentType";
}

function whyNoIdentityTitle(seal: Seal): OtherSeal | undefined {
  const other = whyOfOtherKind(seal);
  if (other !== undefined) return other;
  // Those for tests come here in laboratories only: `judgeSeal` has refused them elsewhere.
  return IDENTITY_AUTHORITIES.has(seal.authorityId) || isTestSealer(seal) ? undefined : "authority";
}

/** Fields that have a form, dates and sex apart. */
const FORMS: readonly (readonly [id: string, form: RegExp])[] = [
  ["65", KIND],
  ["66", NUMBER],
  ["67", COUNTRY],
  ["6C", COUNTRY],
  ["6I", COUNTRY_OR_NONE],
];

type Fields = ReadonlyMap<string, SealField>;

function namesOf(fields: Fields): SealedNames {
  const [surname, usedSurname, spouseSurname, usedGivenName] = ["62", "63", "64", "61"].map((id) =>
    nameOf(fields.get(id)),
  );
  return {
    surname: surname ?? { text: "", isTruncated: false },
    ...(usedSurname === undefined ? {} : { usedSurname }),
    ...(spouseSurname === undefined ? {} : { spouseSurname }),
    givenNames: givenNames(fields.get("60")),
    ...(usedGivenName === undefined ? {} : { usedGivenName }),
  };
}

function nameOf(field: SealField | undefined): SealedName | undefined {
  const text = textOf(field).trim();
  return text === "" && field?.isTruncated !== true
    ? undefined
    : { text, isTruncated: field?.isTruncated === true };
}

/** Names apart by `/`; only of the last one can the end be missing. */
function givenNames(field: SealField | undefined): readonly SealedName[] {
  const texts = textOf(field)
    .split("/")
    .map((text) => text.trim());
  const last = texts.length - 1;
  return texts
    .map((text, index) => ({ text, isTruncated: index === last && field?.isTruncated === true }))
    .filter(({ text, isTruncated }) => text !== "" || isTruncated);
}

type Dates = Pick<SealedHolder, "birthDate" | "birthYear" | "validFrom" | "validUntil">;

/** A day, or a day and a month, that nobody knows is written as zeros. */
const WITHOUT_DAY = /^00(?:0\d|1[0-2])(\d{4})$/;

function readDates(fields: Fields): Result<Dates, SealedHolderError> {
  const [born, from, until] = ["69", "6N", "6O"].map((id) => textOf(fields.get(id)));
  const [birthDate, validFrom, validUntil] = [born, from, until].map((text) => digitsDate(text ?? ""));
  const year = WITHOUT_DAY.exec(born ?? "")?.[1];
  if (born !== "" && birthDate === undefined && year === undefined)
    return err({ kind: "sealedField", why: "69" });
  if (from !== "" && validFrom === undefined) return err({ kind: "sealedField", why: "6N" });
  if (until !== "" && validUntil === undefined) return err({ kind: "sealedField", why: "6O" });
  return ok({
    ...(birthDate === undefined ? {} : { birthDate: new Secret(birthDate) }),
    ...(year === undefined ? {} : { birthYear: new Secret(Number(year)) }),
    ...(validFrom === undefined ? {} : { validFrom }),
    ...(validUntil === undefined ? {} : { validUntil }),
  });
}

/** Each byte as the character of its number (ISO-8859-1); "" for a field that is not there. */
const textOf = (field: SealField | undefined): string => String.fromCharCode(...(field?.value ?? []));
