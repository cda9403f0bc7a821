/** Response APDUs: data followed by the two status bytes SW1 SW2 (ISO/IEC 7816-4 §5.1). */
import { toHex } from "../bytes/hex.ts";

export interface ResponseApdu {
  readonly data: Uint8Array;
  /** SW1 * 256 + SW2. */
  readonly sw: number;
}

/** Splits an answer of at least two bytes; `undefined` for a shorter one. */
export function parseResponse(bytes: Uint8Array): ResponseApdu | undefined {
  const sw1 = bytes.at(-2);
  const sw2 = bytes.at(-1);
  if (sw1 === undefined || sw2 === undefined) return undefined;
  return { data: bytes.subarray(0, -2), sw: sw1 * 256 + sw2 };
}

/** Four digits, as the standard writes status words. */
export const describeStatus = (sw: number): string => toHex(Uint8Array.of(sw >> 8, sw & 0xff));
