/**
 * Row 34 of the robustness matrix: simulated days with random faults of every kind, no stuck state, flat memory.
 * `SOAK_HOURS` hours of virtual time from seed `SOAK_SEED`; a short form by default.
 */
import process from "node:process";
import { expect, test } from "vitest";
import { HSU, I2C, SPI } from "../matrix/matrix.ts";
import { type SoakReport, soak } from "./soak.ts";

const SHORT_HOURS = 1;
const HOURS = Number(process.env["SOAK_HOURS"] ?? SHORT_HOURS);
const SEED = Number(process.env["SOAK_SEED"] ?? 1);
/** The long form takes some minutes on an idle machine; a busy one must not fail it. */
const TIMEOUT_MS = 3 * 3_600_000;
/** More samples than this and a trend can be told from noise. */
const ENOUGH_SAMPLES = 12;
const MOST_GROWTH_BYTES = 1_000_000;

test.each([SPI, I2C, HSU])(
  "row 34: $name, random faults of every kind: served again after each window, nothing stuck, memory flat",
  { timeout: TIMEOUT_MS },
  async (transport) => {
    const report = await soak(transport, { seed: SEED, hours: HOURS });
    process.stdout.write(`${transport.name}: ${describe(report)}\n`);
    const replay = `SOAK_SEED=${SEED} SOAK_HOURS=${HOURS} npx vitest run test/soak -t ${transport.name}`;
    expect(report.violations, `replay with: ${replay}`).toEqual([]);
    expect(report.windows).toBe(Math.floor(HOURS * 6));
    expect(report.served).toBeGreaterThanOrEqual(report.windows);
    expect(growth(report)).toBeLessThan(MOST_GROWTH_BYTES);
  },
);

/** What the last third of the samples has over the second, on average; the first is warming up. */
function growth({ heapBytes }: SoakReport): number {
  if (heapBytes.length < ENOUGH_SAMPLES) return 0;
  const third = Math.floor(heapBytes.length / 3);
  return mean(heapBytes.slice(-third)) - mean(heapBytes.slice(-2 * third, -third));
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function describe(report: SoakReport): string {
  const { windows, served, failures, struck } = report;
  const strikes = [...struck].filter(([, count]) => count > 0).map(([kind, count]) => `${kind} ${count}`);
  return `${HOURS} h, ${windows} windows of faults, ${served} cards read, ${failures} starts, heap growth ${growth(report)} bytes; ${strikes.join(", ")}`;
}
