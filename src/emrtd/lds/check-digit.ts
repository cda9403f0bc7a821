/**
 * The check digit of the machine readable zone: characters by their values, weighed 7, 3, 1 and again, summed modulo 10.
 * Governing text: ICAO Doc 9303-3 §4.9.
 */
export const FILLER = 0x3c;
export const ZERO = 0x30;

const CAPITAL_A = 0x41;
const LETTERS = 26;
const WEIGHTS = [7, 3, 1] as const;

/** By character: 0 to 9 are worth themselves, letters 10 to 35, the filler nothing; others are none of the zone's. */
const NO_VALUE = 0xff;
const VALUES = Uint8Array.from({ length: 256 }, (_, character) => {
  if (character === FILLER) return 0;
  if (character >= ZERO && character < ZERO + 10) return character - ZERO;
  const letter = character - CAPITAL_A;
  return letter >= 0 && letter < LETTERS ? letter + 10 : NO_VALUE;
});

/** Whether every byte is a character of the zone: A to Z, 0 to 9 or `<`. */
export function isMrzText(text: Uint8Array): boolean {
  for (const character of text) if (VALUES[character] === NO_VALUE) return false;
  return true;
}

/** 0 to 9, of the parts joined; `undefined` when a character is none of the zone's. */
export function checkDigit(...parts: readonly Uint8Array[]): number | undefined {
  let sum = 0;
  let position = 0;
  for (const part of parts) {
    for (const character of part) {
      const value = VALUES[character] ?? NO_VALUE;
      if (value === NO_VALUE) return undefined;
      sum += value * (WEIGHTS[position % WEIGHTS.length] ?? 0);
      position += 1;
    }
  }
  return sum % 10;
}
