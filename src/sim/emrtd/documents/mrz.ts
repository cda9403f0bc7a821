/**
 * Writes machine readable zones: cards of three lines (TD1) and of two (TD2), passports (TD3), with their check digits and
 * with document numbers of more than nine characters. ICAO Doc 9303-3 §4.9, 9303-4 §4.2, 9303-5 §4.2, 9303-6 §4.2.
 */

export type ZoneFormat = "TD1" | "TD2" | "TD3";

/** What a zone says, already in its letters: A to Z, 0 to 9 and `<`. */
export interface ZoneFields {
  readonly format: ZoneFormat;
  /** One or two letters. */
  readonly documentCode: string;
  /** One to three letters. */
  readonly issuer: string;
  /** More than nine characters only on cards, where they go on in the optional field. */
  readonly documentNumber: string;
  readonly nationality: string;
  /** `YYMMDD`; unknown parts are `<<`. */
  readonly birth: string;
  readonly sex: "F" | "M" | "<" | "X";
  readonly expiry: string;
  readonly familyNames: string;
  readonly givenNames: string;
  /** The first optional field; on passports the personal number. Default empty. */
  readonly optional?: string;
}

const WEIGHTS = [7, 3, 1];
const NUMBER_CHARACTERS = 9;
/** Of the optional field behind the number. */
const TAIL_CHARACTERS: Readonly<Record<ZoneFormat, number>> = { TD1: 15, TD2: 7, TD3: 0 };
/** Six digits and their check digit. */
const DATE_CHARACTERS = 7;

/** 0 to 9 of a text of the zone. */
export function checkDigit(text: string): string {
  const sum = [...text].reduce(
    (total, letter, index) => total + characterValue(letter) * (WEIGHTS[index % WEIGHTS.length] ?? 0),
    0,
  );
  return String(sum % 10);
}

/** A is 10; the filler counts for nothing. */
const characterValue = (letter: string): number => (letter === "<" ? 0 : Number.parseInt(letter, 36));

const checked = (text: string): string => text + checkDigit(text);
const filled = (text: string, characters: number): string =>
  text.padEnd(characters, "<").slice(0, characters);

/** Whether the number goes into such a zone: long ones go on in the optional field, with a digit behind them. */
export function hasRoomFor(format: ZoneFormat, documentNumber: string): boolean {
  const beyond = documentNumber.length - NUMBER_CHARACTERS;
  return beyond <= 0 || beyond + 1 <= TAIL_CHARACTERS[format];
}

/** The lines of the zone one after another: 90, 72 or 88 characters. Throws when the number has no room. */
export function machineReadableZone(fields: ZoneFields): string {
  const { format } = fields;
  if (format === "TD1") return cardOfThreeLines(fields);
  return format === "TD2" ? cardOfTwoLines(fields) : passport(fields);
}

function cardOfThreeLines(fields: ZoneFields): string {
  const { number, rest } = numberFields(fields, TAIL_CHARACTERS.TD1);
  const lineOne = filled(fields.documentCode, 2) + filled(fields.issuer, 3) + number + rest;
  const dates = checked(fields.birth) + fields.sex + checked(fields.expiry);
  const lineTwo = dates + filled(fields.nationality, 3) + filled("", 11);
  const composite = checkDigit(lineOne.slice(5) + withoutSex(lineTwo));
  return lineOne + lineTwo + composite + names(fields, 30);
}

/** Birth and expiry with their digits, and what lies behind the nationality. */
const withoutSex = (line: string): string => line.slice(0, 7) + line.slice(8, 15) + line.slice(18, 29);

function cardOfTwoLines(fields: ZoneFields): string {
  const { number, rest } = numberFields(fields, TAIL_CHARACTERS.TD2);
  const [birth, expiry] = [checked(fields.birth), checked(fields.expiry)];
  const composite = checkDigit(number + birth + expiry + rest);
  const lineTwo = number + filled(fields.nationality, 3) + birth + fields.sex + expiry + rest + composite;
  return filled(fields.documentCode, 2) + filled(fields.issuer, 3) + names(fields, 31) + lineTwo;
}

function passport(fields: ZoneFields): string {
  if (!hasRoomFor("TD3", fields.documentNumber))
    throw new RangeError("a passport has no room for this number");
  const { number } = numberFields({ ...fields, optional: "" }, TAIL_CHARACTERS.TD3);
  const [birth, expiry] = [checked(fields.birth), checked(fields.expiry)];
  const personal = checked(filled(fields.optional ?? "", 14));
  const composite = checkDigit(number + birth + expiry + personal);
  const lineTwo = number + filled(fields.nationality, 3) + birth + fields.sex + expiry + personal + composite;
  return filled(fields.documentCode, 2) + filled(fields.issuer, 3) + names(fields, 39) + lineTwo;
}

/** The number with its digit in ten places, and the optional field, in which a long number goes on up to its digit. */
function numberFields({ documentNumber, optional = "" }: ZoneFields, optionalCharacters: number) {
  if (documentNumber.length <= NUMBER_CHARACTERS)
    return {
      number: checked(filled(documentNumber, NUMBER_CHARACTERS)),
      rest: filled(optional, optionalCharacters),
    };
  const tail = documentNumber.slice(NUMBER_CHARACTERS) + checkDigit(documentNumber);
  if (tail.length > optionalCharacters) throw new RangeError("this number is too long for the zone");
  return {
    number: `${documentNumber.slice(0, NUMBER_CHARACTERS)}<`,
    rest: filled(`${tail}<${optional}`, optionalCharacters),
  };
}

const names = ({ familyNames, givenNames }: ZoneFields, characters: number): string =>
  filled(givenNames === "" ? familyNames : `${familyNames}<<${givenNames}`, characters);

interface Places {
  /** Where the number begins, and the birth behind it; digits stand right behind fields. */
  readonly number: number;
  readonly birth: number;
  /** The optional field, in which a long number goes on. */
  readonly tail?: readonly [start: number, end: number];
}

/** By the length of the zone. */
const PLACES: Readonly<Record<number, Places>> = {
  90: { number: 5, birth: 30, tail: [15, 30] },
  72: { number: 36, birth: 49, tail: [64, 71] },
  88: { number: 44, birth: 57 },
};

/** MRZ_information of a zone: number, birth and expiry with their check digits (ICAO Doc 9303-11 §4.3.3). */
export function mrzInformation(zone: string): string {
  const places = PLACES[zone.length];
  if (places === undefined) throw new RangeError("a zone has 90, 72 or 88 characters");
  const { number: at, birth, tail } = places;
  const dates = zone.slice(birth, birth + 7) + zone.slice(birth + 8, birth + 15);
  const number = zone.slice(at, at + NUMBER_CHARACTERS + 1);
  const [rest = ""] = tail === undefined ? [] : zone.slice(...tail).split("<");
  const goesOn = number.endsWith("<") && rest !== "";
  return (goesOn ? number.slice(0, -1) + rest : number) + dates;
}

/** The issuer's code in a zone, without its fillers. */
export const issuerOf = (zone: string): string => zone.slice(2, 5).replaceAll("<", "");

/** Characters of one line, by the length of the zone. */
const LINE_CHARACTERS: Readonly<Record<number, number>> = { 90: 30, 72: 36, 88: 44 };

/** Whether there are zones of so many characters. */
export const isZoneLength = (characters: number): boolean => Object.hasOwn(LINE_CHARACTERS, characters);

/** The lines of a zone as they are printed. */
export function zoneLines(zone: string): readonly string[] {
  const characters = LINE_CHARACTERS[zone.length] ?? zone.length;
  const count = zone.length / characters;
  return Array.from({ length: count }, (_, line) => zone.slice(line * characters, (line + 1) * characters));
}

/** What a person types in place of MRZ_information: number, birth and expiry, without the digits behind them. */
export function typedFields(information: string): readonly [number: string, birth: string, expiry: string] {
  const expiryAt = information.length - DATE_CHARACTERS;
  const birthAt = expiryAt - DATE_CHARACTERS;
  const withoutDigit = (start: number, end: number) => information.slice(start, end - 1);
  return [
    withoutDigit(0, birthAt),
    withoutDigit(birthAt, expiryAt),
    withoutDigit(expiryAt, information.length),
  ];
}
