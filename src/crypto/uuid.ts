/** UUID version 7 (RFC 9562 §5.7): names of events and of process lifetimes, sortable by time. */
import { toHex } from "../bytes/hex.ts";
import type { Random } from "../ports/random.ts";
import type { Instant } from "../time/time.ts";

const UUID_BYTES = 16;
const TIME_BYTES = 6;
const VERSION_7 = 0x70;
const VARIANT = 0x80;

/** 48 bits of Unix milliseconds, then 74 random bits; lower case with hyphens. */
export function uuidV7(time: Instant, random: Random): string {
  const bytes = new Uint8Array(UUID_BYTES);
  bytes.set(random.bytes(UUID_BYTES - TIME_BYTES), TIME_BYTES);
  let rest = Math.max(0, time);
  for (let index = TIME_BYTES - 1; index >= 0; index--) {
    bytes[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | VERSION_7;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | VARIANT;
  const digits = toHex(bytes).toLowerCase();
  const group = (from: number, to: number): string => digits.slice(from, to);
  return `${group(0, 8)}-${group(8, 12)}-${group(12, 16)}-${group(16, 20)}-${group(20, 32)}`;
}
