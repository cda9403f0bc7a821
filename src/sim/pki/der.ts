/**
 * A writer of DER (ITU-T X.690 §10 and §11): what the simulator's certificates, revocation lists and signed data
 * are put together with. It reads nothing; the gate has a reader of its own, so that neither excuses the other.
 */
import { concat } from "../../bytes/bytes.ts";

/** One element: tag, length in its shortest form, contents one after another. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = concat(...contents);
  return concat(Uint8Array.of(tag, ...lengthField(content.length)), content);
}

function lengthField(lengthBytes: number): readonly number[] {
  if (lengthBytes < 0x80) return [lengthBytes];
  const bytes = base256(lengthBytes);
  return [0x80 | bytes.length, ...bytes];
}

function base256(value: number): readonly number[] {
  return value > 0xff ? [...base256(Math.floor(value / 256)), value % 256] : [value];
}

/** SEQUENCE, and SEQUENCE OF. */
export const sequence = (...members: readonly Uint8Array[]): Uint8Array => element(0x30, ...members);

/** SET OF: members in ascending order of their encodings (X.690 §11.6). */
export const setOf = (...members: readonly Uint8Array[]): Uint8Array =>
  element(0x31, ...[...members].sort(byBytes));

/** The order of X.690 §11.6. */
export function byBytes(left: Uint8Array, right: Uint8Array): number {
  const index = left.findIndex((byte, at) => byte !== right[at]);
  return index < 0 ? left.length - right.length : (left[index] ?? 0) - (right[index] ?? -1);
}

/** `[number]`, constructed: an explicit tag, or an implicit one of a SEQUENCE or SET. */
export const context = (number: number, ...contents: readonly Uint8Array[]): Uint8Array =>
  element(0xa0 | number, ...contents);

/** `[number]`, primitive: an implicit tag around plain content. */
export const contextPrimitive = (number: number, content: Uint8Array): Uint8Array =>
  element(0x80 | number, content);

/** INTEGER of a magnitude, most significant byte first; leading zeros are dropped and one comes back where b8 is set. */
export function unsignedInteger(magnitude: Uint8Array): Uint8Array {
  const start = magnitude.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? Uint8Array.of(0) : magnitude.subarray(start);
  return (digits[0] ?? 0) < 0x80 ? element(0x02, digits) : element(0x02, Uint8Array.of(0), digits);
}

/** INTEGER of a small number, 0 to 255. */
export const smallInteger = (value: number): Uint8Array => unsignedInteger(Uint8Array.of(value));

/** INTEGER whose content is given as it is, negative when b8 of it is set. */
export const rawInteger = (content: Uint8Array): Uint8Array => element(0x02, content);

/** BOOLEAN; true is FF. */
export const boolean = (value: boolean): Uint8Array => element(0x01, Uint8Array.of(value ? 0xff : 0x00));

/** NULL. */
export const nothing = (): Uint8Array => element(0x05);

/** OCTET STRING of the contents one after another. */
export const octetString = (...contents: readonly Uint8Array[]): Uint8Array => element(0x04, ...contents);

/** BIT STRING of whole bytes. */
export const bitString = (content: Uint8Array): Uint8Array => element(0x03, Uint8Array.of(0), content);

/** BIT STRING of up to eight named bits, bit 0 first; zeros at the end are left out (X.690 §11.2.2). */
export function namedBits(...bits: readonly number[]): Uint8Array {
  const byte = bits.reduce((value, bit) => value | (0x80 >> bit), 0);
  const unused = byte === 0 ? 0 : 7 - Math.max(...bits);
  return byte === 0 ? element(0x03, Uint8Array.of(0)) : element(0x03, Uint8Array.of(unused, byte));
}

/** OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return element(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** Seven bits a byte, b8 set on all but the last. */
function base128(value: number): readonly number[] {
  const head = value > 0x7f ? base128(Math.floor(value / 128)).map((byte) => byte | 0x80) : [];
  return [...head, value % 128];
}

/** One byte for each character, of which all are ASCII. */
export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** PrintableString; whoever calls keeps to its alphabet. */
export const printableString = (text: string): Uint8Array => element(0x13, ascii(text));

/** UTF8String of a text that is ASCII. */
export const utf8String = (text: string): Uint8Array => element(0x0c, ascii(text));

/** UTCTime before the year 2050, GeneralizedTime from then on (RFC 5280 §4.1.2.5). `text` is `YYYYMMDDHHMMSSZ`. */
export const time = (text: string): Uint8Array =>
  text < "2050" ? element(0x17, ascii(text.slice(2))) : element(0x18, ascii(text));
