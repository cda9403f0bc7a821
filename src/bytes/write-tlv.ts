/** The writing half of BER-TLV (ISO/IEC 8825-1 §8.1): what `ber-tlv.ts` reads, in its shortest form, which is DER's. */
import { concat } from "./bytes.ts";

/**
 * One data object: tag, length, the parts of the content one after another. `tag` is the big-endian number of the
 * tag's bytes, as `ber-tlv.ts` returns it. Contents of up to 65,535 bytes; a longer one is a defect and throws.
 */
export function writeTlv(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const value = concat(...content);
  return concat(bigEndian(tag), lengthField(value.length), value);
}

function lengthField(lengthBytes: number): Uint8Array {
  if (lengthBytes < 0x80) return Uint8Array.of(lengthBytes);
  if (lengthBytes > 0xffff) throw new RangeError(`data object of ${lengthBytes} bytes`);
  const digits = bigEndian(lengthBytes);
  return Uint8Array.of(0x80 + digits.length, ...digits);
}

const bigEndian = (number: number): Uint8Array =>
  number > 0xff ? Uint8Array.of(number >> 8, number & 0xff) : Uint8Array.of(number);
