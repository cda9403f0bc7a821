/**
 * The day of a match: crowds at six gates of two lanes, with every kind of document, attacker, fault and mistake. Nobody
 * passes who may not, nobody is refused without a reason. Short here; `MATCH_ARRIVALS` and `MATCH_SEEDS` make it long,
 * `MATCH_SEED` begins elsewhere, and `MATCH_ENGINE` (firmware, software or unset) has all readers speak ISO-DEP so, which each
 * seed draws otherwise.
 */
import process from "node:process";
import { describe, expect, test } from "vitest";
import { engineNamed, engineTally, engineWords } from "./engines.ts";
import { type MatchReport, playMatch } from "./match.ts";
import type { MatchDefect } from "./match-defects.ts";
import { figureLines } from "./match-figures.ts";
import { KINDS } from "./match-kinds.ts";

const ARRIVALS = Number(process.env["MATCH_ARRIVALS"] ?? 200);
const SEEDS = Number(process.env["MATCH_SEEDS"] ?? 1);
const FIRST_SEED = Number(process.env["MATCH_SEED"] ?? 1);
const ENGINE = engineNamed(process.env["MATCH_ENGINE"]);
/** A day of so many is a long one. */
const LONG_DAY = 10_000;
const OFTEN = 20;
/** At the first gate of this seed are strangers, forgers and guessers of both kinds. */
const OF_DEFECTS = { seed: 242, arrivals: 90, gates: 1 } as const;
/** A second for a presentation is ten times what one takes. */
const TIMEOUT_MS = 120_000 + ARRIVALS * 1_000;
const STORIES_TOLD = 5;
const EVENTS_TOLD = 15;
const AFTERMATH_MS = 2_000;

const seeds = Array.from({ length: SEEDS }, (_, index) => FIRST_SEED + index);

/** What a person needs to understand a violation, and to see it again. */
function story({ seed, engines, violations, diaries }: MatchReport): string {
  const told = violations.slice(0, STORIES_TOLD).map(({ gate, atMs, invariant, what }) => {
    const before = (diaries.get(gate) ?? []).filter((entry) => entry.atMs <= atMs + AFTERMATH_MS);
    const lines = before.slice(-EVENTS_TOLD).map((entry) => `    ${seconds(entry.atMs)} ${entry.what}`);
    const by = engineWords(engines[gate - 1] ?? []);
    return [`  gate ${gate} (${by}), ${seconds(atMs)} ${invariant}: ${what}`, ...lines].join("\n");
  });
  const engine = ENGINE === undefined ? "" : `MATCH_ENGINE=${ENGINE} `;
  const again = `${engine}MATCH_SEED=${seed} MATCH_SEEDS=1 MATCH_ARRIVALS=${ARRIVALS} npx vitest run test/world/match.test.ts`;
  return [`seed ${seed}: ${violations.length} violations`, ...told, `replay it with: ${again}`].join("\n");
}

/** At once, since a long run may be cut short. */
function tell({ seed, engines, visits, calm, kills, faults, violations, figures }: MatchReport): void {
  process.stdout.write(
    `match day of seed ${seed}: ${visits} visits (${calm} undisturbed), ${kills} kills, ${faults} strikes of faults, ` +
      `${violations.length} violations\n  ${engineTally(engines.flat())}\n${figureLines(figures).join("\n")}\n`,
  );
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(3)} s`;

describe("a match day", () => {
  const reports: MatchReport[] = [];

  test.each(seeds)(
    "of seed %i: nobody passes wrongly, nobody is refused without a reason",
    {
      timeout: TIMEOUT_MS,
    },
    async (seed) => {
      const report = await playMatch({ seed, arrivals: ARRIVALS, engine: ENGINE });
      reports.push(report);
      tell(report);
      if (report.violations.length > 0) expect.fail(story(report));
      expect(report.calm).toBeGreaterThan(report.visits / 2);
      expect(report.kills).toBeGreaterThan(0);
      expect(report.faults).toBeGreaterThan(0);
    },
  );

  test("is one of all kinds of people, who each got an answer", () => {
    const told = reports.flatMap(({ answers }) => [...answers.keys()]);
    const silent = KINDS.filter(({ name }) => !told.some((answer) => answer.startsWith(`${name}:`)));
    expect(silent.map(({ name }) => name)).toEqual(["leaves digits behind"]);
  });

  test("sees each kind often, if it is a long one", () => {
    const rare = KINDS.filter(({ share }) => (share * ARRIVALS) / 10_000 < OFTEN).map(({ name }) => name);
    expect(ARRIVALS >= LONG_DAY ? rare : []).toEqual([]);
  });
});

describe("a planted defect is found", () => {
  test.each<[MatchDefect, string]>([
    ["strangerGranted", "grantsAreDue"],
    ["forgeryGranted", "grantsAreDue"],
    ["guessesForgotten", "guessersAreBlocked"],
    ["refusedWithoutReason", "refusalsHaveReasons"],
    ["silentForgery", "forgeriesRaiseAlarms"],
  ])("%s, by %s", { timeout: TIMEOUT_MS }, async (defect, invariant) => {
    const { violations } = await playMatch({ ...OF_DEFECTS, defect });
    expect(violations.map((violation) => violation.invariant)).toContain(invariant);
  });
});

test("the seed is the whole story", { timeout: TIMEOUT_MS }, async () => {
  const once = await playMatch(OF_DEFECTS);
  expect(once.violations).toEqual([]);
  expect(await playMatch(OF_DEFECTS)).toEqual(once);
});
