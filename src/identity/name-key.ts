/**
 * Names and birth date as one canonical text, by which a list and a document find the same person. The keys are hashed
 * before they are stored, so that nothing but equality can be asked of them: a list entry therefore has a key for its
 * whole name, and one for each way in which a zone may have cut it. A key of a cut name says so, and never meets the key
 * of a whole one. Governing text: identity claims sheet, 4, "Truncation" and "Matching key".
 */
import type { Mrz } from "../emrtd/lds/mrz.ts";
import type { Names } from "../emrtd/lds/names.ts";
import type { CivilDate } from "../time/civil-date.ts";
import { cutNames, fillersBehind, hadRoom, type ZoneName } from "./cut-names.ts";
import { commonLetters, type UmlautSpelling, zoneSpelling } from "./zone-spelling.ts";

/** Positions that family and given names share with the fillers between them. */
const NAME_POSITIONS: Readonly<Record<Mrz["format"], number>> = { TD1: 30, TD2: 31, TD3: 39 };

/** The field of the names in a zone, and the fillers behind them. */
interface NamesField {
  readonly format: Mrz["format"];
  readonly fillersBehind: number;
}

/** The names of a document, as `parseMrz` and `parseDg11` give them. */
export interface DocumentNames {
  readonly zone: Names;
  /** Of the zone that had no room for a letter more, so that its names may be cut. */
  readonly cutIn?: NamesField;
  /** From DG11. */
  readonly whole?: Names;
}

/** The names of a zone, with their field if they may be cut. */
export function namesOfZone({
  names,
  format,
  fillersBehindNames,
}: Pick<Mrz, "names" | "format" | "fillersBehindNames">): Pick<DocumentNames, "zone" | "cutIn"> {
  if (hadRoom(inZone(names, "oneLetter"), fillersBehindNames)) return { zone: names };
  return { zone: names, cutIn: { format, fillersBehind: fillersBehindNames } };
}

/** The keys to look up for a document: at most two, none for names in another script. */
export function documentNameKeys(
  { zone, cutIn, whole }: DocumentNames,
  born: CivilDate,
): readonly Uint8Array[] {
  const fromDg11 = whole === undefined ? undefined : wholeKey(whole, born);
  const fromZone = wholeKey(zone, born);
  if (fromZone === undefined || cutIn === undefined) return distinctKeys([fromDg11, fromZone]);
  const { format, fillersBehind } = cutIn;
  // Where the whole name is known, what a cut one might have been is not asked; but one that ends on a filler may be whole.
  if (fromDg11 !== undefined) return distinctKeys(fillersBehind === 0 ? [fromDg11] : [fromDg11, fromZone]);
  return distinctKeys([fromZone, cutKey(fromZone, { positions: NAME_POSITIONS[format], fillersBehind })]);
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
      .map((name) =>
        cutKey(keyText(name, born, letters.of), { positions, fillersBehind: fillersBehind(name) }),
      ),
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

/** Says where the name was cut, so that a name of 30 letters and a filler never meets one that was cut at 30. */
const cutKey = (
  key: string,
  { positions, fillersBehind }: { readonly positions: number; readonly fillersBehind: number },
): string => `${key}<${positions}${"<".repeat(fillersBehind)}`;

function distinctKeys(keys: readonly (string | undefined)[]): readonly Uint8Array[] {
  const encoder = new TextEncoder();
  const distinct = new Set(keys.filter((key) => key !== undefined));
  return Array.from(distinct, (key) => encoder.encode(key));
}
