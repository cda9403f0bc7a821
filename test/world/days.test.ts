/**
 * Simulated days: whole gates under random faults, judged from outside. `SIM_SEEDS` days of `SIM_HOURS` hours
 * from seed `SIM_SEED` on; by default a few short ones. `SIM_SHARED_SEEDS` and `SIM_CHIP_SEEDS` are those of days where
 * readers share a field and where chips prove themselves. `SIM_ENGINE` (firmware, software or unset) has all readers speak
 * ISO-DEP so, which each seed draws otherwise. A day that fails prints the command that replays it.
 */
import process from "node:process";
import { afterAll, describe, expect, test } from "vitest";
import type { Violation } from "./day-record.ts";
import type { Defect } from "./defects.ts";
import { engineNamed, engineTally, engineWords } from "./engines.ts";
import { type DayReport, simulate } from "./simulate.ts";
import { FAULTS } from "./swarm.ts";

const FULL_DAY_HOURS = 9;
const numberFrom = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
const FIRST_SEED = numberFrom("SIM_SEED", 1);
const SEEDS = numberFrom("SIM_SEEDS", 2);
const HOURS = numberFrom("SIM_HOURS", process.env["SIM_SEEDS"] === undefined ? 0.5 : FULL_DAY_HOURS);
/** Readers that take turns are lived through round by round, which takes twenty times as long. */
const SHARED_HOURS = numberFrom("SIM_SHARED_HOURS", 0.15);
const SHARED_SEEDS = numberFrom("SIM_SHARED_SEEDS", 2);
/** Each minute of a day with chips sees as much as six of another. */
const CHIP_HOURS = numberFrom("SIM_CHIP_HOURS", 0.25);
const CHIP_SEEDS = numberFrom("SIM_CHIP_SEEDS", 2);
const CHIP_DEFECT_HOURS = 0.25;
/** Of days that are lived twice to be compared. */
const COMPARED_HOURS = 0.25;
/** Of days with a planted defect; it is found on one of the first. */
const DEFECT_HOURS = 0.5;
/** So many days that each fault has struck in one of them. */
const ENOUGH_FOR_ALL_FAULTS = 50;
const ENGINE = engineNamed(process.env["SIM_ENGINE"]);
/** A day takes half a minute on an idle machine; a busy or sleeping one must not fail it. */
const DAY_TIMEOUT_MS = 3_600_000;
const MAX_DEFECT_SEEDS = 20;
const EVENTS_TOLD = 25;
/** An answer that did not come is missed only afterwards. */
const AFTERMATH_MS = 1_000;
const VIOLATIONS_TOLD = 5;

const seeds = Array.from({ length: SEEDS }, (_, index) => FIRST_SEED + index);

const clockTime = (atMs: number): string => {
  const [hours, minutes, seconds] = [6 + atMs / 3_600_000, (atMs / 60_000) % 60, (atMs / 1_000) % 60];
  return `${Math.floor(hours)}:${String(Math.floor(minutes)).padStart(2, "0")}:${seconds.toFixed(3).padStart(6, "0")}`;
};

/** All that is needed to understand a failure, and the command that shows it again. */
function story(report: DayReport, again: string): string {
  const told = report.violations.slice(0, VIOLATIONS_TOLD).map((violation) => chapter(violation, report));
  const engine = ENGINE === undefined ? "" : `SIM_ENGINE=${ENGINE} `;
  const replay = `SIM_SEED=${report.seed} ${engine}${again}`;
  return [
    `seed ${report.seed} (${engineWords(report.engines)}): ${report.violations.length} violations`,
    ...told,
    `replay it with: ${replay}`,
  ].join("\n");
}

function chapter({ invariant, atMs, what }: Violation, { diary }: DayReport): string {
  const before = diary.filter((entry) => entry.atMs <= atMs + AFTERMATH_MS).slice(-EVENTS_TOLD);
  const lines = before.map((entry) => `    ${clockTime(entry.atMs)} ${entry.what}`);
  return [`  ${clockTime(atMs)} ${invariant}: ${what}`, ...lines].join("\n");
}

describe("every invariant holds", () => {
  const reports: DayReport[] = [];

  test.each(seeds)("over the day of seed %i", { timeout: DAY_TIMEOUT_MS }, async (seed) => {
    const report = await simulate({ seed, hours: HOURS, engine: ENGINE });
    reports.push(report);
    const again = `SIM_SEEDS=1 SIM_HOURS=${HOURS} npx vitest run test/world/days.test.ts -t "day of seed"`;
    if (report.violations.length > 0) expect.fail(story(report, again));
    expect(report.presentations).toBeGreaterThanOrEqual(HOURS === FULL_DAY_HOURS ? 300 : 1);
  });

  test("and on those days somebody came undisturbed, was granted, and was denied", () => {
    for (const count of ["calm", "granted", "denied"] as const)
      expect({ count, isThere: sum(reports, (report) => report[count]) > 0 }).toEqual({
        count,
        isThere: true,
      });
  });

  test("and each fault has struck on one of the days, when there were enough of them", () => {
    const idle = FAULTS.filter((fault) => sum(reports, (report) => report.faults.get(fault) ?? 0) === 0);
    expect(SEEDS >= ENOUGH_FOR_ALL_FAULTS ? idle : []).toEqual([]);
  });

  afterAll(() => {
    const total = (of: (report: DayReport) => number): string => String(sum(reports, of));
    const faults = FAULTS.map((fault) => `${fault} ${total((report) => report.faults.get(fault) ?? 0)}`);
    process.stdout.write(
      `${reports.length} days of ${HOURS} hours from seed ${FIRST_SEED}: ${total((r) => r.presentations)} presentations ` +
        `(${total((r) => r.calm)} undisturbed), ${total((r) => r.granted)} granted, ${total((r) => r.denied)} denied, ` +
        `${total((r) => r.kills)} kills, ${total((r) => r.violations.length)} violations\n${enginesOn(reports)}\n` +
        `faults: ${faults.join(", ")}\n`,
    );
  });
});

describe("where the readers of two lanes or more see the same cards", () => {
  const shared = Array.from({ length: SHARED_SEEDS }, (_, index) => FIRST_SEED + index);
  const reports: DayReport[] = [];

  test.each(shared)(
    "every invariant holds over the morning of seed %i",
    { timeout: DAY_TIMEOUT_MS },
    async (seed) => {
      const report = await simulate({ seed, hours: SHARED_HOURS, fields: "shared", engine: ENGINE });
      reports.push(report);
      const again = `SIM_SHARED_SEEDS=1 SIM_SHARED_HOURS=${SHARED_HOURS} npx vitest run test/world/days.test.ts -t "morning of seed"`;
      if (report.violations.length > 0) expect.fail(story(report, again));
      expect(report.granted).toBeGreaterThan(0);
    },
  );

  test("a defect is found there, too", { timeout: DAY_TIMEOUT_MS }, async () => {
    for (let seed = 1; seed <= MAX_DEFECT_SEEDS; seed++) {
      const day = { seed, hours: SHARED_HOURS, fields: "shared", defect: "doubleGrant" } as const;
      const { violations } = await simulate(day);
      if (violations.some(({ invariant }) => invariant === "oneGrantPerPresentation")) return;
    }
    expect.fail(`${MAX_DEFECT_SEEDS} seeds did not find doubleGrant`);
  });

  afterAll(() => {
    const total = (of: (report: DayReport) => number): string => String(sum(reports, of));
    process.stdout.write(
      `${reports.length} mornings of ${SHARED_HOURS} hours at shared fields: ${total((r) => r.presentations)} presentations ` +
        `(${total((r) => r.calm)} undisturbed), ${total((r) => r.granted)} granted, ${total((r) => r.kills)} kills\n` +
        `${enginesOn(reports)}\n`,
    );
  });
});

describe("where chips prove themselves, and copies of them are shown", () => {
  const chips = Array.from({ length: CHIP_SEEDS }, (_, index) => FIRST_SEED + index);
  const reports: DayReport[] = [];

  test.each(chips)(
    "every invariant holds over the chip day of seed %i",
    { timeout: DAY_TIMEOUT_MS },
    async (seed) => {
      const report = await simulate({ seed, hours: CHIP_HOURS, proof: "chips", engine: ENGINE });
      reports.push(report);
      const again = `SIM_CHIP_SEEDS=1 SIM_CHIP_HOURS=${CHIP_HOURS} npx vitest run test/world/days.test.ts -t "chip day of seed"`;
      if (report.violations.length > 0) expect.fail(story(report, again));
      expect(report.attackersDenied).toBeGreaterThan(0);
    },
  );

  test("and on those days members came undisturbed, were enrolled and granted, and processes were killed", () => {
    for (const count of ["calm", "pinned", "granted", "kills"] as const)
      expect({ count, isThere: sum(reports, (report) => report[count]) > 0 }).toEqual({
        count,
        isThere: true,
      });
  });

  test.each<[Defect, string]>([
    ["repeatedChallenge", "attackersStayOut"],
    ["silentAlarm", "attackersRaiseAlarms"],
    ["wrongKeyPinned", "alarmsAreDeserved"],
    ["wrongKeyPinned", "pinsAreTrue"],
    ["forgottenPin", "pinsAreTrue"],
    ["forgottenPin", "attackersStayOut"],
    ["lostPins", "pinsStay"],
    ["noTrust", "calmIsAnswered"],
  ])("%s is found, by %s", { timeout: DAY_TIMEOUT_MS }, async (defect, invariant) => {
    for (let seed = 1; seed <= MAX_DEFECT_SEEDS; seed++) {
      const { violations } = await chipHour(seed, defect);
      if (violations.some((violation) => violation.invariant === invariant)) return;
    }
    expect.fail(`${MAX_DEFECT_SEEDS} seeds did not find ${defect}`);
  });

  afterAll(() => {
    const total = (of: (report: DayReport) => number): string => String(sum(reports, of));
    process.stdout.write(
      `${reports.length} chip days of ${CHIP_HOURS} hours from seed ${FIRST_SEED}: ${total((r) => r.presentations)} presentations ` +
        `(${total((r) => r.calm)} undisturbed), ${total((r) => r.granted)} granted, ${total((r) => r.denied)} denied, ` +
        `${total((r) => r.pinned)} chips pinned, attackers ${total((r) => r.attackersDenied)} refused and ` +
        `${total((r) => r.attackersGranted)} granted by number, ${total((r) => r.kills)} kills, ` +
        `${total((r) => r.violations.length)} violations\n${enginesOn(reports)}\n`,
    );
  });
});

const enginesOn = (reports: readonly DayReport[]): string =>
  engineTally(reports.flatMap(({ engines }) => engines));

/** As a gate with the defect lives it; more than one invariant may have to find it. */
function chipHour(seed: number, defect: Defect): Promise<DayReport> {
  const name = `${defect} ${seed}`;
  const hour = chipHours.get(name) ?? simulate({ seed, hours: CHIP_DEFECT_HOURS, proof: "chips", defect });
  chipHours.set(name, hour);
  return hour;
}

const chipHours = new Map<string, Promise<DayReport>>();

const sum = (reports: readonly DayReport[], of: (report: DayReport) => number): number =>
  reports.reduce((total, report) => total + of(report), 0);

/** A quarter of an hour as the sound gate lives it; several tests compare with it. */
function soundDay(seed: number): Promise<DayReport> {
  const known = soundDays.get(seed);
  if (known !== undefined) return known;
  const hour = simulate({ seed, hours: COMPARED_HOURS });
  soundDays.set(seed, hour);
  return hour;
}

const soundDays = new Map<number, Promise<DayReport>>();

describe("the seed is the whole story", () => {
  test("two runs write the same journal to the byte", { timeout: DAY_TIMEOUT_MS }, async () => {
    const once = await soundDay(1);
    const again = await simulate({ seed: 1, hours: COMPARED_HOURS });
    expect(once.journal.split("\n").length).toBeGreaterThan(10);
    expect(again.journal).toBe(once.journal);
  });
});

describe("idle polls skipped by arithmetic", () => {
  // Seed 1 has fault after fault, 8 two lanes, 9 kills.
  test.each([1, 8, 9])("leave the day of seed %i as it was", { timeout: DAY_TIMEOUT_MS }, async (seed) => {
    const skipped = await soundDay(seed);
    const lived = await simulate({ seed, hours: COMPARED_HOURS, idlePolls: "lived" });
    expect(skipped.journal).toBe(lived.journal);
    expect(skipped).toEqual(lived);
  });
});

describe("a planted defect is found", () => {
  test.each<[Defect, string]>([
    ["relayBeforeCommit", "relayFollowsCommit"],
    ["doubleGrant", "oneGrantPerPresentation"],
    ["lostEvent", "everyRowArrives"],
  ])("%s, by %s", { timeout: DAY_TIMEOUT_MS }, async (defect, invariant) => {
    for (let seed = 1; seed <= MAX_DEFECT_SEEDS; seed++) {
      const { violations } = await simulate({ seed, hours: DEFECT_HOURS, defect });
      if (!violations.some((violation) => violation.invariant === invariant)) continue;
      expect((await simulate({ seed, hours: DEFECT_HOURS })).violations).toEqual([]);
      return;
    }
    expect.fail(`${MAX_DEFECT_SEEDS} seeds did not find ${defect}`);
  });
});
