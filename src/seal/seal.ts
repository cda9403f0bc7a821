/**
 * A visible digital seal (2D-Doc) as values: what was read from a Data Matrix and is not believed yet, and what is left of it
 * once its signature holds. Values of fields are bytes that can be wiped, since they are somebody's name and number.
 * Governing text: ANTS, 2D-Doc specification 3.2.6; AFNOR XP Z42-105.
 */
import type { CivilDate } from "../time/civil-date.ts";

/** One field: its two-character identifier, and its value in ISO-8859-1 or, where the form says so, UTF-8, without separators. */
export interface SealField {
  /** In the binary form, whose identifiers have one byte, that byte in hexadecimal. */
  readonly id: string;
  readonly value: Uint8Array;
  /** The issuer had no room for the whole value, and said so. */
  readonly isTruncated: boolean;
}

/** What stands in front of the fields. */
export interface SealHeader {
  readonly form: "text" | "binary";
  /** 1 to 4. */
  readonly version: number;
  /** Two letters of the country and two characters: `FR05`. Those that end in `00` are for tests. */
  readonly authorityId: string;
  /** Four characters: `0001`; in the binary form five hexadecimal digits. Those of zeros alone are for tests. */
  readonly certificateId: string;
  readonly documentDate?: CivilDate;
  readonly signatureDate?: CivilDate;
  /** Two characters: `07` is an identity title. */
  readonly documentType: string;
  /** Two characters, in the binary form four hexadecimal digits; absent in versions 1 and 2. */
  readonly perimeter?: string;
  /** Of the issuer, two letters (text form, version 4) or three (binary form). */
  readonly country?: string;
}

/** A seal that was read: well-formed, and nothing more. */
export interface Seal extends SealHeader {
  readonly fields: readonly SealField[];
  /** What the signature is over, exactly as it was read; the fields' values are views of it. */
  readonly signed: Uint8Array;
  /** r‖s, 64, 96 or 132 bytes. */
  readonly signature: Uint8Array;
}

/** Lengths of a signature: on P-256, P-384 and P-521. */
export const SIGNATURE_BYTES: readonly number[] = [64, 96, 132];

/** Wipes all that is personal in a seal. */
export function wipeSeal({ fields, signed }: Seal): void {
  for (const { value } of fields) value.fill(0);
  signed.fill(0);
}
