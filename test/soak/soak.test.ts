/**
 * Row 34 of the robustness matrix: simulated days with random faults of every kind, no stuck state, flat memory.
 * `SOAK_HOURS` hours of virtual time from seed `SOAK_SEED`; a short form by default. `SOAK_ENGINE` (firmware, software or unset)
 * has every process speak ISO-DEP so, which each draws otherwise.
 */
import process from "node:process";
import { expect, test } from "vitest";
import { HSU, I2C, SPI } from "../matrix/matrix.ts";
import { tell } from "../tell.ts";
import { engineNamed, engineTally } from "../world/engines.ts";
import { type SoakReport, soak } from "./soak.ts";

const SHORT_HOURS = 1;
const HOURS = Number(process.env["SOAK_HOURS"] ?? SHORT_HOURS);
/** In the short form of this one hardly a kind of fault is missing. */
const SEED = Number(process.env["SOAK_SEED"] ?? 2);
const ENGINE = engineNamed(process.env["SOAK_ENGINE"]);
/** The long form takes some minutes on an idle machine; a busy one must not fail it. */
const TIMEOUT_MS = 3 * 3_600_000;
/** In so many hours every kind of fault comes; a short run may miss some of the rare ones. */
const ALL_KINDS_HOURS = 24;
const MOST_KINDS = 0.9;
/** Fewer samples than this have a trend that is noise. */
const ENOUGH_SAMPLES = 36;
/** The middle of a third moves by a quarter of a megabyte either way, however long the run. */
const MOST_GROWTH_BYTES = 400_000;

test.each([SPI, I2C, HSU])(
  "row 34: $name, random faults of every kind: served again after each window, nothing stuck, memory flat",
  { timeout: TIMEOUT_MS },
  async (transport) => {
    const report = await soak(transport, { seed: SEED, hours: HOURS, engine: ENGINE });
    tell(`${transport.name}: ${describe(report)}`);
    const engine = ENGINE === undefined ? "" : `SOAK_ENGINE=${ENGINE} `;
    const replay = `${engine}SOAK_SEED=${SEED} SOAK_HOURS=${HOURS} npx vitest run test/soak -t ${transport.name}`;
    expect(report.violations, `replay with: ${replay}`).toEqual([]);
    expect(report.windows).toBe(Math.floor(HOURS * 6));
    // The card at the end of each window's faults, and the one in the quiet after it.
    expect(report.served).toBeGreaterThanOrEqual(2 * report.windows);
    expectTrouble(report);
    expect(report.heapBytes.length).toBeGreaterThanOrEqual(ENOUGH_SAMPLES);
    expect(growth(report)).toBeLessThan(MOST_GROWTH_BYTES);
  },
);

/** A soak without faults would prove nothing. */
function expectTrouble({ struck, incidents, restarts, windows }: SoakReport): void {
  const missed = [...struck].filter(([, count]) => count === 0).map(([kind]) => kind);
  const mostMissed = HOURS >= ALL_KINDS_HOURS ? 0 : Math.floor((1 - MOST_KINDS) * struck.size);
  expect(missed.length, `kinds that never struck: ${missed.join(", ")}`).toBeLessThanOrEqual(mostMissed);
  expect(Object.entries(incidents).filter(([, count]) => count === 0)).toEqual([]);
  expect(restarts).toBeGreaterThanOrEqual(windows);
}

/** What the last third of the samples has over the second, in the middle; the first is warming up. */
function growth({ heapBytes }: SoakReport): number {
  const third = Math.floor(heapBytes.length / 3);
  return median(heapBytes.slice(-third)) - median(heapBytes.slice(-2 * third, -third));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function describe(report: SoakReport): string {
  const { windows, served, restarts, struck, incidents, engines, longestDeafMs, heapBytes } = report;
  const counts = [...Object.entries(incidents), ...struck].map(([kind, count]) => `${kind} ${count}`);
  return [
    `${HOURS} h, ${windows} windows of faults, ${served} cards read, ${restarts} restarts`,
    engineTally(engines),
    `deaf for ${Math.round(longestDeafMs)} ms at most after a window`,
    `heap growth ${growth(report)} bytes in ${heapBytes.length} samples`,
    counts.join(", "),
  ].join("; ");
}
