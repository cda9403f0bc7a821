/**
 * Where the fields of the machine readable zone stand, for the three sizes of documents, the zone's lines joined. Both
 * who reads the zone in DG1 and who makes a password of a scanned one go by it.
 * Governing text: ICAO Doc 9303-4 §4.2 (TD3), 9303-5 §4.2 (TD1), 9303-6 §4.2 (TD2).
 */
import { concat } from "../../bytes/bytes.ts";
import { FILLER } from "./check-digit.ts";

/** First character, and one behind the last. */
export type Span = readonly [start: number, end: number];

export interface MrzLayout {
  readonly format: "TD1" | "TD2" | "TD3";
  readonly documentCode: Span;
  readonly issuer: Span;
  readonly names: Span;
  /** The check digits of number and dates stand right behind them. */
  readonly documentNumber: Span;
  readonly nationality: Span;
  readonly dateOfBirth: Span;
  /** The sex stands behind the check digit of the birth date. */
  readonly dateOfExpiry: Span;
  /** In the order of the zone. Where a number may be long, it goes on in the first. */
  readonly optionalData: readonly Span[];
  readonly hasLongNumbers: boolean;
  /** What the last check digit is of, and where it stands. */
  readonly composite: readonly Span[];
  readonly compositeDigit: number;
}

const TD1: MrzLayout = {
  format: "TD1",
  documentCode: [0, 2],
  issuer: [2, 5],
  documentNumber: [5, 14],
  dateOfBirth: [30, 36],
  dateOfExpiry: [38, 44],
  nationality: [45, 48],
  names: [60, 90],
  optionalData: [
    [15, 30],
    [48, 59],
  ],
  hasLongNumbers: true,
  composite: [
    [5, 37],
    [38, 45],
    [48, 59],
  ],
  compositeDigit: 59,
};

const TD2: MrzLayout = {
  format: "TD2",
  documentCode: [0, 2],
  issuer: [2, 5],
  names: [5, 36],
  documentNumber: [36, 45],
  nationality: [46, 49],
  dateOfBirth: [49, 55],
  dateOfExpiry: [57, 63],
  optionalData: [[64, 71]],
  hasLongNumbers: true,
  composite: [
    [36, 46],
    [49, 56],
    [57, 71],
  ],
  compositeDigit: 71,
};

const TD3: MrzLayout = {
  format: "TD3",
  documentCode: [0, 2],
  issuer: [2, 5],
  names: [5, 44],
  documentNumber: [44, 53],
  nationality: [54, 57],
  dateOfBirth: [57, 63],
  dateOfExpiry: [65, 71],
  optionalData: [[72, 86]],
  hasLongNumbers: false,
  composite: [
    [44, 54],
    [57, 64],
    [65, 87],
  ],
  compositeDigit: 87,
};

const BY_LENGTH: ReadonlyMap<number, MrzLayout> = new Map([
  [90, TD1],
  [72, TD2],
  [88, TD3],
]);

/** The layout of a zone of so many characters: 90, 72 or 88. */
export const mrzLayout = (characters: number): MrzLayout | undefined => BY_LENGTH.get(characters);

/** A document number as it stands in the zone, perhaps in two places. */
export interface PrintedNumber {
  /** A copy, fillers and all, so that it can be wiped. */
  readonly number: Uint8Array;
  /** The character printed as its check digit. */
  readonly digit: number | undefined;
  /** Where in the zone the first optional field has other data than the number. */
  readonly optionalStart: number;
}

/**
 * The whole document number. A filler in the place of its check digit says that it goes on in the optional field up to
 * the next filler, and that the last character there is the check digit (Doc 9303-5 §4.2.2 note j).
 */
export function printedNumber(zone: Uint8Array, layout: MrzLayout): PrintedNumber {
  const [start, end] = layout.documentNumber;
  const [optionalStart = zone.length, optionalEnd] = layout.optionalData[0] ?? [];
  const field = zone.subarray(start, end);
  if (!layout.hasLongNumbers || zone[end] !== FILLER || zone[optionalStart] === FILLER)
    return { number: field.slice(), digit: zone[end], optionalStart };
  const optional = zone.subarray(optionalStart, optionalEnd);
  const filler = optional.indexOf(FILLER);
  const rest = filler < 0 ? optional : optional.subarray(0, filler);
  return {
    number: concat(field, rest.subarray(0, -1)),
    digit: rest.at(-1),
    optionalStart: optionalStart + rest.length,
  };
}
