/** Hexadecimal text to bytes and back. Upper or lower case in, upper case out, no separators. */

const DIGITS = "0123456789ABCDEF";

/** Two upper-case digits a byte. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += DIGITS.charAt(byte >> 4) + DIGITS.charAt(byte & 0x0f);
  return text;
}

/** Bytes of an even number of hexadecimal digits; `undefined` for any other text. */
export function parseHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = Number.parseInt(text.slice(index * 2, index * 2 + 2), 16);
  }
  return bytes;
}

/** Bytes of a hexadecimal constant of the program, blanks allowed; throws on a typing error. */
export function hex(text: string): Uint8Array {
  const bytes = parseHex(text.replaceAll(" ", ""));
  if (bytes === undefined) throw new Error("malformed hexadecimal constant");
  return bytes;
}
