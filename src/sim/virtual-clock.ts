/**
 * The `Clock` port over a timeline, with a wall time that can be wrong and can jump. A fork stands for
 * one process: when it is killed none of its sleeps ever wakes.
 */
import type { Clock } from "../ports/clock.ts";
import { type Instant, instant, type Millis, millis } from "../time/time.ts";
import type { Timeline } from "./timeline.ts";

/** Shared by a clock and its forks: the wall time at timeline zero. */
interface WallTime {
  startMs: number;
}

export class VirtualClock implements Clock {
  readonly #timeline: Timeline;
  readonly #wall: WallTime;
  readonly #wakings = new Set<() => void>();
  #killed = false;

  private constructor(timeline: Timeline, wall: WallTime) {
    this.#timeline = timeline;
    this.#wall = wall;
  }

  /** `wallStart` is what the machine believes the time to be when the timeline is at zero. */
  static startingAt(timeline: Timeline, wallStart: Instant): VirtualClock {
    return new VirtualClock(timeline, { startMs: wallStart });
  }

  monotonicMs(): Millis {
    return millis(this.#timeline.nowUs() / 1000);
  }

  wallTime(): Instant {
    return instant(Math.floor(this.#timeline.nowUs() / 1000) + this.#wall.startMs);
  }

  /** Sets the wall time at timeline zero anew, for this clock and all its forks: a jump of the machine's clock. */
  setWallOffset(wallStart: Instant): void {
    this.#wall.startMs = wallStart;
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (this.#killed) return;
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const wake = (): void => {
        cancel();
        this.#wakings.delete(cancel);
        signal?.removeEventListener("abort", wake);
        if (!this.#killed) resolve();
      };
      const cancel = this.#timeline.at(this.#timeline.nowUs() + durationMs * 1000, wake);
      this.#wakings.add(cancel);
      signal?.addEventListener("abort", wake);
    });
  }

  /** A clock for one process: same time, sleeps of its own. */
  fork(): VirtualClock {
    return new VirtualClock(this.#timeline, this.#wall);
  }

  /** The process is gone: no pending or later sleep wakes. */
  kill(): void {
    this.#killed = true;
    for (const cancel of this.#wakings) cancel();
    this.#wakings.clear();
  }
}
