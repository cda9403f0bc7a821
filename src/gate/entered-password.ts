/**
 * What a person entered at the gate, as passwords of a document: six digits are the card access number, a machine readable
 * zone gives the key made of number, birth and expiry. Between the port `entry` and a reading; pure.
 * Texts are bytes that can be wiped: what comes in stays the caller's, what goes out becomes his.
 * Governing text: ICAO Doc 9303-11 §4.4.2 (CAN), §9.7.2 (key of the MRZ); Doc 9303-3 §4.9 (check digits).
 */
import { equalBytes } from "../bytes/bytes.ts";
import { FILLER, ZERO } from "../emrtd/lds/check-digit.ts";
import { type MrzLayout, mrzLayout, type Span } from "../emrtd/lds/mrz-layout.ts";
import { type MrzError, mrzInformation, mrzPasswordKey } from "../emrtd/mrz-key.ts";
import type { PacePassword } from "../emrtd/pace.ts";
import { err, ok, type Result } from "../result.ts";

/** One password to try, and the MRZ_information that the document must then have, if it came from a zone. */
export interface DocumentPassword {
  readonly password: PacePassword;
  readonly presented?: Uint8Array;
}

/** Passwords to try one after the other. They are the taker's, who wipes them with `wipePasswords`. */
export type EnteredPasswords = readonly [DocumentPassword, ...DocumentPassword[]];

/** What was entered opens no document, and is to be entered again. Says nothing of what it was. */
export interface EntryUnusable {
  readonly kind: "entryUnusable";
  /**
   * `length`: neither six digits nor a zone of 90, 72 or 88 characters. `characters`: of that length, but made of others.
   * `checkDigit`: a zone whose number, birth or expiry was misread.
   */
  readonly why: "length" | "characters" | "checkDigit";
}

const CAN_DIGITS = 6;
const NINE = 0x39;
const LETTER_O = 0x4f;
/** Lines and groups are divided by them, and they are no characters of a zone. */
const DIVIDERS: ReadonlySet<number> = new Set([0x20, 0x0a, 0x0d]);

const WHY: Readonly<Record<MrzError["kind"], EntryUnusable["why"]>> = {
  mrzLength: "length",
  mrzField: "characters",
  mrzCheckDigit: "checkDigit",
};

const unusable = (why: EntryUnusable["why"]): Result<never, EntryUnusable> =>
  err({ kind: "entryUnusable", why });

/**
 * The passwords to try in their order. One, but for a zone whose number has letters O and fits its check digit both with
 * them and with zeros in their place: two, which is as many wrong ones as a chip is asked in fairness.
 */
export function documentPasswords(entry: Uint8Array): Result<EnteredPasswords, EntryUnusable> {
  const text = withoutDividers(entry);
  try {
    if (isAccessNumber(text)) return ok([{ password: { reference: "CAN", key: text.slice() } }]);
    if (text.length === CAN_DIGITS) return unusable("characters");
    const layout = mrzLayout(text.length);
    return layout === undefined ? unusable("length") : zonePasswords(text, layout);
  } finally {
    text.fill(0);
  }
}

/** Whether this can be a card access number, and is nothing else. */
export const isAccessNumber = (text: Uint8Array): boolean =>
  text.length === CAN_DIGITS && text.every(isDigit);

/** Wipes passwords that were used, or will not be. */
export function wipePasswords(passwords: readonly DocumentPassword[]): void {
  for (const { password, presented } of passwords) {
    password.key.fill(0);
    presented?.fill(0);
  }
}

const isDigit = (character: number): boolean => character >= ZERO && character <= NINE;

/** In capitals, as a zone is printed; a scanner with its shift locked sends small letters. */
function withoutDividers(entry: Uint8Array): Uint8Array {
  const text = new Uint8Array(entry.length);
  let length = 0;
  for (const character of entry) {
    if (DIVIDERS.has(character)) continue;
    text[length] = capital(character);
    length += 1;
  }
  // A view: wiping a copy would leave this one.
  return text.subarray(0, length);
}

const capital = (character: number): number =>
  character >= 0x61 && character <= 0x7a ? character - 0x20 : character;

/** Dates are digits whatever was read, and so are check digits. In the number a letter O may be one, or a zero. */
function zonePasswords(zone: Uint8Array, layout: MrzLayout): Result<EnteredPasswords, EntryUnusable> {
  for (const span of [layout.dateOfBirth, layout.dateOfExpiry]) zerosForO(zone, withDigit(span));
  const [start, end] = layout.documentNumber;
  zerosForO(zone, [end, end + 1]);
  const asRead = mrzInformation(zone);
  zerosForO(zone, [start, end]);
  if (layout.hasLongNumbers && zone[end] === FILLER)
    for (const span of layout.optionalData.slice(0, 1)) zerosForO(zone, span);
  const withZeros = mrzInformation(zone);
  if (!asRead.ok)
    return withZeros.ok ? ok([zonePassword(withZeros.value)]) : unusable(WHY[asRead.error.kind]);
  if (!withZeros.ok) return ok([zonePassword(asRead.value)]);
  if (!equalBytes(asRead.value, withZeros.value))
    return ok([zonePassword(asRead.value), zonePassword(withZeros.value)]);
  withZeros.value.fill(0);
  return ok([zonePassword(asRead.value)]);
}

/** The check digit stands behind its field. */
const withDigit = ([start, end]: Span): Span => [start, end + 1];

function zerosForO(zone: Uint8Array, [start, end]: Span): void {
  for (const [index, character] of zone.subarray(start, end).entries())
    if (character === LETTER_O) zone[start + index] = ZERO;
}

const zonePassword = (presented: Uint8Array): DocumentPassword => ({
  password: { reference: "MRZ", key: mrzPasswordKey(presented) },
  presented,
});
