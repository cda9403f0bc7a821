/** base64url without padding (RFC 4648 §5), the text form of hashes, salts and signatures in the journal. */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Four characters for each three bytes, two or three for the rest; never padded. */
export function toBase64Url(bytes: Uint8Array): string {
  let text = "";
  for (let index = 0; index < bytes.length; index += 3) {
    const word = ((bytes[index] ?? 0) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    const characters = Math.min(3, bytes.length - index) + 1;
    for (let sextet = 0; sextet < characters; sextet++)
      text += ALPHABET.charAt((word >> (18 - 6 * sextet)) & 0x3f);
  }
  return text;
}

/** Bytes of unpadded base64url; `undefined` for any other text, also when unused bits are set. */
export function parseBase64Url(text: string): Uint8Array | undefined {
  if (text.length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let accumulator = 0;
  let bits = 0;
  let length = 0;
  for (const character of text) {
    const sextet = ALPHABET.indexOf(character);
    if (sextet < 0) return undefined;
    accumulator = ((accumulator << 6) | sextet) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[length++] = accumulator >> bits;
    }
  }
  // Two spellings of one byte string would let a tampered hash pass for the original.
  return (accumulator & ((1 << bits) - 1)) === 0 ? bytes : undefined;
}
