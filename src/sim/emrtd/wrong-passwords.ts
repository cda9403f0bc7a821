/**
 * How often a wrong password was tried since the last right one, by PACE or BAC. A chip keeps count without power and works
 * ever slower, since it may not block passwords that are printed on it. ICAO Doc 9303-11 §4.2.
 */
export class WrongPasswords {
  readonly #eachUs: number;
  #count = 0;

  constructor(eachUs: number) {
    this.#eachUs = eachUs;
  }

  get count(): number {
    return this.#count;
  }

  /** What comes before the next try. */
  get delayUs(): number {
    return this.#eachUs * this.#count;
  }

  wrong(): void {
    this.#count = Math.min(this.#count + 1, MOST_COUNTED);
  }

  right(): void {
    this.#count = 0;
  }
}

/** The delay grows no more from here on. */
const MOST_COUNTED = 10;
