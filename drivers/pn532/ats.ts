/**
 * The answer to select (ATS) of an ISO-DEP card, as the PN532 hands it on: `TL T0 [TA] [TB] [TC] T1 … Tk`.
 * The card chooses every byte of it, so absurd values fall back to the defaults of the standard.
 * Governing document: ISO/IEC 14443-4 §5.2.
 */
import { DEFAULT_FWI, soundExponent } from "./frame-waiting.ts";

export interface Ats {
  /** Frame waiting time exponent, 0 to 14: FWT = 0.302 ms · 2^FWI. */
  readonly frameWaitingExponent: number;
  /** T1 … Tk; empty when the card gives none. */
  readonly historicalBytes: Uint8Array;
}

const DEFAULT_ATS: Ats = { frameWaitingExponent: DEFAULT_FWI, historicalBytes: new Uint8Array(0) };

const TA_PRESENT = 0x10;
const TB_PRESENT = 0x20;
const TC_PRESENT = 0x40;

/** Reads an ATS whose first byte TL counts itself. A TL beyond the bytes at hand is cut to them. */
export function parseAts(bytes: Uint8Array): Ats {
  const ats = bytes.subarray(0, Math.min(bytes[0] ?? 0, bytes.length));
  const format = ats[1];
  if (format === undefined) return DEFAULT_ATS;
  let at = 2;
  if ((format & TA_PRESENT) !== 0) at += 1;
  let fwi = DEFAULT_FWI;
  if ((format & TB_PRESENT) !== 0) {
    fwi = (ats[at] ?? DEFAULT_FWI << 4) >> 4;
    at += 1;
  }
  if ((format & TC_PRESENT) !== 0) at += 1;
  return { frameWaitingExponent: soundExponent(fwi), historicalBytes: ats.slice(at) };
}
