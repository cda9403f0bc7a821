import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BRUSH_MS,
  begin,
  type Lane,
  type LaneEffect,
  LEFT_LYING_MS,
  MAX_READ_TRIES,
  REARM_MS,
  REREAD_PATIENCE_MS,
  type Recent,
  step,
  unseen,
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
  still,
  verdict,
  walk,
} from "./lane-walk.ts";

describe("one card", () => {
  test("is read, committed, and only then moves the relay", () => {
    expect(walk([started]).names).toEqual(["poll"]);
    expect(walk([started, found(100)]).names).toEqual(["read"]);
    expect(walk([started, found(100), says(160, verdict("anna", "granted"))]).last).toEqual([
      { do: "commit", row: "anna:granted" },
    ]);
    expect(walk([started, ...granted(100)]).names).toEqual(["pulseRelay", "signal", "watch"]);
  });

  test("that is refused moves nothing but the lamp", () => {
    const { last } = walk([started, found(100), says(160, verdict("bob", "denied")), committed(162)]);
    expect(last[0]).toEqual({ do: "signal", signal: "denied" });
    expect(last.map((effect) => effect.do)).not.toContain("pulseRelay");
  });

  test("whose row cannot be written is refused, whatever the verdict", () => {
    const { last } = walk([
      started,
      found(100),
      says(160, verdict("anna", "granted")),
      { kind: "commitFailed", now: at(162) },
    ]);
    expect(last[0]).toEqual({ do: "signal", signal: "fault" });
    expect(last.map((effect) => effect.do)).not.toContain("pulseRelay");
  });

  test("that goes away resets the field and the lane polls on", () => {
    expect(walk([started, ...granted(100), gone(400)]).names).toEqual(["dropCard", "poll"]);
  });

  test("left lying is reported once", () => {
    const lying = [still(5_000), still(100 + LEFT_LYING_MS), still(30_000), still(60_000)];
    const notes = walk([started, ...granted(100), ...lying]).done.filter((effect) => effect.do === "note");
    expect(notes).toEqual([{ do: "note", note: "cardLeftLying" }]);
  });
});

describe("flicker is not a new presentation", () => {
  const flicker = [gone(400), found(450), says(510, verdict("anna", "granted"))];

  test("the same card back within the rearm time is watched on, without commit or pulse", () => {
    expect(walk([started, ...granted(100), ...flicker]).names).toEqual(["watch"]);
  });

  test("it keeps its beginning, so that left lying is still reported once in all", () => {
    const later = [
      still(200 + LEFT_LYING_MS),
      gone(11_000),
      found(11_050),
      says(11_100, verdict("anna", "granted")),
      still(12_000),
    ];
    const notes = walk([started, ...granted(100), ...flicker, ...later]).done.filter(
      (effect) => effect.do === "note",
    );
    expect(notes).toHaveLength(1);
  });

  test("the same card after the rearm time is a new presentation", () => {
    const again = granted(400 + REARM_MS);
    expect(walk([started, ...granted(100), gone(400), ...again]).names).toContain("pulseRelay");
  });

  test("another card at once is a new presentation", () => {
    expect(walk([started, ...granted(100), gone(400), ...granted(450, "carla")]).names).toContain(
      "pulseRelay",
    );
  });

  test("two cards in one wallet that take turns at the edge of the field are granted once each", () => {
    const turns = [0, 1, 2, 3, 4, 5].flatMap((turn) => {
      const at = 100 + turn * 2_000;
      const who = turn % 2 === 0 ? "anna" : "bruno";
      const answer = turn < 2 ? [committed(at + 62)] : [];
      return [found(at), says(at + 60, verdict(who, "granted")), ...answer, gone(at + 1_960)];
    });
    const { done } = walk([started, ...turns]);
    expect(done.filter((effect) => effect.do === "pulseRelay")).toHaveLength(2);
  });

  test("a card that flickers, with a reading that fails in between, is still the same one", () => {
    const failing = [found(900), lost(930), nothing(930 + REREAD_PATIENCE_MS)];
    const noted = [says(1_540, verdict("incomplete", "denied")), committed(1_542)];
    const back = [found(2_300), says(2_360, verdict("anna", "granted"))];
    expect(walk([started, ...granted(100), gone(400), ...failing, ...noted, ...back]).names).toEqual([
      "watch",
    ]);
  });

  test("a reader that comes and goes while two cards lie on it lets nobody pass twice", () => {
    const up = (ms: number): Input => ({ kind: "readerStarted", now: at(ms) });
    const trouble = [
      failed(400),
      up(600),
      found(800),
      failed(820),
      up(1_500),
      found(1_700),
      failed(1_720),
      up(2_600),
    ];
    const back = [found(2_700), says(2_760, verdict("anna", "granted"))];
    expect(walk([started, ...granted(100), ...trouble, ...back]).names).toEqual(["watch"]);
  });

  test("two holders who really take turns are granted each time", () => {
    const turns = [0, 1, 2, 3].flatMap((turn) => {
      const start = 100 + turn * 550;
      return [...granted(start, turn % 2 === 0 ? "anna" : "bruno"), gone(start + 400)];
    });
    const { done } = walk([started, ...turns]);
    expect(done.filter((effect) => effect.do === "pulseRelay")).toHaveLength(4);
  });

  test("of five whose cards follow each other without a gap each is granted again when his turn comes", () => {
    const holders = ["anna", "bruno", "carla", "dora", "emil"];
    const turns = [...holders, ...holders].flatMap((who, turn) => {
      const start = 100 + turn * 450;
      return [...granted(start, who), gone(start + 400)];
    });
    const { done } = walk([started, ...turns]);
    expect(done.filter((effect) => effect.do === "pulseRelay")).toHaveLength(10);
  });

  test("a card pulled away right behind somebody else's is an attempt of its own", () => {
    const next = [
      gone(400),
      found(400 + BRUSH_MS),
      lost(420 + BRUSH_MS),
      nothing(420 + BRUSH_MS + REREAD_PATIENCE_MS),
    ];
    expect(walk([started, ...granted(100), ...next]).names).toEqual(["composeIncomplete"]);
  });

  test("a card that brushes the field as it leaves makes no incomplete reading", () => {
    const brush = [gone(400), found(450), lost(470), nothing(470 + REREAD_PATIENCE_MS)];
    expect(walk([started, ...granted(100), ...brush]).names).toEqual(["poll"]);
  });
});

describe("a card pulled away in mid-reading", () => {
  test("is looked for, and read on when it is back", () => {
    expect(walk([started, found(100), lost(120)]).names).toEqual(["dropCard", "poll"]);
    expect(walk([started, found(100), lost(120), found(150)]).names).toEqual(["read"]);
  });

  test("is recorded as incomplete when patience ends", () => {
    const script = [started, found(100), lost(120), nothing(500)];
    expect(walk(script).names).toEqual(["poll"]);
    expect(walk([...script, nothing(120 + REREAD_PATIENCE_MS)]).names).toEqual(["composeIncomplete"]);
  });

  test("or when it has failed too often, and is then not reported again and again", () => {
    const tries = Array.from({ length: MAX_READ_TRIES }, (_, index) => [
      found(100 + index * 50),
      lost(130 + index * 50),
    ]);
    const ended = [started, ...tries.flat(), found(400)];
    expect(walk(ended).names).toEqual(["composeIncomplete"]);
    const recorded = [...ended, says(400, verdict("incomplete", "denied")), committed(402)];
    expect(walk(recorded).names).toEqual(["signal", "dropCard", "poll"]);
    const again = tries.flat().map((input) => ({ ...input, now: at(input.now + 400) }));
    expect(walk([...recorded, ...again, found(800)]).names).toEqual(["poll"]);
  });
});

describe("a reader that fails", () => {
  test("is helped at once, and what helped is noted with the reason once it works", () => {
    const helped = [started, failed(10), restarted(60, "reset")];
    expect(walk(helped).last).toEqual([{ do: "poll" }]);
    expect(walk([...helped, nothing(500)]).last).toEqual([
      { do: "note", note: "readerRecovered", reason: "chipSilent", by: "reset" },
      { do: "poll" },
    ]);
    expect(walk([...helped, found(70)]).last).toEqual([
      { do: "note", note: "readerRecovered", reason: "chipSilent", by: "reset" },
      { do: "read", foundAt: at(70) },
    ]);
  });

  test("is down when that did not help, noted once and started again ever more slowly", () => {
    const { done } = walk([started, failed(10), failed(300), failed(800), failed(1_500)]);
    const starts = done.filter((effect) => effect.do === "startReader").map((effect) => effect.afterMs);
    expect(starts).toEqual([0, 0, 200, 400, 800]);
    expect(done.filter((effect) => effect.do === "note")).toEqual([
      { do: "note", note: "readerDown", reason: "chipSilent" },
    ]);
    const slowest = walk([started, ...Array.from({ length: 40 }, (_, index) => failed(index))]).last.at(-1);
    expect(slowest).toEqual({ do: "startReader", afterMs: 10_000 });
  });

  test("is down when it starts well and fails its first poll again and again, with growing pauses", () => {
    const rounds = Array.from({ length: 12 }, (_, index) => [
      failed(index * 100),
      restarted(index * 100 + 50, "reset"),
    ]);
    const { done } = walk([started, ...rounds.flat()]);
    expect(done.filter((effect) => effect.do === "note")).toEqual([
      { do: "note", note: "readerDown", reason: "chipSilent" },
    ]);
    const pauses = done.filter((effect) => effect.do === "startReader").map((effect) => effect.afterMs);
    expect(pauses.slice(0, 7)).toEqual([0, 0, 0, 200, 400, 800, 1_600]);
    expect(pauses.at(-1)).toBe(10_000);
  });

  test("is down at once when it fails its very first start", () => {
    const { done } = walk([failed(10)]);
    expect(done.slice(-2)).toEqual([
      { do: "note", note: "readerDown", reason: "chipSilent" },
      { do: "startReader", afterMs: 200 },
    ]);
  });

  test("and up again is noted, once it works", () => {
    const up = [started, failed(10), failed(20), restarted(300, "reopen"), nothing(800)];
    expect(walk(up).last).toEqual([{ do: "note", note: "readerUp", by: "reopen" }, { do: "poll" }]);
    expect(walk([...up, nothing(1_300)]).last).toEqual([{ do: "poll" }]);
  });

  test("does not let the card that lay there pass a second time", () => {
    const recovery: Input[] = [failed(400), { kind: "readerStarted", now: at(9_000) }];
    const again = [found(9_040), says(9_100, verdict("anna", "granted"))];
    expect(walk([started, ...granted(100), ...recovery, ...again]).names).toEqual(["watch"]);
  });

  test("nor one that lay there hidden by another, unseen for seconds, until the other had gone", () => {
    const recovery: Input[] = [failed(400), { kind: "readerStarted", now: at(600) }];
    const unseenFor = [nothing(1_000), nothing(1_400), nothing(1_800), nothing(2_200)];
    const again = [found(2_300), says(2_350, verdict("anna", "granted"))];
    expect(walk([started, ...granted(100), ...recovery, ...unseenFor, ...again]).names).toEqual(["watch"]);
    const other = [found(2_250), says(2_260, verdict("bob", "granted")), committed(2_265), gone(2_290)];
    expect(walk([started, ...granted(100), ...recovery, ...unseenFor, ...other, ...again]).names).toEqual([
      "watch",
    ]);
  });

  test("again and again keeps nobody out for longer than the first time, and a second", () => {
    const recovery = (ms: number): Input[] => [failed(ms), { kind: "readerStarted", now: at(ms + 200) }];
    const failures = [400, 3_000, 6_000, 9_000].flatMap(recovery);
    const again = [found(10_700), says(10_750, verdict("anna", "granted"))];
    expect(walk([started, ...granted(100), ...failures, ...again]).names).toEqual(["commit"]);
    const tooSoon = [found(10_150), says(10_190, verdict("anna", "granted"))];
    expect(walk([started, ...granted(100), ...failures, ...tooSoon]).names).toEqual(["watch"]);
  });

  test("has nothing to do with who had left before it", () => {
    const recovery: Input[] = [failed(2_000), { kind: "readerStarted", now: at(2_200) }];
    const again = [found(2_300), says(2_350, verdict("anna", "granted"))];
    expect(walk([started, ...granted(100), gone(200), ...recovery, ...again]).names).toEqual(["commit"]);
  });

  test("who has been away long enough since may pass again", () => {
    const recovery: Input[] = [failed(400), { kind: "readerStarted", now: at(600) }];
    const again = [found(10_650), says(10_700, verdict("anna", "granted"))];
    expect(walk([started, ...granted(100), ...recovery, ...again]).names).toEqual(["commit"]);
  });
});

test("a card that lay there over a restart of the process does not pass a second time", () => {
  const recent: Recent = { who: "anna", since: at(0), leftReported: false, ...unseen(at(0)) };
  const ready: Input = { kind: "readerStarted", now: at(3_000) };
  expect(walk([ready, found(3_050), says(3_100, verdict("anna", "granted"))], [recent]).names).toEqual([
    "watch",
  ]);
  expect(walk([ready, found(3_050), says(3_100, verdict("carla", "granted"))], [recent]).names).toEqual([
    "commit",
  ]);
});

describe("in every order of events that a runner can produce", () => {
  /** What may come next is told by the activity that was asked for. */
  const answers = (
    effect: LaneEffect<Row> | undefined,
    { now, wait, pick }: { readonly now: number; readonly wait: number; readonly pick: number },
  ): Input => {
    const options: Record<string, readonly Input[]> = {
      startReader: [{ kind: "readerStarted", now: at(now) }, failed(now)],
      poll: [found(now), nothing(now), failed(now), found(now), notLooked(now, wait)],
      read: [
        says(now, verdict("anna", "granted")),
        says(now, verdict("bob", "denied")),
        lost(now),
        failed(now),
      ],
      commit: [committed(now), { kind: "commitFailed", now: at(now) }],
      composeIncomplete: [says(now, verdict("incomplete", "denied"))],
      watch: [still(now), gone(now), failed(now)],
    };
    const list = options[effect?.do ?? ""] ?? [];
    const chosen = list[pick % list.length];
    if (chosen === undefined) throw new Error(`no activity in ${effect?.do ?? "nothing"}`);
    return chosen;
  };

  const steps = fc.array(fc.tuple(fc.nat(11), fc.nat(2_500)), { maxLength: 200 });

  test("each step ends in one activity, and the relay moves only in the step after a granted commit", () => {
    fc.assert(
      fc.property(steps, (choices) => {
        let [lane, effects] = begin<Row>([]);
        let now = 0;
        for (const [pick, wait] of choices) {
          now += wait;
          const before: Lane<Row> = lane;
          const input = answers(effects.at(-1), { now, wait, pick });
          [lane, effects] = step(lane, input);
          const pulses = effects.filter((effect) => effect.do === "pulseRelay").length;
          const allowed =
            before.at === "committing" && before.verdict.outcome === "granted" && input.kind === "committed";
          expect(pulses).toBe(allowed ? 1 : 0);
          const activities = ["startReader", "poll", "read", "commit", "composeIncomplete", "watch"];
          expect(effects.filter((effect) => activities.includes(effect.do))).toHaveLength(1);
        }
      }),
    );
  });

  /** When anna was seen last; time in which nobody looked goes by as if it had not been. */
  const lastSeen = (lane: Lane<Row>, input: Input, seenAt: number): number => {
    if (input.kind === "notLooked") return seenAt + input.forMs;
    return lane.at === "present" && lane.who === "anna" && input.kind !== "readerFailed" ? input.now : seenAt;
  };

  test("the same holder is never granted twice without a second between in which the reader could have seen him", () => {
    fc.assert(
      fc.property(steps, (choices) => {
        let [lane, effects] = begin<Row>([]);
        let now = 0;
        let seenAt = Number.NEGATIVE_INFINITY;
        for (const [pick, wait] of choices) {
          now += wait;
          const input = answers(effects.at(-1), { now, wait, pick });
          seenAt = lastSeen(lane, input, seenAt);
          [lane, effects] = step(lane, input);
          if (effects.some((effect) => effect.do === "pulseRelay")) {
            expect(now - seenAt).toBeGreaterThanOrEqual(REARM_MS);
            seenAt = now;
          }
        }
      }),
    );
  });
});
