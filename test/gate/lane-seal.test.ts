// The lane's table where a seal is shown in place of a card: commit before relay, and one grant for one presentation.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { begin, type Lane, REARM_MS, SEAL_REARM_MS, step, UNSEEN_REARM_MS } from "../../src/gate/lane.ts";
import {
  at,
  committed,
  failed,
  found,
  granted,
  type Input,
  nothing,
  type Row,
  restarted,
  says,
  started,
  verdict,
  walk,
} from "./lane-walk.ts";

const shows = (ms: number, who = "anna", outcome: "granted" | "denied" = "granted", shownAt = ms): Input => ({
  ...{ kind: "sealShown", now: at(ms), shownAt: at(shownAt) },
  verdict: { ...verdict(who, outcome), bySeal: true },
});

describe("a seal", () => {
  test("is committed, then the relay moves, and the lane looks for cards again", () => {
    expect(walk([started, shows(100)]).last).toEqual([{ do: "commit", row: "anna:granted" }]);
    const { lane, last } = walk([started, shows(100), committed(105)]);
    expect(lane.at).toBe("idle");
    expect(last).toEqual([{ do: "pulseRelay" }, { do: "signal", signal: "granted" }, { do: "poll" }]);
  });

  test("that is refused moves nothing", () => {
    expect(walk([started, shows(100, "eve", "denied"), committed(105)]).names).toEqual(["signal", "poll"]);
  });

  test("whose row could not be written moves nothing either", () => {
    const { last } = walk([started, shows(100), { kind: "commitFailed", now: at(105) }]);
    expect(last).toEqual([{ do: "signal", signal: "fault" }, { do: "poll" }]);
  });

  test("shown again is the same presentation as long as its sights follow each other, and no longer", () => {
    const first = [started, shows(100), committed(105)];
    const sights = [2_000, 6_000, 10_000].map((ms) => shows(ms));
    expect(walk([...first, ...sights]).names).toEqual(["poll"]);
    expect(walk([...first, ...sights, shows(9_999 + SEAL_REARM_MS)]).names).toEqual(["poll"]);
    expect(walk([...first, ...sights, shows(10_000 + SEAL_REARM_MS)]).names).toEqual(["commit"]);
  });

  test("counts from when it was shown, not from when the lane had time for it", () => {
    const first = [started, shows(100), committed(105)];
    const shownAt = 104 + SEAL_REARM_MS;
    expect(walk([...first, shows(20_000, "anna", "granted", shownAt)]).names).toEqual(["poll"]);
    expect(walk([...first, shows(20_000, "anna", "granted", shownAt + 1)]).names).toEqual(["commit"]);
  });

  test("of another holder is another presentation", () => {
    expect(walk([started, shows(100), committed(105), shows(200, "bob")]).names).toEqual(["commit"]);
  });

  test("of another holder in between makes none of the first one", () => {
    const both = [started, shows(100), committed(105), shows(1_200, "bob"), committed(1_205)];
    expect(walk([...both, shows(2_400)]).names).toEqual(["poll"]);
  });

  test("hides nobody: whoever left before it is decided on when he comes back, with a card or a seal", () => {
    const left: Input = { kind: "cardGone", now: at(400) };
    const before = [started, ...granted(100), left, shows(8_000, "bob"), committed(8_005)];
    const card = [found(8_500), says(8_560, verdict("anna", "granted"))];
    expect(walk([...before, ...card]).names).toEqual(["commit"]);
    expect(walk([...before, shows(8_900)]).names).toEqual(["commit"]);
  });

  test("and the card of the same holder are one presentation, whichever comes first", () => {
    const card = [found(1_000), says(1_060, verdict("anna", "granted"))];
    expect(walk([started, shows(100), committed(105), ...card]).names).toEqual(["watch"]);
    const left: Input = { kind: "cardGone", now: at(400) };
    expect(walk([started, ...granted(100), left, shows(399 + REARM_MS)]).names).toEqual(["poll"]);
    expect(walk([started, ...granted(100), left, shows(400 + REARM_MS)]).names).toEqual(["commit"]);
  });

  test("over a failure of the reader is remembered as cards are", () => {
    const trouble = [failed(200), restarted(3_000, "reset"), nothing(3_050)];
    const first = [started, shows(100), committed(105), ...trouble];
    expect(walk([...first, shows(2_999 + UNSEEN_REARM_MS)]).names).toEqual(["poll"]);
    expect(walk([...first, shows(3_000 + UNSEEN_REARM_MS)]).names).toEqual(["commit"]);
  });

  test("is no input of a lane that is busy with a card", () => {
    expect(() => walk([started, found(100), shows(150)])).toThrow("sealShown");
    expect(() => walk([started, ...granted(100), shows(200)])).toThrow("sealShown");
  });
});

describe("in every order of sights and rounds", () => {
  const sights = fc.array(
    fc.record({
      who: fc.constantFrom("anna", "bob", "carla", "dora", "emil", "franz", ""),
      wait: fc.nat({ max: 4_000 }),
    }),
    { maxLength: 60 },
  );

  /** One sight, or with an empty name a round of polling that finds nobody; every seal is somebody's on the list. */
  function see(before: Lane<Row>, who: string, nowMs: number): readonly [Lane<Row>, boolean] {
    const [lane, effects] = step(before, who === "" ? nothing(nowMs) : shows(nowMs, who));
    if (effects.at(-1)?.do === "poll") return [lane, false];
    const [after, done] = step(lane, committed(nowMs));
    expect(done.map((effect) => effect.do)).toEqual(["pulseRelay", "signal", "poll"]);
    return [after, true];
  }

  test("no holder is granted again before his last sight is long enough ago, and each grant has its commit", () => {
    fc.assert(
      fc.property(sights, (presented) => {
        let [lane] = step(begin<Row>([])[0], started);
        let nowMs = 0;
        const seen: { readonly who: string; readonly nowMs: number }[] = [];
        for (const { who, wait } of presented) {
          nowMs += wait;
          const [next, isGranted] = see(lane, who, nowMs);
          lane = next;
          const last = seen.findLast((sight) => sight.who === who)?.nowMs ?? Number.NEGATIVE_INFINITY;
          // Neither sooner, nor is anybody overlooked who has been away for so long.
          if (who !== "") expect(isGranted).toBe(nowMs - last >= SEAL_REARM_MS);
          seen.push({ who, nowMs });
        }
      }),
    );
  });
});
