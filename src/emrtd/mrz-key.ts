/**
 * From what is printed in the machine readable zone to the password of PACE and BAC. The zone is scanned whole, or
 * number, birth and expiry are typed; both give the same MRZ_information, whose SHA-1 is the password.
 * Texts are ASCII bytes, so that they can be wiped; what comes in stays the caller's, what goes out becomes his.
 * Governing text: ICAO Doc 9303-11 §9.7.2; Doc 9303-3 §4.9 (check digits), 9303-5 §4.2.2 and 9303-6 §4.2.2 (layouts, long numbers).
 */
import { concat, equalBytes } from "../bytes/bytes.ts";
import { digest } from "../crypto/digest.ts";
import { err, ok, type Result } from "../result.ts";

export type MrzField = "documentNumber" | "dateOfBirth" | "dateOfExpiry";

export type MrzError =
  /** Neither 90 (TD1), 72 (TD2) nor 88 (TD3) characters. */
  | { readonly kind: "mrzLength"; readonly characters: number }
  /** Too short, too long, or made of other characters than A-Z, 0-9 and `<`. */
  | { readonly kind: "mrzField"; readonly field: MrzField }
  /** The digit printed behind a field is not the one that belongs to it: misread. */
  | { readonly kind: "mrzCheckDigit"; readonly field: MrzField };

/** Where the fields that make the key stand in the zone, its lines joined: first character, and one behind the last. */
interface Layout {
  readonly documentNumber: Span;
  /** Where a number of more than nine characters goes on; a passport has no such field. */
  readonly numberGoesOn?: Span;
  readonly dateOfBirth: Span;
  readonly dateOfExpiry: Span;
}
type Span = readonly [start: number, end: number];

/** By the length of the zone: TD1, TD2, TD3. The check digit of a field stands right behind it. */
const LAYOUTS: ReadonlyMap<number, Layout> = new Map<number, Layout>([
  [90, { documentNumber: [5, 14], numberGoesOn: [15, 30], dateOfBirth: [30, 36], dateOfExpiry: [38, 44] }],
  [72, { documentNumber: [36, 45], numberGoesOn: [64, 71], dateOfBirth: [49, 55], dateOfExpiry: [57, 63] }],
  [88, { documentNumber: [44, 53], dateOfBirth: [57, 63], dateOfExpiry: [65, 71] }],
]);

/** The fields that make the key, in its order. */
const FIELDS: readonly MrzField[] = ["documentNumber", "dateOfBirth", "dateOfExpiry"];
const FILLER = 0x3c;
const ZERO = 0x30;
const LETTER_O = 0x4f;
const NUMBER_CHARACTERS = 9;
/** Nine, and what a TD1 has room for behind them beside the check digit. */
const MAX_NUMBER_CHARACTERS = NUMBER_CHARACTERS + 14;
const DATE_CHARACTERS = 6;
const WEIGHTS = [7, 3, 1] as const;

/** 0 to 9 by Doc 9303-3 §4.9; `undefined` when a character is none of the zone's. */
export function checkDigit(text: Uint8Array): number | undefined {
  let sum = 0;
  for (const [index, character] of text.entries()) {
    const value = characterValue(character);
    if (value === undefined) return undefined;
    sum += value * (WEIGHTS[index % WEIGHTS.length] ?? 0);
  }
  return sum % 10;
}

function characterValue(character: number): number | undefined {
  if (character === FILLER) return 0;
  if (character >= ZERO && character <= 0x39) return character - ZERO;
  return character >= 0x41 && character <= 0x5a ? character - 0x41 + 10 : undefined;
}

/** MRZ_information of a zone of 90, 72 or 88 characters, its lines joined without breaks. */
export function mrzInformation(zone: Uint8Array): Result<Uint8Array, MrzError> {
  const layout = LAYOUTS.get(zone.length);
  if (layout === undefined) return err({ kind: "mrzLength", characters: zone.length });
  const number = printedNumber(zone, layout);
  const printed = {
    documentNumber: number,
    dateOfBirth: printedField(zone, layout.dateOfBirth),
    dateOfExpiry: printedField(zone, layout.dateOfExpiry),
  };
  try {
    for (const field of FIELDS) {
      const digit = checkDigit(printed[field].subarray(0, -1));
      if (digit === undefined) return err({ kind: "mrzField", field });
      if (printed[field].at(-1) !== ZERO + digit) return err({ kind: "mrzCheckDigit", field });
    }
    return ok(concat(...FIELDS.map((field) => printed[field])));
  } finally {
    number.fill(0);
  }
}

const printedField = (zone: Uint8Array, [start, end]: Span): Uint8Array => zone.subarray(start, end + 1);

/** A copy of the number and its check digit, joined from both places when `<` stands where that of a short one would. */
function printedNumber(zone: Uint8Array, { documentNumber, numberGoesOn }: Layout): Uint8Array {
  const printed = printedField(zone, documentNumber);
  if (numberGoesOn === undefined || printed.at(-1) !== FILLER) return printed.slice();
  const rest = zone.subarray(...numberGoesOn);
  const end = rest.indexOf(FILLER);
  return concat(printed.subarray(0, -1), end < 0 ? rest : rest.subarray(0, end));
}

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
 * The number as it was probably meant when the chip refused it: letters O read as zeros, the usual confusion of
 * the two. `undefined` when there is none, so that nobody tries the same key twice.
 */
export function withZerosForO(documentNumber: Uint8Array): Uint8Array | undefined {
  const meant = documentNumber.map((character) => (capital(character) === LETTER_O ? ZERO : character));
  return equalBytes(meant, documentNumber) ? undefined : meant;
}

/** The password that MRZ_information stands for: its SHA-1, 20 bytes. PACE takes all of them, BAC the first 16. */
export const mrzPasswordKey = (information: Uint8Array): Uint8Array => digest("sha1", information);
