import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  blockAfter,
  blockedUntil,
  DOOR_TRIES,
  forgottenAt,
  HOLDER_TRIES,
  type TryRule,
  type WrongTry,
} from "../../src/policy/password-tries.ts";
import { instant } from "../../src/time/time.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The tries that are made when somebody comes at these times and is let or not, the newest first. */
function made(times: readonly number[], rule: TryRule): readonly WrongTry[] {
  let tries: readonly WrongTry[] = [];
  for (const time of times) {
    const at = instant(time);
    const [newest] = tries;
    if (newest !== undefined && at < blockedUntil(newest, rule)) continue;
    tries = [{ at, block: blockAfter(at, tries, rule) }, ...tries];
  }
  return tries;
}

/** How long the block is that each of the tries was followed by. */
const blockLengths = (times: readonly number[], rule: TryRule): readonly number[] =>
  made(times, rule)
    .map((wrong) => blockedUntil(wrong, rule) - wrong.at)
    .toReversed();

const every = (intervalMs: number, count: number, from = 0): readonly number[] =>
  Array.from({ length: count }, (_, index) => from + index * intervalMs);

describe("at a door", () => {
  test("the tenth wrong try within ten minutes closes it for a minute", () => {
    expect(blockLengths(every(MINUTE, 10), DOOR_TRIES)).toEqual([...Array<number>(9).fill(0), MINUTE]);
  });

  test("ten in more than ten minutes do not", () => {
    expect(blockLengths(every(MINUTE + 7_000, 40), DOOR_TRIES).every((length) => length === 0)).toBe(true);
  });

  test("each further one closes it twice as long, for half an hour at most", () => {
    const waits = [1, 2, 4, 8, 16, 30, 30].map((minutes) => minutes * MINUTE);
    let at = 9 * MINUTE;
    const times = [...every(MINUTE, 10), ...waits.map((wait) => (at += wait))];
    expect(blockLengths(times, DOOR_TRIES).slice(9)).toEqual([...waits, 30 * MINUTE]);
  });

  test("ten quiet minutes after a block begin anew", () => {
    const quiet = 9 * MINUTE + MINUTE + 10 * MINUTE;
    expect(blockLengths([...every(MINUTE, 10), quiet - 1], DOOR_TRIES).at(-1)).toBe(2 * MINUTE);
    expect(blockLengths([...every(MINUTE, 10), quiet], DOOR_TRIES).at(-1)).toBe(0);
  });
});

describe("of a holder", () => {
  test("five wrong in a row close the number for an hour, each further one twice as long, for a day at most", () => {
    const waits = [1, 2, 4, 8, 16, 24, 24].map((hours) => hours * HOUR);
    let at = 4 * MINUTE;
    const times = [...every(MINUTE, 5), ...waits.map((wait) => (at += wait))];
    expect(blockLengths(times, HOLDER_TRIES)).toEqual([0, 0, 0, 0, ...waits, DAY]);
  });

  test("one a day is no row of five within a week, six days later it still is", () => {
    expect(blockLengths(every(2 * DAY, 20), HOLDER_TRIES).every((length) => length === 0)).toBe(true);
    expect(blockLengths(every(DAY, 5), HOLDER_TRIES).at(-1)).toBe(HOUR);
  });
});

describe.each([
  ["door", DOOR_TRIES],
  ["holder", HOLDER_TRIES],
] as const)("whoever tries as fast as he may, %s", (_, rule) => {
  const gaps = fc.array(fc.integer({ min: 0, max: 2 * rule.withinMs }), { maxLength: 300 });
  const timesOf = (steps: readonly number[]): readonly number[] => {
    let at = 0;
    return steps.map((step) => (at += step));
  };

  test("never makes more tries in the time that counts than the rule allows", () => {
    fc.assert(
      fc.property(gaps, (steps) => {
        const tries = made(timesOf(steps), rule).toReversed();
        return tries.every(({ at }, index) => {
          const after = tries[index + rule.blockingTry];
          // One more than the blocking try within the time has waited for the end of a block.
          return after === undefined || after.at - at >= Math.min(rule.firstBlockMs, rule.withinMs);
        });
      }),
    );
  });

  test("needs no more of the past than the newest tries, and none that is forgotten", () => {
    fc.assert(
      fc.property(gaps, fc.nat(2 * rule.withinMs), (steps, wait) => {
        const tries = made(timesOf(steps), rule);
        const [newest] = tries;
        const at = instant((newest === undefined ? 0 : blockedUntil(newest, rule)) + wait);
        const block = blockAfter(at, tries, rule);
        expect(blockAfter(at, tries.slice(0, rule.blockingTry), rule)).toBe(block);
        const remembered = tries.filter((wrong) => at < forgottenAt(wrong, rule));
        expect(blockAfter(at, remembered, rule)).toBe(block);
      }),
    );
  });
});
