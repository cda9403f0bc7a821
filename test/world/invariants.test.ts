/** Each invariant finds the record that breaks it and no other: a judge who never condemns proves nothing. */
import { describe, expect, test } from "vitest";
import { makeCard } from "../../src/sim/cards/make-card.ts";
import type { Person } from "./cast.ts";
import type { DayRecord } from "./day-record.ts";
import { judgeDay } from "./invariants.ts";
import type { RelayEdge, Row, SeenStay } from "./witness.ts";

const MEMBER: Person = {
  name: "member-1",
  role: "member",
  entitled: true,
  answer: { outcome: "granted" },
  made: makeCard({ card: "cie", family: "gemalto", nis: "123456789012" }),
};
const STRANGER: Person = {
  name: "stranger-1",
  role: "stranger",
  entitled: false,
  answer: { outcome: "denied", reason: "CredentialNotFound" },
  made: makeCard({ card: "cie", family: "gemalto", nis: "999999999999" }),
};
const HOLDERS = new Map([
  ["AA", MEMBER],
  ["BB", STRANGER],
]);
const CAME_MS = 100_000;

const granted = (seq: number, atMs: number, change: Partial<Row> = {}): Row => ({
  seq,
  atMs,
  type: "acs.access.granted",
  door: "lane-1",
  line: "",
  hash: "",
  reason: undefined,
  detail: undefined,
  pseudonym: "AA",
  ...change,
});

const pulse = (grant: Row | undefined, atMs: number, lengthMs = 400): readonly RelayEdge[] => [
  grant === undefined ? { lane: 0, level: "on", atMs } : { lane: 0, level: "on", atMs, grant },
  { lane: 0, level: "off", atMs: atMs + lengthMs },
];

const stay = (fromMs: number, toMs: number, person = MEMBER): SeenStay => ({
  lane: 0,
  person,
  fromMs,
  toMs,
  torn: false,
});

const ROW = granted(1, CAME_MS + 100);

/** A member came, was granted, and the relay moved. */
const SOUND: DayRecord = {
  doors: ["lane-1"],
  demands: ["number"],
  buses: ["spi"],
  fields: "own",
  carriersTogether: [],
  maxPulseMs: 600,
  rows: [ROW],
  edges: pulse(ROW, CAME_MS + 101),
  stays: [stay(CAME_MS, CAME_MS + 3_000)],
  windows: [],
  launchesMs: [0],
  killsMs: [],
  holders: HOLDERS,
  pinSightings: [],
};

const verdict = (change: Partial<DayRecord>): readonly string[] => [
  ...new Set(judgeDay({ ...SOUND, ...change }).map(({ invariant }) => invariant)),
];

test("a sound day breaks nothing", () => {
  expect(verdict({})).toEqual([]);
});

describe("the relay", () => {
  test("on without any grant", () => {
    expect(verdict({ edges: pulse(undefined, CAME_MS + 101) })).toContain("relayFollowsCommit");
  });

  test("on twice for one grant", () => {
    const edges = [...pulse(ROW, CAME_MS + 101), ...pulse(ROW, CAME_MS + 600)];
    expect(verdict({ edges })).toEqual(["relayFollowsCommit"]);
  });

  test("on long after its grant", () => {
    expect(verdict({ edges: pulse(ROW, CAME_MS + 1_500) })).toContain("relayFollowsCommit");
  });

  test("not on for a grant, unless the process was killed in between", () => {
    expect(verdict({ edges: [] })).toContain("grantsOpen");
    expect(verdict({ edges: [], killsMs: [ROW.atMs + 1] })).toEqual([]);
  });

  test("on for too long", () => {
    expect(verdict({ edges: pulse(ROW, CAME_MS + 101, 601) })).toEqual(["pulsesEnd"]);
    expect(verdict({ edges: pulse(ROW, CAME_MS + 101).slice(0, 1) })).toEqual(["pulsesEnd"]);
  });

  test("on for two seconds after a kill in mid-pulse, and no longer", () => {
    const killsMs = [CAME_MS + 201];
    expect(verdict({ killsMs, edges: pulse(ROW, CAME_MS + 101, 2_100) })).toEqual([]);
    expect(verdict({ killsMs, edges: pulse(ROW, CAME_MS + 101, 2_101) })).toEqual(["pulsesEnd"]);
  });
});

describe("a grant", () => {
  test("to somebody who is not entitled, or whom nobody knows", () => {
    for (const pseudonym of ["BB", "CC", undefined]) {
      const row = granted(1, CAME_MS + 100, { pseudonym });
      expect(verdict({ rows: [row], edges: pulse(row, CAME_MS + 101) })).toEqual(["onlyEntitled"]);
    }
  });

  test("to a member whose card was not there", () => {
    expect(verdict({ stays: [stay(CAME_MS - 60_000, CAME_MS - 57_500)] })).toContain("grantedCardIsThere");
  });

  test("twice for one presentation, flicker included, and again for the next", () => {
    const second = granted(2, CAME_MS + 5_100);
    const twice = { rows: [ROW, second], edges: [...SOUND.edges, ...pulse(second, CAME_MS + 5_101)] };
    const flicker = [stay(CAME_MS, CAME_MS + 4_500), stay(CAME_MS + 5_000, CAME_MS + 6_000)];
    expect(verdict({ ...twice, stays: flicker })).toEqual(["oneGrantPerPresentation"]);
    const again = [stay(CAME_MS, CAME_MS + 4_000), stay(CAME_MS + 5_000, CAME_MS + 6_000)];
    expect(verdict({ ...twice, stays: again })).toEqual([]);
  });

  test("again for who came back unseen beside another card, and not when that one came later", () => {
    const second = granted(2, CAME_MS + 7_100);
    const twice = { rows: [ROW, second], edges: [...SOUND.edges, ...pulse(second, CAME_MS + 7_101)] };
    const back = [stay(CAME_MS, CAME_MS + 4_000), stay(CAME_MS + 4_500, CAME_MS + 8_000)];
    const beside = (fromMs: number) => ({ ...stay(CAME_MS + fromMs, CAME_MS + 7_000), person: STRANGER });
    expect(verdict({ ...twice, stays: [...back, beside(4_600)] })).toEqual([]);
    expect(verdict({ ...twice, stays: [...back, beside(4_900)] })).toEqual(["oneGrantPerPresentation"]);
    expect(verdict({ ...twice, stays: [stay(CAME_MS, CAME_MS + 8_000), beside(4_600)] })).toEqual([
      "oneGrantPerPresentation",
    ]);
  });
});

describe("readers that see the same cards", () => {
  const shared = {
    doors: ["lane-1", "lane-2"],
    demands: ["number", "number"],
    buses: ["spi", "spi"],
    fields: "shared",
  } as const;
  const second = granted(2, CAME_MS + 5_100, { door: "lane-2" });
  const edges = [...SOUND.edges, ...pulse(second, CAME_MS + 5_101).map((edge) => ({ ...edge, lane: 1 }))];
  const twice = { ...shared, rows: [ROW, second], edges };
  const there = (fromMs: number) => ({ ...stay(CAME_MS + fromMs, CAME_MS + 8_000), lane: 1 });

  test("grant a card that moves from one to the other once, and again when it was away", () => {
    const stays = (fromMs: number) => [stay(CAME_MS, CAME_MS + 3_500), there(fromMs)];
    expect(verdict({ ...twice, stays: stays(4_400) })).toEqual(["oneGrantPerPresentation"]);
    expect(verdict({ ...twice, stays: stays(4_500) })).toEqual([]);
  });

  test("grant a card that both of them see once", () => {
    const stays = [stay(CAME_MS, CAME_MS + 8_000), there(0)];
    expect(verdict({ ...twice, stays })).toEqual(["oneGrantPerPresentation"]);
  });

  test("have one carrier on at a time", () => {
    const carriersTogether = [{ lanes: [0, 1], atMs: CAME_MS }];
    expect(verdict({ ...shared, carriersTogether })).toEqual(["carriersTakeTurns"]);
  });
});

describe("a card held still", () => {
  const unanswered = { rows: [], edges: [] };
  const denial = (change: Partial<Row> = {}): Row =>
    granted(1, CAME_MS + 100, {
      type: "acs.access.denied",
      reason: "CredentialNotFound",
      pseudonym: "BB",
      ...change,
    });

  test("without an answer, or with a late one", () => {
    expect(verdict(unanswered)).toEqual(["calmIsAnswered"]);
    const late = granted(1, CAME_MS + 1_100);
    expect(verdict({ rows: [late], edges: pulse(late, CAME_MS + 1_101) })).toEqual(["calmIsAnswered"]);
  });

  test("with the wrong answer", () => {
    const stays = [stay(CAME_MS, CAME_MS + 3_000, STRANGER)];
    expect(verdict({ stays, rows: [denial()], edges: [] })).toEqual([]);
    expect(verdict({ stays, rows: [denial({ reason: "Other" })], edges: [] })).toEqual(["calmIsAnswered"]);
  });

  test("is owed nothing under a fault, near a kill, or beside another card", () => {
    const window = { fault: "lostAck", fromMs: CAME_MS - 5_000, toMs: CAME_MS, rate: 0.1 } as const;
    expect(verdict({ ...unanswered, windows: [window] })).toEqual([]);
    expect(verdict({ ...unanswered, killsMs: [CAME_MS - 1] })).toEqual([]);
    const stays = [...SOUND.stays, stay(CAME_MS + 500, CAME_MS + 900, STRANGER)];
    expect(verdict({ ...unanswered, stays })).toEqual([]);
  });

  test("is owed an answer however the broker and the wall clock do", () => {
    const windows = (["brokerGone", "backEndMute", "unsynced"] as const).map(
      (fault) => ({ fault, fromMs: 0, toMs: 200_000, rate: 1 }) as const,
    );
    expect(verdict({ ...unanswered, windows })).toEqual(["calmIsAnswered"]);
  });
});
