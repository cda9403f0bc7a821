/** Base64 in its standard alphabet (RFC 4648 §4), as PEM and LDIF carry binary values. */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const NO_SEXTET = 0xff;
const SEXTETS = new Uint8Array(128).fill(NO_SEXTET);
for (const [sextet, character] of [...ALPHABET].entries()) SEXTETS[character.charCodeAt(0)] = sextet;

/** The bytes of padded base64 without blanks; `undefined` for any other text. */
export function parseBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const digits = text.endsWith("==") ? text.length - 2 : text.endsWith("=") ? text.length - 1 : text.length;
  const bytes = new Uint8Array(Math.floor((digits * 3) / 4));
  let word = 0;
  let length = 0;
  for (let index = 0; index < digits; index++) {
    const sextet = SEXTETS[text.charCodeAt(index)] ?? NO_SEXTET;
    if (sextet === NO_SEXTET) return undefined;
    word = ((word << 6) | sextet) & 0xff_ffff;
    // After the second, third and fourth digit of a group there are 12, 18 and 24 bits: one more whole byte each.
    const place = index % 4;
    if (place > 0) bytes[length++] = (word >> (6 - 2 * place)) & 0xff;
  }
  return bytes;
}
