/**
 * From what is printed in the machine readable zone to the password of PACE and BAC. The zone is scanned whole, or
 * number, birth and expiry are typed; both give the same MRZ_information, whose SHA-1 is the password.
 * Texts are ASCII bytes, so that they can be wiped; what comes in stays the caller's, what goes out becomes his.
 * Governing text: ICAO Doc 9303-11 §9.7.2; Doc 9303-3 §4.9 (check digits), 9303-5 §4.2.2 and 9303-6 §4.2.2 (layouts, long numbers).
 */
import { concat, equalBytes } from "../bytes/bytes.ts";
import { digest } from "../crypto/digest.ts";
import { err, ok, type Result } from "../result.ts";
import { checkDigit, FILLER, ZERO } from "./lds/check-digit.ts";
import { mrzLayout, printedNumber, type Span } from "./lds/mrz-layout.ts";

export type MrzField = "documentNumber" | "dateOfBirth" | "dateOfExpiry";

export type MrzError =
  /** Neither 90 (TD1), 72 (TD2) nor 88 (TD3) characters. */
  | { readonly kind: "mrzLength"; readonly characters: number }
  /** Too short, too long, or made of other characters than A-Z, 0-9 and `<`. */
  | { readonly kind: "mrzField"; readonly field: MrzField }
  /** The digit printed behind a field is not the one that belongs to it: misread. */
  | { readonly kind: "mrzCheckDigit"; readonly field: MrzField };

/** The fields that make the key, in its order. */
const FIELDS: readonly MrzField[] = ["documentNumber", "dateOfBirth", "dateOfExpiry"];
const LETTER_O = 0x4f;
const NUMBER_CHARACTERS = 9;
/** Nine, and what a TD1 has room for behind them beside the check digit. */
const MAX_NUMBER_CHARACTERS = NUMBER_CHARACTERS + 14;
const DATE_CHARACTERS = 6;

/** MRZ_information of a zone of 90, 72 or 88 characters, its lines joined without breaks. */
export function mrzInformation(zone: Uint8Array): Result<Uint8Array, MrzError> {
  const layout = mrzLayout(zone.length);
  if (layout === undefined) return err({ kind: "mrzLength", characters: zone.length });
  const { number, digit: numberDigit } = printedNumber(zone, layout);
  const printed: Readonly<Record<MrzField, PrintedField>> = {
    documentNumber: { text: number, digit: numberDigit },
    dateOfBirth: printedField(zone, layout.dateOfBirth),
    dateOfExpiry: printedField(zone, layout.dateOfExpiry),
  };
  try {
    const parts: Uint8Array[] = [];
    for (const field of FIELDS) {
      const { text, digit } = printed[field];
      const rightDigit = checkDigit(text);
      if (rightDigit === undefined) return err({ kind: "mrzField", field });
      if (digit !== ZERO + rightDigit) return err({ kind: "mrzCheckDigit", field });
      parts.push(text, Uint8Array.of(digit));
    }
    return ok(concat(...parts));
  } finally {
    number.fill(0);
  }
}

/** A field and the character printed as its check digit. */
interface PrintedField {
  readonly text: Uint8Array;
  readonly digit: number | undefined;
}

const printedField = (zone: Uint8Array, [start, end]: Span): PrintedField => ({
  text: zone.subarray(start, end),
  digit: zone[end],
});

/** What a person types: the number in either case, with or without fillers; dates as YYMMDD, unknown parts `<`. */
export interface MrzEntry {
  readonly documentNumber: Uint8Array;
  readonly dateOfBirth: Uint8Array;
  readonly dateOfExpiry: Uint8Array;
}

/** MRZ_information of typed fields, check digits added. */
export function mrzInformationOf(entry: MrzEntry): Result<Uint8Array, MrzError> {
  const fields = { ...entry, documentNumber: filledNumber(entry.documentNumber) };
  try {
    const parts: Uint8Array[] = [];
    for (const field of FIELDS) {
      const digit = isPlausible(field, fields[field]) ? checkDigit(fields[field]) : undefined;
      if (digit === undefined) return err({ kind: "mrzField", field });
      parts.push(fields[field], Uint8Array.of(ZERO + digit));
    }
    return ok(concat(...parts));
  } finally {
    fields.documentNumber.fill(0);
  }
}

/** In capitals, fillers at its end taken off, then filled to nine characters. */
function filledNumber(typed: Uint8Array): Uint8Array {
  const used = typed.findLastIndex((character) => character !== FILLER) + 1;
  const filled = new Uint8Array(Math.max(used, NUMBER_CHARACTERS)).fill(FILLER);
  for (const [index, character] of typed.subarray(0, used).entries()) filled[index] = capital(character);
  return filled;
}

const capital = (character: number): number =>
  character >= 0x61 && character <= 0x7a ? character - 0x20 : character;

function isPlausible(field: MrzField, text: Uint8Array): boolean {
  if (field !== "documentNumber") return text.length === DATE_CHARACTERS;
  return text[0] !== FILLER && text.length <= MAX_NUMBER_CHARACTERS;
}

/**
 * MRZ_information of typed fields in the order in which to try it: as typed, then, if the number has letters O, with zeros
 * in their place, the usual confusion of the two. Never the same twice, and never more than the two tries that are fair
 * to a chip, which answers ever slower after wrong ones. Errors as `mrzInformationOf`.
 */
export function mrzInformationCandidates(
  entry: MrzEntry,
): Result<readonly [Uint8Array, ...Uint8Array[]], MrzError> {
  const typed = mrzInformationOf(entry);
  if (!typed.ok) return typed;
  const documentNumber = withZerosForO(entry.documentNumber);
  if (documentNumber === undefined) return ok([typed.value]);
  const meant = mrzInformationOf({ ...entry, documentNumber });
  documentNumber.fill(0);
  if (meant.ok) return ok([typed.value, meant.value]);
  typed.value.fill(0);
  return meant;
}

/** The number with zeros for letters O of either case; `undefined` when there is none. */
function withZerosForO(documentNumber: Uint8Array): Uint8Array | undefined {
  const meant = documentNumber.map((character) => (capital(character) === LETTER_O ? ZERO : character));
  return equalBytes(meant, documentNumber) ? undefined : meant;
}

/** The password that MRZ_information stands for: its SHA-1, 20 bytes. PACE takes all of them, BAC the first 16. */
export const mrzPasswordKey = (information: Uint8Array): Uint8Array => digest("sha1", information);
