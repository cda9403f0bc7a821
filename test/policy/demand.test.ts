// What a door demands: its own levels, or those of the first step-up for the holder's group at that time; and how
// that is told, decided and explained.
import { describe, expect, test } from "vitest";
import type { Level, Proof } from "../../src/identity/proofs.ts";
import { decide } from "../../src/policy/decide.ts";
import { demandedLevels, demandHangsOnTime, everDemanded } from "../../src/policy/demand.ts";
import { explain } from "../../src/policy/explain.ts";
import type { DecisionTime, DoorPolicy, Question, StepUp } from "../../src/policy/question.ts";
import { Timetable } from "../../src/policy/timetable.ts";
import { instant } from "../../src/time/time.ts";
import { TimeZone } from "../../src/time/time-zone.ts";

const ROME = TimeZone.named("Europe/Rome") ?? expect.fail("no zone");
/** Every day between these hours, in Rome. */
const daily = (name: string, fromHour: number, toHour: number): Timetable => {
  const times = [{ fromMinute: fromHour * 60, toMinute: toHour * 60 }];
  return new Timetable({ name, week: Array.from({ length: 7 }, () => times), special: [] }, ROME);
};
const matchHours = daily("match-hours", 14, 18);
const evenings = daily("evenings", 17, 24);

const door = (levels: readonly Level[], ...stepUps: readonly StepUp[]): DoorPolicy => ({
  door: "lane-1",
  levels,
  stepUps,
  admissions: new Map(["fans", "away", "staff"].map((group) => [group, { group }])),
  unsyncedClock: "lastKnown",
});
/** An hour of the day in Rome, in winter. */
const at = (hour: number, state: DecisionTime["state"] = "synced"): DecisionTime => ({
  instant: instant(Date.UTC(2026, 10, 22, hour - 1)),
  state,
});

/** In match hours everybody shows a document; at other times only the away fans, and staff their chip. */
const stadium = door(
  ["identifier"],
  { levels: ["verifiedDocument"], timetable: matchHours },
  { levels: ["authenticDocument"], groups: ["away"] },
  { levels: ["originalChip"], groups: ["staff"], timetable: evenings },
);

describe("at a stadium whose number lane steps up", () => {
  test.each<[string | undefined, number, DecisionTime["state"], Level]>([
    ["fans", 13, "synced", "identifier"],
    ["fans", 14, "synced", "verifiedDocument"],
    ["fans", 17, "synced", "verifiedDocument"],
    ["fans", 18, "synced", "identifier"],
    ["away", 13, "synced", "authenticDocument"],
    ["away", 14, "synced", "verifiedDocument"],
    ["away", 20, "synced", "authenticDocument"],
    ["staff", 13, "synced", "identifier"],
    ["staff", 17, "synced", "verifiedDocument"],
    ["staff", 18, "synced", "originalChip"],
    [undefined, 13, "synced", "identifier"],
    [undefined, 14, "synced", "verifiedDocument"],
    [undefined, 20, "synced", "identifier"],
    ["fans", 13, "holdover", "identifier"],
    ["fans", 14, "holdover", "verifiedDocument"],
    ["fans", 13, "unsynced", "verifiedDocument"],
    ["away", 13, "unsynced", "verifiedDocument"],
    ["staff", 20, "unsynced", "verifiedDocument"],
    [undefined, 13, "unsynced", "verifiedDocument"],
  ])("%s at %i o'clock (%s): %s", (group, hour, state, level) => {
    expect(demandedLevels(stadium, group, at(hour, state))).toEqual([level]);
  });
});

describe("of several step-ups", () => {
  const evening: StepUp = { levels: ["authenticDocument"], timetable: evenings };
  const match: StepUp = { levels: ["verifiedDocument"], timetable: matchHours };

  test("the first that holds counts, whichever is stricter", () => {
    expect(demandedLevels(door(["identifier"], evening, match), "fans", at(17))).toEqual([
      "authenticDocument",
    ]);
    expect(demandedLevels(door(["identifier"], match, evening), "fans", at(17))).toEqual([
      "verifiedDocument",
    ]);
  });

  test("by an untrusted clock the strictest counts, wherever it stands", () => {
    for (const steps of [
      [evening, match],
      [match, evening],
    ]) {
      const demanded = demandedLevels(door(["identifier"], ...steps), "fans", at(4, "unsynced"));
      expect(demanded).toEqual(["verifiedDocument"]);
    }
  });

  test("none behind one that always holds counts, by whatever clock", () => {
    const always: StepUp = { levels: ["originalChip"] };
    const covered = door(["identifier"], always, match);
    for (const state of ["synced", "unsynced"] as const)
      expect(demandedLevels(covered, "fans", at(15, state))).toEqual(["originalChip"]);
    expect(demandHangsOnTime(covered, "fans")).toBe(false);
  });

  test("one that accepts a weak level beside a strong one is as strict as the weak one", () => {
    const either: StepUp = { levels: ["originalChip", "verifiedDocument"], timetable: matchHours };
    const chosen = door(["identifier"], either, { levels: ["authenticDocument"], timetable: evenings });
    expect(demandedLevels(chosen, "fans", at(4, "unsynced"))).toEqual(["authenticDocument"]);
  });

  test("a chip is more than a seal that anybody may have copied, and a number less", () => {
    const steps: readonly StepUp[] = [
      { levels: ["originalChip"], timetable: matchHours },
      { levels: ["identifier"], timetable: evenings },
    ];
    expect(demandedLevels(door(["documentSeal"], ...steps), "fans", at(4, "unsynced"))).toEqual([
      "originalChip",
    ]);
  });

  test("one that would demand less is not what an untrusted clock leaves", () => {
    const eased = door(["verifiedDocument"], { levels: ["authenticDocument"], timetable: evenings });
    expect(demandedLevels(eased, "fans", at(20, "unsynced"))).toEqual(["verifiedDocument"]);
  });
});

test("the time matters to those alone whose demand hangs on it", () => {
  const some = door(["identifier"], { levels: ["originalChip"], groups: ["staff"], timetable: evenings });
  expect(demandHangsOnTime(some, "staff")).toBe(true);
  expect(demandHangsOnTime(some, "fans")).toBe(false);
  expect(demandHangsOnTime(some, undefined)).toBe(false);
  expect(demandHangsOnTime(door(["identifier"]), "staff")).toBe(false);
});

const asked = (
  policy: DoorPolicy,
  proofs: readonly Proof[],
  time: DecisionTime,
  group = "fans",
): Question => ({
  door: policy,
  proofs: new Set(proofs),
  chip: "unpinned",
  standing: { denyListed: false, credential: { pseudonym: new Uint8Array(32), group, enabled: true } },
  at: time,
});
const DOCUMENT = ["cardAccess", "documentSignature", "documentChip"] as const;

describe("a decision", () => {
  test("names the step-up that was not met", () => {
    expect(decide(asked(stadium, ["nisRead"], at(15)))).toEqual({
      outcome: "denied",
      reason: "acs:SecurityLevelTooLow",
      rule: "doors/lane-1/stepUp/0",
      dated: true,
    });
    expect(decide(asked(stadium, ["nisRead"], at(13), "away"))).toMatchObject({
      rule: "doors/lane-1/stepUp/1",
    });
    expect(decide(asked(stadium, [], at(13)))).toMatchObject({ rule: "doors/lane-1/level" });
  });

  test("is dated where the demand hung on the time, although nothing else did", () => {
    const granted = { outcome: "granted", level: "identifier", rule: "doors/lane-1/groups/fans" };
    expect(decide(asked(stadium, ["nisRead"], at(13)))).toMatchObject({ ...granted, dated: true });
    expect(decide(asked(door(["identifier"]), ["nisRead"], at(13)))).toMatchObject({
      ...granted,
      dated: false,
    });
    const stranger = { ...asked(stadium, DOCUMENT, at(15)), standing: { denyListed: false } };
    expect(decide(stranger)).toMatchObject({ reason: "CredentialNotFound", dated: true });
  });

  test("of a door that refuses undated clocks needs no time for a demand met at its strictest", () => {
    const stepped = door(["identifier"], { levels: ["originalChip"], timetable: matchHours });
    const strict: DoorPolicy = { ...stepped, unsyncedClock: "deny" };
    expect(decide(asked(strict, ["nisRead", "chipKey"], at(13, "unsynced")))).toMatchObject({
      outcome: "granted",
      level: "originalChip",
    });
  });

  test("of a door that refuses undated clocks needs the time for a document, which has dates of its own", () => {
    const strict: DoorPolicy = { ...door(["verifiedDocument"]), unsyncedClock: "deny" };
    expect(decide(asked(strict, DOCUMENT, at(13, "unsynced")))).toMatchObject({
      outcome: "denied",
      reason: "acs:ClockUntrusted",
    });
    expect(decide(asked(strict, DOCUMENT, at(13)))).toMatchObject({ outcome: "granted", dated: true });
  });

  test("of a door that refuses undated clocks needs the time for a seal, whose signer signed for a time", () => {
    const strict: DoorPolicy = { ...door(["documentSeal"]), unsyncedClock: "deny" };
    expect(decide(asked(strict, ["seal"], at(13, "unsynced")))).toMatchObject({
      outcome: "denied",
      reason: "acs:ClockUntrusted",
    });
    expect(decide(asked(strict, ["seal"], at(13)))).toMatchObject({ outcome: "granted", dated: true });
  });

  test.each<[readonly Level[], readonly Proof[], Level | undefined]>([
    [["documentSeal"], ["seal"], "documentSeal"],
    [["documentSeal"], DOCUMENT, "documentSeal"],
    [["documentSeal"], ["cardAccess", "documentSignature"], "documentSeal"],
    [["documentSeal"], ["nisRead", "chipKey"], undefined],
    [["documentSeal", "originalChip"], ["nisRead", "chipKey"], "originalChip"],
    [["documentSeal", "verifiedDocument"], [...DOCUMENT, "seal"], "verifiedDocument"],
    [["authenticDocument"], ["seal"], undefined],
    [["verifiedDocument"], ["seal"], undefined],
    [["originalChip"], ["seal", ...DOCUMENT], undefined],
    [["identifier"], ["seal"], undefined],
    [["originalChip", "verifiedDocument"], ["nisRead", "chipKey"], "originalChip"],
    [["originalChip", "verifiedDocument"], DOCUMENT, "verifiedDocument"],
    [["originalChip", "verifiedDocument"], ["nisRead", "chipKey", ...DOCUMENT], "verifiedDocument"],
    [["originalChip"], ["nisRead", "chipKey", ...DOCUMENT], "originalChip"],
    [["authenticDocument"], DOCUMENT, "authenticDocument"],
    [["originalChip", "verifiedDocument"], ["nisRead", "documentSignature"], undefined],
    [[], DOCUMENT, undefined],
  ])("at a door that accepts %j, on proofs %j, is by level %s", (levels, proofs, level) => {
    expect(decide(asked(door(levels), proofs, at(13)))).toMatchObject(
      level === undefined ? { outcome: "denied", reason: "acs:SecurityLevelTooLow" } : { level },
    );
  });
});

describe("the words", () => {
  const words = (question: Question): string =>
    explain(question).considered.find(({ rule }) => /level$|stepUp/.test(rule))?.compared ?? "";

  test.each<[string, Question, string]>([
    [
      "one of several levels",
      asked(door(["originalChip", "verifiedDocument"]), ["nisRead"], at(13)),
      "the door demands originalChip or verifiedDocument; proven: nisRead",
    ],
    [
      "that no step-up holds",
      asked(stadium, ["nisRead"], at(13)),
      "the door demands identifier, and no step-up holds; proven: nisRead",
    ],
    [
      "a step-up in its times",
      asked(stadium, ["nisRead"], at(15)),
      "a step-up demands verifiedDocument (sun 2026-11-22 15:00 in Europe/Rome is within match-hours: " +
        "14:00-18:00 on this day of the week); proven: nisRead",
    ],
    [
      "a step-up of a group",
      asked(stadium, DOCUMENT, at(13), "away"),
      "a step-up demands authenticDocument of away; proven: cardAccess, documentSignature, documentChip",
    ],
    [
      "a step-up that an untrusted clock does not rule out",
      asked(stadium, [], at(13, "unsynced")),
      "a step-up demands verifiedDocument (the clock is unsynced, so match-hours may hold); proven: nothing",
    ],
    [
      "a door without any level",
      asked(door([]), DOCUMENT, at(13)),
      "the door demands what nobody can prove; proven: cardAccess, documentSignature, documentChip",
    ],
  ])("tell %s", (_what, question, text) => {
    expect(words(question)).toBe(text);
  });
});

test.each<[string, readonly (readonly Level[])[]]>([
  ["fans", [["verifiedDocument"], ["identifier"]]],
  ["away", [["verifiedDocument"], ["authenticDocument"]]],
  ["staff", [["verifiedDocument"], ["originalChip"], ["identifier"]]],
])("what it may ever demand of %s is known without a time", (group, demands) => {
  expect(everDemanded(stadium, group)).toEqual(demands);
});
