/** What a gate says of its readers each minute: state, firmware, failures by kind (fleet interface, §9). */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { gateHealth } from "../../src/app/gate-health.ts";
import { DOORS, VirtualGate } from "../world/virtual-gate.ts";

const [ONE, OTHER] = ["/dev/spidev0.0", "/dev/spidev0.1"];
const NONE = { bus: 0, line: 0, chipSilent: 0, chipGarbled: 0, chipRefused: 0, chipProtection: 0 };
const CIE = { card: "cie", family: "gemalto", nis: "123456789012" } as const;

let world: VirtualGate;

beforeEach(async () => {
  world = new VirtualGate({ seed: 1, doors: DOORS.slice(0, 2) });
  await world.start();
  await world.pass(1_000);
});
afterEach(() => {
  world.kill();
  world.remove();
});

const health = () => gateHealth(world.gate, world.clock);
/** Lets virtual time pass until the first door's reader is in the state; throws when it never is. */
async function until(state: string): Promise<void> {
  const limitUs = world.timeline.nowUs() + 60_000_000;
  const is = (): boolean => JSON.stringify(health()).includes(`"lane-1":{"reader":{"state":"${state}"`);
  await world.timeline.runUntil(is, limitUs);
  expect(health()).toMatchObject({ doors: { "lane-1": { reader: { state } } } });
}

describe("a reader", () => {
  test("that has looked for cards works; its numbers are beside its firmware", () => {
    expect(health()).toMatchObject({
      doors: {
        "lane-1": { reader: { state: "working", firmware: "PN532 1.6", failures: NONE, lastFailure: null } },
        "lane-2": {
          reader: { state: "working", recoveries: { reset: 0 }, degraded: [], aborts: 0, strays: 0 },
        },
      },
    });
    expect(health()).toEqual(JSON.parse(JSON.stringify(health())));
  });

  test("says who speaks ISO-DEP with new cards, and in what frames: that of a door without a choice the firmware", () => {
    const link = { isoDep: "firmware", frameBytes: 64 };
    expect(health()).toMatchObject({ doors: { "lane-1": { reader: link }, "lane-2": { reader: link } } });
  });

  test("of which our own engine was chosen says what the chip sustains of it", async () => {
    world.kill();
    world.remove();
    const [first, ...others] = DOORS.slice(0, 2);
    if (first === undefined) throw new Error("no door");
    const reader = { ...first.reader, isoDep: "software" as const };
    world = new VirtualGate({ seed: 1, doors: [{ ...first, reader }, ...others] });
    await world.start();
    expect(health()).toMatchObject({
      doors: {
        "lane-1": { reader: { isoDep: "software", frameBytes: 256 } },
        "lane-2": { reader: { isoDep: "firmware", frameBytes: 64 } },
      },
    });
  });

  test("that fails once is recovering until it has looked for a card again; the failure stays on record, with its age", async () => {
    world.board.reader(ONE).faults.script("busError", [true]);
    await until("recovering");
    await world.pass(30_000);
    expect(health()).toMatchObject({
      doors: {
        "lane-1": {
          reader: {
            state: "working",
            failures: { ...NONE, bus: 1 },
            lastFailure: { kind: "bus", ageSeconds: 30 },
          },
        },
        "lane-2": { reader: { failures: NONE, lastFailure: null } },
      },
    });
  });

  test("that does not come back is down, as its door's fault says; every start in vain counts", async () => {
    world.board.setFaults(OTHER, { lostAck: 1, lostResponse: 1 });
    await world.pass(60_000);
    const down = health();
    expect(down).toMatchObject({
      doors: {
        "lane-1": { reader: { state: "working" } },
        "lane-2": { reader: { state: "down", firmware: "PN532 1.6", lastFailure: { kind: "chipSilent" } } },
      },
    });
    expect(world.gate.condition("lane-2").faults).toContain("reader");
    expect(world.gate.readerReport("lane-2").failures.chipSilent).toBeGreaterThan(5);
    world.board.setFaults(OTHER, {});
    await world.pass(15_000);
    expect(health()).toMatchObject({ doors: { "lane-2": { reader: { state: "working" } } } });
  });

  test("that has never started has no firmware yet", async () => {
    world.kill();
    world.board.setFaults(ONE, { lostAck: 1, lostResponse: 1 });
    await world.start();
    expect(health()).toMatchObject({
      doors: { "lane-1": { reader: { state: "recovering", firmware: null } } },
    });
    await until("down");
    expect(health()).toMatchObject({ doors: { "lane-1": { reader: { firmware: null } } } });
  });

  test("that fails under a card's APDU is heard through the card", async () => {
    world.board.place(ONE, CIE);
    await world.timeline.runUntil(
      () => (world.board.snapshotTap(ONE)?.commands ?? 0) > 1,
      world.timeline.nowUs() + 1_000_000,
    );
    world.board.reader(ONE).faults.script("busError", [true]);
    await until("recovering");
    expect(world.gate.readerReport("lane-1").failures).toEqual({ ...NONE, bus: 1 });
  });
});
