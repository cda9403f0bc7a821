/** The judge of a match day condemns what is wrong, and nothing that is right: each record differs from a sound one in one thing. */
import { describe, expect, test } from "vitest";
import { makeCard } from "../../src/sim/cards/make-card.ts";
import { LaneBlocks } from "./match-blocks.ts";
import { judgeMatch, type MatchRecord } from "./match-judge.ts";
import type { Errand, Guest } from "./match-people.ts";
import type { Visit } from "./match-visitor.ts";
import type { RelayEdge, Row } from "./witness.ts";

const CAME_MS = 100_000;
const MEMBER: Guest = {
  kind: "member",
  name: "member 1",
  card: () => makeCard({ card: "payment" }),
  listed: [{ kind: "nis", text: "AA" }],
  due: "granted originalChip",
};
const STRANGER: Guest = { ...MEMBER, name: "stranger 1", listed: [], due: "denied CredentialNotFound" };
const FORGER: Guest = {
  ...STRANGER,
  name: "forger 1",
  due: "denied acs:DocumentAuthenticationFailed signatureInvalid",
  alarm: "cardNotGenuine",
};

const visit = (guest: Guest, change: Partial<Visit> = {}, errand: Partial<Errand> = {}): Visit => ({
  lane: 0,
  errand: { guest, acts: [], mistakes: [], answers: [guest.due], ...errand },
  arrivedMs: CAME_MS,
  beganMs: CAME_MS,
  endedMs: CAME_MS + 3_000,
  layings: [{ hand: "own", fromMs: CAME_MS + 1_000, toMs: CAME_MS + 2_000 }],
  entries: [],
  retries: 0,
  complaints: [],
  ...change,
});

const row = (answer: string, change: Partial<Row> = {}): Row => {
  const [outcome, ...words] = answer.split(" ");
  const isGrant = outcome === "granted";
  return {
    seq: 1,
    atMs: CAME_MS + 1_300,
    type: `acs.access.${outcome}`,
    door: "lane-1",
    line: JSON.stringify({ data: { level: words[0] } }),
    hash: "",
    reason: isGrant ? undefined : words[0],
    detail: isGrant ? undefined : words[1],
    pseudonym: isGrant ? "AA" : undefined,
    ...change,
  };
};

const opens = (grant: Row): readonly RelayEdge[] => [
  { lane: 0, level: "on", atMs: grant.atMs + 1, grant },
  { lane: 0, level: "off", atMs: grant.atMs + 401 },
];

function verdict(
  visits: readonly Visit[],
  rows: readonly Row[],
  change: Partial<MatchRecord> = {},
): readonly string[] {
  const record: MatchRecord = {
    doors: ["lane-1"],
    buses: ["spi"],
    rows,
    edges: rows.filter(({ type }) => type === "acs.access.granted").flatMap(opens),
    killsMs: [],
    launchesMs: [0],
    maxPulseMs: 600,
    windows: [],
    visits,
    key: ({ text }) => text,
    ...change,
  };
  return [...new Set(judgeMatch(record).map(({ invariant }) => invariant))].sort();
}

const GRANT = row("granted originalChip");

test("what is due breaks nothing", () => {
  expect(verdict([visit(MEMBER)], [GRANT])).toEqual([]);
  expect(verdict([visit(STRANGER)], [row("denied CredentialNotFound")])).toEqual([]);
});

describe("a grant", () => {
  test("to somebody who may not enter, or in the name of another", () => {
    expect(verdict([visit(STRANGER)], [GRANT])).toContain("grantsAreDue");
    expect(verdict([visit(MEMBER)], [{ ...GRANT, pseudonym: "BB" }])).toEqual(["grantsAreDue"]);
  });

  test("on less than was due", () => {
    expect(verdict([visit(MEMBER)], [row("granted identifier")])).toContain("grantsAreDue");
  });

  test("while no card was there, or twice for one presentation", () => {
    expect(verdict([visit(MEMBER)], [{ ...GRANT, atMs: CAME_MS + 4_000 }])).toContain("grantsAreDue");
    const again = { ...GRANT, seq: 2, atMs: CAME_MS + 1_800 };
    expect(verdict([visit(MEMBER)], [GRANT, again])).toContain("oneGrantPerPresentation");
  });
});

describe("a refusal", () => {
  const refused = row("denied acs:ReadIncomplete tries:1");

  test("without a reason, with one in a fault, and with one of his own", () => {
    expect(verdict([visit(MEMBER)], [refused])).toContain("refusalsHaveReasons");
    const windows = [{ fault: "radioError", fromMs: CAME_MS, toMs: CAME_MS + 2_000, rate: 0.1 } as const];
    expect(verdict([visit(MEMBER)], [refused], { windows })).toEqual([]);
    const errand = { mistakes: ["denied acs:ReadIncomplete*"], answers: ["denied acs:ReadIncomplete*"] };
    expect(verdict([visit(MEMBER, {}, errand)], [refused])).toEqual([]);
  });

  test("of a chip that nine wrong passwords made slower than a lane waits", () => {
    const guesser = { ...STRANGER, due: "denied InvalidPIN wrongPassword" };
    const verdictBehind = (wrong: number): readonly string[] => {
      const rows = Array.from({ length: wrong }, (_, index) => row(guesser.due, { seq: index + 1 }));
      const answers = [...rows.map(() => guesser.due), "denied acs:ReadIncomplete tries:1"];
      return verdict([visit(guesser, {}, { answers })], [...rows, { ...refused, seq: wrong + 1 }]);
    };
    expect(verdictBehind(9)).toEqual([]);
    expect(verdictBehind(8)).toEqual(["refusalsHaveReasons"]);
  });

  test("for want of digits behind a block that had used them up, and behind nothing else", () => {
    const missing = row("denied acs:SecurityLevelTooLow passwordMissing", { seq: 2, atMs: CAME_MS + 1_800 });
    const blocked = row("denied acs:Blocked passwordTries");
    const errand = { mistakes: [blocked].map(() => "denied acs:Blocked passwordTries") };
    const answers = ["denied acs:Blocked passwordTries", "denied acs:SecurityLevelTooLow passwordMissing"];
    expect(verdict([visit(STRANGER, {}, { ...errand, answers })], [blocked, missing])).toEqual([]);
    expect(verdict([visit(STRANGER, {}, { answers: answers.slice(1) })], [missing])).toEqual([
      "refusalsHaveReasons",
    ]);
  });

  test("for want of digits of who was let in before he took his card away, and laid it down again", () => {
    const missing = row("denied acs:SecurityLevelTooLow passwordMissing", { atMs: CAME_MS + 1_800 });
    const answers = [MEMBER.due, "denied acs:SecurityLevelTooLow passwordMissing"];
    const grant = row(MEMBER.due, { seq: 2 });
    const visits = [visit(MEMBER, {}, { answers })];
    expect(verdict(visits, [grant, { ...missing, seq: 3 }])).toEqual([]);
    const before = [visit(MEMBER, {}, { answers: answers.toReversed() })];
    expect(verdict(before, [missing, grant])).toEqual(["refusalsHaveReasons"]);
  });

  test("for digits that somebody left behind, or that nobody did", () => {
    const wrong = row("denied InvalidPIN wrongPassword");
    const before = visit(STRANGER, {
      ...{ beganMs: CAME_MS - 9_000, endedMs: CAME_MS - 5_000, layings: [] },
      entries: [{ what: "right", atMs: CAME_MS - 6_000 }],
    });
    expect(verdict([before, visit(MEMBER)], [wrong])).toEqual([]);
    expect(verdict([visit(MEMBER)], [wrong])).toContain("refusalsHaveReasons");
  });

  test("of a forger without an alarm, and an alarm about somebody honest", () => {
    const found = row("denied acs:DocumentAuthenticationFailed signatureInvalid", { seq: 2 });
    const alarm = row("denied", { type: "acs.security.cardNotGenuine" });
    expect(verdict([visit(FORGER)], [alarm, found])).toEqual([]);
    expect(verdict([visit(FORGER)], [found])).toEqual(["forgeriesRaiseAlarms"]);
    expect(verdict([visit(MEMBER)], [alarm, { ...GRANT, seq: 2 }])).toEqual(["alarmsAreDeserved"]);
  });
});

test("a card complains of a command that it does not know, unless its line was in trouble; of a forbidden one always", () => {
  const windows = [{ fault: "lostByte", fromMs: CAME_MS, toMs: CAME_MS + 2_000, rate: 0.1 } as const];
  const on = (complaint: string, change: Partial<MatchRecord> = {}): readonly string[] =>
    verdict([visit(MEMBER, { complaints: [complaint] })], [GRANT], { buses: ["hsu"], ...change });
  expect(on("B09C0000")).toEqual(["cardsKnowCommands"]);
  expect(on("B09C0000", { windows })).toEqual([]);
  expect(on("a tripwire", { windows })).toEqual(["cardsKnowCommands"]);
});

test("nobody is left without an answer", () => {
  expect(verdict([visit(MEMBER)], [])).toEqual(["everybodyGetsWhatIsDue"]);
  expect(verdict([visit(MEMBER)], [], { killsMs: [CAME_MS + 500] })).toEqual([]);
});

describe("wrong passwords at a lane", () => {
  const tries = Array.from({ length: 10 }, (_, index) => index * 20_000);
  const last = 180_000;

  test("block it for a minute behind the tenth, give or take the time of a reading", () => {
    const blocks = new LaneBlocks(tries, []);
    expect(blocks.wasBlocked(last + 30_000)).toBe(true);
    expect(blocks.wasBlocked(last + 70_000)).toBe(false);
    expect(blocks.mayBeBlocked(last + 70_000, last + 71_000)).toBe(true);
    expect(blocks.mayBeBlocked(last + 120_000, last + 121_000)).toBe(false);
    expect(new LaneBlocks(tries.slice(1), []).mayBeBlocked(0, last + 30_000)).toBe(false);
  });

  test("may block it sooner when a process died in between", () => {
    expect(new LaneBlocks(tries.slice(1), [100_000]).mayBeBlocked(last, last + 30_000)).toBe(true);
  });

  test("at one card block that card behind the fifth, in the middle of its holder's visit", () => {
    const due = "denied InvalidPIN wrongPassword";
    const guesser: Guest = { ...STRANGER, due };
    const verdictBehind = (earlier: number, lane = 0): readonly string[] => {
      const doors = ["lane-1", "lane-2"];
      const before = Array.from({ length: earlier }, (_, index) =>
        row(due, { seq: index + 1, atMs: CAME_MS - 800_000 + index, door: doors[lane] ?? "" }),
      );
      const layings = [{ hand: "own", fromMs: CAME_MS - 800_001, toMs: CAME_MS - 799_000 } as const];
      const first = visit(
        guesser,
        { lane, beganMs: CAME_MS - 801_000, endedMs: CAME_MS - 798_000, layings },
        { answers: before.map(() => due) },
      );
      const blocked = row("denied acs:Blocked passwordTries", { seq: earlier + 2, atMs: CAME_MS + 1_800 });
      const own = [row(due, { seq: earlier + 1 }), blocked];
      const visits = [visit(guesser, {}, { answers: [due, due] }), first];
      return verdict(visits, [...before, ...own], { doors, buses: ["spi", "spi"] });
    };
    expect([verdictBehind(4), verdictBehind(4, 1)]).toEqual([[], []]);
    expect(verdictBehind(3)).toEqual(["everybodyGetsWhatIsDue", "refusalsHaveReasons"]);
  });

  test("at one card block it hours after a try that has no row, since its reader was in trouble", () => {
    const due = "denied InvalidPIN wrongPassword";
    const guesser: Guest = { ...STRANGER, due };
    const laid = (fromMs: number) => ({ hand: "own", fromMs, toMs: fromMs + 500 }) as const;
    const came = { beganMs: CAME_MS - 801_000, endedMs: CAME_MS - 790_000 };
    const layings = Array.from({ length: 4 }, (_, index) => laid(CAME_MS - 800_000 + index * 1_000));
    const entries = layings.map(({ fromMs }) => ({ what: "wrong", atMs: fromMs - 100 }) as const);
    const told = layings
      .slice(1)
      .map(({ fromMs }, index) => row(due, { seq: index + 1, atMs: fromMs + 100 }));
    const own = [
      row(due, { seq: 4 }),
      row("denied acs:Blocked passwordTries", { seq: 5, atMs: CAME_MS + 1_800 }),
    ];
    const visits = [
      visit(guesser, { ...came, layings, entries }, { answers: told.map(() => due) }),
      visit(guesser, {}, { answers: [due, due] }),
    ];
    const trouble = { fault: "radioError", fromMs: came.beganMs, toMs: came.endedMs, rate: 0.1 } as const;
    expect(verdict(visits, [...told, ...own], { windows: [trouble] })).toEqual([]);
    expect(verdict(visits, [...told, ...own])).toEqual(["everybodyGetsWhatIsDue", "refusalsHaveReasons"]);
  });

  test("that are tried while it is blocked are found", () => {
    const wrong = [...tries, last + 30_000].map((afterMs, index) =>
      row("denied InvalidPIN wrongPassword", { seq: index + 1, atMs: CAME_MS + 1_300 + afterMs }),
    );
    const layings = [{ hand: "own", fromMs: CAME_MS + 1_000, toMs: CAME_MS + 900_000 } as const];
    const guesser = { ...STRANGER, due: "denied InvalidPIN wrongPassword" };
    const answers = wrong.map(() => guesser.due);
    const found = verdict([visit(guesser, { layings, endedMs: CAME_MS + 900_000 }, { answers })], wrong);
    expect(found).toEqual(["guessersAreBlocked"]);
    expect(
      verdict([visit(guesser, { layings, endedMs: CAME_MS + 900_000 }, { answers })], wrong.slice(0, 10)),
    ).toEqual([]);
  });
});
