/**
 * The robustness matrix, rows of power and existence: supply that dips, reset in the middle, a chip left at
 * another speed, a device node that comes and goes.
 */
import { describe, expect, test } from "vitest";
import { createHsuLink } from "../../drivers/pn532/hsu-link.ts";
import { createI2cLink } from "../../drivers/pn532/i2c-link.ts";
import { createSpiLink } from "../../drivers/pn532/spi-link.ts";
import { hex } from "../../src/bytes/hex.ts";
import type { BusError, I2cDevice, SerialLine, SpiBus } from "../../src/ports/bus.ts";
import { err } from "../../src/result.ts";
import { good } from "../good.ts";
import {
  type Bench,
  expectRecovered,
  expectWarned,
  HSU,
  I2C,
  type MatrixTransport,
  makeBench,
  NIS_ANSWER,
  RecoveryTable,
  rowsOf,
  SELECT_IAS,
  SPI,
  startBench,
  TRANSPORTS,
} from "./matrix.ts";

const table = new RecoveryTable("power and existence");

/** The ways in which a chip loses all that it knew. */
const LOSSES: readonly (readonly [row: number, what: string, lose: (bench: Bench) => void])[] = [
  [17, "brown-out", ({ chip }) => chip.brownOut()],
  [
    18,
    "reset pulse",
    ({ chip }) => {
      chip.setReset("low");
      chip.setReset("high");
    },
  ],
];

/** The chip shows how long its polls take, of which the first knows nothing. */
async function pollInVain(bench: Bench, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) expect(good(await bench.poll())).toBeUndefined();
}

const readAgain = async (bench: Bench): Promise<string> => bench.readNis((await bench.findAgain()).channel);

/**
 * After a lost APDU the chip is configured anew at the next poll whether it failed or not: then the abort is all there
 * is to count, and where not even that was needed, because the answer was right, nothing.
 */
function expectRecoveredIfFailed(bench: Bench): void {
  const { recoveries, aborts } = bench.rig.reader.health();
  expect(aborts).toBeLessThanOrEqual(1);
  expectWarned(bench, recoveries.reconfigure === 0 ? [] : ["reconfigure: recovered"]);
}

describe.each(TRANSPORTS)("$name", (transport) => {
  const at = rowsOf(transport);

  describe.each(LOSSES)("row %i, %s", (row, what, lose) => {
    test(`row ${row}: between two polls: noticed within two rounds, the chip configured anew`, async () => {
      const bench = await startBench(transport);
      lose(bench);
      bench.place();
      const answer = await table.within(bench, at(row, `${what} between polls`, 5_000), () =>
        readAgain(bench),
      );
      expect(answer).toBe(NIS_ANSWER);
      expectRecovered(bench);
    });

    test.each([
      ["the first poll", 0, 5_000],
      ["a poll", 1, 1_400],
    ])(`row ${row}: in the middle of %s`, async (when, before, boundMs) => {
      const bench = await startBench(transport);
      await pollInVain(bench, before);
      const polling = bench.rig.reader.poll(new AbortController().signal);
      await bench.pass(100);
      const answer = await table.within(bench, at(row, `${what} in ${when}`, boundMs), async () => {
        lose(bench);
        expect((await bench.settle(polling)).ok).toBe(false);
        bench.place();
        return readAgain(bench);
      });
      expect(answer).toBe(NIS_ANSWER);
      expectRecovered(bench);
    });

    test(`row ${row}: at any instant of an APDU: no wrong answer, and the card is read again`, async () => {
      for (let afterUs = 0; afterUs <= 22_000; afterUs += 500) {
        const bench = await startBench(transport);
        const { channel } = await bench.present();
        const sent = channel.transceive(SELECT_IAS);
        await bench.pass(afterUs / 1_000);
        const answer = await table.within(bench, at(row, `${what} in an APDU`, 5_500), async () => {
          lose(bench);
          const ended = await bench.settle(sent);
          if (ended.ok) expect(ended.value).toEqual(hex("9000"));
          return readAgain(bench);
        });
        expect({ afterUs, answer }).toEqual({ afterUs, answer: NIS_ANSWER });
        expectRecoveredIfFailed(bench);
      }
    });

    test(`row ${row}: while its answer waits to be read`, async () => {
      const bench = await startBench(transport);
      const { channel } = await bench.present();
      const sent = channel.transceive(SELECT_IAS);
      const limitUs = bench.rig.timeline.nowUs() + 100_000;
      await bench.rig.timeline.runUntil(() => bench.chip.slot.content() === "response", limitUs);
      expect(bench.chip.slot.content()).toBe("response");
      const answer = await table.within(bench, at(row, `${what} under a response`, 5_500), async () => {
        lose(bench);
        expect((await bench.settle(sent)).ok).toBe(false);
        return readAgain(bench);
      });
      expect(answer).toBe(NIS_ANSWER);
      expect(bench.rig.reader.health().aborts).toBe(1);
      expectRecoveredIfFailed(bench);
    });
  });

  test("row 17: at the command itself, by the seeded plan", async () => {
    const bench = await startBench(transport);
    bench.place();
    bench.faults.script("brownOut", [true]);
    const answer = await table.within(bench, at(17, "brown-out at a command", 5_000), () => readAgain(bench));
    expect(answer).toBe(NIS_ANSWER);
    expectRecovered(bench);
    expect(bench.faults.count("brownOut")).toBe(1);
  });
});

describe("I2C", () => {
  const at = rowsOf(I2C);

  test.each(LOSSES)(
    "row %i: %s between two commands: the chip wakes, obeys and finds nobody, until its settings are given again",
    async (row, what, lose) => {
      const bench = await startBench(I2C);
      await pollInVain(bench, 1);
      lose(bench);
      // To this chip the next poll is a configuring command first, and then one of finite tries.
      await pollInVain(bench, 1);
      bench.place();
      const found = await table.within(bench, at(row, `${what}, unseen`, 31_000), async () => {
        for (;;) {
          const card = good(await bench.poll());
          if (card !== undefined) return card;
        }
      });
      expect(await bench.readNis(found.channel)).toBe(NIS_ANSWER);
      expectWarned(bench, []);
    },
  );
});

describe("HSU", () => {
  const at = rowsOf(HSU);

  test.each([
    [921_600, 115_200],
    [460_800, 115_200],
    [115_200, 921_600],
    [230_400, 921_600],
  ])(
    "row 19: left at %i by a process that died, wanted at %i: found without a reset line",
    async (left, wanted) => {
      let baud = left;
      const changing: MatrixTransport = {
        ...HSU,
        link: (host, _irq, clock) => createHsuLink({ line: host.serialLine(HSU.wiring.node), clock, baud }),
      };
      const bench = await startBench(changing, { reset: "absent" });
      expect(bench.chip.baud).toBe(left);
      baud = wanted;
      const reader = await bench.rig.restartHost();
      await table.within(bench, at(19, `chip at ${left}, wanted at ${wanted}`, 3_000), async () => {
        good(await bench.settle(reader.start()));
      });
      expect(bench.chip.baud).toBe(wanted);
      bench.place();
      const found = good(await bench.settle(reader.poll(new AbortController().signal)));
      expect(found).toMatchObject({ protocol: "typeA", kind: "isoDep" });
      expect(reader.health()).toMatchObject({ recoveries: { reconfigure: 0, reset: 0, reopen: 0 } });
    },
  );
});

/** A device node that is there or not, and how often it was missed. */
class Node {
  missing: BusError | undefined;
  misses = 0;

  spi(bus: SpiBus): SpiBus {
    return { ...bus, transfer: (bytes) => this.#miss() ?? bus.transfer(bytes) };
  }

  i2c(device: I2cDevice): I2cDevice {
    return {
      ...device,
      read: (lengthBytes) => this.#miss() ?? device.read(lengthBytes),
      write: (bytes) => this.#miss() ?? device.write(bytes),
    };
  }

  /** Unplugged, the line carries nothing either way. */
  serial(line: SerialLine): SerialLine {
    return {
      ...line,
      write: (bytes) => this.#miss() ?? line.write(bytes),
      setRate: (baud) => this.#miss() ?? line.setRate(baud),
      onData: (listener) =>
        line.onData((bytes) => {
          if (this.missing === undefined) listener(bytes);
        }),
    };
  }

  #miss() {
    if (this.missing === undefined) return undefined;
    this.misses += 1;
    return Promise.resolve(err(this.missing));
  }
}

const CONNECTED: Readonly<Record<MatrixTransport["name"], (node: Node) => MatrixTransport["link"]>> = {
  SPI: (node) => (host, irq, clock) =>
    createSpiLink({ bus: node.spi(host.spiBus(SPI.wiring.node)), irq, clock }),
  I2C: (node) => (host, irq, clock) =>
    createI2cLink({ device: node.i2c(host.i2cDevice(I2C.wiring.node)), irq, clock }),
  HSU: (node) => (host, _irq, clock) =>
    createHsuLink({ line: node.serial(host.serialLine(HSU.wiring.node)), clock, baud: 115_200 }),
};

describe.each(TRANSPORTS)("$name", (transport) => {
  const at = (what: string, boundMs: number) => ({ row: 20, transport: transport.name, what, boundMs });
  const place = { node: transport.wiring.node, remedy: "plug it in" };

  test.each<BusError>([
    { kind: "nodeMissing", ...place },
    { kind: "permissionDenied", ...place },
    { kind: "busFailed", node: place.node },
  ])(
    "row 20: $kind at the first start: told as it is; the next start after it finds the chip",
    async (missing) => {
      const node = new Node();
      const bench = await makeBench({ ...transport, link: CONNECTED[transport.name](node) });
      node.missing = missing;
      const failed = await table.within(bench, at(`${missing.kind} at start`, 50), () => bench.start());
      expect(failed).toEqual({ ok: false, error: { kind: "bus", error: missing } });
      expect(node.misses).toBeGreaterThanOrEqual(1);
      expectWarned(bench, ["start: bus"]);
      node.missing = undefined;
      expect(await table.within(bench, at("plugged in, recovery", 600), () => bench.recover())).toBe(
        NIS_ANSWER,
      );
      expectWarned(bench, ["start: bus", "reconfigure: recovered"]);
    },
  );

  test("row 20: the node goes under a card, stays away for an hour, and comes back with a chip that was off", async () => {
    const node = new Node();
    const bench = await startBench({ ...transport, link: CONNECTED[transport.name](node) });
    const { channel } = await bench.present();
    node.missing = { kind: "busFailed", node: place.node };
    expect(await bench.transceive(channel, SELECT_IAS)).toMatchObject({ error: { kind: "readerFailed" } });
    node.missing = { kind: "nodeMissing", ...place };
    for (let minute = 0; minute < 60; minute++) {
      expect(await bench.start()).toMatchObject({ ok: false, error: { kind: "bus" } });
      await bench.pass(60_000);
    }
    bench.chip.brownOut();
    node.missing = undefined;
    const answer = await table.within(bench, at("back after an hour", 600), () => bench.recover());
    expect(answer).toBe(NIS_ANSWER);
    expect(node.misses).toBeGreaterThan(60);
    const inVain = ["reconfigure: bus", "reset: bus", "start: bus"];
    expectWarned(bench, [...new Array<typeof inVain>(60).fill(inVain).flat(), "reconfigure: recovered"]);
  });

  test("row 20: a controller that fails now and then costs readings, never a wrong one", async () => {
    const bench = await startBench(transport);
    bench.faults.script("busError", [true]);
    bench.place();
    const answer = await table.within(bench, at("one transfer failed", 600), async () => {
      expect(await bench.poll()).toMatchObject({ ok: false, error: { kind: "bus" } });
      await bench.startAgain();
      return readAgain(bench);
    });
    expect(answer).toBe(NIS_ANSWER);
    expect(bench.faults.count("busError")).toBe(1);
    expectRecovered(bench);
  });
});
