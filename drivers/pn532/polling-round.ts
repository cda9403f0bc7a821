/**
 * What a reader looks for in one polling round, and how often: data of `reader.ts`. An idle reader wakes its host once
 * for each command, and a card waits until its type is looked for; both follow from these numbers.
 */
import type { CardProtocol } from "./target.ts";

/** The looks of one round, in order; each is one InListPassiveTarget with so many activation tries. */
export type Round = readonly { readonly protocol: CardProtocol; readonly tries: number }[];

/**
 * Activations inside one poll. A type A card is found within one try (about 20 ms) whatever their number, and
 * an idle reader wakes the host once per command, so more tries only mean fewer wake-ups: about 500 ms a poll.
 * The one try for type B, which few documents speak, keeps a type A card waiting for no more than another.
 */
export const POLL_TRIES = 25;
export const ROUND: Round = [
  { protocol: "typeA", tries: POLL_TRIES },
  { protocol: "typeB", tries: 1 },
];
/** Type B is looked for as often as type A for a while after a card of that type: it may come and go by the second. */
export const ALTERNATING_ROUND: Round = [
  { protocol: "typeA", tries: 1 },
  { protocol: "typeB", tries: 1 },
];
export const ALTERNATING_MS = 2_000;
export const SHARED_TRIES = 1;
/** A reader that shares its field looks quickly and lets the next one look. */
export const SHARED_ROUND: Round = ALTERNATING_ROUND.map((look) => ({ ...look, tries: SHARED_TRIES }));
