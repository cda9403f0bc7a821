/**
 * The robustness matrix as the gate tells it: what a failed reader leaves in the journal, with its reason and with
 * what helped, and in the gate's health; and the card that lies there passes once (driver facts, §8, rows 1, 11, 15,
 * 17, 18, 20, 30).
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { gateHealth } from "../../src/app/gate-health.ts";
import type { BoardReader } from "../../src/sim/board.ts";
import { DOORS, VirtualGate } from "../world/virtual-gate.ts";
import { CIE, I2C, type MatrixTransport, type Measured, RecoveryTable, TRANSPORTS } from "./matrix.ts";

const table = new RecoveryTable("readers as the gate tells of them");

/** Whom the card of kind `CIE` belongs to. */
const MEMBER = "123456789012";
const RELAY_LINES: readonly number[] = DOORS.map(({ relayLine }) => relayLine);
/** Long enough for a reader to be given up. */
const LONG_MS = 30_000;
/** Longer than an idle chip goes unasked: one that is too hot finds no card and says nothing by itself. */
const UNASKED_MS = 35_000;

interface Incident {
  readonly row: number;
  readonly what: string;
  readonly begin: (reader: BoardReader) => void;
  /** The kind of the failure, and behind a colon what is below it. */
  readonly reason: string;
  /** From its beginning to the card that passes; for one that lasts, from its end. */
  readonly boundMs: number;
}

/** Each happens once, and something helps against it. */
const PASSING: readonly (Incident & { readonly by: string })[] = [
  {
    row: 11,
    what: "ACK, then silence",
    begin: ({ faults }) => faults.script("hang", [true]),
    reason: "chipSilent",
    by: "reset",
    boundMs: 2_600,
  },
  {
    row: 17,
    what: "brown-out",
    begin: ({ chip }) => chip.brownOut(),
    reason: "chipSilent",
    by: "reconfigure",
    boundMs: 1_600,
  },
  {
    row: 18,
    what: "reset pulse",
    begin: ({ chip }) => {
      chip.setReset("low");
      chip.setReset("high");
    },
    reason: "chipSilent",
    by: "reconfigure",
    boundMs: 1_600,
  },
];

interface LastingIncident extends Incident {
  readonly end: (reader: BoardReader) => void;
  readonly lastsMs: number;
}

const LASTING: readonly LastingIncident[] = [
  {
    row: 1,
    what: "no ACK for half a minute",
    begin: ({ faults }) => faults.set({ lostAck: 1, lostResponse: 1 }),
    end: ({ faults }) => faults.set({}),
    lastsMs: LONG_MS,
    reason: "chipSilent",
    boundMs: 12_000,
  },
  {
    row: 20,
    what: "no transfer for half a minute",
    begin: ({ faults }) => faults.set({ busError: 1 }),
    end: ({ faults }) => faults.set({}),
    lastsMs: LONG_MS,
    reason: "bus:busFailed",
    boundMs: 12_000,
  },
  {
    row: 30,
    what: "too hot",
    begin: ({ chip }) => chip.setProtection("overTemperature"),
    end: ({ chip }) => chip.setProtection("none"),
    lastsMs: UNASKED_MS,
    reason: "chipProtection:overTemperature",
    boundMs: 12_000,
  },
];

const kindOf = ({ reason }: Incident): string => reason.split(":")[0] ?? "";

let world: VirtualGate;

afterEach(() => {
  world.kill();
  world.remove();
});

function describeDoor({ name, wiring: { bus } }: MatrixTransport, body: (door: OneDoor) => void): void {
  describe(name, () => {
    const wiring = DOORS.find(({ reader }) => reader.bus === bus);
    if (wiring === undefined) throw new Error(`no door has its reader on ${bus}`);
    beforeEach(async () => {
      world = new VirtualGate({ seed: 1, doors: [wiring] });
      await world.start();
      world.admit(MEMBER);
      // The reader has learned how long its chip takes for a poll.
      await world.pass(1_500);
    });
    body(new OneDoor(name, wiring.id, wiring.reader.node));
  });
}

/** The one door of the world, and what is known of it outside. */
class OneDoor {
  readonly transport: string;
  readonly #id: string;
  readonly #node: string;

  constructor(transport: string, id: string, node: string) {
    this.transport = transport;
    this.#id = id;
    this.#node = node;
  }

  get reader(): BoardReader {
    return world.board.reader(this.#node);
  }

  /** A card is put there; it is granted by one row and one pulse, in time. */
  async passes({ row, what, boundMs }: Omit<Measured, "transport">, begin: () => void): Promise<void> {
    const measured = { row, transport: this.transport, what, boundMs };
    const access = () => world.events().filter(({ type }) => type.startsWith("acs.access."));
    await table.within({ nowMs: () => world.timeline.nowUs() / 1_000 }, measured, async () => {
      begin();
      world.board.place(this.#node, CIE);
      await world.timeline.runUntil(() => access().length > 0, world.timeline.nowUs() + 60_000_000);
    });
    await world.pass(5_000);
    expect(access()).toMatchObject([{ type: "acs.access.granted" }]);
    const pulses = world.board.pins
      .edges()
      .filter(({ line, level }) => RELAY_LINES.includes(line) && level === "high");
    expect(pulses).toHaveLength(1);
  }

  /** The rows about the reader, without the name of the door. */
  told(): readonly object[] {
    return world
      .events()
      .filter(({ type }) => type.startsWith("acs.system.reader"))
      .map(({ type, data: { door: _, ...data } }) => ({ type, ...data }));
  }

  health(): unknown {
    return gateHealth(world.gate, world.clock)["doors"];
  }

  /** A health document in which the reader of this door is so. */
  reporting(reader: object): object {
    return { [this.#id]: { reader } };
  }
}

for (const transport of TRANSPORTS) {
  describeDoor(transport, (door) => {
    test.each(PASSING)("row $row: $what: one row says why, and what helped", async (incident) => {
      await door.passes(incident, () => incident.begin(door.reader));
      const { reason, by } = incident;
      expect(door.told()).toEqual([{ type: "acs.system.readerRecovered", reason, by, times: 1 }]);
      expect(door.health()).toMatchObject(
        door.reporting({ state: "working", failures: { [kindOf(incident)]: 1 }, recoveries: { [by]: 1 } }),
      );
    });

    test.each(LASTING)("row $row: $what: down once, with the reason, and up once", async (incident) => {
      const down = { type: "acs.system.readerDown", reason: incident.reason };
      incident.begin(door.reader);
      world.board.place(door.reader.wiring.node, CIE);
      await world.pass(incident.lastsMs);
      expect(door.told()).toEqual([down]);
      expect(door.health()).toMatchObject(
        door.reporting({
          state: "down",
          lastFailure: { kind: kindOf(incident) },
        }),
      );
      world.board.remove(door.reader.wiring.node);
      await door.passes(incident, () => incident.end(door.reader));
      expect(door.told()).toMatchObject([down, { type: "acs.system.readerUp" }]);
      expect(door.health()).toMatchObject(door.reporting({ state: "working" }));
    });
  });
}

describeDoor(I2C, (door) => {
  test("row 15: the clock line held low: the node is opened anew and the chip reset", async () => {
    const clockHeld = { row: 15, what: "clock line held", boundMs: 2_000 };
    await door.passes(clockHeld, () => door.reader.faults.script("heldClock", [true]));
    expect(door.told()).toEqual([
      { type: "acs.system.readerRecovered", reason: "bus:busFailed", by: "reopen", times: 1 },
    ]);
    expect(door.reader.faults.count("heldClock")).toBe(1);
  });
});
