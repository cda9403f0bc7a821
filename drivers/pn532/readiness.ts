/**
 * Waiting for the PN532 to have something to read. The chip's status, polled over the bus, is the truth. A
 * fall of the interrupt line (P70_IRQ, active low) that lasts is a promise good enough to read at once; what
 * is read tells whether it was kept. A line that is silent while the chip is ready is given up, and the
 * status is polled often instead: it costs latency, not function.
 */
import type { BusError, InputLine } from "../../src/ports/bus.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { ok, type Result } from "../../src/result.ts";
import type { Millis } from "../../src/time/time.ts";
import type { Readiness } from "./host-link.ts";

/** Status polling without a line. */
const POLL_MS = 1;
/**
 * Safety looks behind a line that works: the first soon, then rarer; rare from the beginning in a long wait, which
 * is a wait for somebody to come, so that an idle reader costs little.
 */
const FIRST_SAFETY_LOOK_MS = 20;
const SAFETY_LOOK_GROWTH = 4;
const MAX_SAFETY_LOOK_MS = 320;
const LONG_WAIT_MS = 1_000;
/** A single miss may be a blocked event loop; two in a row are a dead line. */
const MISSES_UNTIL_DEAD = 2;

const DEAD_LINE = "interrupt line does not follow the chip: polling its status instead, check the IRQ wire";

export class ReadyWatch {
  readonly #poll: () => Promise<Result<boolean, BusError>>;
  readonly #line: InputLine | undefined;
  readonly #clock: Clock;
  #edge = false;
  #lowInVain = false;
  #misses = 0;
  /** The last `wait` believed the line without asking the chip. */
  #promised = false;
  /** Ended by an edge; one serves many pauses, since most end by their time. */
  #pauseEnd = new AbortController();

  /** `poll` asks the chip over the bus whether it is ready. */
  constructor(poll: () => Promise<Result<boolean, BusError>>, line: InputLine | undefined, clock: Clock) {
    this.#poll = poll;
    this.#line = line;
    this.#clock = clock;
    line?.onFalling(() => {
      this.#edge = true;
      // A reason given saves making an exception with its stack at every edge.
      this.#pauseEnd.abort("edge");
    });
  }

  /** Forgets edges of earlier exchanges; to be called before a frame is written. */
  discardEdges(): void {
    this.#edge = false;
  }

  /** Gives the line another chance, as after a reset. */
  trustLine(): void {
    this.#misses = 0;
  }

  /** Whether the last readiness rests on the line alone. */
  get promised(): boolean {
    return this.#promised;
  }

  /** What was read bears the line out. */
  promiseKept(): void {
    this.#misses = 0;
  }

  /** The line fell and the chip had nothing: the next waits ask the chip. */
  promiseBroken(): void {
    this.#misses += 1;
    this.#edge = false;
  }

  degraded(): readonly string[] {
    return this.#line !== undefined && !this.#trusted ? [DEAD_LINE] : [];
  }

  get #trusted(): boolean {
    return this.#line !== undefined && this.#misses < MISSES_UNTIL_DEAD;
  }

  /** See `HostLink.waitReady`. The look after the deadline keeps a blocked event loop from a false alarm. */
  async wait(until: Millis, signal?: AbortSignal): Promise<Result<Readiness, BusError>> {
    this.#lowInVain = false;
    const isLong = until - this.#clock.monotonicMs() > LONG_WAIT_MS;
    for (let pauses = 0; ; pauses++) {
      const remainingMs = until - this.#clock.monotonicMs();
      const ready = await this.#isReady(pauses > 0 || remainingMs <= 0);
      if (!ready.ok) return ready;
      if (ready.value) return ok("ready");
      if (signal?.aborted === true) return ok("aborted");
      if (remainingMs <= 0) return ok("late");
      await this.#pause(Math.min(this.#pauseMs(isLong, pauses), remainingMs), signal);
    }
  }

  async #isReady(asksAnyway: boolean): Promise<Result<boolean, BusError>> {
    return this.#takePromise() ? ok(true) : this.#look(asksAnyway ? "anyway" : "ifSignalled");
  }

  /** A trusted line that fell and is still low. */
  #takePromise(): boolean {
    this.#promised = this.#trusted && this.#edge && this.#line?.isLow() === true;
    if (this.#promised) this.#edge = false;
    return this.#promised;
  }

  #pauseMs(isLong: boolean, pauses: number): number {
    const lineHelps = this.#trusted && !this.#lowInVain;
    if (!lineHelps) return POLL_MS;
    return isLong
      ? MAX_SAFETY_LOOK_MS
      : Math.min(FIRST_SAFETY_LOOK_MS * SAFETY_LOOK_GROWTH ** pauses, MAX_SAFETY_LOOK_MS);
  }

  /**
   * Asks the chip. One that is ready without its line having fallen counts against the line; a line that was
   * low already when the chip was not ready proves nothing by being low.
   */
  async #look(when: "anyway" | "ifSignalled"): Promise<Result<boolean, BusError>> {
    const line = this.#line;
    const edgeBefore = this.#edge;
    if (when === "ifSignalled" && this.#trusted && !edgeBefore && line?.isLow() !== true) return ok(false);
    this.#edge = false;
    const ready = await this.#poll();
    if (!ready.ok || line === undefined) return ready;
    const followed = edgeBefore || this.#edge || (line.isLow() && !this.#lowInVain);
    if (ready.value) this.#misses = followed ? 0 : this.#misses + 1;
    else this.#lowInVain = line.isLow();
    return ready;
  }

  async #pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#edge) return;
    if (this.#pauseEnd.signal.aborted) this.#pauseEnd = new AbortController();
    const pauseEnd = this.#pauseEnd;
    const end = (): void => pauseEnd.abort("given up");
    signal?.addEventListener("abort", end);
    await this.#clock.sleep(durationMs, pauseEnd.signal);
    signal?.removeEventListener("abort", end);
  }
}
