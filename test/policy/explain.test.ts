import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reaches } from "../../src/identity/proofs.ts";
import { decide, evaluate } from "../../src/policy/decide.ts";
import { explain } from "../../src/policy/explain.ts";
import type { Decision, Question } from "../../src/policy/question.ts";
import { RULES } from "../../src/policy/rules.ts";
import { Timetable } from "../../src/policy/timetable.ts";
import { timetableWords } from "../../src/policy/timetable-words.ts";
import { instant } from "../../src/time/time.ts";
import { TimeZone } from "../../src/time/time-zone.ts";
import { plainDecision, plainDemand, STRENGTH } from "./oracle.ts";
import { anyQuestion, NOON } from "./worlds.ts";

/** Enough that each outcome and each reason comes up hundreds of times. */
const WORLDS = 10_000;

const demandIsMet = (question: Question): boolean =>
  plainDemand(question).levels.some((level) => reaches(question.proofs, level));

const answerOf = (decision: Decision): string =>
  decision.outcome === "granted" ? "granted" : decision.reason;

describe("in 10,000 random worlds", () => {
  const seen = new Map<string, number>();

  test("the decision is what a plain reading of the rules gives, and what is explained", () => {
    fc.assert(
      fc.property(anyQuestion, (question) => {
        const plain = plainDecision(question);
        expect(explain(question).decision).toEqual(plain);
        expect(decide(question)).toEqual(plain);
      }),
      { numRuns: WORLDS },
    );
  }, 60_000);

  test("the rule that is named is the first of those that deny, and enough by itself", () => {
    fc.assert(
      fc.property(anyQuestion, (question) => {
        const { decision } = explain(question);
        const denying = RULES.filter((rule) => rule.ruling !== "grant" && rule.applies(question));
        const others = RULES.filter((rule) => !denying.includes(rule));
        const first = denying.slice(0, 1);
        expect(first.map((rule) => rule.path(question))).toEqual(
          decision.outcome === "denied" ? [decision.rule] : [],
        );
        expect(evaluate(question, [...first, ...others])).toEqual(decision);
        const admitted = question.door.admissions.has(question.standing.credential?.group ?? "");
        const passes = admitted && demandIsMet(question);
        expect(evaluate(question, others).outcome).toBe(passes ? "granted" : "denied");
      }),
    );
  });

  test("one rule decides, and leaving it out changes the outcome of a grant or the reason of a denial", () => {
    fc.assert(
      fc.property(anyQuestion, (question) => {
        const { decision, considered } = explain(question);
        const deciding = considered.filter(({ decided }) => decided);
        expect(deciding.map(({ rule }) => rule)).toEqual([decision.rule]);
        expect(considered.at(-1)).toBe(deciding[0]);
        const without = evaluate(
          question,
          RULES.filter((rule) => rule.path(question) !== decision.rule),
        );
        expect(answerOf(without)).not.toBe(answerOf(decision));
        if (decision.outcome === "granted") expect(without.outcome).toBe("denied");
        seen.set(answerOf(decision), (seen.get(answerOf(decision)) ?? 0) + 1);
      }),
      { numRuns: WORLDS },
    );
  }, 60_000);

  test("and among them is every answer that the rules can give", () => {
    const answers = RULES.map(({ ruling }) => (ruling === "grant" ? "granted" : ruling.deny));
    expect([...seen.keys()].sort()).toEqual([...answers].sort());
  });
});

describe("in every world", () => {
  test("nobody on the deny list and nobody who proved less than is demanded is granted", () => {
    fc.assert(
      fc.property(anyQuestion, (asked) => {
        const granted = decide(asked).outcome === "granted";
        expect(granted && (asked.standing.denyListed || !demandIsMet(asked))).toBe(false);
      }),
    );
  });

  test("a grant names a level that was demanded and proven", () => {
    fc.assert(
      fc.property(anyQuestion, (asked) => {
        const decision = decide(asked);
        if (decision.outcome === "denied") return;
        expect(plainDemand(asked).levels).toContain(decision.level);
        expect(reaches(asked.proofs, decision.level)).toBe(true);
      }),
    );
  });

  test("without a level nobody is granted, even if the rule about it is left out", () => {
    fc.assert(
      fc.property(anyQuestion, (asked) => {
        const open = { ...asked, door: { ...asked.door, levels: [], stepUps: [] } };
        expect(decide(open).outcome).toBe("denied");
        expect(evaluate(open, RULES.slice(-1)).outcome).toBe("denied");
      }),
    );
  });

  test("taking the credential away takes the grant away", () => {
    fc.assert(
      fc.property(anyQuestion, (asked) => {
        const without = decide({ ...asked, standing: { denyListed: asked.standing.denyListed } });
        expect(without.outcome).toBe("denied");
      }),
    );
  });

  test("an untrusted clock lets nobody in whom a trusted one would not, but on another proof as strong", () => {
    fc.assert(
      fc.property(anyQuestion, (asked) => {
        const byTrusted = { ...asked, at: { ...asked.at, state: "synced" as const } };
        const trusted = decide(byTrusted);
        const untrusted = decide({ ...asked, at: { ...asked.at, state: "unsynced" } });
        if (untrusted.outcome === "granted") {
          if (trusted.outcome === "denied") expect(trusted.reason).toBe("acs:SecurityLevelTooLow");
          const weakest = plainDemand(byTrusted).levels.map((level) => STRENGTH[level]);
          expect(STRENGTH[untrusted.level]).toBeGreaterThanOrEqual(Math.min(...weakest));
        }
        if (!untrusted.dated) expect(untrusted).toEqual(trusted);
      }),
    );
  });

  test("what is not dated is decided without the time", () => {
    fc.assert(
      fc.property(anyQuestion, fc.integer({ min: 0, max: 4e12 }), (asked, other) => {
        const decision = decide(asked);
        if (!decision.dated)
          expect(decide({ ...asked, at: { ...asked.at, instant: instant(other) } })).toEqual(decision);
      }),
    );
  });
});

/** A schedule of one time, on these days of the week. */
function nightly(text: string, zone = "Europe/Rome", weekdays = [0, 1, 2, 3, 4, 5, 6]): Timetable {
  const [fromHour = 0, fromMinute = 0, toHour = 0, toMinute = 0] = text.split(/[:-]/).map(Number);
  const from = fromHour * 60 + fromMinute;
  const to = toHour * 60 + toMinute;
  const range = { fromMinute: from, toMinute: to <= from ? to + 1440 : to };
  const week = Array.from({ length: 7 }, (_, day) => (weekdays.includes(day) ? [range] : []));
  return new Timetable({ name: "nights", week, special: [] }, TimeZone.named(zone) ?? expect.fail("no zone"));
}

describe("the words", () => {
  const hours = new Timetable(
    {
      name: "opening-hours",
      week: Array.from({ length: 7 }, () => [
        { fromMinute: 390, toMinute: 1380 },
        { fromMinute: 1410, toMinute: 1500 },
      ]),
      special: [{ group: "holidays", days: [{ kind: "yearly", first: 1225, last: 1226 }], times: [] }],
      lastDay: 20_819,
    },
    TimeZone.named("Europe/Rome") ?? expect.fail("no zone"),
  );
  const question: Question = {
    door: {
      door: "lane-1",
      levels: ["identifier"],
      stepUps: [],
      admissions: new Map([["members", { group: "members", timetable: hours }]]),
      unsyncedClock: "deny",
    },
    proofs: new Set(["nisRead"]),
    chip: "unpinned",
    standing: {
      denyListed: false,
      credential: { pseudonym: new Uint8Array(32), group: "members", enabled: true },
    },
    at: { instant: instant(NOON), state: "synced" },
  };
  const at = (text: string): Question => ({
    ...question,
    at: { instant: instant(Date.parse(text)), state: "synced" },
  });
  const lastWords = (asked: Question): string => explain(asked).considered.at(-1)?.compared ?? "";
  const wordsOf = (asked: Question, rule: string): string =>
    explain(asked).considered.find((considered) => considered.rule === rule)?.compared ?? "";

  test("tell every comparison on the way to a grant", () => {
    expect(explain(question).considered).toEqual([
      { rule: "denyList", decided: false, compared: "the holder is not on the deny list" },
      { rule: "chip/key", decided: false, compared: "no chip is pinned to the number" },
      { rule: "chip/origin", decided: false, compared: "no examination has objected to the chip" },
      {
        rule: "chip/signer",
        decided: false,
        compared: "no examination has met a signer who is not trusted here",
      },
      {
        rule: "doors/lane-1/level",
        decided: false,
        compared: "the door demands identifier; proven: nisRead",
      },
      { rule: "allowList", decided: false, compared: "the holder is on the allow list" },
      { rule: "allowList/enabled", decided: false, compared: "the credential is switched on" },
      {
        rule: "doors/lane-1/groups",
        decided: false,
        compared: "the credential is of group members; the door admits members",
      },
      { rule: "unsyncedClock", decided: false, compared: "the time matters, and the clock is synced" },
      { rule: "allowList/validFrom", decided: false, compared: "validity never begins" },
      { rule: "allowList/validUntil", decided: false, compared: "validity never ends" },
      {
        rule: "schedules/opening-hours",
        decided: false,
        compared:
          "sun 2026-11-22 13:00 in Europe/Rome is within opening-hours: 06:30-23:00, 23:30-01:00 on this day of the week",
      },
      {
        rule: "doors/lane-1/groups/members/opening-hours",
        decided: true,
        compared: "the door admits group members",
      },
    ]);
  });

  test("tell why a schedule is closed", () => {
    expect(lastWords(at("2026-12-25T10:00Z"))).toBe(
      "fri 2026-12-25 11:00 in Europe/Rome is outside opening-hours: closed on special days holidays",
    );
    expect(lastWords(at("2026-11-22T22:15Z"))).toMatch(
      /^sun 2026-11-22 23:15 .* outside opening-hours: 06:30-23:00/,
    );
    expect(lastWords(at("2027-06-01T10:00Z"))).toMatch(/is outside opening-hours: not valid on this day$/);
  });

  test("tell that a time of the day before goes on", () => {
    expect(wordsOf(at("2026-12-24T23:30Z"), "schedules/opening-hours")).toMatch(
      /^fri 2026-12-25 00:30 .* closed on special days holidays, and a time of the day before goes on$/,
    );
  });

  test.each([
    // Rome, 2026-10-25: 00:30Z and 01:30Z are both 02:30. Rome, 2026-03-29: 01:00Z is 02:00 and becomes 03:00.
    ["within its times as the clocks first show them", "02:10-02:50", "2026-10-25T00:30Z", "02:30", ""],
    [
      "an end the clocks show already, and will show again",
      "02:10-02:20",
      "2026-10-25T00:40Z",
      "02:40",
      ", and 02:10-02:20 goes on, since the clocks show this hour twice",
    ],
    [
      "a beginning that they show again",
      "02:10-05:00",
      "2026-10-25T01:05Z",
      "02:05",
      ", and 02:10-05:00 goes on, since the clocks show this hour twice",
    ],
    [
      "the evening before",
      "22:00-02:30",
      "2026-10-25T01:15Z",
      "02:15",
      ", and a time of the day before goes on",
    ],
    ["a beginning in the gap", "02:30-05:00", "2026-03-29T01:00Z", "03:00", ""],
  ])("tell why it is open in the nights in which clocks change: %s", (_what, times, at, shown, oddity) => {
    const text = timetableWords(nightly(times), instant(Date.parse(at)));
    expect(text.slice(15)).toBe(
      `${shown} in Europe/Rome is within nights: ${times} on this day of the week${oddity}`,
    );
  });

  test("tell that it is closed where a time falls into the gap", () => {
    expect(timetableWords(nightly("02:10-02:50"), instant(Date.parse("2026-03-29T01:00Z")))).toBe(
      "sun 2026-03-29 03:00 in Europe/Rome is outside nights: 02:10-02:50 on this day of the week",
    );
  });

  test("tell of a day that has begun and is over again by the clocks", () => {
    // St. John's, 2010-11-07: 00:01 became 23:01 of the day before, at 02:31Z.
    const sundays = nightly("00:00-02:00", "America/St_Johns", [6]);
    expect(timetableWords(sundays, instant(Date.parse("2010-11-07T03:00Z")))).toBe(
      "sat 2010-11-06 23:30 in America/St_Johns is within nights: closed on this day of the week, " +
        "and a time of the day after has begun, since the clocks were put back",
    );
  });

  test("tell dates, and what an unsynchronised clock means", () => {
    const dated: Question = {
      ...question,
      standing: {
        ...question.standing,
        credential: {
          pseudonym: new Uint8Array(32),
          group: "members",
          enabled: true,
          validUntil: instant(NOON),
        },
      },
    };
    expect(lastWords(dated)).toBe(
      "validity ends at 2026-11-22T12:00:00.000Z; it is 2026-11-22T12:00:00.000Z",
    );
    const untrusted: Question = { ...question, at: { ...question.at, state: "unsynced" } };
    expect(lastWords(untrusted)).toBe("the time matters, the clock is unsynced, and then nobody passes");
    const some = { ...untrusted, door: { ...untrusted.door, unsyncedClock: { groups: ["staff"] } } };
    expect(lastWords(some)).toBe("the time matters, the clock is unsynced, and then only staff pass");
  });

  test("of a stranger", () => {
    expect(lastWords({ ...question, standing: { denyListed: false } })).toBe(
      "the holder is not on the allow list",
    );
  });
});
