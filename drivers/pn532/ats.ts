/**
 * The answer to select (ATS) of an ISO-DEP card, as the PN532 hands it on: `TL T0 [TA] [TB] [TC] T1 … Tk`.
 * The card chooses every byte of it, so absurd values fall back to the defaults of the standard.
 * Governing document: ISO/IEC 14443-4 §5.2.
 */
import type { CardKbits } from "../../src/ports/card.ts";
import { DEFAULT_FWI, soundExponent } from "./frame-waiting.ts";

export interface Ats {
  /** Frame waiting time exponent, 0 to 14: FWT = 0.302 ms · 2^FWI. */
  readonly frameWaitingExponent: number;
  /** The fastest rate that the card takes both ways, up to the 424 kbit/s that the chip documents. */
  readonly fastestKbits: CardKbits;
  /** T1 … Tk; empty when the card gives none. */
  readonly historicalBytes: Uint8Array;
}

const DEFAULT_ATS: Ats = {
  frameWaitingExponent: DEFAULT_FWI,
  fastestKbits: 106,
  historicalBytes: new Uint8Array(0),
};

const TA_PRESENT = 0x10;
const TB_PRESENT = 0x20;
const TC_PRESENT = 0x40;

/** TA(1), for each rate its bit towards the card and its bit towards the reader; both are wanted. */
const RATE_BITS = [
  { kbits: 424, bits: 0x22 },
  { kbits: 212, bits: 0x11 },
] as const;

/** Reads an ATS whose first byte TL counts itself. A TL beyond the bytes at hand is cut to them. */
export function parseAts(bytes: Uint8Array): Ats {
  const ats = bytes.subarray(0, Math.min(bytes[0] ?? 0, bytes.length));
  const format = ats[1];
  if (format === undefined) return DEFAULT_ATS;
  let at = 2;
  let rates = 0;
  if ((format & TA_PRESENT) !== 0) {
    rates = ats[at] ?? 0;
    at += 1;
  }
  let fwi = DEFAULT_FWI;
  if ((format & TB_PRESENT) !== 0) {
    fwi = (ats[at] ?? DEFAULT_FWI << 4) >> 4;
    at += 1;
  }
  if ((format & TC_PRESENT) !== 0) at += 1;
  const fastestKbits = RATE_BITS.find(({ bits }) => (rates & bits) === bits)?.kbits ?? 106;
  return { frameWaitingExponent: soundExponent(fwi), fastestKbits, historicalBytes: ats.slice(at) };
}
