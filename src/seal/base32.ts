/** Base32 in its standard alphabet without padding (RFC 4648 §6), the text form of a seal's signature. */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const NO_QUINTET = 0xff;
const QUINTETS = new Uint8Array(256).fill(NO_QUINTET);
for (const [quintet, character] of [...ALPHABET].entries()) QUINTETS[character.charCodeAt(0)] = quintet;

/** Bytes of ASCII characters; `undefined` for any others, for a length that no bytes have, and if unused bits are set. */
export function parseBase32(characters: Uint8Array): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((characters.length * 5) / 8));
  let accumulator = 0;
  let bits = 0;
  let length = 0;
  for (const character of characters) {
    const quintet = QUINTETS[character] ?? NO_QUINTET;
    if (quintet === NO_QUINTET) return undefined;
    accumulator = ((accumulator << 5) | quintet) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[length++] = accumulator >> bits;
    }
  }
  // As many bits as a character has would be a character too many; set bits would be a second spelling of one value.
  return bits < 5 && (accumulator & ((1 << bits) - 1)) === 0 ? bytes : undefined;
}
