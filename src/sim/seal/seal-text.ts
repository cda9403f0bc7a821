/**
 * Writes a visible seal (2D-Doc) of an identity title as its issuer does: the text form, version 04, of type 07, as a scanner
 * gives it. Written from the specification by itself, with no code of the product. ANTS, 2D-Doc specification 3.2.6, 3 and 8.5.
 */
import { p256 } from "@noble/curves/nist.js";
import { type CivilDate, daysSinceEpoch } from "../../time/civil-date.ts";
import { ecSecret } from "../pki/ec-signer.ts";

/** What stands in a seal. */
export interface SealContent {
  /** `FR05`. */
  readonly authorityId: string;
  /** `0001`. */
  readonly certificateId: string;
  /** Of document and signature alike. */
  readonly date: CivilDate;
  /** Two characters: `07`. */
  readonly documentType: string;
  /** Two letters. */
  readonly country: string;
  /** In the order in which they are printed. */
  readonly fields: readonly SealText[];
}

/** A field: identifier and value, which is cut where it has no room. */
export type SealText = readonly [id: string, value: string];

const GROUP_SEPARATOR = "\x1d";
const RECORD_SEPARATOR = "\x1e";
const UNIT_SEPARATOR = "\x1f";
const FIRST_DAY = daysSinceEpoch({ year: 2000, month: 1, day: 1 });
const PERIMETER = "01";

/** Room of the fields that are written here; those of one length have nothing behind them. */
const ROOM: ReadonlyMap<string, number> = new Map([
  ["60", 60],
  ["62", 38],
  ["63", 38],
  ["66", 20],
  ["6A", 32],
]);

/** Header and fields: what is signed. */
export function sealMessage({ fields, ...header }: SealContent): string {
  const { authorityId, certificateId, date, documentType, country } = header;
  const day = hexDay(date);
  const head = `DC04${authorityId}${certificateId}${day}${day}${documentType}${PERIMETER}${country}`;
  return head + fields.map((field, index) => written(field, index === fields.length - 1)).join("");
}

const hexDay = (date: CivilDate): string =>
  (daysSinceEpoch(date) - FIRST_DAY).toString(16).toUpperCase().padStart(4, "0");

/** A value of variable length says where it ends, unless its room or the message ends there. */
function written([id, value]: SealText, isLast: boolean): string {
  const room = ROOM.get(id);
  if (room === undefined) return id + value;
  if (value.length > room) return id + value.slice(0, room) + RECORD_SEPARATOR;
  return id + value + (value.length === room || isLast ? "" : GROUP_SEPARATOR);
}

/** What stands behind the message: its signature on P-256 by the key of this label. */
export const sealSignature = (message: string, keyLabel: string): string =>
  UNIT_SEPARATOR + base32(signatureOf(message, keyLabel));

/** r and s, 32 bytes each, over the characters as bytes. */
const signatureOf = (message: string, keyLabel: string): Uint8Array =>
  p256.sign(latin(message), ecSecret("P-256", keyLabel), { lowS: false });

/** Each character as the byte of its number (ISO-8859-1). */
const latin = (text: string): Uint8Array => Uint8Array.from(text, (each) => each.charCodeAt(0));

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BITS_A_CHARACTER = 5;

/** RFC 4648 §6, without padding. */
function base32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  const groups = bits.match(new RegExp(`.{1,${BITS_A_CHARACTER}}`, "g")) ?? [];
  return groups
    .map((group) => ALPHABET.charAt(Number.parseInt(group.padEnd(BITS_A_CHARACTER, "0"), 2)))
    .join("");
}
