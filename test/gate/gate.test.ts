/**
 * The whole line in virtual time, from bytes on the bus to the relay and the journal: the real driver, card
 * layer, policy, lane and database on the virtual board.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Credential } from "../../src/ports/credentials.ts";
import { CIE_FAMILY_NAMES } from "../../src/sim/cards/cie-families.table.ts";
import type { CardSpec } from "../../src/sim/cards/make-card.ts";
import { instant } from "../../src/time/time.ts";
import { MORNING, VirtualGate } from "../world/virtual-gate.ts";

const MEMBER = "123456789012";
const OTHER_MEMBER = "123456789013";
const STRANGER = "999999999999";
const NODE = "/dev/spidev0.0";
const RELAY = 17;
const RED = 6;
const DAY_MS = 86_400_000;

let world: VirtualGate;

async function begin(options: Partial<ConstructorParameters<typeof VirtualGate>[0]> = {}) {
  world = new VirtualGate({ seed: 1, ...options });
  await world.start();
  world.admit(MEMBER);
  world.admit(OTHER_MEMBER);
  await world.pass(1_000);
}

beforeEach(() => begin());
afterEach(() => {
  world.kill();
  world.remove();
});

const cie = (nis: string, family: (typeof CIE_FAMILY_NAMES)[number] = "gemalto") =>
  ({ card: "cie", family, nis }) as const;
const risingEdges = (line: number) =>
  world.board.pins.edges().filter((e) => e.line === line && e.level === "high");
const access = () => world.events().filter(({ type }) => type.startsWith("acs.access."));
const lastAccess = () => access().at(-1);

async function hold(spec: CardSpec, forMs = 800) {
  world.board.place(NODE, spec);
  await world.pass(forMs);
  world.board.remove(NODE);
  await world.pass(1_500);
}

describe("decisions", () => {
  test("a member moves the relay once, for the configured pulse", async () => {
    await hold(cie(MEMBER));
    expect(access()).toHaveLength(1);
    expect(lastAccess()).toMatchObject({
      type: "acs.access.granted",
      data: { door: "lane-1", rule: "doors/lane-1/groups/members", level: "identifier", proofs: ["nisRead"] },
    });
    const edges = world.board.pins.edges().filter(({ line }) => line === RELAY);
    expect(edges.map(({ level }) => level)).toEqual(["high", "low"]);
    expect(((edges[1]?.timeUs ?? 0) - (edges[0]?.timeUs ?? 0)) / 1_000).toBeCloseTo(400, 0);
  });

  test.each<[string, () => void, string, string]>([
    ["a stranger", () => undefined, STRANGER, "CredentialNotFound"],
    ["a member on the deny list", () => world.deny(MEMBER), MEMBER, "acs:DenyListed"],
    [
      "one whose time is over",
      () => world.admit(MEMBER, { validUntil: instant(MORNING) }),
      MEMBER,
      "CredentialExpired",
    ],
    [
      "one whose time is to come",
      () => world.admit(MEMBER, { validFrom: instant(MORNING + DAY_MS) }),
      MEMBER,
      "CredentialNotActive",
    ],
    ["one of another group", () => world.admit(MEMBER, { group: "guests" }), MEMBER, "Unauthorized"],
    ["one switched off", () => world.admit(MEMBER, { enabled: false }), MEMBER, "CredentialNotEnabled"],
  ])("%s is refused with a reason, and the red lamp", async (_who, prepare, nis, reason) => {
    prepare();
    await hold(cie(nis));
    expect(lastAccess()).toMatchObject({ type: "acs.access.denied", data: { reason } });
    expect(risingEdges(RELAY)).toHaveLength(0);
    expect(risingEdges(RED)).toHaveLength(1);
  });

  test.each(CIE_FAMILY_NAMES)(
    "a card of the family %s passes, the second one by the remembered way",
    async (family) => {
      await hold(cie(MEMBER, family));
      await hold(cie(OTHER_MEMBER, family));
      expect(access().map(({ type }) => type)).toEqual(["acs.access.granted", "acs.access.granted"]);
    },
  );

  test.each<[string, CardSpec, string]>([
    ["a phone", { card: "phone" }, "notAnIdentityCard:unknown"],
    ["a payment card", { card: "payment" }, "notAnIdentityCard:payment"],
    ["a transit pass", { card: "transit", uid: "01020304" }, "notAnIdentityCard:transit"],
  ])("%s is turned down within half a second, with what it is", async (_what, spec, detail) => {
    const before = world.clock.monotonicMs();
    world.board.place(NODE, spec);
    await world.timeline.runUntil(() => access().length > 0, world.timeline.nowUs() + 5_000_000);
    expect(lastAccess()?.data).toMatchObject({ reason: "Other", detail });
    expect(world.clock.monotonicMs() - before).toBeLessThan(500);
  });
});

describe("one presentation", () => {
  test("a card left lying is granted once and reported once, for an hour", async () => {
    world.board.place(NODE, cie(MEMBER));
    await world.pass(3_600_000);
    expect(access()).toHaveLength(1);
    expect(world.events().filter(({ type }) => type === "acs.system.cardLeftLying")).toHaveLength(1);
    expect(risingEdges(RELAY)).toHaveLength(1);
    world.board.remove(NODE);
    await world.pass(1_500);
    await hold(cie(OTHER_MEMBER));
    expect(access()).toHaveLength(2);
  }, 120_000);

  test("a transit pass left lying is reported once too", async () => {
    world.board.place(NODE, { card: "transit", uid: "01020304" });
    await world.pass(60_000);
    expect(access()).toHaveLength(1);
  });

  test("two members in quick succession pass both", async () => {
    world.board.place(NODE, cie(MEMBER));
    await world.pass(300);
    world.board.remove(NODE);
    world.board.place(NODE, cie(OTHER_MEMBER));
    await world.pass(2_000);
    expect(access().map(({ type }) => type)).toEqual(["acs.access.granted", "acs.access.granted"]);
    expect(risingEdges(RELAY)).toHaveLength(2);
  });

  test("the next card is read within 100 ms of the removal of the one before", async () => {
    world.board.place(NODE, cie(MEMBER));
    await world.pass(2_000);
    world.board.remove(NODE);
    const removedAt = world.clock.monotonicMs();
    world.board.place(NODE, cie(OTHER_MEMBER));
    await world.timeline.runUntil(() => access().length === 2, world.timeline.nowUs() + 5_000_000);
    expect(world.clock.monotonicMs() - removedAt).toBeLessThan(100 + 70);
  });

  test("a card pulled away before it was read is one incomplete reading", async () => {
    world.board.place(NODE, cie(MEMBER));
    await world.pass(45);
    world.board.remove(NODE);
    await world.pass(3_000);
    expect(access()).toHaveLength(1);
    expect(lastAccess()?.data).toMatchObject({ reason: "acs:ReadIncomplete" });
  });

  test("a card that slips away and comes back passes without a complaint", async () => {
    world.board.place(NODE, cie(MEMBER));
    await world.pass(45);
    world.board.remove(NODE);
    await world.pass(60);
    await hold(cie(MEMBER));
    expect(access().map(({ type }) => type)).toEqual(["acs.access.granted"]);
  });

  test("a card that tears at the same place again and again is recorded once", async () => {
    world.board.place(NODE, { ...cie(MEMBER), tearAfterApdu: 1 });
    await world.pass(10_000);
    expect(access().length).toBeLessThanOrEqual(1);
  });
});

describe("what fails", () => {
  test("without a journal nobody passes; it is said, and over as soon as the disk is back", async () => {
    const faults: string[][] = [];
    world.gate.onCondition((_door, condition) => faults.push([...condition.faults]));
    world.database.connection.pragma("max_page_count = 1");
    for (let member = 0; member < 60 && faults.flat().length === 0; member++) {
      const nis = String(200_000_000_000 + member);
      await hold(cie(nis), 400);
    }
    expect(faults.flat()).toContain("journal");
    const before = access().length;
    await hold(cie(MEMBER));
    expect(access()).toHaveLength(before);
    expect(risingEdges(RELAY)).toHaveLength(0);
    world.database.connection.pragma("max_page_count = 1000000");
    await hold(cie(MEMBER));
    expect(lastAccess()?.type).toBe("acs.access.granted");
    expect(risingEdges(RELAY)).toHaveLength(1);
    expect(faults.at(-1)).toEqual([]);
    const note = world.events().find(({ data }) => data["recovered"] === "journal");
    expect(note?.data["unrecordedRefusals"]).toBeGreaterThan(0);
  });

  test("a chip that loses its power is started again, and the next card passes", async () => {
    world.board.setFaults(NODE, { brownOut: 1 });
    await world.pass(1_000);
    world.board.setFaults(NODE, {});
    await world.pass(8_000);
    await hold(cie(MEMBER));
    expect(lastAccess()?.type).toBe("acs.access.granted");
  });

  test("a chip that hangs is reset, and said to be down and up again once each", async () => {
    world.board.setFaults(NODE, { hang: 1 });
    await world.pass(2_000);
    world.board.setFaults(NODE, {});
    await world.pass(40_000);
    await hold(cie(MEMBER));
    expect(lastAccess()?.type).toBe("acs.access.granted");
    const notes = world.events().map(({ type }) => type);
    expect(notes.filter((type) => type === "acs.system.readerDown")).toHaveLength(1);
    expect(notes.filter((type) => type === "acs.system.readerUp")).toHaveLength(1);
  });

  test("a dead interrupt line costs time, not function", async () => {
    world.board.setStuckIrq(NODE, "high");
    await world.pass(2_000);
    await hold(cie(MEMBER));
    expect(lastAccess()?.type).toBe("acs.access.granted");
  });
});

describe("a killed process", () => {
  test("does not admit the card that lay there all the while a second time", async () => {
    world.board.place(NODE, cie(MEMBER));
    await world.pass(1_000);
    expect(risingEdges(RELAY)).toHaveLength(1);
    world.kill();
    await world.pass(1_500);
    await world.start();
    await world.pass(5_000);
    expect(access()).toHaveLength(1);
    expect(risingEdges(RELAY)).toHaveLength(1);
  });

  test("puts the relay off when it starts again in mid-pulse", async () => {
    world.board.place(NODE, cie(MEMBER));
    await world.timeline.runUntil(() => risingEdges(RELAY).length === 1, world.timeline.nowUs() + 5_000_000);
    world.kill();
    await world.pass(5_000);
    expect(world.board.pins.level(RELAY)).toBe("high");
    await world.start();
    expect(world.board.pins.level(RELAY)).toBe("low");
  });

  test("finds the chip in whatever state it left it", async () => {
    for (let ms = 5; ms < 60; ms += 7) {
      world.board.place(NODE, cie(MEMBER));
      await world.pass(ms);
      world.kill();
      world.board.remove(NODE);
      await world.pass(1_100);
      await world.start();
      await world.pass(1_000);
    }
    await hold(cie(OTHER_MEMBER));
    expect(lastAccess()?.type).toBe("acs.access.granted");
  });
});

describe("a clock that nobody has set", () => {
  const dated: Partial<Credential> = { validUntil: instant(MORNING - DAY_MS) };

  beforeEach(async () => {
    world.kill();
    world.remove();
    await begin({ clockState: () => "unsynced" });
  });

  test("changes nothing for untimed credentials, and the row says what the clock was worth", async () => {
    world.clock.setWallOffset(instant(0));
    await hold(cie(MEMBER));
    expect(lastAccess()).toMatchObject({
      type: "acs.access.granted",
      clock: "unsynced",
      data: { dated: false },
    });
  });

  test("never goes below what the journal has seen, so an expired credential stays expired", async () => {
    world.admit(MEMBER, dated);
    await hold(cie(OTHER_MEMBER));
    world.clock.setWallOffset(instant(0));
    await hold(cie(MEMBER));
    expect(lastAccess()).toMatchObject({
      clock: "unsynced",
      data: { reason: "CredentialExpired", dated: true },
    });
    const [first, second] = access();
    expect(second?.time).toBeGreaterThanOrEqual(first?.time ?? Number.POSITIVE_INFINITY);
  });
});
