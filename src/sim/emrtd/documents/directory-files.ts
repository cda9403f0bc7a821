/**
 * The small files around the data groups: EF.COM, EF.DIR and EF.ATR/INFO, and the historical bytes that say in short what
 * the last one says at length. ICAO Doc 9303-10 §3.11 and §4.6.1; ISO/IEC 7816-4 §12.
 */
import { concat } from "../../../bytes/bytes.ts";
import { hex } from "../../../bytes/hex.ts";
import { ascii } from "../../pki/der.ts";
import { number16, tlv } from "../../tlv.ts";

/** By the number of the data group, from 1. */
const GROUP_TAGS = hex("61 75 63 76 65 66 67 68 69 6A 6B 6C 6D 6E 6F 70");

/** `unknown tags`: in the list and beside it. */
export type CommonOddity = "unknown tags";

/** EF.COM: versions of LDS and Unicode, and the tags of the data groups. Nothing in it is signed. */
export function commonFile(groups: readonly number[], oddity?: CommonOddity): Uint8Array {
  const tags = groups.flatMap((group) => GROUP_TAGS[group - 1] ?? []);
  const unknown = oddity === undefined ? [] : [tlv(0x5f44, hex("01 02 03"))];
  return tlv(
    0x60,
    tlv(0x5f01, ascii("0107")),
    tlv(0x5f36, ascii("040000")),
    ...unknown,
    tlv(0x5c, Uint8Array.from(oddity === undefined ? tags : [...tags, 0x7a, 0x42])),
  );
}

const TRAVEL_RECORD = tlv(0x61, tlv(0x4f, hex("A0000002471001")));
/** Applications beside it, with a label and without. */
const FURTHER_RECORDS = [
  tlv(0x61, tlv(0x4f, hex("E80704007F00070302")), tlv(0x50, ascii("eID"))),
  tlv(0x61, tlv(0x4f, hex("A000000167455349474E"))),
];

/** EF.DIR: the application's record alone, or between others. */
export const directoryFile = (records: "one" | "several"): Uint8Array =>
  records === "one"
    ? TRAVEL_RECORD
    : concat(...FURTHER_RECORDS.slice(0, 1), TRAVEL_RECORD, ...FURTHER_RECORDS.slice(1));

/** Largest command and answer in bytes. */
export interface LargestApdus {
  readonly command: number;
  readonly response: number;
}

/** EF.ATR/INFO: services, capabilities, and the lengths of APDUs where those of three bytes are understood. */
export const atrInfoFile = (largest: LargestApdus | undefined): Uint8Array =>
  concat(
    tlv(0x43, hex("B8")),
    tlv(0x47, capabilities(largest)),
    ...(largest === undefined
      ? []
      : [tlv(0x7f66, tlv(0x02, number16(largest.command)), tlv(0x02, number16(largest.response)))]),
  );

/** Category indicator and the same capabilities in compact form. */
export const historicalBytes = (largest: LargestApdus | undefined): Uint8Array =>
  concat(hex("80 73"), capabilities(largest));

/** Selection by name, identifier and short identifier; data in bytes; chaining, and lengths of three bytes as EF.ATR/INFO says. */
const capabilities = (largest: LargestApdus | undefined): Uint8Array =>
  concat(hex("96 21"), Uint8Array.of(largest === undefined ? 0x80 : 0xe0));
