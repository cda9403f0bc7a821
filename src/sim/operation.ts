/**
 * Work of the chip that takes time, as a generator: it yields waits, the runner lets the time pass on the
 * timeline and charges it to its share, an abort drops the generator where it stands. Activation tries
 * are a wait of their own, so that an idle reader costs one event and not one for each try.
 */
import type { Antenna } from "./antenna.ts";
import type { Timeline } from "./timeline.ts";
import type { Share } from "./timing.ts";

export type Wait =
  | { readonly kind: "time"; readonly durationUs: number; readonly share: Share }
  /** Pass at most `limit` tries of `tryUs`; resumes early at the next try once something is in the field. */
  | { readonly kind: "tries"; readonly tryUs: number; readonly limit: number };

/** Yields waits and is resumed with the number of tries that passed (0 for waits by time). */
export type Operation<T> = Generator<Wait, T, number>;

/** Lets `durationUs` pass and charges it. */
export function* spend(share: Share, durationUs: number): Operation<void> {
  yield { kind: "time", durationUs, share };
}

export class OperationRunner<T> {
  readonly #timeline: Timeline;
  readonly #antenna: Antenna;
  #cancel: (() => void) | undefined;
  #tries:
    | { readonly startUs: number; readonly tryUs: number; readonly resume: (passed: number) => void }
    | undefined;
  #running = false;

  constructor(timeline: Timeline, antenna: Antenna) {
    this.#timeline = timeline;
    this.#antenna = antenna;
  }

  isRunning(): boolean {
    return this.#running;
  }

  /** Runs `operation` to its end and hands over the result, unless it is aborted before. */
  run(operation: Operation<T>, done: (result: T) => void): void {
    this.abort();
    this.#running = true;
    this.#step(operation, 0, done);
  }

  abort(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#tries = undefined;
    this.#running = false;
  }

  /** Something came into the field: a wait for tries ends at the next boundary. */
  wake(): void {
    if (this.#tries === undefined) return;
    const { startUs, tryUs, resume } = this.#tries;
    const passed = Math.max(1, Math.ceil((this.#timeline.nowUs() - startUs) / tryUs));
    this.#cancel?.();
    this.#cancel = this.#timeline.at(startUs + passed * tryUs, () => resume(passed));
  }

  #step(operation: Operation<T>, passed: number, done: (result: T) => void): void {
    this.#tries = undefined;
    const next = operation.next(passed);
    if (next.done === true) {
      this.abort();
      done(next.value);
      return;
    }
    const wait = next.value;
    if (wait.kind === "tries")
      this.#passTries(wait.tryUs, wait.limit, (count) => this.#step(operation, count, done));
    else this.#passTime(wait.durationUs, wait.share, () => this.#step(operation, 0, done));
  }

  /** A wait without end ends with an abort. */
  #passTime(durationUs: number, share: Share, resume: () => void): void {
    this.#cancel = undefined;
    if (durationUs === Number.POSITIVE_INFINITY) return;
    this.#cancel = this.#timeline.at(this.#timeline.nowUs() + durationUs, () => {
      this.#antenna.spend(share, durationUs);
      resume();
    });
  }

  #passTries(tryUs: number, limit: number, resume: (passed: number) => void): void {
    const startUs = this.#timeline.nowUs();
    this.#tries = { startUs, tryUs, resume };
    if (!this.#antenna.isOccupied()) this.#antenna.onVacancy(limit);
    this.#cancel =
      limit === Number.POSITIVE_INFINITY
        ? undefined
        : this.#timeline.at(startUs + limit * tryUs, () => resume(limit));
    if (this.#antenna.isOccupied()) this.wake();
  }
}
