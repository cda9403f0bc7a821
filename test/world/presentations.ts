/**
 * What one presentation is, as people see it: one card at one reader, from when it comes until it has been
 * away for the time after which it counts as new.
 */
import type { Person } from "./cast.ts";
import type { SeenStay } from "./witness.ts";

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
/** A reader may miss a stay shorter than this, alone in the field, so that it does not count as a return. */
const NOTICED_MS = 350;

/** The presentations that a day's stays amount to. */
export function presentationsOf(stays: readonly SeenStay[]): readonly Presentation[] {
  const ordered = stays.toSorted((a, b) => a.fromMs - b.fromMs);
  const presentations: SeenStay[][] = [];
  for (const stay of ordered) {
    const last = presentations.findLast(
      ([first]) => first?.lane === stay.lane && first.person === stay.person,
    );
    const before = last?.findLast(({ fromMs, toMs }) => toMs - fromMs >= NOTICED_MS) ?? last?.[0];
    if (last !== undefined && before !== undefined && goesOn(before, stay, ordered)) last.push(stay);
    else presentations.push([stay]);
  }
  return presentations.flatMap((parts) => asPresentation(parts));
}

/** Whoever else came in between: a card that was away for less time is the same presentation. */
const goesOn = (before: SeenStay, stay: SeenStay, all: readonly SeenStay[]): boolean =>
  !before.torn &&
  stay.fromMs - before.toMs < REARM_MS &&
  (stay.fromMs <= before.toMs || seenFromMs(stay, all) - before.toMs < REARM_MS);

/**
 * When a card that has come back is there for the reader too: two of one type garble each other, and to a reader who
 * hears neither, the one that had left is still away. `all` in order of their beginning.
 */
function seenFromMs(stay: SeenStay, all: readonly SeenStay[]): number {
  const { type } = stay.person.made.card;
  let fromMs = stay.fromMs;
  for (const other of all) {
    const isBeside = other !== stay && other.lane === stay.lane && other.person.made.card.type === type;
    if (isBeside && other.fromMs < fromMs + NOTICED_MS && other.toMs > fromMs) fromMs = other.toMs;
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
