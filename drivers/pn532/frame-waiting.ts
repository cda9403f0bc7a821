/**
 * The frame waiting time: how long a card may think before it must answer. Type A announces its exponent in
 * the ATS, type B in the ATQB. Governing document: ISO/IEC 14443-4 §7.2, 14443-3 §7.9.4.
 */

/** FWI of a card that says nothing, or the reserved value 15 (ISO/IEC 14443-4 §5.2.5). */
export const DEFAULT_FWI = 4;
const MAX_FWI = 14;

/** 4096 / 13.56 MHz. */
const FRAME_WAITING_UNIT_MS = 4096 / 13_560;

/** A reader listens for so much longer than the card may think: ΔFWT, 49152 / 13.56 MHz, which is 3.6 ms. */
export const FRAME_WAITING_MARGIN_MS = 49_152 / 13_560;

/** What a card has for its answers to RATS, PPS and S(DESELECT), whatever its FWI: 65536 / 13.56 MHz, 4.8 ms. */
export const ACTIVATION_WAITING_MS = 65_536 / 13_560;

/** An exponent that the standard knows: `fwi`, or the default for the reserved value. */
export const soundExponent = (fwi: number): number => (fwi > MAX_FWI ? DEFAULT_FWI : fwi);

/** The frame waiting time in milliseconds for an exponent of 0 to 14: 0.302 ms · 2^FWI. */
export const frameWaitingMs = (exponent: number): number => FRAME_WAITING_UNIT_MS * 2 ** exponent;

/** What `multiplier`, 1 to 59, of an S(WTX) makes of the frame waiting time; never more than that of FWI 14 (§7.3). */
export const extendedWaitingMs = (exponent: number, multiplier: number): number =>
  Math.min(frameWaitingMs(exponent) * multiplier, frameWaitingMs(MAX_FWI));
