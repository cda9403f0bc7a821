import { describe, expect, test } from "vitest";
import { err, ok } from "../../../src/result.ts";
import { scriptedChip } from "./scripted-chip.ts";
import { SILENT, type Turn } from "./scripted-link.ts";

const MARGIN_MS = 80;
/** The longest time that a code stands for, 10, which is 16. */
const LONGEST_MS = 3_276.8;
const set = (code: string, response: Turn["response"] = "33"): Turn => ({
  command: `3202000B${code}`,
  response,
});

describe("the chip's patience", () => {
  test("is that for a sign of life to begin with, which costs no command", async () => {
    const { link, timeout } = scriptedChip();
    expect(await timeout.reach(25.6)).toEqual(ok(25.6 + MARGIN_MS));
    expect(link.left).toEqual([]);
  });

  // Code n is 100 µs · 2^(n-1); the next longer one than what is asked for.
  test.each([
    [0.05, "01", 0.1],
    [0.1, "01", 0.1],
    [0.11, "02", 0.2],
    [6.4, "07", 6.4],
    [25.7, "0A", 51.2],
    [77.3, "0B", 102.4],
    [102.4, "0B", 102.4],
    [1_000, "0F", 1_638.4],
    [LONGEST_MS, "10", LONGEST_MS],
  ])("for %d ms is set by code %s, which is %d ms", async (waitMs, code, durationMs) => {
    const { link, timeout } = scriptedChip(set(code));
    const reached = await timeout.reach(waitMs);
    expect(reached.ok && reached.value).toBeCloseTo(durationMs + MARGIN_MS, 9);
    expect(link.left).toEqual([]);
  });

  test("is without end where no code is long enough, and the host's is what was asked for", async () => {
    const { link, timeout } = scriptedChip(set("00"), set("10"));
    expect(await timeout.reach(LONGEST_MS + 0.1)).toEqual(ok(LONGEST_MS + 0.1 + MARGIN_MS));
    expect(await timeout.reach(4_949)).toEqual(ok(4_949 + MARGIN_MS));
    expect(await timeout.reach(LONGEST_MS)).toEqual(ok(LONGEST_MS + MARGIN_MS));
    expect(link.left).toEqual([]);
  });

  test("of nearly nothing is not taken for one without end", async () => {
    const { link, timeout } = scriptedChip(set("01"), set("00"));
    await timeout.reach(0.1);
    expect(await timeout.reach(4_000)).toEqual(ok(4_000 + MARGIN_MS));
    expect(link.left).toEqual([]);
  });

  test("is left alone while it is long enough and not much longer, and reported as it is", async () => {
    const { link, timeout } = scriptedChip(set("0B"), set("09"));
    expect(await timeout.reach(100)).toEqual(ok(102.4 + MARGIN_MS));
    // The code before it would do.
    expect(await timeout.reach(30)).toEqual(ok(102.4 + MARGIN_MS));
    // The one before that would.
    expect(await timeout.reach(25.6)).toEqual(ok(25.6 + MARGIN_MS));
    expect(link.left).toEqual([]);
  });

  test("is what the start sets, once the chip was started again", async () => {
    const { link, timeout } = scriptedChip(set("0B"), set("0B"));
    await timeout.reach(100);
    timeout.wasReset();
    await timeout.reach(100);
    timeout.wasReset();
    expect(await timeout.reach(25.6)).toEqual(ok(25.6 + MARGIN_MS));
    expect(link.left).toEqual([]);
  });

  test("is not believed to be set where the chip did not answer", async () => {
    const { link, timeout } = scriptedChip(set("0B", "deaf"), set("0B"));
    expect(await timeout.reach(100)).toEqual(err({ kind: "reader", error: SILENT }));
    expect(await timeout.reach(100)).toMatchObject({ ok: true });
    expect(link.left).toEqual([]);
  });
});
