/** What must hold where chips prove themselves: each invariant finds the record that breaks it, and no other does. */
import { describe, expect, test } from "vitest";
import { makeCard } from "../../src/sim/cards/make-card.ts";
import type { Person } from "./cast.ts";
import type { Demand } from "./day-plan.ts";
import type { DayRecord } from "./day-record.ts";
import { judgeDay } from "./invariants.ts";
import type { RelayEdge, Row, SeenStay } from "./witness.ts";

const made = makeCard({ card: "cie", family: "gemalto", nis: "123456789012" });
const MEMBER: Person = {
  name: "member-1",
  role: "member",
  entitled: true,
  answer: { outcome: "granted" },
  chipKey: "30AA",
  made,
};
const COPY: Person = {
  name: "attacker-1",
  role: "attacker",
  entitled: false,
  attack: { name: "replay", victim: MEMBER },
  made,
};
const PINNED_MS = 50_000;
const CAME_MS = 100_000;

const row = (seq: number, type: string, atMs: number, change: Partial<Row> = {}): Row => ({
  seq,
  atMs,
  type,
  door: "lane-1",
  line: "",
  hash: "",
  reason: undefined,
  detail: undefined,
  pseudonym: "AA",
  ...change,
});

const stay = (person: Person, fromMs = CAME_MS): SeenStay => ({
  lane: 0,
  person,
  fromMs,
  toMs: fromMs + 5_000,
  torn: false,
});

const pulse = (grant: Row): readonly RelayEdge[] => [
  { lane: 0, level: "on", atMs: grant.atMs + 1, grant },
  { lane: 0, level: "off", atMs: grant.atMs + 401 },
];

const PINNING = row(1, "acs.config.chipPinned", PINNED_MS);
const ENTRANCE = row(2, "acs.access.granted", PINNED_MS + 1);
const ALARM = row(3, "acs.security.cloneSuspected", CAME_MS + 300);
const REFUSAL = row(4, "acs.access.denied", CAME_MS + 300, { reason: "acs:ChipAuthenticationFailed" });
const GRANT = row(3, "acs.access.granted", CAME_MS + 300);
const HELD = { atMs: PINNED_MS + 1, pins: new Map([["AA", "30AA"]]) };

/** A member was enrolled in passing; later somebody came with his number and was refused. */
const SOUND: DayRecord = {
  doors: ["lane-1"],
  demands: ["chip"],
  buses: ["spi"],
  fields: "own",
  carriersTogether: [],
  maxPulseMs: 600,
  rows: [PINNING, ENTRANCE, ALARM, REFUSAL],
  edges: pulse(ENTRANCE),
  stays: [stay(MEMBER, PINNED_MS - 1_000), stay(COPY)],
  windows: [],
  launchesMs: [0],
  killsMs: [],
  holders: new Map([["AA", MEMBER]]),
  pinSightings: [{ atMs: 0, pins: new Map() }, HELD],
};

const verdict = (change: Partial<DayRecord>): readonly string[] => [
  ...new Set(judgeDay({ ...SOUND, ...change }).map(({ invariant }) => invariant)),
];

test("a sound day breaks nothing", () => {
  expect(verdict({})).toEqual([]);
});

describe("a copy", () => {
  const granted = { rows: [PINNING, ENTRANCE, GRANT], edges: [...pulse(ENTRANCE), ...pulse(GRANT)] };
  const unknown = {
    rows: [GRANT],
    edges: pulse(GRANT),
    stays: [stay(COPY)],
    pinSightings: [],
  };
  const at = (demand: Demand) => ({ demands: [demand] });

  test("is granted at no door once the chip is pinned", () => {
    expect(verdict({ ...granted, ...at("chip") })).toContain("attackersStayOut");
    expect(verdict({ ...granted, ...at("number") })).toContain("attackersStayOut");
  });

  test("is granted before that where the number alone is asked for, and not where the chip is", () => {
    expect(verdict({ ...unknown, ...at("number") })).toEqual([]);
    expect(verdict({ ...unknown, ...at("chip") })).toContain("attackersStayOut");
  });

  test("is granted once for a presentation where it is granted at all", () => {
    const again = row(4, "acs.access.granted", CAME_MS + 3_000);
    const twice = { rows: [GRANT, again], edges: [...pulse(GRANT), ...pulse(again)] };
    expect(verdict({ ...unknown, ...at("number"), ...twice })).toContain("oneGrantPerPresentation");
  });

  test("is not refused without its alarm, one about this number at this door", () => {
    expect(verdict({ rows: [PINNING, ENTRANCE, REFUSAL] })).toEqual(["attackersRaiseAlarms"]);
    for (const change of [{ door: "lane-2" }, { pseudonym: "BB" }, { seq: 2 }])
      expect(verdict({ rows: [PINNING, ENTRANCE, { ...ALARM, ...change }, REFUSAL] })).toContain(
        "attackersRaiseAlarms",
      );
  });

  test("held still is answered, and with the word for what it is", () => {
    expect(verdict({ rows: [PINNING, ENTRANCE] })).toEqual(["calmIsAnswered"]);
    const other = { ...REFUSAL, reason: "CredentialNotFound" };
    expect(verdict({ rows: [PINNING, ENTRANCE, ALARM, other] })).toEqual(["calmIsAnswered"]);
  });
});

test("an alarm about a member who came himself is false, and so is the refusal", () => {
  const stays = [stay(MEMBER, PINNED_MS - 1_000), stay(MEMBER)];
  expect(verdict({ stays })).toEqual(["calmIsAnswered", "alarmsAreDeserved"]);
});

test("an alarm about a member whose card was gone at each of four proofs, and not of fewer, is no judge's business", () => {
  const silent = { ...REFUSAL, detail: "silent" };
  const rows = [PINNING, ENTRANCE, ALARM, silent];
  const brief = (fromMs: number): SeenStay => ({ ...stay(MEMBER, fromMs), toMs: fromMs + 150 });
  const flickers = [-1_500, -900, -300, 200].map((beforeMs) => brief(CAME_MS + beforeMs));
  const before = stay(MEMBER, PINNED_MS - 1_000);
  expect(verdict({ rows, stays: [before, ...flickers] })).toEqual([]);
  expect(verdict({ rows, stays: [before, ...flickers.slice(1)] })).toEqual(["alarmsAreDeserved"]);
});

test("a member who held his card still at a door that enrols was granted", () => {
  const strange = row(1, "acs.access.denied", CAME_MS + 300, { reason: "acs:TrustAnchorMissing" });
  const day = { stays: [stay(MEMBER)], pinSightings: [], edges: [] };
  expect(verdict({ ...day, rows: [strange] })).toEqual(["calmIsAnswered"]);
});

describe("a pin", () => {
  const later = (pins: readonly (readonly [string, string])[]) => ({
    pinSightings: [HELD, { atMs: CAME_MS, pins: new Map(pins) }],
  });

  test("is not lost", () => {
    expect(verdict(later([]))).toEqual(["pinsStay", "pinsAreTrue"]);
  });

  test("does not change, not even to another and back", () => {
    expect(verdict(later([["AA", "30BB"]]))).toEqual(["pinsStay", "pinsAreTrue"]);
    const away = { atMs: CAME_MS, pins: new Map([["AA", "30BB"]]) };
    const back = { ...HELD, atMs: CAME_MS + 1 };
    expect(verdict({ pinSightings: [HELD, away, back] })).toEqual(["pinsStay"]);
  });

  test("is that of the card which the State issued", () => {
    const pinSightings = [{ ...HELD, pins: new Map([["AA", "30BB"]]) }];
    expect(verdict({ pinSightings })).toEqual(["pinsAreTrue"]);
  });

  test("has one row in the journal, and each row its pin", () => {
    expect(verdict({ pinSightings: [] })).toEqual(["pinsAreTrue"]);
    const again = row(5, "acs.config.chipPinned", CAME_MS + 4_000);
    expect(verdict({ rows: [...SOUND.rows, again] })).toEqual(["pinsAreTrue"]);
    expect(verdict({ rows: [ENTRANCE] })).toContain("pinsAreTrue");
  });
});
