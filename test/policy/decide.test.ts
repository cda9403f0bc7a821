import { describe, expect, test } from "vitest";
import type { Level, Proof } from "../../src/identity/proofs.ts";
import { decide } from "../../src/policy/decide.ts";
import type { Admission, Question } from "../../src/policy/question.ts";
import { Timetable } from "../../src/policy/timetable.ts";
import type { Credential } from "../../src/ports/credentials.ts";
import { instant } from "../../src/time/time.ts";
import { TimeZone } from "../../src/time/time-zone.ts";

const NOON = Date.UTC(2026, 10, 22, 12);
const credential: Credential = { pseudonym: new Uint8Array(32), group: "members", enabled: true };
const admitting = (...admissions: readonly Admission[]) =>
  new Map(admissions.map((admission) => [admission.group, admission]));
const question: Question = {
  door: {
    door: "lane-1",
    levels: ["identifier"],
    stepUps: [],
    admissions: admitting({ group: "members" }, { group: "staff" }),
    unsyncedClock: "lastKnown",
  },
  proofs: new Set<Proof>(["nisRead"]),
  chip: "unpinned",
  standing: { denyListed: false, credential },
  at: { instant: instant(NOON), state: "synced" },
};
const holding = (change: Partial<Credential>): Question => ({
  ...question,
  standing: { denyListed: false, credential: { ...credential, ...change } },
});

test("a member of an admitted group is granted, and the rule says which", () => {
  expect(decide(question)).toEqual({
    outcome: "granted",
    rule: "doors/lane-1/groups/members",
    level: "identifier",
    group: "members",
    dated: false,
  });
});

describe("every refusal has one reason and the rule that decided", () => {
  test.each<[string, Question, string, string]>([
    ["deny list", { ...question, standing: { denyListed: true, credential } }, "acs:DenyListed", "denyList"],
    ["nothing proven", { ...question, proofs: new Set() }, "acs:SecurityLevelTooLow", "doors/lane-1/level"],
    ["without his chip", { ...question, chip: "pinned" }, "acs:ChipAuthenticationFailed", "chip/key"],
    ["forged", { ...question, chip: "notGenuine" }, "acs:DocumentAuthenticationFailed", "chip/origin"],
    ["signer unknown", { ...question, chip: "signerUnknown" }, "acs:TrustAnchorMissing", "chip/signer"],
    ["unknown", { ...question, standing: { denyListed: false } }, "CredentialNotFound", "allowList"],
    ["switched off", holding({ enabled: false }), "CredentialNotEnabled", "allowList/enabled"],
    ["another group", holding({ group: "guests" }), "Unauthorized", "doors/lane-1/groups"],
    ["not yet", holding({ validFrom: instant(NOON + 1) }), "CredentialNotActive", "allowList/validFrom"],
    ["no more", holding({ validUntil: instant(NOON) }), "CredentialExpired", "allowList/validUntil"],
  ])("%s", (_what, asked, reason, rule) => {
    expect(decide(asked)).toMatchObject({ outcome: "denied", reason, rule });
  });
});

test("validity includes its first instant and excludes its end", () => {
  expect(decide(holding({ validFrom: instant(NOON), validUntil: instant(NOON + 1) })).outcome).toBe(
    "granted",
  );
});

test("a decision in which a date was compared says so", () => {
  expect(decide(holding({ validUntil: instant(NOON + 1) })).dated).toBe(true);
  expect(decide(holding({ validUntil: instant(NOON) })).dated).toBe(true);
  expect(decide(question).dated).toBe(false);
});

test.each<[readonly Proof[], Level, boolean]>([
  [["nisRead"], "originalChip", false],
  [["nisRead", "chipKey"], "originalChip", true],
  [["documentSignature", "documentChip"], "authenticDocument", true],
  [["documentSignature", "documentChip"], "originalChip", false],
  [["nisRead", "chipKey"], "authenticDocument", false],
  [["documentSignature"], "verifiedDocument", false],
])("proofs %j at a door that demands %s: %s", (proofs, level, granted) => {
  const decision = decide({
    ...question,
    proofs: new Set(proofs),
    door: { ...question.door, levels: [level] },
  });
  expect(decision.outcome).toBe(granted ? "granted" : "denied");
});

describe("no downgrade: a number with a chip passes nowhere without it", () => {
  const pinned = (proofs: readonly Proof[], level: Level): Question => ({
    ...question,
    chip: "pinned",
    proofs: new Set(proofs),
    door: { ...question.door, levels: [level] },
  });

  test.each(["identifier", "originalChip"] as const)("at a door that demands %s", (level) => {
    expect(decide(pinned(["nisRead"], level))).toMatchObject({ reason: "acs:ChipAuthenticationFailed" });
    expect(decide(pinned(["nisRead", "chipKey"], level))).toMatchObject({ outcome: "granted" });
  });

  test("a denied holder hears of the deny list first", () => {
    const denied = { ...pinned(["nisRead"], "originalChip"), standing: { denyListed: true, credential } };
    expect(decide(denied)).toMatchObject({ reason: "acs:DenyListed" });
  });
});

/** Sundays from nine to one, in Rome: NOON in UTC is one o'clock there. */
const sundays = new Timetable(
  {
    name: "sundays",
    week: Array.from({ length: 7 }, (_, day) => (day === 6 ? [{ fromMinute: 540, toMinute: 780 }] : [])),
    special: [],
  },
  TimeZone.named("Europe/Rome") ?? expect.fail("no zone"),
);
const scheduled = (at: number, change: Partial<Question["door"]> = {}): Question => ({
  ...question,
  door: {
    ...question.door,
    admissions: admitting({ group: "members", timetable: sundays }, { group: "staff" }),
    ...change,
  },
  at: { instant: instant(at), state: "synced" },
});

describe("a group with a schedule", () => {
  test("passes within it, and the rule names both", () => {
    expect(decide(scheduled(NOON - 1))).toEqual({
      outcome: "granted",
      rule: "doors/lane-1/groups/members/sundays",
      level: "identifier",
      group: "members",
      dated: true,
    });
  });

  test("does not pass outside it", () => {
    expect(decide(scheduled(NOON))).toEqual({
      outcome: "denied",
      reason: "NotPermittedAtThisTime",
      rule: "schedules/sundays",
      dated: true,
    });
  });

  test("hears that it has expired rather than that it is the wrong hour", () => {
    const expired = { ...credential, validUntil: instant(NOON) };
    expect(
      decide({ ...scheduled(NOON), standing: { denyListed: false, credential: expired } }),
    ).toMatchObject({
      reason: "CredentialExpired",
    });
  });
});

describe("while no trusted source has set the clock", () => {
  const unsynced = (asked: Question, unsyncedClock: Question["door"]["unsyncedClock"]): Question => ({
    ...asked,
    door: { ...asked.door, unsyncedClock },
    at: { ...asked.at, state: "unsynced" },
  });
  const dated = holding({ validUntil: instant(NOON + 1) });

  test("whoever needs no time passes, whatever is set", () => {
    for (const rule of ["deny", "lastKnown", { groups: [] }] as const) {
      expect(decide(unsynced(question, rule))).toEqual(decide(question));
    }
  });

  test("`lastKnown` decides dates and schedules by the time it is given", () => {
    for (const asked of [dated, scheduled(NOON), scheduled(NOON - 1)]) {
      expect(decide(unsynced(asked, "lastKnown"))).toEqual(decide(asked));
    }
  });

  test.each([
    ["a validity date", dated],
    ["a beginning", holding({ validFrom: instant(NOON - 1) })],
    ["a schedule", scheduled(NOON - 1)],
  ])("`deny` refuses %s, whatever time it may be", (_what, asked) => {
    expect(decide(unsynced(asked, "deny"))).toEqual({
      outcome: "denied",
      reason: "acs:ClockUntrusted",
      rule: "unsyncedClock",
      dated: true,
    });
  });

  test("named groups go by the last known time, the others do not pass", () => {
    expect(decide(unsynced(dated, { groups: ["members"] })).outcome).toBe("granted");
    expect(decide(unsynced(dated, { groups: ["staff"] }))).toMatchObject({ reason: "acs:ClockUntrusted" });
  });

  test("a clock that holds over from a trusted source is as good as a synchronised one", () => {
    for (const asked of [dated, scheduled(NOON - 1), scheduled(NOON)]) {
      const held: Question = { ...asked, at: { ...asked.at, state: "holdover" } };
      expect(decide({ ...held, door: { ...held.door, unsyncedClock: "deny" } })).toEqual(decide(asked));
    }
  });
});
