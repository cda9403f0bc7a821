/**
 * A name in the alphabet of the machine readable zone, and the letters of it that all spellings of one name have in
 * common: what a name on a list and a name in a document are compared by.
 * Governing text: ICAO Doc 9303-3 §4.6, §6; identity claims sheet, 4, "Matching key".
 */
import { SPELT_LETTERS, UMLAUTS } from "./transliteration.table.ts";

/** How Ä, Ö and Ü are spelt: by two letters, or by the one without its mark. */
export type UmlautSpelling = "twoLetters" | "oneLetter";

/** Blanks, fillers, hyphens, dashes and strokes divide words; apostrophes and all other signs vanish and join. */
const DIVIDERS = /[\s<\-\u2010-\u2015/]+/;
const MARKS = /\p{M}/gu;
/** Most names have none, and are then spelt as they are. */
const OTHER_LETTERS = /[^\0-\x7f]/;
const NOT_OF_THE_ZONE = /[^A-Z]/g;

/** The name in A to Z with one filler between words, as the zone has it; "" for a name in another script. */
export function zoneSpelling(name: string, umlauts: UmlautSpelling): string {
  const capitals = name.normalize("NFC").toUpperCase();
  const plain = OTHER_LETTERS.test(capitals) ? withoutMarks(capitals, umlauts) : capitals;
  return plain
    .split(DIVIDERS)
    .map((word) => word.replace(NOT_OF_THE_ZONE, ""))
    .filter((word) => word !== "")
    .join("<");
}

const withoutMarks = (capitals: string, umlauts: UmlautSpelling): string =>
  Array.from(capitals, (letter) => spelt(letter, umlauts))
    .join("")
    .normalize("NFD")
    .replace(MARKS, "");

const spelt = (letter: string, umlauts: UmlautSpelling): string =>
  SPELT_LETTERS.get(letter) ?? (umlauts === "twoLetters" ? UMLAUTS.get(letter) : undefined) ?? letter;

/**
 * The letters that all spellings of a name share: MUELLER and MULLER are both MULLER, AABERG and ABERG both ABERG. An E
 * behind A, O or U may stand for an umlaut, so it never counts, nor does a second A. The words are run together, because
 * lists and documents do not divide names alike.
 */
export const commonLetters = (spelling: string): string =>
  spelling
    .replace(NOT_OF_THE_ZONE, "")
    .replace(/([AOU])E+/g, "$1")
    .replace(/A+/g, "A");
