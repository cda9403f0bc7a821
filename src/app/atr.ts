/**
 * The historical bytes of an answer to reset: what a card with contacts, or a reader in its place, says first. They stand
 * behind a chain of interface bytes of which each group says whether another follows.
 * Governing text: ISO/IEC 7816-3 §8.2.
 */

const MAX_ATR_BYTES = 33;
/** Direct and inverse convention; readers show either as if it were direct. */
const TS: readonly number[] = [0x3b, 0x3f];
/** Bits of T0 and TDi: which of TA, TB, TC and TD follow. */
const INTERFACE_BITS = [0x10, 0x20, 0x40] as const;
const TD_FOLLOWS = 0x80;

/** At most 15 bytes; `undefined` for what is no ATR. Whether the check byte is right is not looked at: no line distorts it. */
export function atrHistoricalBytes(atr: Uint8Array): Uint8Array | undefined {
  const [ts, t0] = atr;
  if (ts === undefined || t0 === undefined || !TS.includes(ts) || atr.length > MAX_ATR_BYTES)
    return undefined;
  let at = 1;
  for (let indicator = t0; ; ) {
    at += 1 + INTERFACE_BITS.filter((bit) => (indicator & bit) !== 0).length;
    if ((indicator & TD_FOLLOWS) === 0) break;
    const next = atr[at];
    if (next === undefined) return undefined;
    indicator = next;
  }
  const historical = atr.slice(at, at + (t0 & 0x0f));
  return historical.length === (t0 & 0x0f) ? historical : undefined;
}
