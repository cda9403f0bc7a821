/**
 * Green and red lamp and buzzer of one door. Patterns are data; playing one never delays the lane, and a
 * lamp that fails is logged and otherwise ignored, since a door must work with a broken lamp.
 */
import type { OutputLine } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { DocumentProgress } from "./document-lane.ts";
import type { LaneSignal } from "./lane.ts";

export type IndicatorName = "green" | "red" | "buzzer";
export type IndicatorLines = Readonly<Partial<Record<IndicatorName, OutputLine>>>;

interface Flash {
  readonly indicator: IndicatorName;
  readonly startMs: number;
  readonly lengthMs: number;
  /** So often in all, so long from one beginning to the next. */
  readonly again?: { readonly everyMs: number; readonly times: number };
}

/** What a lane shows: how a presentation ended, or what its holder should do meanwhile. */
export type IndicatorSignal = LaneSignal | DocumentProgress;

/** Granted: one short tone. Denied: one long tone. Fault: red and two tones, told apart without looking. Hold still: green
 * blinks, as long as the slowest documents take. Enter the password: a tick, then both lamps blink as long as it is waited for.
 * Show the seal: two ticks, then the lamps blink in turns. */
const PATTERNS: Readonly<Record<IndicatorSignal, readonly Flash[]>> = {
  holdStill: [{ indicator: "green", startMs: 0, lengthMs: 250, again: { everyMs: 500, times: 20 } }],
  enterPassword: [
    { indicator: "buzzer", startMs: 0, lengthMs: 60 },
    { indicator: "red", startMs: 0, lengthMs: 100, again: { everyMs: 1_000, times: 20 } },
    { indicator: "green", startMs: 0, lengthMs: 100, again: { everyMs: 1_000, times: 20 } },
  ],
  showSeal: [
    { indicator: "buzzer", startMs: 0, lengthMs: 60 },
    { indicator: "buzzer", startMs: 200, lengthMs: 60 },
    { indicator: "red", startMs: 0, lengthMs: 100, again: { everyMs: 1_000, times: 20 } },
    { indicator: "green", startMs: 500, lengthMs: 100, again: { everyMs: 1_000, times: 20 } },
  ],
  granted: [
    { indicator: "green", startMs: 0, lengthMs: 1_000 },
    { indicator: "buzzer", startMs: 0, lengthMs: 80 },
  ],
  denied: [
    { indicator: "red", startMs: 0, lengthMs: 1_000 },
    { indicator: "buzzer", startMs: 0, lengthMs: 400 },
  ],
  fault: [
    { indicator: "red", startMs: 0, lengthMs: 1_500 },
    { indicator: "buzzer", startMs: 0, lengthMs: 150 },
    { indicator: "buzzer", startMs: 300, lengthMs: 150 },
  ],
};

export class Indicators {
  readonly #lines: IndicatorLines;
  readonly #clock: Clock;
  readonly #log: Log;
  /** The flash that each lamp shows now: only it may switch its lamp off. */
  readonly #showing = new Map<IndicatorName, Flash>();
  #playing = new AbortController();

  constructor(lines: IndicatorLines, clock: Clock, log: Log) {
    this.#lines = lines;
    this.#clock = clock;
    this.#log = log;
  }

  /** Ends the pattern being shown, if any, and begins this one. Returns at once. */
  show(signal: IndicatorSignal): void {
    this.#playing.abort();
    this.#playing = new AbortController();
    const { signal: ended } = this.#playing;
    // A copy of each flash, since the same pattern may follow itself.
    for (const flash of PATTERNS[signal]) void this.#play({ ...flash }, ended);
  }

  /** Everything off. */
  async off(): Promise<void> {
    this.#playing.abort();
    this.#showing.clear();
    for (const line of Object.values(this.#lines)) await this.#drive(line, "inactive");
  }

  async #play(flash: Flash, ended: AbortSignal): Promise<void> {
    const line = this.#lines[flash.indicator];
    if (line === undefined) return;
    const { startMs, lengthMs, again = { everyMs: lengthMs, times: 1 } } = flash;
    if (startMs > 0) await this.#clock.sleep(startMs, ended);
    for (let left = again.times; left > 0 && !ended.aborted; left--) {
      await this.#flash(line, flash, ended);
      if (left > 1) await this.#clock.sleep(again.everyMs - lengthMs, ended);
    }
  }

  async #flash(line: OutputLine, flash: Flash, ended: AbortSignal): Promise<void> {
    this.#showing.set(flash.indicator, flash);
    await this.#drive(line, "active");
    await this.#clock.sleep(flash.lengthMs, ended);
    if (this.#showing.get(flash.indicator) !== flash) return;
    this.#showing.delete(flash.indicator);
    await this.#drive(line, "inactive");
  }

  async #drive(line: OutputLine, state: "active" | "inactive"): Promise<void> {
    const driven = await line.drive(state);
    if (!driven.ok) this.#log.warn("indicatorFailed", { error: driven.error.kind });
  }
}
