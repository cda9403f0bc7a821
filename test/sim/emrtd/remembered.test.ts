/** What a virtual chip remembers of its arithmetic: the same answer, reckoned once, and not without end. */
import { expect, test } from "vitest";
import { chipGroup } from "../../../src/sim/emrtd/chip-group.ts";
import { Remembered } from "../../../src/sim/emrtd/remembered.ts";

test("what is known is not reckoned again, also if it is false", () => {
  const remembered = new Remembered<boolean>();
  let reckoned = 0;
  const reckon = () => {
    reckoned += 1;
    return false;
  };
  expect([remembered.get("one", reckon), remembered.get("one", reckon)]).toEqual([false, false]);
  expect(reckoned).toBe(1);
});

test("the oldest is forgotten when there is no more room", () => {
  const remembered = new Remembered<number>();
  for (let key = 0; key <= 4_096; key++) remembered.get(String(key), () => key);
  expect(remembered.get("1", () => -1)).toBe(1);
  expect(remembered.get("0", () => -1)).toBe(-1);
});

test.each([2, 13] as const)("whoever writes into a product of group %i changes no other", (id) => {
  const group = chipGroup(id);
  const once = group.multiply(5n, group.generator);
  const wiped = group.multiply(5n, group.generator).fill(0);
  expect(wiped.every((byte) => byte === 0)).toBe(true);
  expect(group.multiply(5n, group.generator)).toEqual(once);
});
