// `varco explain` on the documented example: its quiet hours are weekdays from nine to twelve and from two to
// five in Rome, Saturday nights until one, holidays from nine to one, and never while stock is taken.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { addCommand } from "../../src/app/commands/credentials-add.ts";
import { importCommand } from "../../src/app/commands/credentials-import.ts";
import { listCommand } from "../../src/app/commands/credentials-list.ts";
import { explainCommand } from "../../src/app/commands/explain.ts";
import type { BoardServer } from "../../src/sim/board-server.ts";
import { type CommandWorld, commandWorld, NODE } from "./command-world.ts";
import { containing, matching } from "./matchers.ts";

const NIS = "000000000017";
const JSON_FLAG = new Set(["json"]);
const CARDS = `identifier,group,from,until,reference
${NIS},off-peak,,,Q-1
000000000018,members,2026-01-01,2026-12-31,M-1
000000000019,guests,,,G-1
000000000020,staff,,,TWICE
000000000021,staff,,,TWICE
`;

const STEP_UP = "doors/lane-1/stepUp/0";

let world: CommandWorld;
const servers: BoardServer[] = [];
beforeEach(async () => {
  world = await commandWorld();
  const file = await world.write("members.csv", CARDS);
  expect((await world.run(importCommand, { positionals: [file] })).exit).toBe(0);
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const explained = async (who: string, texts: Readonly<Record<string, string>> = {}) => {
  const { exit, out } = await world.run(explainCommand, { positionals: [who], texts, flags: JSON_FLAG });
  return { exit, ...(JSON.parse(out[0] ?? "{}") as object) };
};

test("the decision, the rule, and each rule considered", async () => {
  const { exit, out } = await world.run(explainCommand, {
    positionals: ["Q-1"],
    texts: { at: "2026-12-25T17:00" },
  });
  expect(exit).toBe(1);
  expect(out).toEqual([
    "denied at lane-1: NotPermittedAtThisTime, by schedules/quiet-hours",
    "at 2026-12-25T16:00:00.000Z, the clock being synced",
    "  passes   denyList               the holder is not on the deny list",
    "  passes   chip/key               no chip is pinned to the number",
    "  passes   chip/origin            no examination has objected to the chip",
    "  passes   chip/signer            no examination has met a signer who is not trusted here",
    "  passes   doors/lane-1/level     the door demands identifier; proven: nisRead",
    "  passes   allowList              the holder is on the allow list",
    "  passes   allowList/enabled      the credential is switched on",
    "  passes   doors/lane-1/groups    the credential is of group off-peak; the door admits members, staff, off-peak",
    "  passes   unsyncedClock          the time matters, and the clock is synced",
    "  passes   allowList/validFrom    validity never begins",
    "  passes   allowList/validUntil   validity never ends",
    "  decides  schedules/quiet-hours  fri 2026-12-25 17:00 in Europe/Rome is outside quiet-hours: 09:00-13:00 on special days holidays",
  ]);
});

describe("one schedule at many times", () => {
  test.each([
    ["2026-11-23T09:00", 0, "a Monday morning"],
    ["2026-11-23T08:00:00Z", 0, "the same, in UTC"],
    ["2026-11-23T07:59:59Z", 1, "a second before"],
    ["2026-11-23T12:00+01:00", 1, "its end"],
    ["2026-11-22T00:59", 0, "Saturday night, on Sunday"],
    ["2026-11-22T01:00", 1, "and its end"],
    ["2026-12-25T12:59", 0, "Christmas"],
    ["2027-01-12T10:00", 1, "stocktaking"],
    ["2026-08-31T10:00", 1, "the day before it begins to hold"],
    ["2027-07-31T20:30", 0, "its last evening"],
    ["2027-08-01T00:30", 0, "which goes on past midnight"],
    ["2027-08-02T10:00", 1, "the first Monday after"],
  ])("%s: exit %i, %s", async (at, exit) => {
    expect(await explained("Q-1", { at })).toMatchObject({ exit, door: "lane-1", clock: "synced" });
  });
});

describe("other answers", () => {
  test.each([
    [
      "a grant",
      "M-1",
      { at: "2026-12-31T23:59:59Z" },
      { exit: 0, outcome: "granted", rule: "doors/lane-1/groups/members" },
    ],
    [
      "an end",
      "M-1",
      { at: "2027-01-01T00:00:00Z" },
      { exit: 1, reason: "CredentialExpired", rule: "allowList/validUntil" },
    ],
    ["another group", "G-1", {}, { exit: 1, reason: "Unauthorized", rule: "doors/lane-1/groups" }],
    ["a stranger", "stranger", {}, { exit: 1, reason: "CredentialNotFound", rule: "allowList" }],
    ["a card that proves nothing", "M-1", { level: "none" }, { exit: 1, reason: "acs:SecurityLevelTooLow" }],
  ])("%s", async (_what, who, texts, answer) => {
    expect(await explained(who, texts)).toMatchObject(answer);
  });

  test("what an untrusted clock does is what the configuration says", async () => {
    const at = "2026-11-23T09:30";
    expect(await explained("Q-1", { at, clock: "unsynced" })).toMatchObject({ exit: 0, clock: "unsynced" });
    world = await commandWorld((text) => text.replace("unsyncedClock: lastKnown", "unsyncedClock: deny"));
    const file = await world.write("members.csv", CARDS);
    await world.run(importCommand, { positionals: [file] });
    expect(await explained("Q-1", { at, clock: "unsynced" })).toMatchObject({
      exit: 1,
      reason: "acs:ClockUntrusted",
    });
    expect(await explained("Q-1", { at, clock: "holdover" })).toMatchObject({ exit: 0 });
  });

  test("by tag, and without `--at` for now", async () => {
    const list = await world.run(listCommand, { flags: JSON_FLAG });
    const cards = list.out.map((line) => JSON.parse(line) as { card: string; reference: string });
    const tag = cards.find(({ reference }) => reference === "G-1")?.card ?? "";
    const before = Date.now();
    const { at, ...answer } = (await explained(tag)) as { at: string; exit: number };
    expect(answer).toMatchObject({ exit: 1, reason: "Unauthorized" });
    expect(Date.parse(at)).toBeGreaterThanOrEqual(before);
  });
});

describe("a door that steps up to documents", () => {
  const STEPPING = `alsoAccepts: [originalChip]
    stepUp: [{ level: verifiedDocument, schedule: quiet-hours, groups: [off-peak] }]
    document: {}`;
  /** In quiet hours, and after them. */
  const QUIET = "2026-11-23T09:30";
  const LOUD = "2026-11-23T20:00";

  beforeEach(async () => {
    world = await commandWorld((text) =>
      text
        .replace(/level: identifier\n.*$/m, `level: authenticDocument\n    ${STEPPING}`)
        .replace(
          "groups: [members, staff, { group: off-peak, schedule: quiet-hours }]",
          "groups: [members, off-peak]",
        ),
    );
    const file = await world.write("members.csv", CARDS);
    expect((await world.run(importCommand, { positionals: [file] })).exit).toBe(0);
  });

  test.each<[string, Readonly<Record<string, string>>, Readonly<Record<string, unknown>>]>([
    ["M-1", { at: QUIET, level: "authenticDocument" }, { exit: 0, level: "authenticDocument" }],
    ["M-1", { at: QUIET, level: "originalChip" }, { exit: 0, level: "originalChip" }],
    ["M-1", { at: QUIET, level: "originalChip,verifiedDocument" }, { exit: 0, level: "authenticDocument" }],
    ["M-1", { at: QUIET }, { exit: 1, reason: "acs:SecurityLevelTooLow", rule: "doors/lane-1/level" }],
    ["Q-1", { at: QUIET, level: "verifiedDocument" }, { exit: 0, level: "verifiedDocument" }],
    ["Q-1", { at: QUIET, level: "authenticDocument, originalChip" }, { exit: 1, rule: STEP_UP }],
    ["Q-1", { at: LOUD, level: "authenticDocument" }, { exit: 0, level: "authenticDocument" }],
    ["Q-1", { at: LOUD, level: "authenticDocument", clock: "unsynced" }, { exit: 1, rule: STEP_UP }],
    ["stranger", { at: QUIET, level: "verifiedDocument" }, { exit: 1, reason: "CredentialNotFound" }],
  ])("%s %j", async (who, texts, answer) => {
    expect(await explained(who, texts)).toMatchObject(answer);
  });

  test("and it says what is demanded, of whom, and why now", async () => {
    const { out } = await world.run(explainCommand, { positionals: ["Q-1"], texts: { at: QUIET } });
    expect(out[0]).toBe(`denied at lane-1: acs:SecurityLevelTooLow, by ${STEP_UP}`);
    expect(out.at(-1)).toBe(
      `  decides  ${STEP_UP}  a step-up demands verifiedDocument of off-peak (mon 2026-11-23 09:30 in Europe/Rome ` +
        "is within quiet-hours: 09:00-12:00, 14:00-17:00 on this day of the week); proven: nisRead",
    );
  });
});

describe("the card itself", () => {
  test("is read, and its number appears nowhere", async () => {
    const server = await world.startBoard();
    servers.push(server);
    server.board.place(NODE, { card: "cie", family: "gemalto", nis: NIS });
    const result = await world.run(explainCommand, {
      texts: { at: "2026-11-23T09:00" },
      flags: new Set(["tap"]),
    });
    expect(result.exit).toBe(0);
    expect(result.out[0]).toBe("granted at lane-1: identifier, by doors/lane-1/groups/off-peak/quiet-hours");
    expect([...result.out, ...result.err].join()).not.toContain(NIS);
  });

  test("that is on the deny list is denied whatever the time", async () => {
    const server = await world.startBoard();
    servers.push(server);
    server.board.place(NODE, { card: "cie", family: "gemalto", nis: NIS });
    await world.run(addCommand, { flags: new Set(["tap", "deny"]) });
    const { out } = await world.run(explainCommand, { flags: new Set(["tap", "json"]) });
    expect(JSON.parse(out[0] ?? "")).toMatchObject({
      reason: "acs:DenyListed",
      considered: [{ rule: "denyList" }],
    });
  });
});

const LEVELS =
  "--level: one of identifier, documentSeal, originalChip, authenticDocument, verifiedDocument, none, or several";

describe("wrong usage", () => {
  test.each<[string, readonly string[], Readonly<Record<string, string>>, readonly string[], string]>([
    ["nobody named", [], {}, [], "name a REFERENCE or TAG, or stranger, or give --tap"],
    ["a name and a tap", ["M-1"], {}, ["tap"], "name a REFERENCE or TAG"],
    ["a level for a card that is read", [], { level: "none" }, ["tap"], "--level: the card itself"],
    ["an unknown level", ["M-1"], { level: "high" }, [], LEVELS],
    ["an unknown level among others", ["M-1"], { level: "identifier,high" }, [], LEVELS],
    ["a level that every object has", ["M-1"], { level: "constructor" }, [], LEVELS],
    ["an unknown door", ["M-1"], { door: "lane-9" }, [], "--door: one of lane-1"],
    ["an unknown clock", ["M-1"], { clock: "late" }, [], "--clock: one of synced, holdover, unsynced"],
    ["no time", ["M-1"], { at: "tomorrow" }, [], "in the local time of Europe/Rome"],
    ["a day that does not exist", ["M-1"], { at: "2027-02-29T10:00" }, [], "--at: an instant"],
    ["a name that nobody has", ["X-9"], {}, [], "no credential has this reference or tag"],
    ["a name that two have", ["TWICE"], {}, [], "2 cards have this reference or tag"],
  ])("%s", async (_what, positionals, texts, flags, complaint) => {
    const result = await world.run(explainCommand, { positionals, texts, flags: new Set(flags) });
    expect(result).toMatchObject({ exit: 2, out: [], err: [containing(complaint)] });
  });
});

describe("surroundings that fail", () => {
  test("a gate that has never run has nothing to ask", async () => {
    world = await commandWorld();
    const result = await world.run(explainCommand, { positionals: ["stranger"] });
    expect(result).toMatchObject({ exit: 3, out: [], err: [matching(/varco\.db cannot be used/)] });
  });

  test("without the site key no card can be told from another", async () => {
    const broken = await commandWorld((text) =>
      text
        .replace("site.key", "other.key")
        .replace(/^stateDirectory.*$/m, `stateDirectory: ${world.folder}/state`),
    );
    expect(await broken.run(explainCommand, { flags: new Set(["tap"]) })).toMatchObject({
      exit: 3,
      err: [containing("there is no key file")],
    });
  });
});
