/**
 * What one presentation is, as people see it: one card at one reader, from when it comes until it has been
 * away for the time after which it counts as new.
 */
import type { Person } from "./cast.ts";
import type { Row, SeenStay } from "./witness.ts";

export interface Presentation {
  readonly lane: number;
  readonly person: Person;
  readonly fromMs: number;
  readonly toMs: number;
  /** End of its first stay. */
  readonly firstToMs: number;
  readonly stays: readonly SeenStay[];
}

/** The promise that the gate makes: shorter absences are the same presentation. */
const REARM_MS = 1_000;
/**
 * A reader may miss a stay shorter than this, alone in the field, so that it does not count as a return. One that
 * waits for its turn may miss as much as the others need to read their cards.
 */
const NOTICED_MS: Readonly<Record<Fields, number>> = { own: 350, shared: 3_000 };

/** Rows are stamped in whole milliseconds. */
const STAMP_MS = 2;
/** From the last answer of a card to the row about it, over a bus that loses edges and frames. */
const LINGER_MS = 1_000;

/** Whether each reader has its own field, or all of them see the same cards and take turns. */
export type Fields = "own" | "shared";

/**
 * The presentations that a day's stays amount to: a card's at one reader, or, where several see it, at all of them.
 * Nobody comes to readers that have nothing to do with each other.
 */
export function presentationsOf(stays: readonly SeenStay[], fields: Fields): readonly Presentation[] {
  const noticedMs = NOTICED_MS[fields];
  const ordered = stays.toSorted((a, b) => a.fromMs - b.fromMs);
  const presentations: SeenStay[][] = [];
  for (const stay of ordered) {
    const last = presentations.findLast(([first]) => first?.person === stay.person);
    const before = last?.findLast(({ fromMs, toMs }) => toMs - fromMs >= noticedMs) ?? last?.[0];
    if (last !== undefined && before !== undefined && goesOn(before, stay, ordered, noticedMs))
      last.push(stay);
    else presentations.push([stay]);
  }
  return presentations.flatMap((parts) => asPresentation(parts));
}

/** Whoever else came in between: a card that was away for less time is the same presentation. */
const goesOn = (before: SeenStay, stay: SeenStay, all: readonly SeenStay[], noticedMs: number): boolean =>
  !before.torn &&
  stay.fromMs - before.toMs < REARM_MS &&
  (stay.fromMs <= before.toMs || seenFromMs(stay, all, noticedMs) - before.toMs < REARM_MS);

/**
 * When a card that has come back is there for the reader too: two of one type garble each other, and to a reader who
 * hears neither, the one that had left is still away. `all` in order of their beginning.
 */
function seenFromMs(stay: SeenStay, all: readonly SeenStay[], noticedMs: number): number {
  const { type } = stay.person.made.card;
  let fromMs = stay.fromMs;
  for (const other of all) {
    const isBeside = other !== stay && other.lane === stay.lane && other.person.made.card.type === type;
    if (isBeside && other.fromMs < fromMs + noticedMs && other.toMs > fromMs) fromMs = other.toMs;
  }
  return fromMs;
}

function asPresentation(stays: readonly SeenStay[]): readonly Presentation[] {
  const [first] = stays;
  const last = stays.at(-1);
  if (first === undefined || last === undefined) return [];
  const { lane, person, fromMs } = first;
  return [{ lane, person, fromMs, toMs: last.toMs, firstToMs: first.toMs, stays }];
}

/**
 * The card that a row is about: the holder's own, if it was at the door, else one that shows the holder's number.
 */
export function cardBehind(
  { atMs, door, pseudonym = "" }: Row,
  { doors, holders }: { readonly doors: readonly string[]; readonly holders: ReadonlyMap<string, Person> },
  presentations: readonly Presentation[],
): Presentation | undefined {
  const holder = holders.get(pseudonym);
  const isThere = ({ stays, fromMs, toMs }: Presentation): boolean =>
    atMs >= fromMs - STAMP_MS && atMs <= toMs + LINGER_MS && stays.some(({ lane }) => doors[lane] === door);
  return (
    presentations.findLast((each) => each.person === holder && isThere(each)) ??
    presentations.findLast(
      (each) => holder !== undefined && each.person.attack?.victim === holder && isThere(each),
    )
  );
}
