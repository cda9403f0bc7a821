/**
 * Two doors whose readers see the same cards, in virtual time: the whole gate, both chips, cards in one field, in
 * the other or in both. Whatever lies where, one presentation is granted once, and the carriers are never on together.
 */
import { afterEach, describe, expect, test } from "vitest";
import type { Card } from "../../src/sim/cards/card.ts";
import { type CardSpec, makeCard } from "../../src/sim/cards/make-card.ts";
import { DOORS, type DoorWiring, VirtualGate } from "../world/virtual-gate.ts";

const MEMBER = "123456789012";
const OTHER_MEMBER = "123456789013";
const STRANGER = "999999999999";
const HOUR_MS = 3_600_000;
const VISITS = 12;
/** Away for so long, a card is a new presentation: a second of looking, of which each reader has half. */
const AWAY_MS = 4_000;
/** From the card in the field to the row about it, the other reader's look and reading in between. */
const SOON_MS = 400;

const cie = (nis: string, type: "A" | "B" = "A"): Card =>
  makeCard({ card: "cie", family: "gemalto", nis, type } satisfies CardSpec).card;

const wired = (lane: number): DoorWiring => {
  const door = DOORS[lane];
  if (door === undefined) throw new Error(`no lane ${lane}`);
  return { ...door, reader: { ...door.reader, fieldGroup: "turnstile" } };
};

let world: VirtualGate;
let doors: readonly DoorWiring[];
/** Instants at which a carrier went on while another one was. */
let overlapsUs: number[];

async function begin(lanes: readonly number[] = [0, 1]) {
  doors = lanes.map(wired);
  world = new VirtualGate({ seed: 1, doors });
  overlapsUs = [];
  const antennas = doors.map(({ reader }) => world.board.reader(reader.node).antenna);
  for (const antenna of antennas) {
    antenna.onCarrier = () => {
      if (antennas.filter((each) => each.fieldIsOn()).length > 1) overlapsUs.push(world.timeline.nowUs());
    };
  }
  await world.start();
  world.admit(MEMBER);
  world.admit(OTHER_MEMBER);
  await world.pass(1_000);
}

afterEach(() => {
  world.kill();
  world.remove();
});

const node = (lane: number): string => doors[lane]?.reader.node ?? "";
const place = (lane: number, card: Card): void => world.board.placeCard(node(lane), card);
const remove = (lane: number, card: Card): void => world.board.remove(node(lane), card);
const access = () =>
  world
    .events()
    .filter(({ type }) => type.startsWith("acs.access."))
    .map(({ type, data }) => `${String(data["door"])} ${outcomeOf(type, data["detail"])}`);
/** A denial to somebody who was admitted at the other door is told from all others. */
const outcomeOf = (type: string, detail: unknown): string =>
  detail === "admittedNextDoor" ? "next door" : type.slice("acs.access.".length);
const pulses = (): number =>
  doors.reduce((sum, { relayLine }) => {
    const edges = world.board.pins
      .edges()
      .filter(({ line, level }) => line === relayLine && level === "high");
    return sum + edges.length;
  }, 0);

async function hold(lane: number, card: Card, forMs = 800) {
  place(lane, card);
  await world.pass(forMs);
  remove(lane, card);
}

/** Grants and pulses so far, and nobody refused; the carriers were never on together. */
function expectGranted(...rows: readonly string[]) {
  const decided = access().filter((row) => !row.endsWith("next door"));
  expect(decided).toEqual(rows.map((row) => `${row} granted`));
  expect(pulses()).toBe(rows.length);
  expect(overlapsUs).toEqual([]);
}

describe("carriers", () => {
  test("take turns, each within a tenth of a second, and are never on together", async () => {
    await begin();
    const turns: [number, number][] = [];
    for (const [lane, { reader }] of doors.entries()) {
      const { antenna } = world.board.reader(reader.node);
      const before = antenna.onCarrier;
      antenna.onCarrier = (state) => {
        before(state);
        if (state === "on") turns.push([lane, world.timeline.nowUs() / 1_000]);
      };
    }
    await world.pass(10_000);
    expect(overlapsUs).toEqual([]);
    expect(turns.length).toBeGreaterThan(100);
    for (const [index, [lane, atMs]] of turns.slice(1).entries()) {
      const [laneBefore, beforeMs] = turns[index] ?? [lane, atMs];
      expect(lane).not.toBe(laneBefore);
      expect(atMs - beforeMs).toBeLessThan(100);
    }
  });

  test("are off again after a killed process before the first of them goes on", async () => {
    await begin();
    for (let life = 0; life < 8; life++) {
      await world.pass(37 + life * 11);
      world.kill();
      await world.pass(1_000);
      await world.start();
      await world.pass(500);
    }
    expect(overlapsUs).toEqual([]);
  });
});

describe("one presentation is granted once", () => {
  test("at each of the two doors, whoever comes to both", async () => {
    await begin();
    const [one, two] = [cie(MEMBER), cie(OTHER_MEMBER)];
    place(0, one);
    await world.pass(100);
    await hold(1, two);
    remove(0, one);
    await world.pass(AWAY_MS);
    await hold(1, one);
    await world.pass(AWAY_MS);
    await hold(0, two);
    expectGranted("lane-1", "lane-2", "lane-2", "lane-1");
  });

  test("when both antennas see the card, for as long as it lies there", async () => {
    await begin();
    const card = cie(MEMBER);
    for (const lane of [0, 1]) place(lane, card);
    await world.pass(HOUR_MS / 20);
    expect(access()).toEqual(["lane-2 granted", "lane-1 next door"]);
    for (const lane of [0, 1]) remove(lane, card);
    await world.pass(AWAY_MS);
    for (const lane of [0, 1]) place(lane, card);
    await world.pass(2_000);
    expect(access().filter((row) => row.endsWith("granted"))).toHaveLength(2);
    expect(pulses()).toBe(2);
    expect(overlapsUs).toEqual([]);
  });

  test("when the card moves from one to the other and back without a pause", async () => {
    await begin();
    const card = cie(MEMBER);
    for (let moves = 0; moves < 20; moves++) await hold(moves % 2, card, 300 + moves * 37);
    await world.pass(AWAY_MS);
    expectGranted("lane-1");
  });

  test("a card refused at one door is decided upon at the other", async () => {
    await begin();
    const card = cie(STRANGER);
    await hold(0, card);
    await hold(1, card);
    expect(access()).toEqual(["lane-1 denied", "lane-2 denied"]);
    expect(pulses()).toBe(0);
  });

  test.each(["A", "B"] as const)("a card of type %s that comes and goes at both doors", async (type) => {
    await begin();
    const card = cie(MEMBER, type);
    for (let round = 0; round < 60; round++) {
      await hold(0, card, 200 + ((round * 53) % 300));
      await world.pass((round * 97) % 900);
      await hold(1, card, 200 + ((round * 71) % 300));
      await world.pass((round * 31) % 900);
    }
    expect(access().filter((row) => row.endsWith("granted"))).toHaveLength(1);
    expect(pulses()).toBe(1);
    expect(overlapsUs).toEqual([]);
  });

  test.each(["A", "B"] as const)(
    "a card of type %s left lying at one door, while people pass at the other, for half an hour",
    async (type) => {
      await begin();
      const lying = cie(MEMBER, type);
      place(0, lying);
      await world.pass(2_000);
      for (let visit = 0; visit < VISITS; visit++) {
        const card = cie(OTHER_MEMBER, visit % 2 === 0 ? "A" : "B");
        place(1, card);
        const before = access().length;
        await world.pass(SOON_MS);
        expect(access()).toHaveLength(before + 1);
        remove(1, card);
        await world.pass(visit % 3 === 0 ? HOUR_MS / 10 : AWAY_MS);
      }
      remove(0, lying);
      await world.pass(AWAY_MS);
      await hold(0, lying);
      expectGranted("lane-1", ...Array.from({ length: VISITS }, () => "lane-2"), "lane-1");
      const notes = world.events().filter(({ type: event }) => event === "acs.system.cardLeftLying");
      expect(notes).toHaveLength(1);
    },
    120_000,
  );

  test.each(["A", "B"] as const)("a card of type %s under another one, which garbles it", async (type) => {
    await begin();
    const [lying, other] = [cie(MEMBER, type), cie(STRANGER, type)];
    place(0, lying);
    await world.pass(2_000);
    await hold(0, other, 30_000);
    await world.pass(10_000);
    expectGranted("lane-1");
  });

  test("a card that lay there while the process was killed", async () => {
    await begin();
    const card = cie(MEMBER);
    for (const lane of [0, 1]) place(lane, card);
    await world.pass(1_000);
    world.kill();
    await world.pass(1_500);
    await world.start();
    await world.pass(30_000);
    expectGranted("lane-2");
  });
});

describe("a card that was admitted and moved to the other door, where it lies", () => {
  /** Admitted at lane 1, told so and left at lane 2, while somebody else passes at lane 1. */
  async function movedOver() {
    await begin();
    const card = cie(MEMBER);
    place(0, card);
    await world.pass(400);
    place(1, card);
    await world.pass(600);
    remove(0, card);
    await world.pass(AWAY_MS);
    await hold(0, cie(OTHER_MEMBER), 600);
    expect(access()).toEqual(["lane-1 granted", "lane-2 next door", "lane-1 granted"]);
  }

  test.each(["kill", "stop"] as const)(
    "opens nothing when the gate is started anew after a %s",
    async (how) => {
      await movedOver();
      if (how === "kill") world.kill();
      else await world.stop();
      await world.pass(1_500);
      await world.start();
      await world.pass(30_000);
      expectGranted("lane-1", "lane-1");
    },
  );

  test("nor when its reader comes into service long after the gate", async () => {
    await movedOver();
    world.kill();
    world.board.setFaults(node(1), { hang: 1 });
    await world.pass(1_500);
    await world.start();
    await world.pass(40_000);
    world.board.setFaults(node(1), {});
    await world.pass(30_000);
    expectGranted("lane-1", "lane-1");
  });

  test("makes no incomplete readings where it brushes the field", async () => {
    await begin();
    const card = cie(MEMBER);
    place(0, card);
    await world.pass(500);
    place(1, card);
    remove(0, card);
    await world.pass(6_000);
    for (let brush = 0; brush < 12; brush++) {
      await hold(0, card, 55 + brush * 5);
      await world.pass(AWAY_MS);
    }
    expectGranted("lane-1");
  });
});

describe("at the other door is told of it in red", () => {
  test("whoever is admitted, by a row with his pseudonym and the reason, and no group", async () => {
    await begin();
    const card = cie(MEMBER);
    await hold(0, card, 400);
    await hold(1, card, 400);
    const [granted, told] = world.events().filter(({ type }) => type.startsWith("acs.access."));
    expect(told?.type).toBe("acs.access.denied");
    expect(told?.data).toMatchObject({
      door: "lane-2",
      rule: "fieldGroup",
      reason: "Other",
      detail: "admittedNextDoor",
      proofs: ["nisRead"],
    });
    expect(told?.data).not.toHaveProperty("group");
    expect(told?.personal?.pseudonym).toBe(granted?.personal?.pseudonym);
  });

  test("whoever comes a moment after somebody else took his place", async () => {
    await begin();
    const card = cie(MEMBER);
    await hold(0, card, 500);
    await world.pass(250);
    place(0, cie(STRANGER));
    await world.pass(300);
    await hold(1, card, 600);
    expect(access()).toEqual(["lane-1 granted", "lane-1 denied", "lane-2 next door"]);
    expect(pulses()).toBe(1);
  });

  test.each([
    ["hangs", 1_500, { hang: 1 }],
    ["hangs", 4_000, { hang: 1 }],
    ["has lost its bus", 1_500, { busError: 1 }],
    ["has lost its bus", 4_000, { busError: 1 }],
  ] as const)("whoever lay on a reader that %s, %i ms later", async (_what, laterMs, faults) => {
    await begin();
    const card = cie(MEMBER);
    place(0, card);
    await world.pass(800);
    world.board.setFaults(node(0), faults);
    await world.pass(laterMs);
    remove(0, card);
    await hold(1, card, 1_500);
    expect(access()).toEqual(["lane-1 granted", "lane-2 next door"]);
    await world.pass(20_000);
    await hold(1, card, 1_500);
    expect(access()).toEqual(["lane-1 granted", "lane-2 next door", "lane-2 granted"]);
  });

  test("whose card was changed for one of its kind, each time, until that one is taken away", async () => {
    await begin();
    const [card, other] = [cie(MEMBER), cie(OTHER_MEMBER)];
    await hold(0, card, 500);
    place(0, other);
    for (let tries = 0; tries < 3; tries++) {
      await world.pass(AWAY_MS);
      await hold(1, card);
    }
    remove(0, other);
    await world.pass(AWAY_MS);
    await hold(1, card);
    expect(access()).toEqual([
      "lane-1 granted",
      ...Array.from({ length: 3 }, () => "lane-2 next door"),
      "lane-2 granted",
    ]);
  });
});

test("a refusal is remembered as one when the gate is started anew", async () => {
  await begin();
  const card = cie(STRANGER);
  await hold(0, card, 600);
  await world.stop();
  await world.start();
  world.admit(STRANGER);
  await world.pass(500);
  await hold(1, card, 1_500);
  expect(access()).toEqual(["lane-1 denied", "lane-2 granted"]);
});

describe("a reader in trouble keeps nobody waiting", () => {
  /** The time of a grant at lane 2, over visits at odd instants. */
  async function slowestMs(visits: number): Promise<number> {
    let slowestMs = 0;
    for (let visit = 0; visit < visits; visit++) {
      await world.pass(AWAY_MS + visit * 13);
      const before = access().length;
      const card = cie(visit % 2 === 0 ? MEMBER : OTHER_MEMBER);
      place(1, card);
      const begunUs = world.timeline.nowUs();
      await world.timeline.runUntil(() => access().length > before, begunUs + 5_000_000);
      slowestMs = Math.max(slowestMs, (world.timeline.nowUs() - begunUs) / 1_000);
      await world.pass(300);
      remove(1, card);
    }
    return slowestMs;
  }

  test.each([
    ["whose bus fails", { busError: 1 }],
    ["that hangs", { hang: 1 }],
    ["whose answers are lost", { lostResponse: 1 }],
  ] as const)("one %s", async (_what, faults) => {
    await begin();
    world.board.setFaults(node(0), faults);
    expect(await slowestMs(12)).toBeLessThan(SOON_MS);
    expectGranted(...Array.from({ length: 12 }, () => "lane-2"));
    world.board.setFaults(node(0), {});
    await world.pass(20_000);
    await hold(0, cie(MEMBER));
    expect(access().at(-1)).toBe("lane-1 granted");
    expect(overlapsUs).toEqual([]);
  });

  test("one that is slow, with a slow card on it", async () => {
    await begin([3, 1]);
    world.board.setFaults(node(0), { lateResponse: 0.2, slowCard: 1 });
    place(0, cie(STRANGER));
    expect(await slowestMs(12)).toBeLessThan(3_000);
    expect(access().filter((row) => row === "lane-2 granted")).toHaveLength(12);
    expect(overlapsUs).toEqual([]);
  });
});
