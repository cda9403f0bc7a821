import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { HastyTimeline } from "../../src/sim/hasty-timeline.ts";

const HOUR_US = 3_600_000_000;

test("what is due in hours happens at once, in order, each at its own instant; time never goes back", async () => {
  const timeline = new HastyTimeline();
  const beganUs = timeline.nowUs();
  const seen: string[] = [];
  const note = (name: string, dueUs: number) => (): void => {
    expect(timeline.nowUs()).toBe(dueUs);
    seen.push(name);
  };
  timeline.at(beganUs + 2 * HOUR_US, note("second", beganUs + 2 * HOUR_US));
  timeline.at(beganUs + HOUR_US, note("first", beganUs + HOUR_US));
  timeline.at(beganUs + 3 * HOUR_US, () => seen.push("cancelled"))();
  for (let turns = 0; turns < 10; turns++) await turn();
  expect(seen).toEqual(["first", "second"]);
  expect(timeline.nowUs()).toBeGreaterThanOrEqual(beganUs + 2 * HOUR_US);
});

test("an action may ask for more; between two of them others get their turn", async () => {
  const timeline = new HastyTimeline();
  const seen: string[] = [];
  const again = (left: number): void => {
    seen.push(`action ${left}`);
    if (left > 0) timeline.at(timeline.nowUs() + HOUR_US, () => again(left - 1));
  };
  timeline.at(HOUR_US, () => again(2));
  for (let turns = 0; turns < 3; turns++) {
    await turn();
    seen.push("turn");
  }
  expect(seen).toEqual(["action 2", "turn", "action 1", "turn", "action 0", "turn"]);
});

test("closed, nothing happens any more", async () => {
  const timeline = new HastyTimeline();
  let happened = false;
  timeline.at(0, () => {
    happened = true;
  });
  timeline.close();
  for (let turns = 0; turns < 5; turns++) await turn();
  expect(happened).toBe(false);
});
