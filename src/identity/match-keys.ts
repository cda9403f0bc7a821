/**
 * By which identifiers a document and an entry of a list find each other. Here they are still what the document says;
 * the caller keys each with `pseudonym` and wipes it, and only pseudonyms are stored or looked up.
 * Governing text: privacy rules, 4; identity claims sheet, 4.
 */
import { concat } from "../bytes/bytes.ts";
import { longDate, wholeDate } from "../emrtd/lds/dates.ts";
import type { Names } from "../emrtd/lds/names.ts";
import { err, ok, type Result } from "../result.ts";
import type { DocumentHolder } from "./document-holder.ts";
import { type FiscalCodeError, readFiscalCode } from "./fiscal-code.ts";
import { documentNameKeys, listedNameKeys } from "./name-key.ts";

/** ASCII text as bytes, of one kind of pseudonym. */
export interface Identifier {
  /** Issuing state and number of a document, fiscal code, or names with birth date. */
  readonly kind: "doc" | "cf" | "name";
  readonly bytes: Uint8Array;
}

/** A person on a list, in any spelling and in capitals or not. */
export interface ListedPerson {
  readonly family: string;
  /** "" for a person of one name. */
  readonly given: string;
  /** YYYY-MM-DD. */
  readonly birthDate: string;
}

export type ListedPersonError =
  /** No name, or one in a script that no zone can show. */
  | { readonly kind: "listedName" }
  /** Not YYYY-MM-DD, or no day of the calendar. */
  | { readonly kind: "listedBirthDate" };

const ISSUER_POSITIONS = 3;
const GERMANY_IN_THE_ZONE = "D";
const GERMANY = "DEU";
const DOCUMENT_NUMBER = /^[0-9A-Z]{1,40}$/;
const ISSUER = /^[A-Z]{1,3}$/;
const ISO_DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
/** Blanks, hyphens and fillers, which lists have and identifiers do not. */
const DIVIDERS = /[\s<-]+/g;

/** What of a holder leads to the lists. */
export type Identifiable = Pick<
  DocumentHolder,
  "issuer" | "documentNumber" | "fiscalCode" | "writtenNames" | "birthDate"
>;

/** All by which the holder may be on a list; the surest first. */
export function holderIdentifiers(holder: Identifiable): readonly Identifier[] {
  const { issuer, documentNumber, fiscalCode, writtenNames, birthDate } = holder;
  const identifiers: Identifier[] = [];
  if (documentNumber !== undefined)
    identifiers.push({ kind: "doc", bytes: documentIdentifier(issuer, documentNumber.reveal()) });
  if (fiscalCode !== undefined) identifiers.push({ kind: "cf", bytes: fiscalCode.reveal().slice() });
  if (birthDate !== undefined)
    for (const bytes of documentNameKeys(writtenNames.reveal(), birthDate.reveal()))
      identifiers.push({ kind: "name", bytes });
  return identifiers;
}

/**
 * The identifiers to store for a person, so that he is found by whichever document he shows: one, but more for a name
 * that the zone of some document has no room for, see `listedNameKeys`.
 */
export function listedPersonIdentifiers(
  person: ListedPerson,
): Result<readonly Identifier[], ListedPersonError> {
  const [, year = "", month = "", day = ""] = ISO_DATE.exec(person.birthDate) ?? [];
  const born = longDate(year + month + day);
  const date = born === undefined ? undefined : wholeDate(born);
  if (date === undefined) return err({ kind: "listedBirthDate" });
  const names: Names = { primary: person.family.trim(), secondary: person.given.trim() };
  const keys = listedNameKeys(names, date);
  return keys.length === 0 ? err({ kind: "listedName" }) : ok(keys.map((bytes) => ({ kind: "name", bytes })));
}

/** A document on a list, its issuer by the three letters of either standard; `undefined` if there is no such number. */
export function listedDocumentIdentifier(document: {
  readonly issuer: string;
  readonly number: string;
}): Identifier | undefined {
  const issuer = document.issuer.replace(DIVIDERS, "").toUpperCase();
  const number = document.number.replace(DIVIDERS, "").toUpperCase();
  if (!ISSUER.test(issuer) || !DOCUMENT_NUMBER.test(number)) return undefined;
  const inZone = issuer === GERMANY ? GERMANY_IN_THE_ZONE : issuer;
  return { kind: "doc", bytes: documentIdentifier(inZone, new TextEncoder().encode(number)) };
}

/** A fiscal code on a list, with its omocodic letters, which are part of it. */
export function listedFiscalCodeIdentifier(code: string): Result<Identifier, FiscalCodeError> {
  const read = readFiscalCode(code.replace(DIVIDERS, "").toUpperCase());
  return read.ok ? ok({ kind: "cf", bytes: new TextEncoder().encode(read.value.code) }) : read;
}

/** The issuer fills three positions as in the zone, so that no number can pass for the end of an issuer. */
const documentIdentifier = (issuer: string, number: Uint8Array): Uint8Array =>
  concat(new TextEncoder().encode(issuer.padEnd(ISSUER_POSITIONS, "<")), number);
