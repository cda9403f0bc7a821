/**
 * Seeded chance for simulations: xoshiro128** (Blackman and Vigna), seeded through splitmix32. The same
 * seed gives the same run on every machine. Never for keys or challenges of a real gate.
 */
import type { Random } from "../ports/random.ts";

const WORD = 0x1_0000_0000;

export class SeededRandom implements Random {
  readonly #state = new Uint32Array(4);

  /** `seed` is a whole number; its low 32 bits count. */
  constructor(seed: number) {
    let mixed = seed >>> 0;
    for (let index = 0; index < 4; index++) {
      mixed = (mixed + 0x9e3779b9) >>> 0;
      let word = mixed;
      word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
      word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
      this.#state[index] = word ^ (word >>> 15);
    }
  }

  /** A whole number in 0..2^32 - 1. */
  next(): number {
    const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = this.#state;
    const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    const x2 = s2 ^ s0;
    const x3 = s3 ^ s1;
    this.#state[1] = s1 ^ x2;
    this.#state[0] = s0 ^ x3;
    this.#state[2] = x2 ^ (s1 << 9);
    this.#state[3] = rotateLeft(x3, 11);
    return result;
  }

  bytes(lengthBytes: number): Uint8Array {
    return Uint8Array.from({ length: lengthBytes }, () => this.next() >>> 24);
  }

  /** A whole number in 0..limit - 1; `limit` from 1 to 2^32. */
  below(limit: number): number {
    return Math.floor((this.next() / WORD) * limit);
  }

  /** True with the given probability, 0 to 1. */
  chance(probability: number): boolean {
    return this.next() / WORD < probability;
  }

  /** One of the items, of which there must be at least one. */
  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }

  /** The same stream from here on, twice: to see what it holds without taking it. */
  copy(): SeededRandom {
    const copy = new SeededRandom(0);
    copy.#state.set(this.#state);
    return copy;
  }

  /** An independent stream, so that a new consumer does not shift the chances of the others. */
  fork(): SeededRandom {
    return new SeededRandom(this.next());
  }
}

const rotateLeft = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));
