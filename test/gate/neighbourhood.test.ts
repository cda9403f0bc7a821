import { expect, test } from "vitest";
import type { Lane } from "../../src/gate/lane.ts";
import { Neighbourhood } from "../../src/gate/neighbourhood.ts";
import { millis } from "../../src/time/time.ts";

const present: Lane<string> = {
  at: "present",
  who: "anna",
  since: millis(100),
  leftReported: false,
  recents: [],
};
const idle: Lane<string> = { at: "idle", recents: [] };

test("a holder is next door while another lane has her, and never for her own", () => {
  const neighbourhood = new Neighbourhood();
  neighbourhood.update("lane-1", present);
  neighbourhood.update("lane-2", idle);
  expect(neighbourhood.isNextDoor("lane-2", "anna", millis(500))).toBe(true);
  expect(neighbourhood.isNextDoor("lane-2", "carla", millis(500))).toBe(false);
  expect(neighbourhood.isNextDoor("lane-1", "anna", millis(500))).toBe(false);
});

test("the last state of a lane counts", () => {
  const neighbourhood = new Neighbourhood();
  neighbourhood.update("lane-1", present);
  neighbourhood.update("lane-1", idle);
  expect(neighbourhood.isNextDoor("lane-2", "anna", millis(500))).toBe(false);
});

test("whoever is next door may have brushed any other reader, and never her own", () => {
  const neighbourhood = new Neighbourhood();
  neighbourhood.update("lane-1", present);
  neighbourhood.update("lane-2", idle);
  expect(neighbourhood.mayBeNextDoor("lane-2", millis(500))).toBe(true);
  expect(neighbourhood.mayBeNextDoor("lane-1", millis(500))).toBe(false);
  neighbourhood.update("lane-1", { ...present, refused: true });
  expect(neighbourhood.mayBeNextDoor("lane-2", millis(500))).toBe(false);
});
