import { describe, expect, test } from "vitest";
import {
  BRUSH_MS,
  hasAdmitted,
  mayHaveBrushed,
  REARM_MS,
  REREAD_PATIENCE_MS,
  type Recent,
  UNSEEN_REARM_MS,
  unseen,
  type Verdict,
  WATCH_INTERVAL_MS,
} from "../../src/gate/lane.ts";
import {
  at,
  committed,
  failed,
  found,
  gone,
  granted,
  type Input,
  lost,
  nothing,
  notLooked,
  type Row,
  restarted,
  says,
  started,
  verdict,
  walk,
} from "./lane-walk.ts";

describe("time in which the reader had no turn at its field", () => {
  const back = (ms: number) => [found(ms), says(ms + 60, verdict("anna", "granted"))];

  test("is no absence: who left before it is still the same when it is over", () => {
    const left = [started, ...granted(100), gone(400), notLooked(2_000, 1_600)];
    expect(walk(left).names).toEqual(["poll"]);
    expect(walk([...left, ...back(2_010)]).names).toEqual(["watch"]);
    expect(walk([...left, nothing(2_100), ...back(2_600 + REARM_MS - 601)]).names).toEqual(["watch"]);
    expect(walk([...left, nothing(2_100), ...back(2_000 + REARM_MS)]).names).toEqual(["commit"]);
  });

  test("adds up, and a card that stays away is forgotten all the same", () => {
    const turns = Array.from({ length: 20 }, (_, index) => [
      notLooked(450 + index * 100, 50),
      nothing(500 + index * 100),
    ]).flat();
    const left = [started, ...granted(100), gone(400), ...turns];
    expect(walk([...left, ...back(2_390)]).names).toEqual(["watch"]);
    expect(walk([...left, ...back(2_400)]).names).toEqual(["commit"]);
  });

  test("hides who lay beside another card", () => {
    const beside = [notLooked(1_000, 600), found(1_050), says(1_110, verdict("carla", "granted"))];
    const gone2 = [committed(1_112), gone(1_500)];
    expect(walk([started, ...granted(100), gone(400), ...beside, ...gone2, ...back(1_550)]).names).toEqual([
      "watch",
    ]);
  });

  test("is not taken from the patience with a card that was lost in mid-reading", () => {
    const waiting = [started, found(100), lost(120), notLooked(2_120, 2_000)];
    expect(walk(waiting).names).toEqual(["poll"]);
    expect(walk([...waiting, nothing(2_119 + REREAD_PATIENCE_MS)]).names).toEqual(["poll"]);
    expect(walk([...waiting, nothing(2_120 + REREAD_PATIENCE_MS)]).names).toEqual(["composeIncomplete"]);
    expect(walk([...waiting, found(2_130)]).names).toEqual(["read"]);
  });

  test("proves nothing of a reader that was started again", () => {
    const helped = [started, failed(10), restarted(60, "reset"), notLooked(560, 500)];
    expect(walk(helped).last).toEqual([{ do: "poll" }]);
    expect(walk([...helped, nothing(600)]).last[0]).toMatchObject({ do: "note", note: "readerRecovered" });
  });
});

describe("a neighbour who sees the same cards", () => {
  const says = (ms: number, value: Verdict<Row>): Input => ({
    kind: "verdict",
    now: at(ms),
    verdict: value,
    hasNeighbours: true,
  });
  const anna = verdict("anna", "granted");
  const annaNextDoor = verdict("anna", "admittedNextDoor");
  const swallowed = [started, found(100), says(160, annaNextDoor), committed(162)];

  test("has admitted the presentation: that is written and shown, the relay stays, the card is watched", () => {
    expect(walk(swallowed.slice(0, 3)).last).toEqual([{ do: "commit", row: "anna:admittedNextDoor" }]);
    expect(walk(swallowed).last).toEqual([
      { do: "signal", signal: "denied" },
      { do: "watch", afterMs: WATCH_INTERVAL_MS },
    ]);
    expect(walk([...swallowed, gone(400)]).names).toEqual(["dropCard", "poll"]);
  });

  test("has admitted it, and it flickers: that is written once", () => {
    const again = [gone(400), found(450), says(510, annaNextDoor)];
    expect(walk([...swallowed, ...again]).names).toEqual(["watch"]);
  });

  test("may be who left a card unread: nothing is written", () => {
    const waiting = [started, found(100), lost(120), nothing(120 + REREAD_PATIENCE_MS)];
    expect(walk(waiting).names).toEqual(["composeIncomplete"]);
    const brushed = says(721, verdict("incomplete", "admittedNextDoor"));
    expect(walk([...waiting, brushed]).last).toEqual([{ do: "poll" }]);
  });

  const admits = (inputs: readonly Input[], foundAt: number) =>
    hasAdmitted(walk(inputs).lane, "anna", at(foundAt));
  const [found100, granted160] = [found(100), says(160, anna)];
  const down = failed(500);
  const up = restarted(700, "reset");

  test("is told of a card from its grant on, until it was away for the rearm time", () => {
    expect(admits([started, found100], 120)).toBe(false);
    expect(admits([started, found100, granted160], 161)).toBe(true);
    expect(admits([started, ...granted(100)], 9_000)).toBe(true);
    expect(admits([started, ...granted(100), gone(400)], 399 + REARM_MS)).toBe(true);
    expect(admits([started, ...granted(100), gone(400)], 400 + REARM_MS)).toBe(false);
  });

  test("is told also of one that another neighbour admitted first", () => {
    const unwritten: Input = { kind: "commitFailed", now: at(162) };
    for (const inputs of [swallowed, [...swallowed.slice(0, 3), unwritten]]) {
      expect(admits(inputs, 500)).toBe(true);
      expect(admits([...inputs, gone(400)], 399 + REARM_MS)).toBe(true);
      expect(admits([...inputs, gone(400)], 400 + REARM_MS)).toBe(false);
    }
  });

  test("is told of one who left a moment ago, though another has come since", () => {
    const bob = [found(700), says(760, verdict("bob", "denied")), committed(762)];
    const inputs = [started, ...granted(100), gone(400), ...bob];
    expect(admits(inputs, 399 + REARM_MS)).toBe(true);
    expect(admits([...inputs, gone(900)], 399 + REARM_MS)).toBe(true);
    expect(admits([...inputs, gone(900)], 400 + REARM_MS)).toBe(false);
  });

  test("is told for ten seconds of whoever lay there when the reader failed, and no longer", () => {
    const inputs = [started, ...granted(100), down, failed(600), failed(900)];
    expect(admits(inputs, 499 + UNSEEN_REARM_MS)).toBe(true);
    expect(admits(inputs, 500 + UNSEEN_REARM_MS)).toBe(false);
    expect(admits([started, ...granted(100), gone(400), down], 499 + UNSEEN_REARM_MS)).toBe(false);
  });

  test("is not told longer of him because the reader starts and fails again and again", () => {
    const inputs = [started, ...granted(100), down, up, failed(800), up, failed(900)];
    expect(admits(inputs, 699 + UNSEEN_REARM_MS)).toBe(true);
    expect(admits(inputs, 700 + UNSEEN_REARM_MS)).toBe(false);
  });

  test("is told of nobody whom no relay let in", () => {
    const denied = [started, found100, says(160, verdict("anna", "denied")), committed(162)];
    const unwritten = [started, found100, granted160, { kind: "commitFailed", now: at(162) }] as const;
    for (const inputs of [denied, unwritten]) {
      expect(admits(inputs, 200)).toBe(false);
      expect(admits([...inputs, gone(400)], 450)).toBe(false);
    }
  });

  test("may have brushed another reader as he came, while he is there, and as he left", () => {
    const brushed = (inputs: readonly Input[], foundAt: number) =>
      mayHaveBrushed(walk(inputs).lane, at(foundAt));
    expect(brushed([started, found100], 120)).toBe(false);
    expect(brushed([started, found100, granted160], 120)).toBe(true);
    expect(brushed([started, ...granted(100)], 60_000)).toBe(true);
    expect(brushed([started, ...granted(100), gone(400)], 399 + BRUSH_MS)).toBe(true);
    expect(brushed([started, ...granted(100), gone(400)], 400 + BRUSH_MS)).toBe(false);
    const denied = [started, found100, says(160, verdict("anna", "denied")), committed(162)];
    expect(brushed(denied, 200)).toBe(false);
    expect(brushed([...denied, gone(400)], 420)).toBe(false);
  });

  test("is told of whoever the journal knows from before a restart", () => {
    const recent: Recent = { who: "anna", since: at(0), leftReported: false, ...unseen(at(0)) };
    expect(hasAdmitted(walk([], [recent]).lane, "anna", at(50))).toBe(true);
    expect(hasAdmitted(walk([started], [recent]).lane, "carla", at(50))).toBe(false);
  });
});
