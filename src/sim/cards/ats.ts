/**
 * The answer to select (ATS) that a virtual card gives, sound or absurd, and what it promises: frame size and bit
 * rates (ISO/IEC 14443-4 §5.2). The card chooses every byte; a reader has to live with all of them.
 */
import { concat } from "../../bytes/bytes.ts";
import type { AirRates, RateCode } from "../timing.ts";

export interface AtsProfile {
  readonly historicalBytes: Uint8Array;
  /** Frame size that the card takes: FSCI 0 to 8 (8 = 256 bytes), or 9 to 15, which are reserved. */
  readonly fsci: number;
  /** Frame waiting integer 0 to 14, or 15, which is reserved. */
  readonly fwi: number;
  /** TA(1), the rates that the card offers. Default 33: 106 to 424 kbit/s both ways. */
  readonly ta?: number | "absent";
  /**
   * `one`: the length byte alone, which is allowed and leaves everything to the defaults.
   * `tooLarge`: the length byte promises more than comes.
   */
  readonly atsLength?: "right" | "one" | "tooLarge";
}

const RATES_TO_424 = 0x33;
/** TB and TC are present, which hold the waiting time and whether the card takes a number. */
const TB_AND_TC = 0x60;
const TA_PRESENT = 0x10;
const TAKES_NUMBER = 0x02;
/** Promised beyond what comes. */
const MISSING_BYTES = 0x10;
/** b8 of TA: the same rate both ways only. */
const SAME_BOTH_WAYS = 0x80;
/** Frame size by its code, of cards and readers alike; reserved codes mean the largest. */
const FRAME_SIZES = [16, 24, 32, 40, 48, 64, 96, 128, 256];
const MAX_FRAME_BYTES = 256;
/** FSCI that an ATS without T0 stands for. */
const DEFAULT_FSCI = 2;

/** `TL T0 [TA] TB TC T1 … Tk`, no longer than `maxBytes`: historical bytes that do not fit are left out. */
export function encodeAts(profile: AtsProfile, maxBytes = MAX_FRAME_BYTES): Uint8Array {
  const { fsci, fwi, historicalBytes, atsLength } = profile;
  if (atsLength === "one") return Uint8Array.of(1);
  const ta = profile.ta ?? RATES_TO_424;
  const format = TB_AND_TC | (ta === "absent" ? 0 : TA_PRESENT) | fsci;
  const body = [format, ...(ta === "absent" ? [] : [ta]), fwi << 4, TAKES_NUMBER];
  const historical = historicalBytes.subarray(0, maxBytes - 1 - body.length);
  const lengthBytes = 1 + body.length + historical.length;
  const promised = atsLength === "tooLarge" ? lengthBytes + MISSING_BYTES : lengthBytes;
  return concat(Uint8Array.of(promised, ...body), historical);
}

/** Largest frame by its code, prologue and CRC included. */
export const frameBytes = (code: number): number => FRAME_SIZES[code] ?? MAX_FRAME_BYTES;

/** Largest frame that the card takes. */
export const frameBytesTaken = ({ fsci, atsLength }: AtsProfile): number =>
  frameBytes(atsLength === "one" ? DEFAULT_FSCI : fsci);

/** Frame waiting integer that holds for the card; nothing when it names none. */
export const waitingInteger = ({ fwi, atsLength }: AtsProfile): number | undefined =>
  atsLength === "one" ? undefined : fwi;

/** Whether TA(1) offers the rates: bits 1 and 2 for 212 and 424 kbit/s to the card, bits 5 and 6 for those back. */
export function offers({ ta = RATES_TO_424, atsLength }: AtsProfile, { toCard, toChip }: AirRates): boolean {
  const offered = ta === "absent" || atsLength === "one" ? 0 : ta;
  if ((offered & SAME_BOTH_WAYS) !== 0 && toCard !== toChip) return false;
  return isOffered(offered, toCard) && isOffered(offered >> 4, toChip);
}

const isOffered = (bits: number, rate: RateCode): boolean => rate === 0 || (bits & rate) !== 0;
