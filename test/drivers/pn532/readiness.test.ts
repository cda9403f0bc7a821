import { describe, expect, test } from "vitest";
import { ReadyWatch } from "../../../drivers/pn532/readiness.ts";
import type { InputLine } from "../../../src/ports/bus.ts";
import { ok } from "../../../src/result.ts";
import { VirtualClock } from "../../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../../src/sim/virtual-timeline.ts";
import { instant, millis } from "../../../src/time/time.ts";

/** An interrupt line that a test moves by hand. */
class HandLine implements InputLine {
  #low = false;
  #listener: (() => void) | undefined;
  isLow(): boolean {
    return this.#low;
  }
  onFalling(listener: () => void): () => void {
    this.#listener = listener;
    return () => undefined;
  }
  async close(): Promise<void> {
    return;
  }
  fall(): void {
    this.#low = true;
    this.#listener?.();
  }
  rise(): void {
    this.#low = false;
  }
  /** Low from the beginning, without an edge: a short circuit. */
  short(): void {
    this.#low = true;
  }
}

function rig(wiring: "line" | "noLine" = "line", duringLook: (line: HandLine) => void = () => undefined) {
  const timeline = new VirtualTimeline();
  const line = new HandLine();
  const chip = { ready: false, looks: 0 };
  const poll = async () => {
    chip.looks += 1;
    const ready = chip.ready;
    duringLook(line);
    return ok(ready);
  };
  const clock = VirtualClock.startingAt(timeline, instant(0));
  const watch = new ReadyWatch(poll, wiring === "line" ? line : undefined, clock);
  /** The chip becomes ready at an instant, with or without its line saying so. */
  const readyAt = (ms: number, signal: "edge" | "silent"): void => {
    timeline.at(ms * 1000, () => {
      chip.ready = true;
      if (signal === "edge") line.fall();
    });
  };
  const wait = (untilMs: number, signal?: AbortSignal) =>
    timeline.resolve(watch.wait(millis(untilMs), signal));
  return { timeline, line, chip, watch, readyAt, wait };
}

describe("with an interrupt line", () => {
  test("an edge ends the wait in the same instant, and the chip need not be asked", async () => {
    const { timeline, chip, readyAt, wait } = rig();
    readyAt(7, "edge");
    expect(await wait(500)).toEqual(ok("ready"));
    expect([timeline.nowUs(), chip.looks]).toEqual([7000, 0]);
  });

  test("a line that fell before the wait began is believed", async () => {
    const { timeline, line, chip, wait } = rig();
    chip.ready = true;
    line.fall();
    expect(await wait(500)).toEqual(ok("ready"));
    expect([timeline.nowUs(), chip.looks]).toEqual([0, 0]);
  });

  test("a line that is low without having fallen is not: the chip is asked", async () => {
    const { timeline, line, chip, watch, wait } = rig();
    chip.ready = true;
    line.fall();
    watch.discardEdges();
    expect(await wait(500)).toEqual(ok("ready"));
    expect([timeline.nowUs(), chip.looks]).toEqual([0, 1]);
  });

  test("after a promise that was not kept the chip is asked", async () => {
    const { line, chip, watch, readyAt, wait } = rig();
    line.fall();
    await wait(500);
    expect(watch.promised).toBe(true);
    watch.promiseBroken();
    readyAt(2.5, "silent");
    expect(await wait(500)).toEqual(ok("ready"));
    expect(watch.promised).toBe(false);
    expect(chip.looks).toBeGreaterThan(1);
  });

  test("two broken promises in a row and the line is given up", async () => {
    const { line, watch, wait } = rig();
    for (let turn = 0; turn < 2; turn++) {
      expect(watch.degraded()).toEqual([]);
      line.rise();
      line.fall();
      await wait(500);
      watch.promiseBroken();
    }
    expect(watch.degraded()).toHaveLength(1);
  });

  test("an edge with nothing behind it is passed over", async () => {
    const { timeline, line, readyAt, wait } = rig();
    timeline.at(2000, () => {
      line.fall();
      line.rise();
    });
    readyAt(9, "edge");
    expect(await wait(500)).toEqual(ok("ready"));
    expect(timeline.nowUs()).toBe(9000);
  });

  test("an edge while the chip was being asked is not lost", async () => {
    const { timeline, line, chip, wait } = rig("line", (during) => {
      if (chip.looks > 1) return;
      chip.ready = true;
      during.fall();
      during.rise();
    });
    timeline.at(5000, () => {
      line.fall();
      line.rise();
    });
    expect(await wait(500)).toEqual(ok("ready"));
    expect([timeline.nowUs(), chip.looks]).toEqual([5000, 2]);
  });

  test("a lost edge costs at most the safety look, and once is forgiven", async () => {
    const { timeline, watch, readyAt, wait } = rig();
    readyAt(3, "silent");
    expect(await wait(500)).toEqual(ok("ready"));
    expect(timeline.nowUs()).toBe(20_000);
    expect(watch.degraded()).toEqual([]);
  });

  test("in a wait for somebody to come a lost edge costs 320 ms at most", async () => {
    const { timeline, chip, readyAt, wait } = rig();
    readyAt(900, "silent");
    expect(await wait(3000)).toEqual(ok("ready"));
    expect([timeline.nowUs(), chip.looks]).toEqual([960_000, 3]);
  });

  test("a long wait costs few looks", async () => {
    const { chip, wait } = rig();
    expect(await wait(1000)).toEqual(ok("late"));
    expect(chip.looks).toBeLessThanOrEqual(7);
  });

  test("two lost edges in a row make it a dead line, polled each millisecond, until a new start", async () => {
    const { timeline, chip, watch, readyAt, wait } = rig();
    for (const ms of [3, 30]) {
      readyAt(ms, "silent");
      expect(await wait(500)).toEqual(ok("ready"));
      chip.ready = false;
    }
    expect(watch.degraded()).toHaveLength(1);
    const from = timeline.nowUs() / 1000;
    readyAt(from + 5.5, "silent");
    await wait(from + 500);
    expect(timeline.nowUs() / 1000).toBeCloseTo(from + 6, 5);
    watch.trustLine();
    expect(watch.degraded()).toEqual([]);
  });

  test("a good edge between two lost ones forgives the first", async () => {
    const { line, chip, watch, readyAt, wait } = rig();
    for (const [ms, signal] of [
      [3, "silent"],
      [30, "edge"],
      [60, "silent"],
    ] as const) {
      readyAt(ms, signal);
      await wait(500);
      if (watch.promised) watch.promiseKept();
      chip.ready = false;
      line.rise();
    }
    expect(watch.degraded()).toEqual([]);
  });

  test("a line that is low for ever is polled, and given up as well", async () => {
    const { timeline, line, chip, watch, readyAt, wait } = rig();
    line.short();
    for (const ms of [3.5, 10.5]) {
      readyAt(ms, "silent");
      expect(await wait(500)).toEqual(ok("ready"));
      expect(timeline.nowUs() / 1000).toBeLessThan(ms + 1);
      chip.ready = false;
    }
    expect(watch.degraded()).toHaveLength(1);
  });

  test("edges of an earlier exchange can be forgotten", async () => {
    const { line, chip, watch, wait } = rig();
    line.fall();
    line.rise();
    watch.discardEdges();
    await wait(10);
    // One look at the deadline, none for the old edge.
    expect(chip.looks).toBe(1);
  });
});

describe("in any case", () => {
  test("without a line the chip is asked each millisecond, and nothing is degraded", async () => {
    const { timeline, watch, readyAt, wait } = rig("noLine");
    readyAt(2.5, "silent");
    expect(await wait(500)).toEqual(ok("ready"));
    expect(timeline.nowUs()).toBe(3000);
    expect(watch.degraded()).toEqual([]);
  });

  test.each(["line", "noLine"] as const)(
    "an event loop blocked past the deadline is no false alarm (%s)",
    async (wiring) => {
      const { timeline, chip, wait } = rig(wiring);
      chip.ready = true;
      await timeline.run(200_000);
      expect(await wait(100)).toEqual(ok("ready"));
    },
  );

  test.each(["line", "noLine"] as const)("an abort ends the wait at once (%s)", async (wiring) => {
    const { timeline, wait } = rig(wiring);
    const owner = new AbortController();
    timeline.at(4200, () => owner.abort());
    expect(await wait(500, owner.signal)).toEqual(ok("aborted"));
    expect(timeline.nowUs()).toBe(4200);
  });

  test("what is ready is read, even if the owner has given up", async () => {
    const { chip, wait } = rig("noLine");
    chip.ready = true;
    expect(await wait(500, AbortSignal.abort())).toEqual(ok("ready"));
  });
});
