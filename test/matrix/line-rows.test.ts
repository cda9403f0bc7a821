/**
 * The robustness matrix, rows of the lines: the interrupt line, the status byte of SPI, the address and the clock
 * line of I2C, bits in the wrong order.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as soon } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { type I2cBusHandle, openI2cDevice } from "../../drivers/bus/i2c.ts";
import { createI2cLink, PN532_I2C_ADDRESS } from "../../drivers/pn532/i2c-link.ts";
import { createSpiLink } from "../../drivers/pn532/spi-link.ts";
import type { SpiBus } from "../../src/ports/bus.ts";
import type { FaultKind } from "../../src/sim/faults.ts";
import { reverseBits } from "../../src/sim/spi-slave.ts";
import { saying } from "../drivers/bus/surroundings.ts";
import { good } from "../good.ts";
import {
  type Bench,
  expectCounted,
  expectRecovered,
  expectWarned,
  I2C,
  type MatrixTransport,
  makeBench,
  NIS_ANSWER,
  RecoveryTable,
  rowsOf,
  SPI,
  startBench,
} from "./matrix.ts";

const table = new RecoveryTable("lines");

/** What a reader says of itself whose interrupt line is of no use. */
const DEAD = "interrupt line does not follow the chip: polling its status instead, check the IRQ wire";
const DEAD_LINE = [DEAD];

/** How long a reader goes without a look at itself, and a round of it. */
const CHECK_UP_MS = 31_000;

/** Polls an empty field for that long. */
async function pollFor(bench: Bench, durationMs: number): Promise<void> {
  const untilMs = bench.nowMs() + durationMs;
  while (bench.nowMs() < untilMs) expect(good(await bench.poll())).toBeUndefined();
}

async function presentation(bench: Bench): Promise<string> {
  const { channel } = await bench.present();
  const answer = await bench.readNis(channel);
  bench.remove();
  good(await bench.settle(bench.rig.reader.drop()));
  return answer;
}

describe.each([SPI, I2C])("$name", (transport) => {
  const at = rowsOf(transport);

  test.each(["high", "low"] as const)(
    "row 13: an interrupt line stuck %s from the start on: polled instead, and said so",
    async (level) => {
      const bench = await makeBench(transport);
      bench.chip.setStuckIrq(level);
      const answer = await table.within(bench, at(13, `stuck ${level} at start`, 600), async () => {
        expect(good(await bench.start()).degraded).toEqual(DEAD_LINE);
        return presentation(bench);
      });
      expect(answer).toBe(NIS_ANSWER);
      expect(bench.rig.reader.health().degraded).toEqual(DEAD_LINE);
      const started = bench.rig.logged.filter((line) => line.startsWith("info pn532.started"));
      expect(started).toEqual([saying("interrupt line does not follow the chip")]);
      expectCounted(bench, {});
    },
  );

  test.each(["high", "low"] as const)(
    "row 13: an interrupt line that sticks %s under way costs time alone, a line that is free again is used",
    async (level) => {
      const bench = await startBench(transport);
      bench.chip.setStuckIrq(level);
      const answer = await table.within(bench, at(13, `sticks ${level}`, 500), () => presentation(bench));
      expect(answer).toBe(NIS_ANSWER);
      expect(bench.rig.reader.health().degraded).toEqual(DEAD_LINE);
      await pollFor(bench, 5_000);
      expectCounted(bench, {}, [`degraded: ${DEAD}`]);
      bench.chip.setStuckIrq("free");
      expect(await presentation(bench)).toBe(NIS_ANSWER);
      expect(bench.rig.reader.health().degraded).toEqual([]);
      await pollFor(bench, CHECK_UP_MS);
      expectCounted(bench, {}, [`degraded: ${DEAD}`, "degraded: "]);
    },
  );

  test.each<readonly [FaultKind, readonly unknown[]]>([
    ["lostEdge", DEAD_LINE],
    ["spuriousEdge", []],
  ])("row 13: %s at every command", async (kind, degraded) => {
    const bench = await startBench(transport);
    bench.faults.set({ [kind]: 1 });
    const answer = await table.within(bench, at(13, kind, 500), () => presentation(bench));
    expect(answer).toBe(NIS_ANSWER);
    expect(bench.faults.count(kind)).toBeGreaterThanOrEqual(5);
    expect(bench.rig.reader.health().degraded).toEqual(degraded);
    expectCounted(bench, {});
  });

  test("row 13: a loose wire, which comes and goes for ten minutes, does not fill the log", async () => {
    const bench = await startBench(transport);
    bench.faults.set({ lostEdge: 0.5 });
    await pollFor(bench, 600_000);
    expect(bench.faults.count("lostEdge")).toBeGreaterThan(1_000);
    const warned = bench.rig.logged.filter((line) => line.startsWith("warn pn532.degraded"));
    expect(warned.length).toBeGreaterThan(0);
    expect(warned.length).toBeLessThanOrEqual(2 * (600_000 / CHECK_UP_MS));
  });

  test("row 13: without an interrupt line nothing is degraded", async () => {
    const bench = await makeBench(transport, { irq: "absent" });
    const answer = await table.within(bench, at(13, "no line, start and presentation", 300), async () => {
      expect(good(await bench.start()).degraded).toEqual([]);
      return presentation(bench);
    });
    expect(answer).toBe(NIS_ANSWER);
  });
});

describe("SPI", () => {
  const at = rowsOf(SPI);

  test.each([
    [0xff, "chipSilent", "MISO is always FF"],
    [0xaa, "chipGarbled", "no PN532"],
    [0x08, "chipGarbled", "no PN532"],
    [0x00, "chipSilent", "does not answer"],
  ] as const)(
    "row 14: status %i for ever: the start ends, and says what it saw",
    async (status, kind, remedy) => {
      const bench = await makeBench(SPI, { irq: "absent" });
      bench.faults.set({ garbledStatus: 1 });
      bench.faults.setGarbledStatus(status);
      const what = `status ${status.toString(16).padStart(2, "0")} for ever`;
      const failed = await table.within(bench, at(14, what, 500), () => bench.start());
      expect(failed).toMatchObject({ ok: false, error: { kind, remedy: saying(remedy) } });
      expect(bench.faults.count("garbledStatus")).toBeGreaterThan(10);
      expectWarned(bench, [`start: ${kind}`]);
      bench.faults.set({});
      const answer = await table.within(bench, at(14, "status well again, recovery", 600), () =>
        bench.recover(),
      );
      expect(answer).toBe(NIS_ANSWER);
      expectWarned(bench, [`start: ${kind}`, "reconfigure: recovered"]);
    },
  );

  test.each([
    [0xff, "chipSilent"],
    [0xaa, "chipGarbled"],
    [0x08, "chipGarbled"],
    [0x00, "chipSilent"],
  ] as const)(
    "row 14: status %i for ever from one poll to the next: the reader fails in time, a start recovers it",
    async (status, kind) => {
      const bench = await startBench(SPI, { irq: "absent" });
      bench.faults.set({ garbledStatus: 1 });
      bench.faults.setGarbledStatus(status);
      const failed = await table.within(bench, at(14, "status useless under way", 100), () => bench.poll());
      expect(failed).toMatchObject({ ok: false, error: { kind } });
      expect(bench.faults.count("garbledStatus")).toBeGreaterThan(0);
      bench.faults.set({});
      const answer = await table.within(bench, at(14, "status well again, recovery", 600), () =>
        bench.recover(),
      );
      expect(answer).toBe(NIS_ANSWER);
      expectRecovered(bench);
    },
  );

  test.each([0xff, 0xaa, 0x08, 0x00])(
    "row 14: beside an interrupt line that works the status is not asked for: %i for ever goes unseen",
    async (status) => {
      const bench = await startBench(SPI);
      bench.faults.set({ garbledStatus: 1 });
      bench.faults.setGarbledStatus(status);
      const answer = await table.within(bench, at(14, "status useless, line works", 200), () =>
        presentation(bench),
      );
      expect(answer).toBe(NIS_ANSWER);
      expect(bench.faults.count("garbledStatus")).toBe(0);
      expectCounted(bench, {});
    },
  );

  test("row 14: a status that flaps is asked again", async () => {
    const bench = await makeBench(SPI, { irq: "absent" });
    good(await bench.start());
    bench.faults.set({ garbledStatus: 0.7 });
    const answer = await table.within(bench, at(14, "7 of 10 status bytes wrong", 300), () =>
      presentation(bench),
    );
    expect(answer).toBe(NIS_ANSWER);
    expect(bench.faults.count("garbledStatus")).toBeGreaterThan(20);
    expectCounted(bench, {});
  });

  test("row 16: bits in the wrong order are seen at start, and said so", async () => {
    let turned = true;
    let transfers = 0;
    const wire = (bus: SpiBus): SpiBus => ({
      ...bus,
      async transfer(bytes) {
        transfers += 1;
        const answer = await bus.transfer(turned ? reverseBits(bytes) : bytes);
        return answer.ok && turned ? { ...answer, value: reverseBits(answer.value) } : answer;
      },
    });
    const crossed: MatrixTransport = {
      ...SPI,
      link: (host, irq, clock) => createSpiLink({ bus: wire(host.spiBus(SPI.wiring.node)), irq, clock }),
    };
    const bench = await makeBench(crossed);
    const failed = await table.within(bench, at(16, "bits reversed", 500), () => bench.start());
    expect(failed).toMatchObject({
      ok: false,
      error: { kind: "chipGarbled", remedy: saying("reversed order") },
    });
    expect(transfers).toBeGreaterThan(5);
    expectWarned(bench, ["start: chipGarbled"]);
    turned = false;
    const answer = await table.within(bench, at(16, "bits in order again, recovery", 600), () =>
      bench.recover(),
    );
    expect(answer).toBe(NIS_ANSWER);
    expectWarned(bench, ["start: chipGarbled", "reconfigure: recovered"]);
  });
});

describe("I2C", () => {
  const at = rowsOf(I2C);
  const folder = mkdtempSync(join(tmpdir(), "varco-i2c-"));
  const stand = join(folder, "i2c-1");
  writeFileSync(stand, "");
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The real adapter over a stand-in for its package, which hands transactions to the virtual board or fails. */
  function adapted(script: { failures: number; error: object }): MatrixTransport {
    return {
      ...I2C,
      async link(host, irq, clock) {
        const device = host.i2cDevice(I2C.wiring.node);
        const failing = (): object | undefined => {
          if (script.failures === 0) return undefined;
          script.failures -= 1;
          return script.error;
        };
        const bus: I2cBusHandle = {
          i2cRead(_address, lengthBytes, buffer, done) {
            const failure = failing();
            if (failure !== undefined) return done(failure, 0);
            return device.read(lengthBytes).then((read) => {
              if (!read.ok) return done(read.error, 0);
              if (read.value === "notAcknowledged") return done({ code: "EIO" }, 0);
              buffer.set(read.value);
              return done(null, lengthBytes);
            });
          },
          i2cWrite(_address, lengthBytes, buffer, done) {
            const failure = failing();
            if (failure !== undefined) return done(failure, 0);
            return device.write(new Uint8Array(buffer)).then((written) => {
              if (!written.ok) return done(written.error, 0);
              return written.value === "written" ? done(null, lengthBytes) : done({ code: "EIO" }, 0);
            });
          },
          close: (done) => done(null),
        };
        const open = (_bus: number, done: (error: unknown) => void): I2cBusHandle => {
          void soon().then(() => done(null));
          return bus;
        };
        const opened = await openI2cDevice({
          node: stand,
          address: PN532_I2C_ADDRESS,
          load: async () => ({ open }),
        });
        return createI2cLink({ device: good(opened), irq, clock });
      },
    };
  }

  test.each([
    ["EIO", { code: "EIO", errno: 5 }],
    ["EREMOTEIO", { code: "EREMOTEIO", errno: 121 }],
    ["ENXIO", { code: "ENXIO", errno: 6 }],
  ] as const)(
    "row 15: %s is an address that nobody acknowledges: asked again, 1 to 12 times",
    async (name, error) => {
      for (let failures = 1; failures <= 12; failures++) {
        const script = { failures: 0, error };
        const bench = await startBench(adapted(script));
        script.failures = failures;
        const answer = await table.within(bench, at(15, `${name}, up to 12 times`, 150), () =>
          presentation(bench),
        );
        expect({ failures, answer, left: script.failures }).toEqual({
          failures,
          answer: NIS_ANSWER,
          left: 0,
        });
        expectCounted(bench, {});
      }
    },
  );

  test("row 15: an address that is refused for ever ends in a failure, and a start finds the chip again", async () => {
    const script = { failures: 0, error: { code: "EIO" } };
    const bench = await startBench(adapted(script));
    script.failures = Number.POSITIVE_INFINITY;
    const failed = await table.within(bench, at(15, "EIO for ever", 100), () => bench.poll());
    expect(failed).toMatchObject({ ok: false, error: { kind: "chipSilent" } });
    script.failures = 0;
    expect(await table.within(bench, at(15, "EIO, recovery", 600), () => bench.recover())).toBe(NIS_ANSWER);
    expectRecovered(bench);
  });

  test("row 15: ETIMEDOUT is a failure of the bus, not an address that nobody acknowledges", async () => {
    const script = { failures: 0, error: { code: "ETIMEDOUT", errno: 110 } };
    const bench = await startBench(adapted(script));
    script.failures = 1;
    expect(await bench.poll()).toMatchObject({
      ok: false,
      error: { kind: "bus", error: { kind: "busFailed" } },
    });
    expect(await table.within(bench, at(15, "ETIMEDOUT, recovery", 600), () => bench.recover())).toBe(
      NIS_ANSWER,
    );
    expectRecovered(bench);
  });

  test("row 15: a clock line held low fails each transfer until the reset line frees it", async () => {
    const bench = await startBench(I2C);
    bench.faults.script("heldClock", [true]);
    const answer = await table.within(bench, at(15, "clock held, reset", 5_000), async () => {
      expect(await bench.poll()).toMatchObject({ error: { kind: "bus", error: { kind: "busFailed" } } });
      return bench.recover();
    });
    expect(answer).toBe(NIS_ANSWER);
    expect(bench.faults.count("heldClock")).toBe(1);
    expectWarned(bench, ["reconfigure: bus", "reset: recovered"]);
  });

  test("row 15: a ready byte that comes up to 15 ms late at every frame costs time alone", async () => {
    const bench = await startBench(I2C);
    bench.faults.set({ lateReady: 1 });
    const answer = await table.within(bench, at(15, "ready byte late", 300), () => presentation(bench));
    expect(answer).toBe(NIS_ANSWER);
    expect(bench.faults.count("lateReady")).toBeGreaterThanOrEqual(8);
    expectCounted(bench, {});
  });

  test("row 15: an address refused for up to 20 ms from any transaction on costs time alone", async () => {
    for (let before = 0; before < 25; before++) {
      const bench = await startBench(I2C);
      bench.faults.script("nackBurst", [...new Array<boolean>(before).fill(false), true]);
      const answer = await table.within(bench, at(15, "refused for up to 20 ms", 200), () =>
        presentation(bench),
      );
      expect({ before, answer }).toEqual({ before, answer: NIS_ANSWER });
      expect(bench.faults.count("nackBurst")).toBe(1);
      expectCounted(bench, {});
    }
  });
});
