/**
 * Letters of Latin alphabets that the machine readable zone spells with others than their own without its mark.
 * Governing text: ICAO Doc 9303-3 §6, table A; identity claims sheet, 4.
 */

/** Letters whose spelling is left to the State: this one, or the letter without its mark. */
export const UMLAUTS: ReadonlyMap<string, string> = new Map([
  ["Ä", "AE"],
  ["Ö", "OE"],
  ["Ü", "UE"],
]);

export const SPELT_LETTERS: ReadonlyMap<string, string> = new Map([
  ["Å", "AA"],
  ["Æ", "AE"],
  ["Ø", "OE"],
  ["Œ", "OE"],
  ["ẞ", "SS"],
  ["Þ", "TH"],
  ["Ð", "D"],
  ["Đ", "D"],
  ["Ħ", "H"],
  ["Ĳ", "IJ"],
  ["Ŀ", "L"],
  ["Ł", "L"],
  ["Ŋ", "N"],
  ["Ŧ", "T"],
]);
