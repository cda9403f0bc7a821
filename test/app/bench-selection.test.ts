// `varco bench --only`: one figure by its name, or all whose names begin so; anything else is wrong usage.
import { describe, expect, test } from "vitest";
import { benchCommand } from "../../src/app/bench/bench.ts";
import { selectNames } from "../../src/app/bench/selection.ts";
import { commandWorld } from "./command-world.ts";
import { containing } from "./matchers.ts";

const NAMES = ["tap.identifier", "tap.identifier.host", "tap.wait.p50", "round.spi.irq", "round.spi.poll"];

describe("selection", () => {
  test.each([
    ["tap.identifier", ["tap.identifier"]],
    ["round.spi", ["round.spi.irq", "round.spi.poll"]],
    ["tap.", ["tap.identifier", "tap.identifier.host", "tap.wait.p50"]],
    ["", NAMES],
    ["tap.identifier.host.p99", []],
    ["nonsense", []],
  ])("%j", (only, chosen) => {
    expect(selectNames(NAMES, only)).toEqual(chosen);
  });
});

describe("the command", () => {
  test("refuses what names no figure, and lists the names", async () => {
    const world = await commandWorld();
    const { exit, out, err } = await world.run(benchCommand, { texts: { only: "nonsense" } });
    expect({ exit, out }).toEqual({ exit: 2, out: [] });
    for (const name of ["tap.identifier", "command.roundTrip.spi.irq", "read20k.firmware424.ext", "rss.idle"])
      expect(err).toEqual([containing(name)]);
  });

  test("measures what a prefix names", async () => {
    const world = await commandWorld();
    const texts = { only: "journal." };
    const { exit, out } = await world.run(benchCommand, { texts, flags: new Set(["short", "json"]) });
    expect(exit).toBe(0);
    expect(out.map((line) => (JSON.parse(line) as { name: string }).name)).toEqual([
      "journal.rate",
      "journal.wait.p99",
    ]);
  });
});
