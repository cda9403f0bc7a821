/**
 * The names' field of a machine readable zone as offices write it, by a writer of these tests' own: letters spelt by a
 * table, words divided by fillers, and a name that is too long cut in one of the ways of Doc 9303-4, -5 and -6 §4.2.3.
 */
export type CutWay =
  /** At the last position, wherever that falls: within a word, behind one, on the fillers before the next. */
  | "stop"
  /** The same, but a family name that leaves no room for given ones is stopped first. */
  | "stopBoth"
  | "initials"
  | "even";

export interface WriterHabits {
  readonly positions: number;
  readonly umlauts: "two" | "one";
  readonly way: CutWay;
  /** Positions of a family name that leaves no room; at most three fewer than all. */
  readonly familyPositions: number;
}

const TWO: Readonly<Record<string, string>> = { Ä: "AE", Ö: "OE", Ü: "UE" };
const ONE: Readonly<Record<string, string>> = { Ä: "A", Ö: "O", Ü: "U" };
const OTHERS: Readonly<Record<string, string>> = {
  ...{
    À: "A",
    È: "E",
    É: "E",
    Ì: "I",
    Ò: "O",
    Ù: "U",
    Ç: "C",
    Ñ: "N",
    Š: "S",
    Ž: "Z",
    Ć: "C",
    Ő: "O",
    Ł: "L",
  },
  ...{ Å: "AA", Æ: "AE", Ø: "OE", Œ: "OE", Þ: "TH", Ð: "D", ẞ: "SS", " ": "<", "-": "<", "'": "" },
};
/** The letters that this writer can spell. */
export const WRITABLE_LETTERS = [
  "Ä",
  "Ö",
  "Ü",
  ...Object.keys(OTHERS).filter((letter) => !/[ '-]/.test(letter)),
];

/** The field with its fillers. */
export function writtenField(family: string, given: string, habits: WriterHabits): string {
  const { positions, umlauts, way } = habits;
  const marked = umlauts === "two" ? TWO : ONE;
  const spell = (name: string) =>
    [...name].map((letter) => marked[letter] ?? OTHERS[letter] ?? letter).join("");
  const [first, second] = [spell(family), spell(given)];
  const whole = second === "" ? first : `${first}<<${second}`;
  if (whole.length <= positions) return whole.padEnd(positions, "<");
  return way === "stop" ? whole.slice(0, positions) : cutField(first, second, habits);
}

/** A family name that has to give way does so no further than the given ones can make use of. */
function cutField(family: string, given: string, habits: WriterHabits): string {
  const { positions, way, familyPositions } = habits;
  if (given === "") return cut(family, positions, way);
  const left = Math.max(familyPositions, positions - 2 - given.length);
  const first = family.length + 3 <= positions ? family : cut(family, left, way);
  return `${first}<<${cut(given, positions - first.length - 2, way)}`;
}

function cut(name: string, positions: number, way: CutWay): string {
  if (name.length <= positions) return name;
  const words = name.split("<");
  const shorter =
    way === "initials" ? withInitials(words, positions) : way === "even" ? even(words, positions) : name;
  return shorter.slice(0, positions);
}

/**
 * From the last word on each becomes an initial, until they fit; the word that was last to do so gets back what is left. All
 * the initials, if they do not fit either.
 */
function withInitials(words: readonly string[], positions: number): string {
  for (let whole = words.length - 1; whole >= 0; whole -= 1) {
    const shorter = words.map((word, index) => (index < whole ? word : word.slice(0, 1)));
    const free = positions - shorter.join("<").length;
    if (free < 0) continue;
    return shorter
      .map((word, index) => (index === whole ? (words[index] ?? "").slice(0, 1 + free) : word))
      .join("<");
  }
  return words.map((word) => word.slice(0, 1)).join("<");
}

/** The longest words lose a letter in turn, the last of them first, as long as one has more than one. */
function even(words: readonly string[], positions: number): string {
  const shorter = [...words];
  while (shorter.join("<").length > positions) {
    const longest = Math.max(...shorter.map((word) => word.length));
    if (longest === 1) break;
    const at = shorter.findLastIndex((word) => word.length === longest);
    shorter[at] = (shorter[at] ?? "").slice(0, -1);
  }
  return shorter.join("<");
}
