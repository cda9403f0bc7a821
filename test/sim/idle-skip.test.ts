/**
 * Skipping is worth something and costs nothing: ten quiet minutes of a gate take a few rounds of polling, and
 * a member who comes after them is let in at the very microsecond at which he would have been.
 */
import { afterEach, expect, test } from "vitest";
import { skipIdlePolls } from "../../src/sim/idle-skip.ts";
import { DOORS, type DoorWiring, VirtualGate } from "../world/virtual-gate.ts";

const MEMBER = "123456789012";
const QUIET_MS = 600_000;
const COMES_AT_MS = 650_123;

const worlds: VirtualGate[] = [];
afterEach(() => {
  for (const world of worlds.splice(0)) {
    world.kill();
    world.remove();
  }
});

/** The number of events in ten quiet minutes, and when the relay moved for a member afterwards. */
async function quietMorning(doors: readonly DoorWiring[], idle: "skipped" | "lived") {
  const world = new VirtualGate({ seed: 1, doors });
  worlds.push(world);
  const { timeline, board } = world;
  if (idle === "skipped") skipIdlePolls({ timeline, readers: board.readers(), isCalm: () => true });
  await world.start();
  world.admit(MEMBER);
  let events = 0;
  const skip = timeline.onSettled;
  timeline.onSettled = (limitUs) => {
    events++;
    skip(limitUs);
  };
  await timeline.run(QUIET_MS * 1_000);
  const quietEvents = events;
  await timeline.run(COMES_AT_MS * 1_000);
  for (const { reader } of doors) board.place(reader.node, { card: "cie", family: "gemalto", nis: MEMBER });
  await world.pass(1_000);
  return { quietEvents, edges: board.pins.edges(QUIET_MS * 1_000) };
}

/** Each reader's check-up, twice a minute, interrupts the rounds that may be skipped; most so on a serial line. */
test.each([
  [1, 5],
  [2, 5],
  [3, 5],
  [4, 1.5],
])("with %i lanes", async (lanes, atLeastTimesFewer) => {
  const doors = DOORS.slice(0, lanes);
  const lived = await quietMorning(doors, "lived");
  const skipped = await quietMorning(doors, "skipped");
  expect(lived.edges.filter(({ level }) => level === "high").length).toBeGreaterThanOrEqual(lanes);
  expect(skipped.edges).toEqual(lived.edges);
  expect(skipped.quietEvents * atLeastTimesFewer).toBeLessThan(lived.quietEvents);
});
