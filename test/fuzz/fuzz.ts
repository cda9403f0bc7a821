/**
 * The loop of the fuzzer. Every input lies in the middle of a larger buffer and is judged twice, with other bytes
 * around it: a result that differs has looked beyond its input. Input number n of a seed is the same on every
 * machine, so a failure is played again by the two numbers alone.
 */
import { createContext, runInContext } from "node:vm";
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import { MAX_INPUT_BYTES, makeInput } from "./mutate.ts";
import { Violation, Witness } from "./witness.ts";

/** Something that must hold for every input; a broken rule, or whatever else it throws, is a failure. */
export interface Check {
  readonly name: string;
  readonly run: (input: Uint8Array, witness: Witness, random: SeededRandom) => void;
  /** Which inputs it is for, where checks take turns: those whose number leaves `at` when divided by `of`. */
  readonly turn?: { readonly at: number; readonly of: number };
  /** Too dear to be done twice, so that what it makes of bytes beyond its input goes unseen. */
  readonly once?: true;
}

export interface Campaign {
  readonly corpus: readonly Uint8Array[];
  /** Makes an input out of the corpus; one of frames when absent. */
  readonly make?: (corpus: readonly Uint8Array[], random: SeededRandom) => Uint8Array;
  /** The longest input that `make` makes. */
  readonly maxInputBytes?: number;
  readonly checks: readonly Check[];
  readonly seed: number;
  /** Number of the first input. */
  readonly from: number;
  readonly inputs: number;
  /** After so long a batch of inputs, which takes less than a second, goes round in a circle. */
  readonly hangsAfterMs?: number;
}

export interface Failure {
  readonly check: string;
  readonly seed: number;
  /** Number of the input, its bytes as hexadecimal, and what was wrong. */
  readonly input: number;
  readonly bytes: string;
  readonly what: string;
}

export interface Report {
  readonly inputs: number;
  readonly failure: Failure | undefined;
  /** How often each outcome was seen. */
  readonly seen: ReadonlyMap<string, number>;
}

/** Bytes on each side of an input. */
const MARGIN_BYTES = 16;
const POISONS = [0x00, 0xa5] as const;
const BATCH = 10_000;
const HANGS_AFTER_MS = 30_000;

/** Runs a campaign to its end or its first failure. */
export function fuzz(campaign: Campaign): Report {
  const run = new Run(campaign);
  const end = campaign.from + campaign.inputs;
  for (let at = campaign.from; at < end && run.failure === undefined; at += BATCH)
    run.batch(at, Math.min(at + BATCH, end));
  return { inputs: run.done, failure: run.failure, seen: run.seen };
}

class Run {
  readonly seen = new Map<string, number>();
  failure: Failure | undefined;
  done = 0;
  readonly #campaign: Campaign;
  readonly #witness = new Witness(this.seen);
  readonly #places: readonly Place[];
  /** What is being judged; it is the culprit when a batch does not end. */
  #present: { readonly check: string; readonly number: number; readonly bytes: Uint8Array } = {
    check: "",
    number: 0,
    bytes: new Uint8Array(0),
  };

  constructor(campaign: Campaign) {
    this.#campaign = campaign;
    const { maxInputBytes = MAX_INPUT_BYTES } = campaign;
    this.#places = POISONS.map((poison) => new Place(poison, maxInputBytes));
  }

  /** The virtual machine stops a loop without an end, which nothing else in one thread can. */
  batch(from: number, to: number): void {
    const work = (): void => {
      for (let number = from; number < to; number++) {
        this.#judge(number);
        this.done += 1;
      }
    };
    try {
      runInContext("work()", createContext({ work }), {
        timeout: this.#campaign.hangsAfterMs ?? HANGS_AFTER_MS,
      });
    } catch (cause) {
      this.failure = this.#explain(cause);
    }
  }

  #judge(number: number): void {
    const { corpus, make = makeInput, checks, seed } = this.#campaign;
    const random = new SeededRandom(seed ^ Math.imul(number + 1, 0x9e3779b1));
    const bytes = make(corpus, random);
    for (const { name, run, turn, once } of checks) {
      if (turn !== undefined && number % turn.of !== turn.at) continue;
      this.#present = { check: name, number, bytes };
      const places = once === true ? this.#places.slice(0, 1) : this.#places;
      const [one, other] = places.map((place) => this.#digest(run, place.put(bytes), random.copy()));
      if (once !== true && one !== other) throw new Violation("the result depends on bytes beyond the input");
    }
  }

  #digest(run: Check["run"], input: Uint8Array, random: SeededRandom): number {
    this.#witness.begin();
    run(input, this.#witness, random);
    return this.#witness.digest;
  }

  #explain(cause: unknown): Failure {
    const { check, number, bytes } = this.#present;
    const timedOut = String(cause).includes("Script execution timed out");
    const what = timedOut
      ? "does not end"
      : cause instanceof Violation
        ? cause.message
        : `throws ${String(cause)}`;
    const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
      .join("")
      .toUpperCase();
    return { check, seed: this.#campaign.seed, input: number, bytes: text, what };
  }
}

/** The middle of a buffer that is full of something else. */
class Place {
  readonly #poison: number;
  readonly #buffer: Uint8Array;

  constructor(poison: number, maxInputBytes: number) {
    this.#poison = poison;
    this.#buffer = new Uint8Array(maxInputBytes + 2 * MARGIN_BYTES).fill(poison);
  }

  /** The same bytes here. They last until others are put in their place, so what was made of them is a copy. */
  put(bytes: Uint8Array): Uint8Array {
    const end = MARGIN_BYTES + bytes.length;
    this.#buffer.set(bytes, MARGIN_BYTES);
    this.#buffer.fill(this.#poison, end, end + MARGIN_BYTES);
    return this.#buffer.subarray(MARGIN_BYTES, end);
  }
}
