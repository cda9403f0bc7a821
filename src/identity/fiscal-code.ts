/**
 * The Italian fiscal code, read: its shape, its check character, the letters that stand for digits where two people had
 * the same code (omocodia), and the birth date and sex inside. The code itself is never altered: one with its letters
 * undone belongs to somebody else. Governing text: D.M. 23 December 1976; identity claims sheet, 7.
 */
import { err, ok, type Result } from "../result.ts";
import type { CivilDate } from "../time/civil-date.ts";

export interface FiscalCode {
  /** Sixteen capitals and digits, as written. */
  readonly code: string;
  /** Some digits are written as letters. */
  readonly isOmocodic: boolean;
  /** 0 to 99. */
  readonly yearOfCentury: number;
  /** 1 to 12. */
  readonly month: number;
  /** 0 to 99 less 40 for women; a code that was given wrongly may have any. */
  readonly day: number;
  readonly sex: "female" | "male";
}

export type FiscalCodeError =
  /** Not sixteen characters of the kinds that belong in their places. */
  | { readonly kind: "fiscalCodeShape" }
  /** The last character is not the one that the others make. */
  | { readonly kind: "fiscalCodeCheck" };

const SHAPE = /^[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]$/;
/** Places of digits, from 0. */
const DIGIT_PLACES = [6, 7, 9, 10, 12, 13, 14] as const;
/** The letter for each digit. */
const OMOCODIA = "LMNPQRSTUV";
/** The letter for each month. */
const MONTHS = "ABCDEHLMPRST";
/** Added to the day of birth of women. */
const FEMALE_DAYS = 40;
const LAST_PLACE = 15;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const CHARACTERS = `0123456789${LETTERS}`;
/** Of 0 to 9 and A to Z at the first, third … place. */
const ODD_VALUES = [
  ...[1, 0, 5, 7, 9, 13, 15, 17, 19, 21],
  ...[1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23],
];

/** Reads sixteen characters; blanks and small letters are none of its characters. */
export function readFiscalCode(text: string): Result<FiscalCode, FiscalCodeError> {
  if (!SHAPE.test(text)) return err({ kind: "fiscalCodeShape" });
  if (checkCharacter(text) !== text.charAt(LAST_PLACE)) return err({ kind: "fiscalCodeCheck" });
  const digits = withDigits(text);
  const day = Number(digits.slice(9, 11));
  return ok({
    code: text,
    isOmocodic: digits !== text,
    yearOfCentury: Number(digits.slice(6, 8)),
    month: MONTHS.indexOf(digits.charAt(8)) + 1,
    day: day > FEMALE_DAYS ? day - FEMALE_DAYS : day,
    sex: day > FEMALE_DAYS ? "female" : "male",
  });
}

/**
 * Whether the birth date, and the sex if the document states one, are those in the code. A date that is not known is no
 * objection.
 */
export function isOfHolder(
  code: FiscalCode,
  { birthDate, sex }: { readonly birthDate: CivilDate | undefined; readonly sex: string },
): boolean {
  if (sex !== "unspecified" && sex !== code.sex) return false;
  if (birthDate === undefined) return true;
  const { year, month, day } = birthDate;
  return year % 100 === code.yearOfCentury && month === code.month && day === code.day;
}

/** The character that fifteen others make, letters for digits counted as letters. */
function checkCharacter(code: string): string {
  let sum = 0;
  for (let place = 0; place < LAST_PLACE; place += 1) {
    const index = CHARACTERS.indexOf(code.charAt(place));
    // Places are counted from one in the rule: the first is odd. At even places A is worth 0, as the digit 0 is.
    sum += place % 2 === 0 ? (ODD_VALUES[index] ?? 0) : index < 10 ? index : index - 10;
  }
  return LETTERS.charAt(sum % LETTERS.length);
}

function withDigits(code: string): string {
  const characters = [...code];
  for (const place of DIGIT_PLACES) {
    const digit = OMOCODIA.indexOf(code.charAt(place));
    if (digit >= 0) characters[place] = String(digit);
  }
  return characters.join("");
}
