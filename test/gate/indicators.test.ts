import { beforeEach, expect, test } from "vitest";
import { Indicators } from "../../src/gate/indicators.ts";
import type { LineState, OutputLine } from "../../src/ports/bus.ts";
import { silentLog } from "../../src/ports/log.ts";
import { ok } from "../../src/result.ts";
import { VirtualClock } from "../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";
import { instant } from "../../src/time/time.ts";

let timeline: VirtualTimeline;
let clock: VirtualClock;

/** A lamp and when it changed, in ms. */
function lamp(): OutputLine & { readonly changes: (readonly [number, LineState])[] } {
  const changes: (readonly [number, LineState])[] = [];
  return {
    changes,
    async drive(state) {
      if (changes.at(-1)?.[1] !== state) changes.push([clock.monotonicMs(), state]);
      return ok(undefined);
    },
    readBack: async () => ok(changes.at(-1)?.[1] ?? "inactive"),
    close: async () => undefined,
  };
}

beforeEach(() => {
  timeline = new VirtualTimeline();
  clock = VirtualClock.startingAt(timeline, instant(0));
});

test("granted is a second of green", async () => {
  const green = lamp();
  new Indicators({ green }, clock, silentLog).show("granted");
  await timeline.run(5_000_000);
  expect(green.changes).toEqual([
    [0, "active"],
    [1_000, "inactive"],
  ]);
});

test("the next holder within that second gets a whole second of his own", async () => {
  const green = lamp();
  const indicators = new Indicators({ green }, clock, silentLog);
  indicators.show("granted");
  await timeline.run(500_000);
  indicators.show("granted");
  await timeline.run(5_000_000);
  expect(green.changes).toEqual([
    [0, "active"],
    [1_500, "inactive"],
  ]);
});

test("denied right behind granted puts green out and red on", async () => {
  const green = lamp();
  const red = lamp();
  const indicators = new Indicators({ green, red }, clock, silentLog);
  indicators.show("granted");
  await timeline.run(500_000);
  indicators.show("denied");
  await timeline.run(5_000_000);
  expect(green.changes.at(-1)).toEqual([500, "inactive"]);
  expect(red.changes).toEqual([
    [500, "active"],
    [1_500, "inactive"],
  ]);
});

test("a lamp that is not wired is no matter, and everything goes off at the end", async () => {
  const red = lamp();
  const indicators = new Indicators({ red }, clock, silentLog);
  indicators.show("granted");
  indicators.show("fault");
  await timeline.run(100_000);
  await timeline.resolve(indicators.off());
  await timeline.run(5_000_000);
  expect(red.changes.at(-1)).toEqual([100, "inactive"]);
});

test("a seal that is asked for is told from digits by two ticks, and by lamps that blink in turns until it is there", async () => {
  const [green, red, buzzer] = [lamp(), lamp(), lamp()];
  const indicators = new Indicators({ green, red, buzzer }, clock, silentLog);
  indicators.show("showSeal");
  await timeline.run(1_900_000);
  expect(buzzer.changes.map(([at]) => at)).toEqual([0, 60, 200, 260]);
  expect(red.changes.map(([at]) => at)).toEqual([0, 100, 1_000, 1_100]);
  expect(green.changes.map(([at]) => at)).toEqual([500, 600, 1_500, 1_600]);
  indicators.show("granted");
  await timeline.run(5_000_000);
  expect([green.changes.at(-1), red.changes.length]).toEqual([[2_900, "inactive"], 4]);
});
