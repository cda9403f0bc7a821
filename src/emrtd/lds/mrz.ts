/**
 * The machine readable zone, read: what DG1 holds, and what a document scanner gives. Every check digit is judged and
 * none is enforced: on a chip the State's signature speaks for the data, from a scanner the caller wants them all.
 * Dates stay as printed, because their century depends on today; `dates.ts` reads them.
 * Governing text: ICAO Doc 9303-3 §4, 9303-4 §4.2, 9303-5 §4.2, 9303-6 §4.2.
 */
import { err, ok, type Result } from "../../result.ts";
import { checkDigit, FILLER, isMrzText, ZERO } from "./check-digit.ts";
import { type MrzLayout, mrzLayout, type PrintedNumber, printedNumber, type Span } from "./mrz-layout.ts";
import { type Names, splitNames } from "./names.ts";

/** Fields without the fillers at their ends. */
export interface Mrz {
  readonly format: MrzLayout["format"];
  /** `C`, `ID`, `P` …: what kind of document it is. */
  readonly documentCode: string;
  /** Three letters, but one for Germany. */
  readonly issuer: string;
  readonly documentNumber: string;
  readonly nationality: string;
  readonly names: Names;
  /** The field of the names is full to its last character, so they may be cut. */
  readonly namesMayBeCut: boolean;
  /** Fillers from the last letter to the end of the field: one or two may be those at which a program cut the names. */
  readonly fillersBehindNames: number;
  /** Six characters YYMMDD, unknown parts `<<` or `00`. */
  readonly dateOfBirth: string;
  /** Six characters YYMMDD. */
  readonly dateOfExpiry: string;
  readonly sex: "female" | "male" | "unspecified";
  /** TD1 has two such fields, the others one; what a long number takes of it does not count. */
  readonly optionalData: readonly string[];
  readonly checks: MrzChecks;
  /** All characters, the lines joined. */
  readonly zone: string;
}

/** Whether the digit that is printed is the one that belongs there. */
export interface MrzChecks {
  readonly documentNumber: boolean;
  readonly dateOfBirth: boolean;
  readonly dateOfExpiry: boolean;
  /** Of a passport's optional data; other documents have no such digit, and `true`. */
  readonly optionalData: boolean;
  readonly composite: boolean;
}

export type MrzMalformed =
  /** Neither 90 (TD1), 72 (TD2) nor 88 (TD3) characters. */
  | { readonly kind: "mrzLength"; readonly characters: number }
  /** Other characters than A-Z, 0-9 and `<`. */
  | { readonly kind: "mrzCharacters" };

const SEXES: ReadonlyMap<string, Mrz["sex"]> = new Map([
  ["F", "female"],
  ["M", "male"],
]);

/** Characters of the zone are ASCII, and this is the fastest way to a string of them. */
const TEXT = new TextDecoder();

/** Reads a zone of 90, 72 or 88 ASCII characters, its lines joined. */
export function parseMrz(zone: Uint8Array): Result<Mrz, MrzMalformed> {
  const layout = mrzLayout(zone.length);
  if (layout === undefined) return err({ kind: "mrzLength", characters: zone.length });
  if (!isMrzText(zone)) return err({ kind: "mrzCharacters" });
  const text = TEXT.decode(zone);
  const printed = printedNumber(zone, layout);
  const [, birthEnd] = layout.dateOfBirth;
  const names = text.slice(...layout.names);
  const fillersBehindNames = names.length - withoutFillers(names).length;
  return ok({
    format: layout.format,
    documentCode: field(text, layout.documentCode),
    issuer: field(text, layout.issuer),
    documentNumber: withoutFillers(TEXT.decode(printed.number)),
    nationality: field(text, layout.nationality),
    names: splitNames(names),
    namesMayBeCut: fillersBehindNames === 0,
    fillersBehindNames,
    dateOfBirth: text.slice(...layout.dateOfBirth),
    dateOfExpiry: text.slice(...layout.dateOfExpiry),
    sex: SEXES.get(text.charAt(birthEnd + 1)) ?? "unspecified",
    optionalData: optionalData(text, layout, printed),
    checks: checks(zone, layout, printed),
    zone: text,
  });
}

const field = (text: string, [start, end]: Span): string => withoutFillers(text.slice(start, end));

function withoutFillers(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === FILLER) end -= 1;
  return text.slice(0, end);
}

function optionalData(text: string, { optionalData }: MrzLayout, printed: PrintedNumber): readonly string[] {
  return optionalData.map(([start, end], index) => {
    if (index > 0 || printed.optionalStart === start) return field(text, [start, end]);
    // The filler that ends a long number is no part of the data behind it.
    return field(text, [printed.optionalStart + 1, end]);
  });
}

function checks(zone: Uint8Array, layout: MrzLayout, { number, digit }: PrintedNumber): MrzChecks {
  const [, birthEnd] = layout.dateOfBirth;
  const [, expiryEnd] = layout.dateOfExpiry;
  const [[optionalStart, optionalEnd] = [0, 0]] = layout.optionalData;
  return {
    documentNumber: isDigitOf(digit, number),
    dateOfBirth: isDigitOf(zone[birthEnd], zone.subarray(...layout.dateOfBirth)),
    dateOfExpiry: isDigitOf(zone[expiryEnd], zone.subarray(...layout.dateOfExpiry)),
    optionalData:
      layout.format !== "TD3" || isDigitOf(zone[optionalEnd], zone.subarray(optionalStart, optionalEnd)),
    composite: isDigitOf(
      zone[layout.compositeDigit],
      ...layout.composite.map(([start, end]) => zone.subarray(start, end)),
    ),
  };
}

/** A field of fillers alone may have a filler for its digit, as passports without optional data show. */
function isDigitOf(printed: number | undefined, ...parts: readonly Uint8Array[]): boolean {
  if (printed === FILLER) return parts.every((part) => part.every((character) => character === FILLER));
  return printed === ZERO + (checkDigit(...parts) ?? Number.NaN);
}
