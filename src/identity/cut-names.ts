/**
 * What is left of a name that is too long for its field in the machine readable zone. The standard leaves the way to the
 * State: to stop at the last position, to shorten the last words to initials, or words to one length. The family name gives
 * way only if it leaves no room for one letter of the given names. A State that shortens words in a way of its own is
 * not met, and its documents with such names are found by their number.
 * Governing text: ICAO Doc 9303-4 §4.2.3, 9303-5 §4.2.3, 9303-6 §4.2.3.
 */

/** Both in the spelling of the zone, a filler between words; `given` is "" for a person of one name. */
export interface ZoneName {
  readonly family: string;
  readonly given: string;
}

const FILLERS_BETWEEN = 2;
/** Two fillers and one letter. */
const LEAST_OF_GIVEN = 3;

/** The ways to fill `positions` to the last with a name that fills or exceeds them; none for a shorter name. */
export function cutNames({ family, given }: ZoneName, positions: number): readonly ZoneName[] {
  const wholeLength = given === "" ? family.length : family.length + FILLERS_BETWEEN + given.length;
  if (wholeLength < positions) return [];
  if (given === "") return shortened(family, positions).filter(fills(positions)).map(alone);
  const givens = shortened(given, positions);
  const withGiven = (form: string): readonly ZoneName[] =>
    givens
      .filter(fills(positions - FILLERS_BETWEEN - form.length))
      .map((rest) => ({ family: form, given: rest }));
  if (family.length + LEAST_OF_GIVEN <= positions) return withGiven(family);
  const families = shortened(family, positions);
  return [...families.filter(fills(positions)).map(alone), ...families.flatMap(withGiven)];
}

const fills =
  (positions: number) =>
  (form: string): boolean =>
    form.length === positions;

const alone = (family: string): ZoneName => ({ family, given: "" });

/** The forms of a name that fit into so many positions, the name itself among them if it does. */
function shortened(name: string, positions: number): readonly string[] {
  // What is behind so many words, or letters of a word, is behind the field too.
  const words = name
    .split("<")
    .slice(0, positions)
    .map((word) => word.slice(0, positions));
  const forms = [...words.flatMap((_, index) => stopped(words, index)), ...evened(words)];
  return [...new Set(forms)].filter((form) => form.length <= positions);
}

/** Cut behind each letter of the word at `index`, those behind it left out or made initials. */
function stopped(words: readonly string[], index: number): readonly string[] {
  const before = words.slice(0, index);
  const initials = words.slice(index + 1).map((word) => word.charAt(0));
  return firstLetters(words[index] ?? "").flatMap((cut) => [
    [...before, cut].join("<"),
    [...before, cut, ...initials].join("<"),
  ]);
}

/**
 * No word longer than a number of letters, for each such number, with the first word whole or not; a position that is
 * left over goes to each of the words in turn.
 */
function evened(words: readonly string[]): readonly string[] {
  const longest = Math.max(...words.map((word) => word.length));
  return Array.from({ length: longest }, (_, index) => index + 1).flatMap((least) =>
    words.flatMap((_, over) => {
      const [first = "", ...others] = words;
      return [evenedTo(words, least, over).join("<"), [first, ...evenedTo(others, least, over)].join("<")];
    }),
  );
}

const evenedTo = (words: readonly string[], least: number, over: number): readonly string[] =>
  words.map((word, index) => word.slice(0, index < over ? least + 1 : least));

/** The first letter of a word, the first two, and so on to the whole word. */
const firstLetters = (word: string): readonly string[] =>
  Array.from(word, (_, index) => word.slice(0, index + 1));
