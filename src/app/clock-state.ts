/**
 * What the wall time is worth, watched while the gate runs and in both directions: a clock is synchronised
 * late, loses its time service, drifts, or jumps. Sets no order at start-up: a gate opens doors before the
 * time is known. Governing text: fleet interface, clock rules; Raspberry Pi notes, time.
 */
import type { Clock, ClockState } from "../ports/clock.ts";
import type { NewEvent } from "../ports/journal.ts";
import type { Log } from "../ports/log.ts";
import { type ClockSetting, clockStateOf } from "../time/clock-trust.ts";
import { JumpDetector } from "../time/jump-detector.ts";
import { type Millis, millis } from "../time/time.ts";
import { Waker } from "../time/waker.ts";
import { buildTime } from "./build-time.ts";
import { lastSetting, THIS_MACHINE } from "./clock-sources.ts";
import { SystemClock } from "./system-clock.ts";

const LOOK_EVERY_MS = 60_000;
/** Jumps kept for a listener that is not there yet; of more than these the first are told. */
const UNHEARD_LIMIT = 16;
/** A setting whose time differs by less is the same one: the clock is slowly corrected meanwhile. */
const SAME_SETTING_MS = 1_000;
/** For commands that have no configuration at hand; the usual `maxSkewS`. */
const USUAL_SKEW_MS = 60_000;

export interface ClockWatch {
  /** What the wall time is worth at this moment; notices a jump, so that nothing is decided by one unseen. */
  readonly current: () => ClockState;
  /**
   * Who is told of jumps: backward ones, and forward ones of a clock that was synchronised. Those before there
   * was a listener are told to the first one.
   */
  onJump(listener: (event: NewEvent) => void): void;
  /** Resolves when `signal` was aborted. */
  readonly done: Promise<void>;
}

export interface ClockWatchOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** How wrong the clock may be and still be trusted. */
  readonly maxSkewMs: number;
  readonly look?: () => Promise<ClockSetting | undefined>;
}

/** Looks at once, then every minute and after every jump, until `signal` is aborted. */
export function watchClockState(options: ClockWatchOptions): ClockWatch {
  const { clock, maxSkewMs, look = () => settingOfMachine(clock, maxSkewMs) } = options;
  const watch = new Watch({ ...options, look });
  return {
    current: () => watch.current(),
    onJump: (listener) => watch.onJump(listener),
    done: watch.run(),
  };
}

/** What the wall time of this machine is worth, looked at once. */
export async function lookAtMachine(clock: Clock = new SystemClock()): Promise<ClockState> {
  return clockStateOf(await settingOfMachine(clock, USUAL_SKEW_MS), USUAL_SKEW_MS);
}

async function settingOfMachine(clock: Clock, maxSkewMs: number): Promise<ClockSetting | undefined> {
  const limits = { wallTime: clock.wallTime(), buildTime: await buildTime(), maxSkewMs };
  return lastSetting(THIS_MACHINE, limits);
}

/** Who set the clock last, and when by the monotonic clock. */
interface ClockSet {
  readonly by: ClockSetting["by"];
  readonly atMs: number;
}

class Watch {
  readonly #listeners: ((event: NewEvent) => void)[] = [];
  readonly #unheard: NewEvent[] = [];
  readonly #options: Required<ClockWatchOptions>;
  readonly #jumps: JumpDetector;
  readonly #waker: Waker;
  #set: ClockSet | undefined;
  /** When a jump was noticed last, by the monotonic clock. */
  #steadySince: Millis;
  /** A time service that set the clock before then did so before the last jump. */
  #believedFrom: Millis;
  /** The last look: when it began, and the wall time of the setting that it found. */
  #looked: { readonly atMs: Millis; readonly settingAt?: number };
  /** The setting that was known before the last jump: never one of the clock as it is now. */
  #voidSettingAt: number | undefined;
  #told: ClockState = "unsynced";

  constructor(options: Required<ClockWatchOptions>) {
    this.#options = options;
    this.#jumps = new JumpDetector(options.clock);
    this.#waker = new Waker(options.clock);
    this.#looked = { atMs: options.clock.monotonicMs() };
    // Of jumps before the program began nothing is known: what the sources say of then is believed.
    this.#steadySince = millis(Number.NEGATIVE_INFINITY);
    this.#believedFrom = this.#steadySince;
    options.signal.addEventListener("abort", () => this.#waker.wake(), { once: true });
  }

  current(): ClockState {
    const jumpMs = this.#jumps.look();
    if (jumpMs !== 0) this.#jumped(jumpMs);
    return this.#state();
  }

  onJump(listener: (event: NewEvent) => void): void {
    this.#listeners.push(listener);
    for (const event of this.#unheard.splice(0)) listener(event);
  }

  async run(): Promise<void> {
    while (!this.#options.signal.aborted) {
      await this.#look();
      await this.#waker.sleep(LOOK_EVERY_MS);
      this.current();
    }
  }

  async #look(): Promise<void> {
    const { clock, log, look } = this.#options;
    // What a source says of a moment is measured by both clocks as they were when it was asked.
    const [askedAtMs, wall, steadySince] = [clock.monotonicMs(), clock.wallTime(), this.#steadySince];
    const seen = await look();
    this.current();
    // The clock jumped while the source was asked: the answer may be of either side, and the next look is due.
    if (this.#steadySince !== steadySince) return;
    this.#set = seen === undefined ? undefined : this.#settingOf(seen, askedAtMs, wall);
    this.#looked = { atMs: askedAtMs, ...(seen && { settingAt: wall - seen.ageMs }) };
    const state = this.#state();
    if (state !== this.#told) log.info("clock", { state });
    this.#told = state;
  }

  /** The setting by the monotonic clock; `undefined` for one of a time service that the last jump has undone. */
  #settingOf({ by, ageMs }: ClockSetting, askedAtMs: Millis, wall: number): ClockSet | undefined {
    const atMs = askedAtMs - ageMs;
    // A battery clock that agrees with the wall clock does so now.
    if (by === "batteryClock") return { by, atMs };
    const isVoid =
      this.#voidSettingAt !== undefined && Math.abs(wall - ageMs - this.#voidSettingAt) < SAME_SETTING_MS;
    return isVoid || atMs < this.#believedFrom ? undefined : { by, atMs };
  }

  /** Whoever set the clock anew, what was known of it before is void until the next look, which is now. */
  #jumped(jumpMs: number): void {
    const state = this.#state();
    this.#set = undefined;
    this.#believeAfter(jumpMs);
    this.#waker.wake();
    // The first synchronisation of a boot moves the clock forward, and is no news.
    if (jumpMs > 0 && state !== "synced") return;
    const event: NewEvent = { type: "acs.security.clockJump", data: { jumpMs, was: state } };
    for (const listener of this.#listeners) listener(event);
    if (this.#listeners.length === 0 && this.#unheard.length < UNHEARD_LIMIT) this.#unheard.push(event);
  }

  /**
   * A service that stepped the clock leaves its mark at the step, so before the jump is noticed. Such a mark is
   * told from one of before the jump when the jump is longer than the time since the last look: by the clock
   * as it is now, a setting of before falls outside that time. After a shorter jump only a new mark counts.
   */
  #believeAfter(jumpMs: number): void {
    const noticedAt = this.#options.clock.monotonicMs();
    const { atMs, settingAt } = this.#looked;
    const twice = this.#steadySince > atMs;
    this.#believedFrom = !twice && Math.abs(jumpMs) > noticedAt - atMs ? atMs : noticedAt;
    this.#voidSettingAt = settingAt;
    this.#steadySince = noticedAt;
  }

  #state(): ClockState {
    const { clock, maxSkewMs } = this.#options;
    const setting = this.#set && { by: this.#set.by, ageMs: clock.monotonicMs() - this.#set.atMs };
    return clockStateOf(setting, maxSkewMs);
  }
}
