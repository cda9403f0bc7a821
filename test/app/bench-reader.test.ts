// The set-up of a measurement: bounded in time, and nothing of it is left behind when it fails.
import { mkdtempSync, readdirSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { openBenchReader } from "../../src/app/bench/bench-reader.ts";
import { findCard } from "../../src/app/bench/find-card.ts";
import { latenessNote } from "../../src/app/bench/lateness.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { ok } from "../../src/result.ts";
import { instant, millis } from "../../src/time/time.ts";

/** A clock that sleeps through in no time. */
function hastyClock(): Clock & { pass(durationMs: number): void } {
  let nowMs = 0;
  const pass = (durationMs: number): void => {
    nowMs += durationMs;
  };
  return {
    pass,
    monotonicMs: () => millis(nowMs),
    wallTime: () => instant(0),
    sleep: async (durationMs) => pass(durationMs),
  };
}

test("a board that does not start leaves no folder", async () => {
  const folder = mkdtempSync(join(tmpdir(), "varco-bench-test-"));
  vi.stubEnv("TMPDIR", folder);
  try {
    // Run from its sources, the program has no compiled entry point to start a board from.
    const opening = openBenchReader(hastyClock(), { laneBus: { bus: "spi" }, irq: "wired" });
    await expect(opening).rejects.toThrow("the virtual board did not start");
  } finally {
    vi.unstubAllEnvs();
  }
  expect(readdirSync(folder)).toEqual([]);
  rmdirSync(folder);
});

test("a card that is never found ends the measurement", async () => {
  const clock = hastyClock();
  const poll = async () => {
    clock.pass(500);
    return ok(undefined);
  };
  await expect(findCard({ poll }, clock, 3_000)).rejects.toThrow("no card was found within 3000 ms");
  expect(clock.monotonicMs()).toBe(3_000);
});

test.each([
  { p99Ms: 0.2, isVoid: false },
  { p99Ms: 0.205, isVoid: true },
  { p99Ms: Number.NaN, isVoid: true },
])("a board that woke $p99Ms ms late makes figures void: $isVoid", ({ p99Ms, isVoid }) => {
  expect(latenessNote(p99Ms).includes("VOID")).toBe(isVoid);
});
