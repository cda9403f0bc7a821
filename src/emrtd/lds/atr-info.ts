/**
 * EF.ATR/INFO of the master file: whether the chip takes extended lengths, and how long commands and answers may be. It is
 * a row of objects with filler behind them, and every card may leave out what it likes.
 * Governing text: ISO/IEC 7816-4 §12.1 (historical bytes), §12.7.1 (object 7F66); ICAO Doc 9303-10 §3.11.1.
 */
import { readLeadingTlvs } from "../../bytes/ber-tlv.ts";
import { contentOf } from "./lds-object.ts";

export interface AtrInfo {
  /** Whether length fields of three bytes are taken; `undefined` where the card does not say. */
  readonly extendedLength: boolean | undefined;
  /** Longest command and answer in extended form, headers and status included. */
  readonly maxCommandBytes: number | undefined;
  readonly maxResponseBytes: number | undefined;
}

/** Category indicators of historical bytes that are a row of compact objects, the first with a status behind it. */
const COMPACT_CATEGORIES: readonly (number | undefined)[] = [0x00, 0x80];
const COMPACT_CARD_CAPABILITIES = 0x7;
const CARD_CAPABILITIES = 0x47;
/** In the third byte of the capabilities. */
const EXTENDED_LENGTH_BIT = 0x40;
const LENGTH_INFORMATION = 0x7f66;
const INTEGER = 0x02;
/** A longest command of 64 kB takes three. */
const MAX_NUMBER_BYTES = 3;

/** Reads `{47 L capabilities, 7F66 L {02 L command, 02 L answer}, …}`; what cannot be read is as if it were not there. */
export function parseAtrInfo(file: Uint8Array): AtrInfo {
  const objects = readLeadingTlvs(file);
  const capabilities = contentOf(objects, CARD_CAPABILITIES)?.[2];
  const lengths = readLeadingTlvs(contentOf(objects, LENGTH_INFORMATION) ?? new Uint8Array(0));
  const [maxCommandBytes, maxResponseBytes] = lengths
    .filter(({ tag }) => tag === INTEGER)
    .map(({ value }) => number(value));
  return {
    extendedLength: capabilities === undefined ? undefined : (capabilities & EXTENDED_LENGTH_BIT) !== 0,
    maxCommandBytes,
    maxResponseBytes,
  };
}

/**
 * Whether historical bytes `{80, objects {tag and length in one byte, value}}` promise length fields of three bytes.
 * What cannot be read promises nothing.
 */
export function announcesExtendedLength(historicalBytes: Uint8Array): boolean {
  if (!COMPACT_CATEGORIES.includes(historicalBytes[0])) return false;
  for (let at = 1; at < historicalBytes.length; ) {
    const head = historicalBytes[at] ?? 0;
    const end = at + 1 + (head & 0x0f);
    const capabilities = historicalBytes.subarray(at + 1, end)[2] ?? 0;
    if (head >> 4 === COMPACT_CARD_CAPABILITIES) return (capabilities & EXTENDED_LENGTH_BIT) !== 0;
    at = end;
  }
  return false;
}

/** Zero says as little as no number. */
function number(value: Uint8Array): number | undefined {
  if (value.length > MAX_NUMBER_BYTES) return undefined;
  return value.reduce((sum, byte) => sum * 256 + byte, 0) || undefined;
}
