/** One wrong bit in one answer of a card: what radio does to a frame whose check it happens to pass. */
import type { CardResponse } from "./iso-dep.ts";

export interface BitFlip {
  /** Which answer, counted from 1 since the card was made. */
  readonly answer: number;
  /** Which bit, from 0 for b8 of the first byte; round and round if the answer is short. */
  readonly bit: number;
}

/** The response with the bit turned; one that is not computed yet stays so. */
export function flipped(response: CardResponse, bit: number): CardResponse {
  if (typeof response === "function") return () => flipBit(response(), bit);
  return flipBit(response, bit);
}

const flipBit = (response: Uint8Array, bit: number): Uint8Array =>
  response.map((byte, index) => (index === (bit >> 3) % response.length ? byte ^ (0x80 >> (bit & 7)) : byte));
