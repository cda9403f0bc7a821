/**
 * Data objects as virtual cards write them, in answers and in files: tags of one or two bytes, lengths in their shortest form,
 * and the numbers and texts inside them. ISO/IEC 7816-4 §5.2.2.
 */
import { concat } from "../bytes/bytes.ts";
import { element } from "./pki/der.ts";

/** One data object; `tag` as it is written, such as 0x5f1f. */
export function tlv(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  if (tag <= 0xff) return element(tag, ...contents);
  return concat(Uint8Array.of(tag >> 8), element(tag & 0xff, ...contents));
}

/** Bytes of a tag as it is written. */
export const tagBytes = (tag: number): Uint8Array =>
  tag > 0xff ? Uint8Array.of(tag >> 8, tag & 0xff) : Uint8Array.of(tag);

/** Most significant byte first. */
export const number16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff);

/** Most significant byte first. */
export const number32 = (value: number): Uint8Array =>
  concat(number16(value >>> 16), number16(value & 0xffff));

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
