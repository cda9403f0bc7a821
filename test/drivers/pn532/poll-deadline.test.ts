import { expect, test } from "vitest";
import { PollDeadline } from "../../../drivers/pn532/poll-deadline.ts";
import { POLL_TRIES } from "../../../drivers/pn532/polling-round.ts";

const SLOWEST_POLL_MS = 3_850;

function learned(...pollsMs: readonly number[]): number {
  const deadline = new PollDeadline();
  for (const tookMs of pollsMs) deadline.foundNobody(POLL_TRIES, tookMs);
  return deadline.deadlineMs(POLL_TRIES);
}

test("an unknown chip has the time that the slowest one takes", () => {
  expect(learned()).toBe(SLOWEST_POLL_MS);
});

test("a known one has twice what an empty field took, and a margin", () => {
  expect(learned(700)).toBe(1_500);
});

test.each([0, 30, 500])("one that was through after %i ms has a second all the same", (tookMs) => {
  expect(learned(tookMs)).toBe(1_100);
});

test("no chip has more than the slowest one", () => {
  expect(learned(3_750)).toBe(SLOWEST_POLL_MS);
});

test("a host that was late does not lengthen it", () => {
  expect(learned(60_000, 700, 60_000)).toBe(1_500);
});

test("a chip that was started anew is unknown", () => {
  const deadline = new PollDeadline();
  deadline.foundNobody(POLL_TRIES, 500);
  deadline.forget();
  expect(deadline.deadlineMs(POLL_TRIES)).toBe(SLOWEST_POLL_MS);
});

test("short polls have the slowest chip's time, and teach nothing", () => {
  const deadline = new PollDeadline();
  deadline.foundNobody(1, 20);
  expect([1, 2, POLL_TRIES].map((tries) => deadline.deadlineMs(tries))).toEqual([250, 400, SLOWEST_POLL_MS]);
});
