import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Proof } from "../../src/identity/proofs.ts";
import { decide, type Question } from "../../src/policy/decide.ts";
import type { Credential } from "../../src/ports/credentials.ts";
import { instant } from "../../src/time/time.ts";

const NOON = Date.UTC(2026, 10, 22, 12);
const credential: Credential = { pseudonym: new Uint8Array(32), group: "members", enabled: true };
const question: Question = {
  door: { door: "lane-1", level: "identifier", groups: ["members", "staff"] },
  proofs: new Set<Proof>(["nisRead"]),
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

test.each<[readonly Proof[], Question["door"]["level"], boolean]>([
  [["nisRead"], "originalChip", false],
  [["nisRead", "chipKey"], "originalChip", true],
  [["documentSignature", "documentChip"], "authenticDocument", true],
  [["documentSignature", "documentChip"], "originalChip", false],
  [["nisRead", "chipKey"], "authenticDocument", false],
  [["documentSignature"], "verifiedDocument", false],
])("proofs %j at a door that demands %s: %s", (proofs, level, granted) => {
  const decision = decide({ ...question, proofs: new Set(proofs), door: { ...question.door, level } });
  expect(decision.outcome).toBe(granted ? "granted" : "denied");
});

const anyQuestion: fc.Arbitrary<Question> = fc
  .record({
    denyListed: fc.boolean(),
    known: fc.boolean(),
    enabled: fc.boolean(),
    group: fc.constantFrom("members", "staff", "guests"),
    from: fc.option(fc.integer({ min: -5, max: 5 }), { nil: undefined }),
    until: fc.option(fc.integer({ min: -5, max: 5 }), { nil: undefined }),
    proofs: fc.subarray<Proof>(["nisRead", "chipKey", "documentSignature"]),
    unsynced: fc.boolean(),
  })
  .map(({ denyListed, known, enabled, group, from, until, proofs, unsynced }) => ({
    door: question.door,
    proofs: new Set(proofs),
    standing: {
      denyListed,
      ...(known
        ? {
            credential: {
              ...credential,
              enabled,
              group,
              ...(from === undefined ? {} : { validFrom: instant(NOON + from) }),
              ...(until === undefined ? {} : { validUntil: instant(NOON + until) }),
            },
          }
        : {}),
    },
    at: { instant: instant(NOON), state: unsynced ? "unsynced" : "synced" },
  }));

describe("in every world", () => {
  test("nobody on the deny list and nobody unproven is granted", () => {
    fc.assert(
      fc.property(anyQuestion, (asked) => {
        const granted = decide(asked).outcome === "granted";
        expect(granted && (asked.standing.denyListed || !asked.proofs.has("nisRead"))).toBe(false);
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

  test("an unsynchronised clock changes no decision by itself: the floor is the caller's", () => {
    fc.assert(
      fc.property(anyQuestion, (asked) => {
        const other = { ...asked, at: { ...asked.at, state: "synced" as const } };
        expect(decide(asked)).toEqual(decide(other));
      }),
    );
  });
});
