/** A scripted chip with the runner and the patience above it: what the parts below the reader are made of. */
import { CommandRunner } from "../../../drivers/pn532/command-runner.ts";
import { RetryTimeout } from "../../../drivers/pn532/retry-timeout.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import { silentLog } from "../../../src/ports/log.ts";
import { instant, type Millis, millis } from "../../../src/time/time.ts";
import { ScriptedLink, type Turn } from "./scripted-link.ts";

/** A clock that stands still but for `pass` and those who sleep by it. */
export class SteppedClock implements Clock {
  #nowMs: Millis = millis(0);
  readonly slept: number[] = [];

  monotonicMs(): Millis {
    return this.#nowMs;
  }

  wallTime() {
    return instant(0);
  }

  async sleep(durationMs: number): Promise<void> {
    this.slept.push(durationMs);
    this.pass(durationMs);
  }

  pass(durationMs: number): void {
    this.#nowMs = millis(this.#nowMs + durationMs);
  }
}

/** The chip expects these commands, in this order. */
export function scriptedChip(...turns: readonly Turn[]) {
  const clock = new SteppedClock();
  const link = new ScriptedLink(...turns);
  const runner = new CommandRunner({ link, clock, log: silentLog });
  return { clock, link, runner, timeout: new RetryTimeout(runner) };
}
