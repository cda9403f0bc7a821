/**
 * The time that a running gate goes by: its wall clock, measured by the floors and by what a trusted clock has
 * shown before, in this process and in the last rows of the journal (Raspberry Pi notes, time, rule 1).
 *
 * Where a time service puts a trusted clock far back, either the service lies now or it lied before, and the
 * gate cannot tell which: the state is `unsynced`, and the setting `unsyncedClock` decides. That is over when
 * the clock comes to the floor, or at a restart when the last `LOOK_BACK_ROWS` hold no row of a trusted clock.
 */
import type { Clock, ClockState } from "../ports/clock.ts";
import type { JournalEvent } from "../ports/journal.ts";
import { timeAbove, type WorthyTime } from "../time/clock-floor.ts";
import { type Instant, instant } from "../time/time.ts";

/** Rows at the end of the journal in which a gate that starts looks for one of a trusted clock. */
export const LOOK_BACK_ROWS = 256;

export interface GateTimeOptions {
  readonly clock: Clock;
  readonly clockState: () => ClockState;
  readonly buildTime: Instant;
}

export class GateTime {
  readonly #options: GateTimeOptions;
  #newestEntry: () => Instant;
  #newestTrusted: Instant | undefined;

  constructor(options: GateTimeOptions) {
    this.#options = options;
    this.#newestEntry = () => options.buildTime;
  }

  /** From now on the journal counts too: its last rows and the time of its newest one. */
  follow(lastRows: readonly JournalEvent[], newestEntry: () => Instant): void {
    this.#newestEntry = newestEntry;
    for (const { clock, time } of lastRows) if (clock !== "unsynced") this.#trust(time);
  }

  /** The time to decide by. */
  now(): WorthyTime {
    const { clock, clockState, buildTime } = this.#options;
    const floors = { buildTime, newestEntry: this.#newestEntry(), newestTrusted: this.#newestTrusted };
    const time = timeAbove(floors, clock.wallTime(), clockState());
    if (time.state !== "unsynced") this.#trust(time.instant);
    return time;
  }

  #trust(time: Instant): void {
    this.#newestTrusted = instant(Math.max(time, this.#newestTrusted ?? time));
  }
}
