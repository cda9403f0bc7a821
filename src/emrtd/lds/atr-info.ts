/**
 * EF.ATR/INFO of the master file: whether the chip takes extended lengths, and how long commands and answers may be. It is
 * a row of objects with filler behind them, and every card may leave out what it likes.
 * Governing text: ISO/IEC 7816-4 §12.1 (historical bytes), §12.2.2; ICAO Doc 9303-10 §3.11.2.
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

/** Zero says as little as no number. */
function number(value: Uint8Array): number | undefined {
  if (value.length > MAX_NUMBER_BYTES) return undefined;
  return value.reduce((sum, byte) => sum * 256 + byte, 0) || undefined;
}
