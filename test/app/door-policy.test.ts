// From the configuration's text to the decision: what is written about groups and schedules is what holds.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { policiesOf, possibleLevels } from "../../src/app/door-policy.ts";
import { parseConfig } from "../../src/config/load-config.ts";
import { decide } from "../../src/policy/decide.ts";
import { demandedLevels } from "../../src/policy/demand.ts";
import type { DecisionTime } from "../../src/policy/question.ts";
import { instant } from "../../src/time/time.ts";

const EXAMPLE = readFileSync("deploy/gate.example.yaml", "utf8");

function configOf(text: string) {
  const config = parseConfig(text);
  if (!config.ok) throw new Error(JSON.stringify(config.error));
  return config.value.config;
}

/** The decision about a holder of `group` at the example's door. */
function decided(group: string, time: string, text = EXAMPLE, state: DecisionTime["state"] = "synced") {
  const config = configOf(text);
  const [door] = config.doors;
  if (door === undefined) throw new Error("no door");
  return decide({
    door: policiesOf(config)(door),
    proofs: new Set(["nisRead"]),
    chip: "unpinned",
    standing: { denyListed: false, credential: { pseudonym: new Uint8Array(32), group, enabled: true } },
    at: { instant: instant(Date.parse(time)), state },
  });
}

describe("the example's door", () => {
  test("admits members at any time, and says so without a schedule", () => {
    expect(decided("members", "2026-12-25T02:00Z")).toMatchObject({
      outcome: "granted",
      rule: "doors/lane-1/groups/members",
      dated: false,
    });
  });

  test.each([
    ["2026-11-23T08:00Z", "granted", "Monday at nine in Rome"],
    ["2026-11-23T11:00Z", "denied", "Monday at noon"],
    ["2026-12-08T10:00Z", "granted", "a holiday on a Tuesday, at eleven"],
    ["2026-12-08T13:30Z", "denied", "the same at half past two, when other Tuesdays are open"],
    ["2027-03-29T08:00Z", "granted", "Easter Monday at ten, the day after the clocks were put forward"],
    ["2027-01-12T09:00Z", "denied", "while stock is taken"],
  ])("at %s: %s (%s)", (time, outcome) => {
    expect(decided("off-peak", time).outcome).toBe(outcome);
  });
});

test("two doors may admit one group at different times by the same schedules", () => {
  const second = `  - id: lane-2
    direction: in
    level: identifier
    nisOnly: acceptsCopiedNumbers
    groups: [off-peak]
    reader: { bus: spi, node: /dev/spidev0.1 }
    relay: { line: 27, activeLevel: high, pulseMs: 500 }
`;
  const config = configOf(EXAMPLE.replace(/# Leave this section/, `${second}\n#`));
  const policyOf = policiesOf(config);
  const outcomes = config.doors.map(
    (door) =>
      decide({
        door: policyOf(door),
        proofs: new Set(["nisRead"]),
        chip: "unpinned",
        standing: {
          denyListed: false,
          credential: { pseudonym: new Uint8Array(32), group: "off-peak", enabled: true },
        },
        at: { instant: instant(Date.parse("2026-11-23T11:30Z")), state: "synced" },
      }).outcome,
  );
  expect(outcomes).toEqual(["denied", "granted"]);
});

test.each([
  ["deny", "acs:ClockUntrusted"],
  ["lastKnown", undefined],
  ["{ groups: [off-peak] }", undefined],
  ["{ groups: [staff] }", "acs:ClockUntrusted"],
])("unsyncedClock: %s", (setting, reason) => {
  const text = EXAMPLE.replace("unsyncedClock: lastKnown", `unsyncedClock: ${setting}`);
  expect(decided("off-peak", "2026-11-23T08:00Z", text, "unsynced")).toMatchObject(
    reason === undefined ? { outcome: "granted" } : { outcome: "denied", reason },
  );
});

describe("what a door demands", () => {
  const STEPPING = EXAMPLE.replace(
    /level: identifier\n.*$/m,
    `level: authenticDocument
    alsoAccepts: [originalChip]
    stepUp: [{ level: verifiedDocument, schedule: quiet-hours }, { level: verifiedDocument, groups: [staff] }]
    document: {}`,
  );
  const [door] = configOf(STEPPING).doors;
  if (door === undefined) throw new Error("no door");
  const policy = policiesOf(configOf(STEPPING))(door);
  const at = (time: string): DecisionTime => ({ instant: instant(Date.parse(time)), state: "synced" });

  test("is its level or what it accepts as well, and its step-ups in their times and of their groups", () => {
    const own = ["authenticDocument", "originalChip"];
    expect(demandedLevels(policy, "members", at("2026-11-23T11:00Z"))).toEqual(own);
    expect(demandedLevels(policy, "members", at("2026-11-23T08:00Z"))).toEqual(["verifiedDocument"]);
    expect(demandedLevels(policy, "staff", at("2026-11-23T11:00Z"))).toEqual(["verifiedDocument"]);
  });

  test("and all of it is known before anybody comes", () => {
    const steps = ["verifiedDocument", "verifiedDocument"];
    expect(possibleLevels(door)).toEqual(["authenticDocument", "originalChip", ...steps]);
    const [plain] = configOf(EXAMPLE).doors;
    expect(plain && possibleLevels(plain)).toEqual(["identifier"]);
  });
});
