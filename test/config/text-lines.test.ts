// Lines of a text that comes in pieces: where it is cut makes no difference, and a line has no end of memory.
import fc from "fast-check";
import { expect, test } from "vitest";
import { linesOf } from "../../src/config/text-lines.ts";

const MOST = 10;
const lines = (...pieces: readonly string[]) => [...linesOf(pieces, MOST)];

test.each([
  ["", []],
  ["a", ["a"]],
  ["a\n", ["a"]],
  ["a\r\nb\r\n", ["a", "b"]],
  ["a\n\nb", ["a", "", "b"]],
  ["\uFEFFa\nb", ["a", "b"]],
  ["a\n\uFEFFb", ["a", "\uFEFFb"]],
])("%j", (text, expected) => {
  expect(lines(text)).toEqual(expected);
});

test("the pieces may be cut anywhere", () => {
  const text = fc.stringMatching(/^\uFEFF?([ab\r]{0,8}\r?\n){0,6}[ab]{0,8}$/);
  fc.assert(
    fc.property(text, fc.array(fc.nat(40)), (whole, cuts) => {
      const at = [...cuts.filter((cut) => cut <= whole.length).toSorted((l, r) => l - r), whole.length];
      const pieces = at.map((end, index) => whole.slice(at[index - 1] ?? 0, end));
      expect(lines(...pieces)).toEqual(lines(whole));
    }),
  );
});

test("of an endless line a beginning is kept that tells its length as too great", () => {
  function* endless(pieces: number) {
    for (let piece = 0; piece < pieces; piece++) yield "x".repeat(8);
    yield "\nshort";
  }
  const [long = "", short] = linesOf(endless(100_000), MOST);
  expect(long.length).toBeGreaterThan(MOST);
  expect(long.length).toBeLessThan(4 * MOST);
  expect(short).toBe("short");
});
