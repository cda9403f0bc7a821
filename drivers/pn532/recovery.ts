/**
 * What to do about a reader that failed: first the least that may help, then more, and for one that fails
 * again soon after, begin further up. Pure bookkeeping; `reader.ts` takes the steps.
 *
 *   reconfigure (settings again) ── reset (RSTPD_N) ── reopen (device node)
 */
import type { ReaderError, RecoveryStep } from "../../src/ports/card.ts";
import { after, type Millis } from "../../src/time/time.ts";

const STEPS: readonly RecoveryStep[] = ["reconfigure", "reset", "reopen"];

/** After so long without a failure a reader is as good as new. */
const TRUSTED_AFTER_MS = 60_000;
/** For so long has a chip to cool down that has switched its antenna drivers off. */
const COOL_DOWN_MS = 10_000;

/** What a start has to do. */
export type StartPlan =
  /** The first start of all, or one after an orderly stop. */
  | { readonly kind: "cold" }
  | { readonly kind: "recover"; readonly steps: readonly RecoveryStep[]; readonly afterProtection: boolean }
  /** Not now: the chip has to cool down. */
  | { readonly kind: "refuse"; readonly error: ReaderError };

export class RecoveryLadder {
  /** Those that this reader's wiring allows. */
  readonly #steps: readonly RecoveryStep[];
  #failure: { readonly error: ReaderError; readonly at: Millis } | undefined;
  /** The step that helped last, and when. */
  #helped: { readonly step: RecoveryStep; readonly at: Millis } | undefined;
  readonly #counts: Record<RecoveryStep, number> = { reconfigure: 0, reset: 0, reopen: 0 };

  constructor(parts: { readonly hasReset: boolean; readonly canReopen: boolean }) {
    const isPossible = { reconfigure: true, reset: parts.hasReset, reopen: parts.canReopen };
    this.#steps = STEPS.filter((step) => isPossible[step]);
  }

  get counts(): Readonly<Record<RecoveryStep, number>> {
    return { ...this.#counts };
  }

  /** The reader failed. What follows from that says nothing new, but a hot chip has to cool down from now. */
  failed(error: ReaderError, at: Millis): void {
    if (this.#failure === undefined || error.kind === "chipProtection") this.#failure = { error, at };
  }

  plan(now: Millis): StartPlan {
    if (this.#failure === undefined) return { kind: "cold" };
    const { error, at } = this.#failure;
    const afterProtection = error.kind === "chipProtection";
    if (afterProtection && now < after(at, COOL_DOWN_MS)) return { kind: "refuse", error };
    return { kind: "recover", steps: this.#stepsFor(error, now), afterProtection };
  }

  /** A start has brought the reader back. */
  recovered(step: RecoveryStep, at: Millis): void {
    this.#failure = undefined;
    this.#helped = { step, at };
    this.#counts[step] += 1;
  }

  /** From the one after the last that helped, since that did not keep it; the last of all may be taken again. */
  #stepsFor(error: ReaderError, now: Millis): readonly RecoveryStep[] {
    const helped = this.#helped;
    const isSoon = helped !== undefined && now < after(helped.at, TRUSTED_AFTER_MS);
    const next = isSoon ? this.#steps.indexOf(helped.step) + 1 : 0;
    const left = this.#steps.slice(Math.min(next, this.#steps.length - 1));
    // A transfer that the node refuses is beyond what the chip's settings or its reset could cure.
    return error.kind === "bus" && left.includes("reopen") ? ["reopen"] : left;
  }
}
