import { describe, expect, test } from "vitest";
import { RecoveryLadder } from "../../../drivers/pn532/recovery.ts";
import type { ReaderError } from "../../../src/ports/card.ts";
import { millis } from "../../../src/time/time.ts";

const SILENT: ReaderError = { kind: "chipSilent", remedy: "wire it" };
const BUS: ReaderError = { kind: "bus", error: { kind: "busFailed", node: "/dev/spidev0.0" } };
const HOT: ReaderError = { kind: "chipProtection", cause: "overTemperature" };

const ladder = (parts: { hasReset?: boolean; canReopen?: boolean } = {}) =>
  new RecoveryLadder({ hasReset: true, canReopen: true, ...parts });

const steps = (from: RecoveryLadder, atMs: number) => {
  const plan = from.plan(millis(atMs));
  return plan.kind === "recover" ? plan.steps : plan.kind;
};

describe("the steps of recovery", () => {
  test("are none before a failure", () => {
    expect(steps(ladder(), 0)).toBe("cold");
  });

  test("begin with the least", () => {
    const one = ladder();
    one.failed(SILENT, millis(1_000));
    expect(steps(one, 1_001)).toEqual(["reconfigure", "reset", "reopen"]);
  });

  test.each([
    [{ hasReset: false }, ["reconfigure", "reopen"]],
    [{ canReopen: false }, ["reconfigure", "reset"]],
    [{ hasReset: false, canReopen: false }, ["reconfigure"]],
  ])("are those that the wiring allows: %j", (parts, expected) => {
    const one = ladder(parts);
    one.failed(SILENT, millis(0));
    expect(steps(one, 1)).toEqual(expected);
  });

  test("go on above the one that helped when it fails again within a minute, and end at the last", () => {
    const one = ladder();
    one.failed(SILENT, millis(0));
    one.recovered("reconfigure", millis(10));
    one.failed(SILENT, millis(5_000));
    expect(steps(one, 5_001)).toEqual(["reset", "reopen"]);
    one.recovered("reset", millis(5_010));
    one.failed(SILENT, millis(6_000));
    expect(steps(one, 6_001)).toEqual(["reopen"]);
    one.recovered("reopen", millis(6_010));
    one.failed(SILENT, millis(7_000));
    expect(steps(one, 7_001)).toEqual(["reopen"]);
    expect(one.counts).toEqual({ reconfigure: 1, reset: 1, reopen: 1 });
  });

  test("begin anew after a minute without a failure", () => {
    const one = ladder();
    one.failed(SILENT, millis(0));
    one.recovered("reset", millis(10));
    one.failed(SILENT, millis(60_010));
    expect(steps(one, 60_011)).toEqual(["reconfigure", "reset", "reopen"]);
  });

  test("of a node that fails transfers are to open it again", () => {
    const one = ladder();
    one.failed(BUS, millis(0));
    expect(steps(one, 1)).toEqual(["reopen"]);
    const without = ladder({ canReopen: false });
    without.failed(BUS, millis(0));
    expect(steps(without, 1)).toEqual(["reconfigure", "reset"]);
  });

  test("wait until a hot chip has cooled, as long as it is the first thing that went wrong", () => {
    const one = ladder();
    one.failed(HOT, millis(1_000));
    one.failed(SILENT, millis(1_001));
    expect(one.plan(millis(10_999))).toEqual({ kind: "refuse", error: HOT });
    expect(steps(one, 11_000)).toEqual(["reconfigure", "reset", "reopen"]);
  });
});
