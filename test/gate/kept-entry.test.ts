// What is entered at a lane is kept for one presentation: for how long, for whom, and that it is wiped.
import { beforeEach, describe, expect, test } from "vitest";
import { isSeal, sealEntry } from "../../src/gate/entered-seal.ts";
import { KEPT_MS, KeptEntry } from "../../src/gate/kept-entry.ts";
import { documentSeal } from "../../src/sim/seal/document-seal.ts";
import { VirtualClock } from "../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";
import { instant, millis } from "../../src/time/time.ts";
import { anna } from "./seal-stage.ts";

let timeline: VirtualTimeline;
let clock: VirtualClock;
let wiped: string[];
let kept: KeptEntry<string>;

beforeEach(() => {
  timeline = new VirtualTimeline();
  clock = VirtualClock.startingAt(timeline, instant(0));
  wiped = [];
  kept = new KeptEntry<string>({ clock, wipe: (value) => wiped.push(value) });
});

const pass = (durationMs: number) => timeline.run(timeline.nowUs() + durationMs * 1_000);

describe("an entry", () => {
  test("is given once", () => {
    kept.enter("one");
    expect([kept.take(), kept.take(), wiped]).toEqual(["one", undefined, []]);
  });

  test("takes the place of the one before, which is wiped", () => {
    kept.enter("one");
    kept.enter("two");
    expect([kept.take(), wiped]).toEqual(["two", ["one"]]);
  });

  test("is wiped after its time, to the millisecond", async () => {
    kept.enter("one");
    await pass(KEPT_MS - 1);
    expect(wiped).toEqual([]);
    await pass(1);
    expect([kept.take(), wiped]).toEqual([undefined, ["one"]]);
    expect(timeline.pending()).toEqual([]);
  });

  test("is given to whoever waits, and kept for nobody else", async () => {
    const waiting = kept.waitFor(new AbortController().signal);
    kept.enter("one");
    expect([await waiting, kept.take()]).toEqual(["one", undefined]);
  });

  test("that was there before is given to whoever begins to wait", async () => {
    kept.enter("one");
    expect(await kept.waitFor(new AbortController().signal)).toBe("one");
  });

  test("is not waited for any longer than is wanted", async () => {
    const over = new AbortController();
    const waiting = kept.waitFor(over.signal);
    expect(() => kept.waitFor(over.signal)).toThrow("waits already");
    over.abort();
    expect([await waiting, await kept.waitFor(over.signal)]).toEqual([undefined, undefined]);
    kept.enter("one");
    expect(kept.take()).toBe("one");
  });

  test("is wiped when the presentation is over", () => {
    kept.enter("one");
    kept.clear();
    expect([kept.take(), wiped]).toEqual([undefined, ["one"]]);
  });
});

test("a seal that nobody takes is zeros in the end", async () => {
  const entry = sealEntry(clock);
  const bytes = new TextEncoder().encode(documentSeal(anna));
  entry.enter({ bytes, enteredAt: millis(0) });
  await pass(KEPT_MS);
  expect(bytes).toEqual(new Uint8Array(bytes.length));
});

test.each<[string, boolean]>([
  [documentSeal(anna), true],
  ["DC04", true],
  ["DC99 whatever it may be", true],
  ["DC0", false],
  ["dc04FR05", false],
  ["314159", false],
  ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", false],
  ["IDFRAX4RTBPFW46<<<<<<<<<<<<<<<", false],
  ["", false],
])("%s: a seal, right or wrong: %s", (entry, is) => {
  expect(isSeal(new TextEncoder().encode(entry))).toBe(is);
});
