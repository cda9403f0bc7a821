/**
 * Looks at every value that comes out of the code under test: each must be of its announced shape, and all of
 * them together make a digest, by which two runs are compared.
 */

/** A value that the code under test must not give. */
export class Violation extends Error {}

export class Witness {
  readonly #counts: Map<string, number>;
  #digest = 0;

  /** `counts` says how often each word was seen. */
  constructor(counts: Map<string, number>) {
    this.#counts = counts;
  }

  /** Equal for equal values in equal order, and hardly otherwise. */
  get digest(): number {
    return this.#digest;
  }

  /** Begins a new digest. */
  begin(): void {
    this.#digest = 0;
  }

  /** Of several things that can happen, the one that did. */
  word(word: string): void {
    this.#counts.set(word, (this.#counts.get(word) ?? 0) + 1);
    this.#fold(word.length * 256 + word.charCodeAt(word.length - 1));
  }

  /** A whole number within its limits, both included. */
  number(value: number, least: number, most: number): void {
    if (!Number.isInteger(value) || value < least || value > most)
      throw new Violation(`${value} is not a whole number from ${least} to ${most}`);
    this.#fold(value);
  }

  byte(value: number): void {
    this.number(value, 0, 255);
  }

  bytes(value: Uint8Array, mostBytes: number): void {
    if (!(value instanceof Uint8Array)) throw new Violation("not bytes");
    this.number(value.length, 0, mostBytes);
    for (const byte of value) this.#fold(byte);
  }

  flag(value: boolean): void {
    if (typeof value !== "boolean") throw new Violation("neither true nor false");
    this.#fold(value ? 1 : 2);
  }

  /** A rule that has to hold. */
  holds(condition: boolean, rule: string): void {
    if (!condition) throw new Violation(`broken: ${rule}`);
  }

  #fold(value: number): void {
    this.#digest = (Math.imul(this.#digest ^ value, 0x01000193) + 0x9e37) | 0;
  }
}
