/**
 * Kinds of cards that have turned out to have no number, by their historical bytes (ISO/IEC 14443-4 §5.2.7): to find that out
 * takes eight commands, and the next of the kind is spared them. One per gate; lost at restart without harm.
 */
import { toHex } from "../bytes/hex.ts";

/** Few kinds come to a door; the bound only keeps hostile cards from growing the memory. */
const MAX_KINDS = 64;

export class NumberlessKinds {
  readonly #kinds = new Set<string>();

  has(historicalBytes: Uint8Array): boolean {
    return this.#kinds.has(toHex(historicalBytes));
  }

  /** The oldest kind is forgotten when there are too many. */
  add(historicalBytes: Uint8Array): void {
    const [oldest] = this.#kinds;
    if (this.#kinds.size >= MAX_KINDS && oldest !== undefined) this.#kinds.delete(oldest);
    this.#kinds.add(toHex(historicalBytes));
  }

  /** A card of the kind has a number after all. */
  remove(historicalBytes: Uint8Array): void {
    this.#kinds.delete(toHex(historicalBytes));
  }
}
