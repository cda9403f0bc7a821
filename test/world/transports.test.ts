/**
 * The same visitors at a gate on each transport, one after the other: whatever bus the reader hangs on, and
 * whatever that bus does to its bytes, the rows and the pulses are the same.
 */
import { describe, expect, test } from "vitest";
import type { CardSpec } from "../../src/sim/cards/make-card.ts";
import type { FaultRates } from "../../src/sim/faults.ts";
import { DOORS, type DoorWiring, VirtualGate } from "./virtual-gate.ts";

const MEMBER = "123456789012";
const OTHER_MEMBER = "123456789013";
const STRANGER = "999999999999";
const HOLD_MS = 4_000;
const GAP_MS = 11_000;

const typeA = (nis: string): CardSpec => ({ card: "cie", family: "gemalto", nis });
const typeB = (nis: string): CardSpec => ({ card: "cie", family: "gemalto", nis, type: "B" });

/** What goes wrong on the way, bus by bus. An attempt may be lost to it; whoever holds still is answered all the same. */
const GLITCHES: Readonly<Record<DoorWiring["reader"]["bus"], Partial<FaultRates>>> = {
  spi: { corruptRead: 0.01, garbledStatus: 0.1, lostEdge: 0.05, spuriousEdge: 0.2 },
  i2c: { corruptRead: 0.01, nackBurst: 0.01, lateReady: 0.1, lostEdge: 0.05, spuriousEdge: 0.2 },
  hsu: { corruptRead: 0.01, splitChunk: 0.3, gluedChunk: 0.1 },
};

/** A visit: what lies on the reader, and for how long; the next card of the same visit takes its place without a gap. */
type Visit = readonly { readonly spec: CardSpec; readonly forMs: number }[];

const held = (spec: CardSpec): Visit => [{ spec, forMs: HOLD_MS }];

const STORY: readonly (readonly [name: string, visit: Visit, rows: readonly string[]])[] = [
  ["a stranger", held(typeA(STRANGER)), ["denied CredentialNotFound"]],
  ["a member", held(typeA(MEMBER)), ["granted"]],
  ["a member with a card of type B", held(typeB(OTHER_MEMBER)), ["granted"]],
  ["a phone", held({ card: "phone" }), ["denied Other"]],
  [
    "a member's card swapped for another's",
    [...held(typeA(MEMBER)), ...held(typeA(OTHER_MEMBER))],
    ["granted", "granted"],
  ],
  [
    "a member's card swapped for a stranger's",
    [...held(typeA(MEMBER)), ...held(typeA(STRANGER))],
    ["granted", "denied CredentialNotFound"],
  ],
  [
    "a card of type A swapped for one of type B",
    [...held(typeA(STRANGER)), ...held(typeB(MEMBER))],
    ["denied CredentialNotFound", "granted"],
  ],
];

const BUSES = ["spi", "i2c", "hsu"] as const;

describe.each(BUSES)("at a reader on %s", (bus) => {
  const door = DOORS.find(({ reader }) => reader.bus === bus);
  if (door === undefined) throw new Error(`no lane on ${bus}`);

  test("everybody gets the right answer once", () => tell(door, { seed: 1, glitches: {} }));

  test.each([1, 2, 3, 4, 5])("also when bytes and edges go astray, seed %i", (seed) =>
    tell(door, { seed, glitches: GLITCHES[bus] }),
  );
});

async function tell(
  door: DoorWiring,
  { seed, glitches }: { readonly seed: number; readonly glitches: Partial<FaultRates> },
): Promise<void> {
  const world = new VirtualGate({ seed, doors: [door] });
  await world.start();
  for (const nis of [MEMBER, OTHER_MEMBER]) world.admit(nis);
  world.board.setFaults(door.reader.node, glitches);
  await world.pass(GAP_MS);
  for (const [name, visit, rows] of STORY) {
    const pulses = rows.filter((row) => row === "granted").length;
    expect({ name, ...(await visitors(world, door, visit)) }).toEqual({ name, rows, pulses });
  }
  world.kill();
  world.remove();
}

async function visitors(world: VirtualGate, { reader, relayLine }: DoorWiring, visit: Visit) {
  const seen = world.events().length;
  const fromUs = world.timeline.nowUs();
  for (const { spec, forMs } of visit) {
    const { card } = world.board.place(reader.node, spec);
    await world.pass(forMs);
    world.board.remove(reader.node, card);
  }
  await world.pass(GAP_MS);
  const rows = world
    .events()
    .slice(seen)
    .filter(({ type, data }) => type.startsWith("acs.access.") && data["reason"] !== "acs:ReadIncomplete")
    .map(({ type, data }) => [type.slice("acs.access.".length), data["reason"]].filter(Boolean).join(" "));
  const edges = world.board.pins.edges(fromUs).filter(({ line }) => line === relayLine);
  return { rows, pulses: edges.filter(({ level }) => level === "high").length };
}
