// Which engine reads at which lane of a simulated day: told by the seed alone, and apart from everything else that it tells.
import { describe, expect, test } from "vitest";
import { Day } from "./day.ts";
import { type Engine, engineNamed, enginesAt, enginesOf, engineTally, engineWords } from "./engines.ts";

const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);
const LANES = 4;

const drawn = (seed: number, all?: Engine): readonly Engine[] => {
  const next = enginesOf(seed, all);
  return Array.from({ length: LANES }, () => next());
};

describe("the engines of a seed", () => {
  test("are the same each time, and differ from seed to seed and from lane to lane", () => {
    for (const seed of SEEDS) expect(drawn(seed)).toEqual(drawn(seed));
    expect(new Set(SEEDS.map((seed) => drawn(seed)[0])).size).toBe(3);
    expect(SEEDS.some((seed) => new Set(drawn(seed)).size === 3)).toBe(true);
  });

  test("are one and the same where that is asked for", () => {
    expect(drawn(1, "firmware")).toEqual(Array.from({ length: LANES }, () => "firmware"));
  });

  test("are told in words, and counted", () => {
    expect(engineWords(["software", "unset"])).toBe("lane 1 software, lane 2 unset");
    expect(engineTally(["software", "unset", "software"])).toBe("engines: software 2, firmware 0, unset 1");
  });

  test("can be named from outside, by their names alone", () => {
    expect([engineNamed(undefined), engineNamed("firmware")]).toEqual([undefined, "firmware"]);
    expect(() => engineNamed("hardware")).toThrow("no engine hardware");
  });
});

describe("the day of a seed", () => {
  /** What is drawn before it begins. */
  function planOf(seed: number, engine?: Engine) {
    const day = new Day({ seed, hours: 0.1, engine });
    const { doors, windows, casts } = day;
    const plan = {
      lanes: doors.map(({ id, reader: { bus, node } }) => ({ id, bus, node })),
      windows,
      cards: casts.map((cast) => cast.map(({ name, nis }) => [name, nis])),
    };
    const engines = enginesAt(day.world.config.doors);
    day.remove();
    return { plan, engines };
  }

  test("has its engines in the gate's configuration", () => {
    for (const seed of SEEDS.slice(0, 5)) {
      const { engines } = planOf(seed);
      expect(engines).toEqual(drawn(seed).slice(0, engines.length));
    }
  });

  test("is the same for the rest, whatever engines it has", () => {
    for (const seed of SEEDS.slice(0, 5)) {
      const { plan, engines } = planOf(seed, "unset");
      expect(new Set(engines)).toEqual(new Set(["unset"]));
      expect(planOf(seed).plan).toEqual(plan);
    }
  });
});
