/**
 * The ATR by which a computer's smart card service knows a contactless card: `3B 8n 80 01`, n bytes that tell the
 * cards apart, and a check byte. Governing text: PC/SC part 3 §3.1.3.2.3.1.
 */
import { concat } from "../../bytes/bytes.ts";
import type { Card } from "./card.ts";

/** TS direct convention; TD1 = 80 and TD2 = 01: protocols 0 and 1, nothing said of either. */
const TS = 0x3b;
const TD1_FOLLOWS = 0x80;
const TD1 = 0x80;
const TD2 = 0x01;
/** T0 has four bits for their number. */
const MAX_HISTORICAL_BYTES = 15;

/** Five bytes and at most fifteen historical ones; `undefined` for a card that takes no APDUs. */
export function pcscAtr(card: Card): Uint8Array | undefined {
  const historical = historicalBytes(card)?.subarray(0, MAX_HISTORICAL_BYTES);
  if (historical === undefined) return undefined;
  const checked = concat(Uint8Array.of(TD1_FOLLOWS | historical.length, TD1, TD2), historical);
  return concat(Uint8Array.of(TS), checked, Uint8Array.of(checked.reduce((sum, byte) => sum ^ byte, 0)));
}

/** Those of the ATS for type A; for type B application data, protocol information and an empty buffer length. */
function historicalBytes({ type, profile }: Card): Uint8Array | undefined {
  if (type === "A") return profile.isoDep?.historicalBytes;
  return concat(profile.applicationData, profile.protocolInfo, Uint8Array.of(0));
}
