/**
 * DG11 and DG12, what the holder and the issuer are said to be beyond the zone, DG13 and DG16. Fields are named by their
 * tags; the departures of real issuers are asked for by name. ICAO Doc 9303-10 §4.7.11 to §4.7.16.
 */
import { concat } from "../../../bytes/bytes.ts";
import { hex } from "../../../bytes/hex.ts";
import { tagBytes, tlv, utf8 } from "../../tlv.ts";

/** A text, digits of which two go into a byte, or bytes in hexadecimal. */
export type DetailValue = string | { readonly bcd: string } | { readonly hex: string };

/** By tags in hexadecimal, in the order in which they are written. */
export type DetailFields = Readonly<Record<string, DetailValue>>;

/** How a DG11 or DG12 departs from the book and is read all the same. */
export type DetailOddity =
  /** Dates have two digits in a byte. */
  | "packed dates"
  /** Another name of the holder stands outside its template. */
  | "bare other names"
  /** Another name stands inside its template, which is in the list of tags instead of its content. */
  | "template listed"
  /** Fields without content. */
  | "empty fields";

const TAG_LIST = 0x5c;
const TEMPLATE = 0xa0;
const OTHER_NAME = 0x5f0f;
const DATES: ReadonlySet<number> = new Set([0x5f2b, 0x5f26]);
const ALIAS = "SPECIMEN<<ALIAS";

/** Tag 6B. */
export function personFile(fields: DetailFields, oddity?: DetailOddity): Uint8Array {
  const items = itemsOf(fields, oddity);
  if (oddity === "bare other names") items.push([OTHER_NAME, tlv(OTHER_NAME, utf8(ALIAS))]);
  if (oddity === "template listed")
    items.push([TEMPLATE, tlv(TEMPLATE, hex("02 01 01"), tlv(OTHER_NAME, utf8(ALIAS)))]);
  // Telephone and profession, which many issuers leave empty.
  if (oddity === "empty fields") items.push([0x5f12, tlv(0x5f12)], [0x5f13, tlv(0x5f13)]);
  return detailFile(0x6b, items);
}

/** Tag 6C. */
export const issueFile = (fields: DetailFields, oddity?: DetailOddity): Uint8Array =>
  detailFile(0x6c, itemsOf(fields, oddity));

type Item = readonly [listed: number, object: Uint8Array];

const itemsOf = (fields: DetailFields, oddity: DetailOddity | undefined): Item[] =>
  Object.entries(fields).map(([name, value]) => {
    const tag = Number.parseInt(name, 16);
    const isPacked = oddity === "packed dates" && DATES.has(tag) && typeof value === "string";
    return [tag, tlv(tag, valueBytes(isPacked ? { bcd: value } : value))] as const;
  });

function valueBytes(value: DetailValue): Uint8Array {
  if (typeof value === "string") return utf8(value);
  return hex("bcd" in value ? value.bcd : value.hex);
}

const detailFile = (tag: number, items: readonly Item[]): Uint8Array =>
  tlv(
    tag,
    tlv(TAG_LIST, ...items.map(([listed]) => tagBytes(listed))),
    concat(...items.map(([, object]) => object)),
  );

/** DG13, tag 6D: what a State likes; here a text. */
export const ownFile = (text: string): Uint8Array => tlv(0x6d, utf8(text));

export interface PersonToNotify {
  /** `YYYYMMDD`. */
  readonly recorded: string;
  readonly name: string;
  readonly telephone: string;
  readonly address: string;
}

/** DG16, tag 70: persons to notify, each in a template of its own. */
export const personsToNotifyFile = (persons: readonly PersonToNotify[]): Uint8Array =>
  tlv(
    0x70,
    tlv(0x02, Uint8Array.of(persons.length)),
    ...persons.map(({ recorded, name, telephone, address }, index) =>
      tlv(
        0xa1 + index,
        tlv(0x5f50, utf8(recorded)),
        tlv(0x5f51, utf8(name)),
        tlv(0x5f52, utf8(telephone)),
        tlv(0x5f53, utf8(address)),
      ),
    ),
  );
