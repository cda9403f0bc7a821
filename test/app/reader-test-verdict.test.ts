// What line tests at rising speeds say about the configured one: when it is good, when there is a better one, and
// when the speed is not what is wrong.
import { describe, expect, test } from "vitest";
import { remedyForDelay, remedyForErrors } from "../../src/app/commands/reader-test-remedies.ts";
import { judgeSpeeds, type SpeedTrials, type Trial } from "../../src/app/commands/reader-test-verdict.ts";
import { containing } from "./matchers.ts";

const MHZ = 1_000_000;
const spi = (clockHz: number) => ({ bus: "spi", node: "/dev/spidev0.0", clockHz }) as const;
const hsu = (baud: 115_200 | 230_400 | 921_600) => ({ bus: "hsu", node: "/dev/ttyAMA0", baud }) as const;
const clean = (...speeds: readonly number[]): readonly Trial[] =>
  speeds.map((speed) => ({ speed, outcome: "clean" }));
const errors = (speed: number): Trial => ({ speed, outcome: "errors" });
const silent = (speed: number, isBack = true): Trial => ({ speed, outcome: "silent", isBack });
const untried = (speed: number): Trial => ({
  speed,
  outcome: "untried",
  error: { kind: "bus", error: { kind: "busFailed", node: "/dev/spidev0.0" } },
});
const judge = (
  reader: SpeedTrials["reader"],
  trials: readonly Trial[],
  line: "lineIsClean" | "lineErred" = "lineIsClean",
) => judgeSpeeds({ reader, trials, lineErred: line === "lineErred" });

describe("the margin: a speed is proposed one step below the fastest clean one", () => {
  test.each([
    [
      spi(2 * MHZ),
      [...clean(MHZ, 2 * MHZ, 3 * MHZ), errors(4 * MHZ)],
      "ok",
      "up to 3 MHz; with a margin: clockHz: 2000000",
    ],
    [
      spi(1.9 * MHZ),
      [...clean(MHZ, 1.9 * MHZ, 2 * MHZ), errors(3 * MHZ)],
      "warn",
      "with a margin: clockHz: 1000000",
    ],
    [hsu(115_200), clean(115_200, 230_400, 460_800, 921_600), "ok", "with a margin: baud: 460800"],
    [hsu(115_200), [...clean(115_200, 230_400), errors(460_800)], "ok", "with a margin: baud: 115200"],
  ] as const)("%o", (reader, trials, status, found) => {
    expect(judge(reader, trials)).toMatchObject({ status, found: containing(found) });
  });

  test("a configured speed without a margin is to be lowered", () => {
    expect(judge(spi(2 * MHZ), [...clean(MHZ, 2 * MHZ), errors(3 * MHZ)])).toMatchObject({
      status: "warn",
      remedy: "set clockHz: 1000000 (it is 2000000)",
    });
    expect(judge(hsu(921_600), clean(115_200, 230_400, 460_800, 921_600))).toMatchObject({
      status: "warn",
      remedy: "set baud: 460800 (it is 921600)",
    });
  });

  test("one that errs is to be lowered to one that is clean", () => {
    expect(judge(hsu(230_400), [...clean(115_200), errors(230_400)], "lineErred")).toMatchObject({
      status: "warn",
      remedy: "set baud: 115200 (it is 230400)",
    });
  });

  test("below the slowest there is none: the wires are to be mended, but the reader works", () => {
    expect(judge(spi(MHZ), [...clean(MHZ), errors(2 * MHZ)])).toMatchObject({
      status: "warn",
      remedy: "shorten the wires, check the ground wire",
    });
  });
});

describe("errors", () => {
  test("at the slowest speed and in the line test fail", () => {
    expect(judge(spi(2 * MHZ), [errors(MHZ)], "lineErred")).toMatchObject({
      status: "fail",
      found: "errors at 1 MHz already",
    });
    expect(judge(hsu(115_200), [errors(115_200)]).status).toBe("fail");
  });

  test("at a slower speed than the configured one, which had none, are a doubt", () => {
    expect(judge(spi(2 * MHZ), [errors(MHZ)]).status).toBe("warn");
  });

  test("in the line test alone: no speed from the configured one on is proposed", () => {
    const found = judge(hsu(115_200), clean(115_200, 230_400, 460_800, 921_600), "lineErred");
    expect(found).toMatchObject({ status: "warn", remedy: containing("shorten the wires") });
    expect(JSON.stringify(found)).not.toContain("baud:");
    expect(judge(spi(3 * MHZ), clean(MHZ, 2 * MHZ, 3 * MHZ, 4 * MHZ), "lineErred")).toMatchObject({
      status: "warn",
      remedy: "set clockHz: 1000000 (it is 3000000)",
    });
  });
});

describe("a chip that fell silent", () => {
  test("at the configured speed or a slower one hangs", () => {
    expect(judge(spi(2 * MHZ), [...clean(MHZ), silent(2 * MHZ)])).toMatchObject({
      status: "fail",
      found: "the chip fell silent at 2 MHz",
      remedy: containing("wire RSTPD_N"),
    });
  });

  test("and did not come back fails at any speed", () => {
    expect(judge(spi(MHZ), [...clean(MHZ, 2 * MHZ), silent(3 * MHZ, false)])).toMatchObject({
      status: "fail",
      found: "the chip fell silent at 3 MHz and does not come back",
    });
  });

  test("above the configured speed is told, with the speed to stay below", () => {
    expect(judge(spi(MHZ), [...clean(MHZ, 2 * MHZ), silent(3 * MHZ)])).toMatchObject({
      status: "warn",
      found: "no error up to 2 MHz; the chip fell silent at 3 MHz; with a margin: clockHz: 1000000",
      remedy: containing("leave clockHz below 3000000"),
    });
  });
});

describe("a speed that could not be tried", () => {
  test("is no error of the wires", () => {
    expect(judge(hsu(115_200), [...clean(115_200), untried(230_400)])).toMatchObject({
      status: "ok",
      found: containing("230400 bit/s could not be tried"),
    });
  });

  test("at first leaves nothing to judge by but its own error", () => {
    expect(judge(spi(2 * MHZ), [untried(MHZ)])).toMatchObject({
      status: "fail",
      found: containing("a transfer on /dev/spidev0.0 failed"),
    });
  });
});

describe("remedies fit the bus", () => {
  test("the slowest serial line is not told to be slower", () => {
    expect(remedyForErrors(hsu(115_200))).not.toContain("lower baud");
    expect(remedyForErrors(hsu(230_400))).toContain("lower baud");
  });

  test("the interrupt line is named where there is one", () => {
    expect(remedyForDelay(hsu(115_200))).not.toContain("interrupt");
    expect(remedyForDelay(spi(MHZ))).not.toContain("interrupt");
    expect(remedyForDelay({ ...spi(MHZ), irqLine: 25 })).toContain("interrupt");
  });
});
