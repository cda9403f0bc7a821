/**
 * The header of a seal in text form: 22 characters in versions 1 and 2, 24 in version 3 and 26 in version 4, capital
 * letters and digits all of them. ANTS, 2D-Doc specification 3.2.6, 3.3.1 to 3.3.3.
 */
import { err, ok, type Result } from "../result.ts";
import type { SealHeader } from "./seal.ts";
import { hexDate, type WellFormedDate } from "./seal-dates.ts";
import type { HeaderPart, SealError } from "./seal-error.ts";

/** A header, and where the message behind it begins. */
export interface ReadHeader {
  readonly header: SealHeader;
  readonly lengthBytes: number;
}

/** Characters of the header, by version. */
const LENGTHS: ReadonlyMap<string, number> = new Map([
  ["01", 22],
  ["02", 22],
  ["03", 24],
  ["04", 26],
]);
/** What stands where, dates apart; what a version does not have yet is empty. */
const CODES: readonly (readonly [part: HeaderPart, from: number, to: number, form: RegExp])[] = [
  ["authority", 4, 8, /^[A-Z]{2}[A-Z0-9]{2}$/],
  ["certificate", 8, 12, /^[A-Z0-9]{4}$/],
  ["documentType", 20, 22, /^[A-Z0-9]{2}$/],
  ["perimeter", 22, 24, /^([A-Z0-9]{2})?$/],
  ["country", 24, 26, /^([A-Z]{2})?$/],
];

/** Reads the header in front of bytes that begin with `DC`. */
export function readTextHeader(bytes: Uint8Array): Result<ReadHeader, SealError> {
  const version = latin(bytes.subarray(2, 4));
  const lengthBytes = LENGTHS.get(version);
  if (lengthBytes === undefined) return err({ kind: "sealVersion", why: "unknownVersion" });
  const bad = (why: HeaderPart) => err<SealError>({ kind: "sealHeader", why });
  if (bytes.length < lengthBytes) return bad("length");
  const text = latin(bytes.subarray(0, lengthBytes));
  const wrong = CODES.find(([, from, to, form]) => !form.test(text.slice(from, to)));
  if (wrong !== undefined) return bad(wrong[0]);
  const documentDate = hexDate(text.slice(12, 16));
  if (documentDate === "malformed") return bad("documentDate");
  const signatureDate = hexDate(text.slice(16, 20));
  if (signatureDate === "malformed") return bad("signatureDate");
  const header: SealHeader = {
    form: "text",
    version: Number(version),
    authorityId: text.slice(4, 8),
    certificateId: text.slice(8, 12),
    ...knownDates({ documentDate, signatureDate }),
    documentType: text.slice(20, 22),
    ...(lengthBytes > 22 ? { perimeter: text.slice(22, 24) } : {}),
    ...(lengthBytes > 24 ? { country: text.slice(24, 26) } : {}),
  };
  return ok({ header, lengthBytes });
}

/** The dates that are there. */
export const knownDates = ({
  documentDate,
  signatureDate,
}: {
  readonly documentDate: WellFormedDate;
  readonly signatureDate: WellFormedDate;
}): Pick<SealHeader, "documentDate" | "signatureDate"> => ({
  ...(documentDate === "none" ? {} : { documentDate }),
  ...(signatureDate === "none" ? {} : { signatureDate }),
});

/** Each byte as the character of its number. */
const latin = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
