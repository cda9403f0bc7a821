/**
 * The answer to select (ATS) of an ISO-DEP card, as the PN532 hands it on: `TL T0 [TA] [TB] [TC] T1 … Tk`.
 * The card chooses every byte of it, so absurd values fall back to the defaults of the standard.
 * Governing document: ISO/IEC 14443-4 §5.2.
 */
import type { CardKbits } from "../../src/ports/card.ts";
import { DEFAULT_FWI, frameWaitingMs, soundExponent } from "./frame-waiting.ts";

export interface Ats {
  /** FSC, the largest frame that the card takes, PCB and CRC included: 16 to 256 bytes. */
  readonly cardFrameBytes: number;
  /** Frame waiting time exponent, 0 to 14: FWT = 0.302 ms · 2^FWI. */
  readonly frameWaitingExponent: number;
  /** Start-up frame guard time: the card may be deaf for so long behind its ATS. 0, or 0.604 to 4949 ms. */
  readonly guardMs: number;
  /** The fastest rate that the card takes both ways, up to the 424 kbit/s that the chip documents. */
  readonly fastestKbits: CardKbits;
  /** T1 … Tk; empty when the card gives none. */
  readonly historicalBytes: Uint8Array;
}

/** FSC by its code FSCI. */
const FRAME_BYTES = [16, 24, 32, 40, 48, 64, 96, 128, 256] as const;
/** 512 to 4096 bytes in later editions of the standard; no frame of the chip is longer than 256. */
const LARGER_CODES: ReadonlySet<number> = new Set([9, 10, 11, 12]);
const LARGEST_FRAME_BYTES = 256;
/** FSC of a card that names none (§5.2.2), or by a code beyond the table, which stands for no smaller frame. */
const DEFAULT_FRAME_BYTES = 32;

const DEFAULT_ATS: Ats = {
  cardFrameBytes: DEFAULT_FRAME_BYTES,
  frameWaitingExponent: DEFAULT_FWI,
  guardMs: 0,
  fastestKbits: 106,
  historicalBytes: new Uint8Array(0),
};

const FSCI_MASK = 0x0f;
const TA_PRESENT = 0x10;
const TB_PRESENT = 0x20;
const TC_PRESENT = 0x40;

/** TB(1) of a card that gives none: FWI 4 in its high half, SFGI 0 in its low one. */
const DEFAULT_TB = DEFAULT_FWI << 4;
const SFGI_MASK = 0x0f;
const RESERVED_SFGI = 15;

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
  let waiting = DEFAULT_TB;
  if ((format & TB_PRESENT) !== 0) {
    waiting = ats[at] ?? DEFAULT_TB;
    at += 1;
  }
  if ((format & TC_PRESENT) !== 0) at += 1;
  const fastestKbits = RATE_BITS.find(({ bits }) => (rates & bits) === bits)?.kbits ?? 106;
  return {
    cardFrameBytes: frameBytes(format & FSCI_MASK),
    frameWaitingExponent: soundExponent(waiting >> 4),
    guardMs: guardMs(waiting & SFGI_MASK),
    fastestKbits,
    historicalBytes: ats.slice(at),
  };
}

const frameBytes = (fsci: number): number =>
  LARGER_CODES.has(fsci) ? LARGEST_FRAME_BYTES : (FRAME_BYTES[fsci] ?? DEFAULT_FRAME_BYTES);

/** 0.302 ms · 2^SFGI; 0 asks for none, and the reserved 15 is taken for 0 (§5.2.5). */
const guardMs = (sfgi: number): number => (sfgi === 0 || sfgi === RESERVED_SFGI ? 0 : frameWaitingMs(sfgi));
