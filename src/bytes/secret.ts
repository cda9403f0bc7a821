/**
 * A box for keys and personal data that will not print: logging, JSON and inspection all show the same
 * placeholder. Only `reveal` gives the value, so every use can be found by that name.
 * Governing text: privacy rules, "secrets in memory".
 */
const PLACEHOLDER = "[secret]";

export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value itself, for the one computation that needs it. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return PLACEHOLDER;
  }

  toJSON(): string {
    return PLACEHOLDER;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return PLACEHOLDER;
  }
}
