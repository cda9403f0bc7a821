/**
 * An entry source that is kept up: a device that is missing, not allowed or unplugged is tried again, ever more rarely,
 * for as long as the gate lives. What kind of device it is, is told by how it is used.
 */
import type { BusError } from "../../src/ports/bus.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { EntryEvent, EntryFault, EntrySource } from "../../src/ports/entry.ts";
import { EntryCollector } from "./entry-collector.ts";

/** What a device's use works with. */
export interface UseOfDevice {
  /** Takes the characters; it is the same for each use. */
  readonly collector: EntryCollector;
  /** To be called as soon as the device works. */
  readonly isUp: () => void;
  /** Aborted when the use is to end. */
  readonly signal: AbortSignal;
}

export interface KeptSourceParts {
  readonly clock: Clock;
  /** Uses the device until it fails, and resolves with why; with nothing once `signal` was aborted. Never rejects. */
  readonly use: (use: UseOfDevice) => Promise<EntryFault | undefined>;
  /** Gives back for good what outlives a use. */
  readonly close?: () => Promise<void>;
}

/** Waits between attempts; the last one holds from then on. A device that came up begins them anew. */
export const RETRY_AFTER_MS: readonly number[] = [500, 1_000, 2_000, 4_000, 8_000];
export const LAST_RETRY_MS = 8_000;

/** The fault of a bus, with a remedy where the bus has none of its own. */
export const faultOf = (error: BusError, remedy: string): EntryFault =>
  error.kind === "busFailed" ? { ...error, remedy } : error;

export class KeptSource implements EntrySource {
  readonly #parts: KeptSourceParts;
  readonly #end = new AbortController();
  #collector: EntryCollector | undefined;
  #served: Promise<void> = Promise.resolve();

  constructor(parts: KeptSourceParts) {
    this.#parts = parts;
  }

  start(listener: (event: EntryEvent) => void): void {
    const { signal } = this.#end;
    const tell = (event: EntryEvent): void => {
      if (!signal.aborted) listener(event);
    };
    this.#collector = new EntryCollector({ clock: this.#parts.clock, listener: tell });
    this.#served = this.#serve(this.#collector, tell);
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#served;
    this.#collector?.clear();
    await this.#parts.close?.();
  }

  async #serve(collector: EntryCollector, tell: (event: EntryEvent) => void): Promise<void> {
    const { signal } = this.#end;
    let told: EntryFault["kind"] | "up" | undefined;
    let attempts = 0;
    const isUp = (): void => {
      attempts = 0;
      if (told !== "up") tell({ kind: "up" });
      told = "up";
    };
    for (;;) {
      const fault = signal.aborted ? undefined : await this.#parts.use({ collector, isUp, signal });
      if (fault === undefined) return;
      // Half an entry does not go on with what is typed once the device is there again.
      collector.clear();
      if (fault.kind !== told) tell({ kind: "down", fault });
      told = fault.kind;
      await this.#parts.clock.sleep(RETRY_AFTER_MS[attempts] ?? LAST_RETRY_MS, signal);
      attempts += 1;
    }
  }
}
