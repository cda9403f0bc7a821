import { expect, test } from "vitest";
import { Degradation } from "../../../drivers/pn532/degradation.ts";
import { type Log, silentLog } from "../../../src/ports/log.ts";

/** What the log was told after polls that ended with these conditions; `check-up` is one. */
function told(...events: readonly (readonly string[] | "check-up")[]): readonly unknown[] {
  const lines: unknown[] = [];
  const log: Log = { ...silentLog, warn: (_, fields) => lines.push(fields?.["degraded"]) };
  let present: readonly string[] = [];
  const degradation = new Degradation({ link: { degraded: () => present }, log });
  degradation.toldAtStart();
  for (const event of events) {
    if (event === "check-up") {
      degradation.tell();
      continue;
    }
    present = event;
    degradation.tellWorse();
  }
  return lines;
}

test("what two polls in a row ended with is told once", () => {
  expect(told([], ["slow"], ["slow"], ["slow"], "check-up")).toEqual(["slow"]);
});

test("what was over after one poll is not", () => {
  expect(told(["slow"], [], ["slow"], [])).toEqual([]);
});

test("that it is over is told at a check-up", () => {
  expect(told(["slow"], ["slow"], [], [])).toEqual(["slow"]);
  expect(told(["slow"], ["slow"], [], [], "check-up", "check-up")).toEqual(["slow", ""]);
});

test("what comes back before is no news", () => {
  expect(told(["slow"], ["slow"], [], ["slow"], ["slow"], [], ["slow"], ["slow"])).toEqual(["slow"]);
});

test("another condition is", () => {
  expect(told(["slow"], ["slow"], ["slow", "weak"], ["slow", "weak"])).toEqual(["slow", "slow; weak"]);
});
