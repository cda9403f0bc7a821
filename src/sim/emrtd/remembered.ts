/**
 * What was reckoned once and need not be reckoned again: products are most of the time that a virtual document takes, and
 * where everything follows from seeds the same ones come again and again.
 */

/** The oldest are forgotten first; some hundred bytes each. */
const MAX_REMEMBERED = 4_096;

export class Remembered<T> {
  readonly #known = new Map<string, T>();

  /** What is known under the key, or what `reckon` gives. */
  get(key: string, reckon: () => T): T {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const value = reckon();
    const oldest = this.#known.keys().next();
    if (this.#known.size >= MAX_REMEMBERED && oldest.done !== true) this.#known.delete(oldest.value);
    this.#known.set(key, value);
    return value;
  }
}
