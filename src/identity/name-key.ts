/**
 * Names and birth date as one canonical text, by which a list and a document find the same person. The keys are hashed
 * before they are stored, so that nothing but equality can be asked of them: a list entry therefore has a key for its
 * whole name, and one for each way in which a zone may have cut it. A key of a cut name says so, and never meets the key
 * of a whole one. Governing text: identity claims sheet, 4, "Truncation" and "Matching key".
 */
import type { Mrz } from "../emrtd/lds/mrz.ts";
import type { Names } from "../emrtd/lds/names.ts";
import type { CivilDate } from "../time/civil-date.ts";
import { cutNames, type ZoneName } from "./cut-names.ts";
import { commonLetters, type UmlautSpelling, zoneSpelling } from "./zone-spelling.ts";

/** Positions that family and given names share with the fillers between them. */
const NAME_POSITIONS: Readonly<Record<Mrz["format"], number>> = { TD1: 30, TD2: 31, TD3: 39 };

/** The names of a document, as `parseMrz` and `parseDg11` give them. */
export interface DocumentNames {
  readonly zone: Names;
  /** Of the zone whose names fill their field, and so may be cut. */
  readonly cutIn?: Mrz["format"];
  /** From DG11. */
  readonly whole?: Names;
}

/** The keys to look up for a document: at most two, none for names in another script. */
export function documentNameKeys(
  { zone, cutIn, whole }: DocumentNames,
  born: CivilDate,
): readonly Uint8Array[] {
  const fromDg11 = whole === undefined ? undefined : wholeKey(whole, born);
  const fromZone = wholeKey(zone, born);
  if (fromZone === undefined || cutIn === undefined) return distinctKeys([fromDg11, fromZone]);
  // Where the whole name is known, what a cut one might have been is not asked.
  if (fromDg11 !== undefined) return distinctKeys([fromDg11]);
  return distinctKeys([fromZone, cutKey(fromZone, NAME_POSITIONS[cutIn])]);
}

/**
 * The keys to store for a person on a list: one for most, some ten where names fill 30 positions, hundreds where the
 * family name alone does, and never two thousand; none for names in another script.
 */
export function listedNameKeys(names: Names, born: CivilDate): readonly Uint8Array[] {
  const oneLetter = inZone(names, "oneLetter");
  const whole = wholeKeyOf(oneLetter, names, born);
  if (whole === undefined) return [];
  const twoLetters = inZone(names, "twoLetters");
  const spelt = isSame(twoLetters, oneLetter) ? [oneLetter] : [twoLetters, oneLetter];
  const letters = new LettersOnce();
  const cut = Object.values(NAME_POSITIONS).flatMap((positions) =>
    spelt
      .flatMap((name) => cutNames(name, positions))
      .map((name) => cutKey(keyText(name, born, letters.of), positions)),
  );
  return distinctKeys([whole, ...cut]);
}

/** The letters of a word that many forms of a name have in common are looked for once. */
class LettersOnce {
  readonly #known = new Map<string, string>();

  readonly of = (spelling: string): string => {
    const known = this.#known.get(spelling) ?? commonLetters(spelling);
    this.#known.set(spelling, known);
    return known;
  };
}

const wholeKey = (names: Names, born: CivilDate): string | undefined =>
  wholeKeyOf(inZone(names, "oneLetter"), names, born);

/**
 * `undefined` when a name that is written has no letter that the zone could show: without it the rest is another
 * person's.
 */
function wholeKeyOf(name: ZoneName, names: Names, born: CivilDate): string | undefined {
  const isLost =
    name.family === "" || (name.given === "" && isWritten(names.primary) && isWritten(names.secondary));
  return isLost ? undefined : keyText(name, born);
}

const isWritten = (name: string): boolean => name !== "";

const isSame = (one: ZoneName, other: ZoneName): boolean =>
  one.family === other.family && one.given === other.given;

/** A name that stands alone is the family name, whichever it was written as. */
const inZone = ({ primary, secondary }: Names, umlauts: UmlautSpelling): ZoneName =>
  primary === ""
    ? { family: zoneSpelling(secondary, umlauts), given: "" }
    : { family: zoneSpelling(primary, umlauts), given: zoneSpelling(secondary, umlauts) };

/** Letters of the family name, of the given names, and the digits of the date; a filler, which none of them has, between. */
const keyText = (
  { family, given }: ZoneName,
  { year, month, day }: CivilDate,
  lettersOf = commonLetters,
): string =>
  `${lettersOf(family)}<${lettersOf(given)}<${padded(year, 4)}${padded(month, 2)}${padded(day, 2)}`;

const padded = (number: number, digits: number): string => String(number).padStart(digits, "0");

const cutKey = (key: string, positions: number): string => `${key}<${positions}`;

function distinctKeys(keys: readonly (string | undefined)[]): readonly Uint8Array[] {
  const encoder = new TextEncoder();
  const distinct = new Set(keys.filter((key) => key !== undefined));
  return Array.from(distinct, (key) => encoder.encode(key));
}
