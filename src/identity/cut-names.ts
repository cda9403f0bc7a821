/**
 * What is left of a name that is too long for its field in the machine readable zone. The standard leaves the way to the
 * State: to stop at the last position, to shorten the last words to initials, or words to one length. It wants a letter in
 * that position, and programs that stop there leave what they find: behind a word the fillers that stand before the next.
 * A State that shortens words in a way of its own is not met, and its documents with such names are found by their number.
 * Governing text: ICAO Doc 9303-4 §4.2.3, 9303-5 §4.2.3, 9303-6 §4.2.3.
 */

/**
 * Both in the spelling of the zone, a filler between words; `given` is "" for a person of one name. Of a cut name, either
 * may end on the filler at which it was cut, the family name alone on both that stand before the given ones.
 */
export interface ZoneName {
  readonly family: string;
  readonly given: string;
}

const FILLERS_BETWEEN = 2;
/** Two fillers and one letter. */
const LEAST_OF_GIVEN = 3;
/** A filler and one letter. */
const LEAST_OF_WORD = 2;

/** Whether a field with so many fillers behind the name had room for a letter more: if not, the name may be cut. */
export const hadRoom = (name: ZoneName, fillersBehind: number): boolean =>
  fillersBehind >= (name.given === "" ? LEAST_OF_GIVEN : LEAST_OF_WORD);

/** How many fillers a cut name ends on. */
export function fillersBehind({ family, given }: ZoneName): number {
  const last = given === "" ? family : given;
  return last.length - last.replace(/<+$/, "").length;
}

/**
 * The ways to fill `positions` with a name that fills or exceeds them, to the last with letters, or with the fillers before
 * a letter that has no room any more; none for a shorter name.
 */
export function cutNames({ family, given }: ZoneName, positions: number): readonly ZoneName[] {
  const wholeLength = given === "" ? family.length : family.length + FILLERS_BETWEEN + given.length;
  if (wholeLength < positions) return [];
  const families = new ShortenedName(family, positions);
  if (given === "") return families.to(positions).map(alone);
  const givens = new ShortenedName(given, positions);
  const withGiven = (form: string): readonly ZoneName[] =>
    givens.to(positions - FILLERS_BETWEEN - form.length).map((rest) => ({ family: form, given: rest }));
  if (family.length + LEAST_OF_GIVEN <= positions) return withGiven(family);
  const lengths = Array.from({ length: positions - LEAST_OF_GIVEN }, (_, index) => index + 1);
  const shorter = lengths.flatMap((length) => families.to(length));
  // The standard shortens a family name that leaves no room; who stops at the last position has it alone.
  const stopped = family.length < positions ? [`${family}<<`.slice(0, positions)] : families.to(positions);
  return [...stopped.map(alone), ...shorter.flatMap(withGiven)];
}

const alone = (family: string): ZoneName => ({ family, given: "" });

/**
 * The forms of one name by their lengths, each made when it is asked for: of a long name there are thousands, and of those
 * that fill a field a few.
 */
class ShortenedName {
  readonly #words: readonly string[];
  readonly #known = new Map<number, readonly string[]>();

  constructor(name: string, positions: number) {
    // What is behind so many words, or letters of a word, is behind the field too.
    const words = name.split("<").slice(0, positions);
    this.#words = words.map((word) => word.slice(0, positions));
  }

  /** The forms of exactly this length, fillers between words counted; the name itself among them if it has it. */
  to(length: number): readonly string[] {
    const known = this.#known.get(length);
    if (known !== undefined) return known;
    const ways = [stopped(this.#words, length), evened(this.#words, length), initials(this.#words, length)];
    const forms = [...new Set(ways.flatMap((way) => [...way]))];
    this.#known.set(length, forms);
    return forms;
  }
}

/** Cut within each word in turn, or behind it, those behind it left out or made initials; where left out, on their filler, too. */
function* stopped(words: readonly string[], length: number): Generator<string, void, void> {
  let lengthBefore = 0;
  for (const [index, word] of words.entries()) {
    const before = words.slice(0, index);
    const initials = words.slice(index + 1).map((each) => each.charAt(0));
    for (const rest of [[], initials]) {
      const left = length - lengthBefore - 2 * rest.length;
      if (left >= 1 && left <= word.length) yield [...before, word.slice(0, left), ...rest].join("<");
    }
    lengthBefore += word.length + 1;
    if (lengthBefore === length && index + 1 < words.length) yield [...before, word, ""].join("<");
  }
}

/** All words as initials, where even these exceed the length and are stopped there. */
function* initials(words: readonly string[], length: number): Generator<string, void, void> {
  const all = words.map((word) => word.charAt(0)).join("<");
  if (all.length > length) yield all.slice(0, length);
}

/**
 * No word longer than a number of letters, for each such number, with the first word whole or not; a position that is
 * left over goes to each of the words in turn.
 */
function* evened(words: readonly string[], length: number): Generator<string, void, void> {
  const [first = "", ...others] = words;
  const longest = Math.max(...words.map((word) => word.length));
  for (let least = 1; least <= longest; least++)
    for (let over = 0; over < words.length; over++) {
      if (evenedLength(words, least, over) === length) yield evenedTo(words, least, over).join("<");
      const behind = others.length === 0 ? 0 : 1 + evenedLength(others, least, over);
      if (first.length + behind === length) yield [first, ...evenedTo(others, least, over)].join("<");
    }
}

/** How many letters a word keeps, by its place. */
const share = (index: number, least: number, over: number): number => (index < over ? least + 1 : least);

const evenedTo = (words: readonly string[], least: number, over: number): readonly string[] =>
  words.map((word, index) => word.slice(0, share(index, least, over)));

/** The length of what `evenedTo` gives, joined. */
const evenedLength = (words: readonly string[], least: number, over: number): number =>
  words.reduce(
    (sum, word, index) => sum + Math.min(word.length, share(index, least, over)),
    words.length - 1,
  );
