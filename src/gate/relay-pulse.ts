/**
 * One relay and its pulse. The off edge is armed before the on edge is driven, a second timer enforces the
 * maximum whatever becomes of the first, and every edge is read back. A relay that will not go off is
 * driven off again until it does, and meanwhile no pulse is given.
 */
import type { GpioError, LineState, OutputLine } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import { err, ok, type Result } from "../result.ts";
import { after, type Millis } from "../time/time.ts";

export type RelayFault =
  | { readonly kind: "relayUnavailable"; readonly error: GpioError }
  /** The pin does not have the level that it was driven to. */
  | { readonly kind: "relayStuck"; readonly wanted: LineState }
  /** The machine was held up and the off edge came after the maximum. Stands until a pulse is right again. */
  | { readonly kind: "pulseTooLong"; readonly lengthMs: number };

export interface PulseLimits {
  /** Length of a pulse, counted from the moment before the on edge. */
  readonly pulseMs: number;
  /** A pulse whose on edge came late is stretched to at least this, so that the lock notices it. */
  readonly minPulseMs: number;
  /** No pulse is longer than this, stretched or not. */
  readonly maxPulseMs: number;
}

export interface RelayPulseContext extends PulseLimits {
  readonly line: OutputLine;
  readonly clock: Clock;
  /** Told of each new fault, and with `undefined` when the relay works again. */
  readonly onFault: (fault: RelayFault | undefined) => void;
  /** Told of each edge that was driven. */
  readonly onEdge: (state: LineState) => void;
}

/** Pause between attempts to drive off a relay that reads back as on. */
const STUCK_RETRY_MS = 100;
/** A lock counts edges: it needs to see the relay open between two persons. */
const MIN_GAP_MS = 50;

export class RelayPulse {
  readonly #context: RelayPulseContext;
  #fault: RelayFault["kind"] | undefined;
  /** The relay did not go off and is being driven off again and again. */
  #retrying = false;
  /** Resolves when the pulse under way and the gap behind it are over. */
  #ended: Promise<void> = Promise.resolve();

  constructor(context: RelayPulseContext) {
    this.#context = context;
  }

  /**
   * One pulse. Resolves at the on edge, read back; the off edge follows by itself. Waits for the end of an
   * earlier pulse. Fails without moving anything while the relay is stuck.
   */
  async pulse(): Promise<Result<void, RelayFault>> {
    await this.#ended;
    if (this.#retrying) return err({ kind: "relayStuck", wanted: "inactive" });
    const { clock, line, pulseMs, maxPulseMs } = this.#context;
    const armedAt = clock.monotonicMs();
    const guardEnd = new AbortController();
    const offTimer = clock.sleep(pulseMs);
    const guard = clock.sleep(maxPulseMs, guardEnd.signal);
    const driven = line.drive("active");
    this.#ended = this.#end({ offTimer, armedAt, driven, guardEnd });
    void this.#enforceMaximum(guard, guardEnd.signal);
    const edge = await driven;
    if (!edge.ok) return this.#report({ kind: "relayUnavailable", error: edge.error });
    this.#context.onEdge("active");
    const verified = await this.#levelIs("active");
    // The event loop may have been held up so long that the pulse is over by now; that is no fault.
    return verified || clock.monotonicMs() >= after(armedAt, pulseMs)
      ? ok(undefined)
      : this.#report({ kind: "relayStuck", wanted: "active" });
  }

  /** Drives the relay off at once and reads it back: start, stop and faults. */
  async release(): Promise<Result<void, RelayFault>> {
    const edge = await this.#context.line.drive("inactive");
    if (!edge.ok) return this.#report({ kind: "relayUnavailable", error: edge.error });
    if (!(await this.#levelIs("inactive"))) return this.#report({ kind: "relayStuck", wanted: "inactive" });
    if (this.#fault !== "pulseTooLong") this.#mended();
    this.#context.onEdge("inactive");
    return ok(undefined);
  }

  async #end(pulse: {
    readonly offTimer: Promise<void>;
    readonly armedAt: Millis;
    readonly driven: Promise<unknown>;
    readonly guardEnd: AbortController;
  }): Promise<void> {
    const { clock, minPulseMs, maxPulseMs } = this.#context;
    const on = pulse.driven.then(() => clock.monotonicMs());
    await pulse.offTimer;
    const onAt = await on;
    const earliest = Math.min(after(onAt, minPulseMs), after(pulse.armedAt, maxPulseMs));
    const stretchMs = earliest - clock.monotonicMs();
    if (stretchMs > 0) await clock.sleep(stretchMs);
    await this.#driveOff();
    pulse.guardEnd.abort();
    const lengthMs = Math.round(clock.monotonicMs() - onAt);
    if (lengthMs > maxPulseMs) this.#report({ kind: "pulseTooLong", lengthMs });
    else if (this.#fault === "pulseTooLong") this.#mended();
    await clock.sleep(MIN_GAP_MS);
  }

  async #enforceMaximum(guard: Promise<void>, ended: AbortSignal): Promise<void> {
    await guard;
    if (!ended.aborted) await this.#driveOff();
  }

  /** First attempt here; when it fails the attempts go on behind the caller's back, for as long as it takes. */
  async #driveOff(): Promise<void> {
    const first = await this.release();
    if (!first.ok) void this.#keepDrivingOff();
  }

  async #keepDrivingOff(): Promise<void> {
    if (this.#retrying) return;
    this.#retrying = true;
    for (let released = false; !released; ) {
      await this.#context.clock.sleep(STUCK_RETRY_MS);
      released = (await this.release()).ok;
    }
    this.#retrying = false;
  }

  async #levelIs(wanted: LineState): Promise<boolean> {
    const level = await this.#context.line.readBack();
    return level.ok && level.value === wanted;
  }

  #mended(): void {
    if (this.#fault !== undefined) this.#context.onFault(undefined);
    this.#fault = undefined;
  }

  #report(fault: RelayFault): Result<never, RelayFault> {
    if (this.#fault !== fault.kind) this.#context.onFault(fault);
    this.#fault = fault.kind;
    return err(fault);
  }
}
