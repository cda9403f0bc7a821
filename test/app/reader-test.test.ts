// `varco reader test`: what each defect of a chip or its wires is called, and what to do. The tests of a reader
// run in virtual time on a virtual board; the command round them on a board in real time.
import { describe, expect, onTestFinished, test } from "vitest";
import { readerTestCommand } from "../../src/app/commands/reader-test.ts";
import { testReader } from "../../src/app/commands/reader-test-checks.ts";
import { showDistance } from "../../src/app/commands/reader-test-distance.ts";
import type { Check } from "../../src/app/doctor/check.ts";
import { openDiagnostics } from "../../src/app/open-reader.ts";
import { lockReader } from "../../src/app/process-lock.ts";
import type { ReaderConfig } from "../../src/config/schema.ts";
import type { SpiBus } from "../../src/ports/bus.ts";
import { silentLog } from "../../src/ports/log.ts";
import { ok } from "../../src/result.ts";
import { VirtualBoard } from "../../src/sim/board.ts";
import type { CardSpec } from "../../src/sim/cards/make-card.ts";
import { VirtualClock } from "../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";
import type { ReaderWiring } from "../../src/sim/wiring.ts";
import { instant } from "../../src/time/time.ts";
import { type CommandWorld, commandWorld, NODE } from "./command-world.ts";
import { containing } from "./matchers.ts";

const CHECKS = [
  "firmware",
  "line",
  "reset line",
  "interrupt line",
  "ROM",
  "RAM",
  "antenna",
  "bus speed",
  "card link",
];
const LINES = { irqLine: 25, resetLine: 24 } as const;
const ON_SPI = { bus: "spi", node: NODE, clockHz: 2_000_000, ...LINES } as const;
const ON_I2C = { bus: "i2c", node: "/dev/i2c-1", ...LINES } as const;
const ON_HSU = { bus: "hsu", node: "/dev/ttyAMA0", baud: 115_200, resetLine: 24 } as const;
const LIMIT_US = 3_600_000_000;

/** Wires that carry a slow clock only: beyond it, the last but one byte of whatever is longer than an ACK is damaged. */
const overWires = (bus: SpiBus, isDamaging: boolean): SpiBus => ({
  ...bus,
  transfer: async (bytes) => {
    const answer = await bus.transfer(bytes);
    if (answer.ok && isDamaging && answer.value.length > 10)
      answer.value.set([answer.value.at(-2) === 0x10 ? 0x11 : 0x10], answer.value.length - 2);
    return answer;
  },
});

/** A reader on a virtual board, and a person's terminal, all in virtual time. */
async function bench(reader: ReaderConfig, wiring: ReaderWiring = reader, cleanToHz = Infinity) {
  const clocks = { opened: [] as number[], closed: [] as number[] };
  const timeline = new VirtualTimeline();
  const board = new VirtualBoard({ timeline, wiring: [wiring], seed: 1 });
  const clock = VirtualClock.startingAt(timeline, instant(0));
  const host = board.attach();
  const surroundings = {
    board: {
      spi: async (node: string, clockHz: number) => {
        clocks.opened.push(clockHz);
        const close = async (): Promise<void> => void clocks.closed.push(clockHz);
        return ok({ ...overWires(host.spiBus(node), clockHz > cleanToHz), close });
      },
      i2c: async (node: string) => ok(host.i2cDevice(node)),
      serial: async (node: string) => ok(host.serialLine(node)),
      gpio: async () => ok(host.gpio),
      close: async () => undefined,
    },
    gpio: host.gpio,
    clock,
    log: silentLog,
  };
  const opened = await timeline.resolve(openDiagnostics(reader, surroundings));
  if (!opened.ok) throw new Error("the virtual board refused a line");
  const chip = opened.value;
  const stopping = new AbortController();
  const out: string[] = [];
  const say = (line: string): void => void out.push(line);
  const stepListeners: ((step: string) => void)[] = [];
  /** Calls back when the test comes to that question. */
  const onStep = (what: string, act: () => void): void =>
    void stepListeners.push((step) => {
      if (step.includes(what)) act();
    });
  const { signal } = stopping;
  const io = {
    out: say,
    err: (line: string): void => {
      for (const listen of stepListeners) listen(line);
    },
    environment: {},
    colour: false,
    interactive: true,
    askSecret: async () => undefined,
    clock,
    signal,
  };
  /** The findings of the whole test, after the chip was stopped. */
  const examine = async (count = 40) => {
    const checks: Check[] = [];
    const collect = async (): Promise<void> => {
      const started = await chip.start();
      for await (const check of testReader({ chip, reader, count, io, surroundings }, started))
        checks.push(check);
      await chip.stop();
    };
    await timeline.resolve(collect(), LIMIT_US);
    return { checks, of: (name: string) => checks.find((check) => check.name === name) };
  };
  const side = board.reader(reader.node);
  return { timeline, board, side, chip, io, out, stopping, clocks, onStep, examine };
}

const notWell = (checks: readonly Check[]): readonly Check[] =>
  checks.filter(({ status }) => status !== "ok" && status !== "notApplicable");

describe("a card on the reader", () => {
  const withCard = async (card: CardSpec, change: { isoDep?: "software"; longest?: number } = {}) => {
    const { isoDep, longest = Number.POSITIVE_INFINITY } = change;
    const { board, side, examine } = await bench(
      isoDep === undefined ? ON_SPI : { ...ON_SPI, isoDep },
      ON_SPI,
    );
    board.place(NODE, card);
    side.faults.longestFastFrameBytes = longest;
    const { of } = await examine();
    expect(side.antenna.fieldIsOn()).toBe(false);
    expect(side.chip.unhandled).toEqual([]);
    return of("card link");
  };
  const CIE: CardSpec = { card: "cie", family: "gemalto", nis: "123456789012" };

  test("of which a long file may be read: the faster engine is proposed, in frames as long as the chip carries", async () => {
    const found = await withCard(CIE);
    expect(found).toMatchObject({ status: "warn", remedy: "set isoDep: software at this reader" });
    expect(found?.found).toMatch(
      /^the chip's engine: frames of 64 bytes at 424 kbit\/s, \d+ ms a reading; this program's: frames of 256 bytes at 424 kbit\/s, \d+ ms a reading$/,
    );
  });

  test("where what is set is the faster one, that is said", async () => {
    const found = await withCard(CIE, { isoDep: "software" });
    expect(found).toMatchObject({ status: "ok", found: containing("isoDep: software is right") });
  });

  test("on a chip that does not carry long frames: shorter ones are measured", async () => {
    expect((await withCard(CIE, { longest: 128 }))?.found).toContain("this program's: frames of 128 bytes");
  });

  test("on a chip that carries none: its own engine is to be kept, or set again", async () => {
    const kept = await withCard(CIE, { longest: 40 });
    expect(kept).toMatchObject({ status: "ok", found: containing("its own frames all failed") });
    const set = await withCard(CIE, { longest: 40, isoDep: "software" });
    expect(set).toMatchObject({ status: "warn", remedy: "set isoDep: firmware at this reader" });
  });

  test("that gives nothing to measure by, or none: what to lay there", async () => {
    expect(await withCard({ card: "transit", uid: "04A1B2C3" })).toMatchObject({
      status: "notApplicable",
      found: containing("nothing long can be read"),
    });
    expect(await withCard({ card: "phone" })).toMatchObject({ status: "notApplicable" });
    const { of } = await (await bench(ON_SPI)).examine();
    expect(of("card link")).toMatchObject({
      status: "notApplicable",
      found: containing("no card lies there"),
    });
  });
});

describe("a reader in good order", () => {
  test("on SPI: every test passes, and the carrier is off afterwards", async () => {
    const { examine, side } = await bench(ON_SPI);
    const { checks, of } = await examine(1_000);
    expect(checks.map(({ name }) => name)).toEqual(CHECKS);
    expect(notWell(checks)).toEqual([]);
    expect(of("line")?.found).toBe("1000 line tests: 0 damaged, 0 lost (0 %), 0 slow; median 3 ms, p99 3 ms");
    expect(of("bus speed")?.found).toBe("no error up to 4 MHz; with a margin: clockHz: 3000000");
    expect(side.antenna.fieldIsOn()).toBe(false);
    expect(side.chip.unhandled).toEqual([]);
  });

  test("on I2C: the clock is measured by the bytes", async () => {
    const { checks, of } = await (await bench(ON_I2C)).examine();
    expect(notWell(checks)).toEqual([]);
    expect(of("bus speed")?.found).toBe("the I2C clock is about 400 kHz");
  });

  test("on a slow I2C bus: how to make it faster", async () => {
    const { of } = await (await bench(ON_I2C, { ...ON_I2C, clockHz: 100_000 })).examine();
    expect(of("bus speed")).toMatchObject({
      status: "warn",
      found: "the I2C clock is about 100 kHz",
      remedy: containing("dtparam=i2c_arm_baudrate=400000"),
    });
  });

  test("on a serial line: the fastest speed is found, and left again", async () => {
    const { examine, side } = await bench(ON_HSU);
    const { checks, of } = await examine();
    expect(notWell(checks)).toEqual([]);
    expect(of("interrupt line")?.status).toBe("notApplicable");
    expect(of("bus speed")?.found).toBe("no error up to 921600 bit/s; with a margin: baud: 460800");
    expect(side.chip.baud).toBe(115_200);
  });
});

describe("defects of the wires", () => {
  test.each([
    [ON_SPI, "high", "never falls while the chip has an answer"],
    [ON_SPI, "low", "stays low though the chip has nothing to say"],
    [ON_I2C, "high", "never falls while the chip has an answer"],
    [ON_I2C, "low", "stays low though the chip has nothing to say"],
  ] as const)("an interrupt line of %o stuck %s costs time, and is told", async (reader, level, found) => {
    const { examine, board } = await bench(reader);
    board.setStuckIrq(reader.node, level);
    const { checks, of } = await examine();
    expect(of("interrupt line")).toMatchObject({ status: "warn", found, remedy: containing("irqLine") });
    expect(checks.filter(({ status }) => status === "fail")).toEqual([]);
  });

  test("an interrupt line with a loose contact does not always follow", async () => {
    const { examine, side } = await bench(ON_SPI);
    side.faults.set({ lostEdge: 0.5 });
    expect((await examine()).of("interrupt line")).toMatchObject({
      status: "warn",
      found: containing("always"),
    });
  });

  test("lines that are not wired: the reset line is missed, the interrupt line is not", async () => {
    const { of } = await (await bench({ bus: "spi", node: NODE, clockHz: 2_000_000 })).examine();
    expect(of("reset line")).toMatchObject({ status: "warn", found: "not wired" });
    expect(of("interrupt line")).toMatchObject({ status: "notApplicable", found: containing("not wired") });
  });

  test.each([ON_SPI, ON_I2C, ON_HSU])(
    "a reset line that leads elsewhere does not hold the chip: %o",
    async (reader) => {
      const { of } = await (await bench({ ...reader, resetLine: 23 }, reader)).examine();
      expect(of("reset line")).toMatchObject({ status: "fail", remedy: containing("RSTPD_N") });
    },
  );

  test.each([ON_SPI, ON_I2C, ON_HSU])(
    "two readings in a hundred damaged, and all are counted: %o",
    async (reader) => {
      const { examine, side } = await bench(reader);
      side.faults.set({ corruptRead: 0.02 });
      const { of } = await examine(1_000);
      const [, damaged, lost] =
        /^1000 line tests: (\d+) damaged, (\d+) lost/.exec(of("line")?.found ?? "") ?? [];
      // Two readings a test, the acknowledgement and the echo: 40 in a thousand, give or take three deviations.
      // One whose start code is damaged, behind an interrupt line that fell, passes for no frame at all.
      expect(Math.abs(Number(damaged) + Number(lost) - 40)).toBeLessThan(19);
      expect(Number(lost)).toBeLessThan(5);
      expect(of("line")).toMatchObject({ status: "fail", remedy: containing("ground wire") });
    },
  );

  test("commands that arrive damaged are lost ones", async () => {
    const { examine, side } = await bench(ON_SPI);
    side.faults.set({ lostAck: 0.005 });
    expect((await examine(400)).of("line")?.found).toMatch(/: \d damaged, 0 lost|: 0 damaged, \d lost/);
  });
});

describe("an interruption", () => {
  test.each([
    { reader: ON_SPI, at: "line", afterMs: 100, told: 1 },
    { reader: ON_SPI, at: "bus speed", afterMs: 50, told: 7 },
    { reader: ON_SPI, at: "bus speed", afterMs: 1_500, told: 7 },
    { reader: ON_I2C, at: "bus speed", afterMs: 50, told: 7 },
    { reader: ON_HSU, at: "bus speed", afterMs: 50, told: 7 },
    { reader: ON_HSU, at: "bus speed", afterMs: 11_000, told: 7 },
  ])("leaves $reader.bus without a finding on $at after $afterMs ms", async (run) => {
    const { examine, onStep, side, stopping, timeline } = await bench(run.reader);
    let fromUs = 0;
    onStep(run.at, () => {
      fromUs = timeline.nowUs();
      timeline.at(fromUs + run.afterMs * 1_000, () => stopping.abort());
    });
    const { checks } = await examine(1_000);
    expect(checks.map(({ name }) => name)).toEqual(CHECKS.slice(0, run.told));
    expect(timeline.nowUs() - fromUs).toBeLessThan(run.afterMs * 1_000 + 500_000);
    expect({ field: side.antenna.fieldIsOn(), baud: side.chip.baud }).toEqual({
      field: false,
      baud: 115_200,
    });
  });
});

describe("the speed of a line", () => {
  test("each clock's device is closed again", async () => {
    const { examine, clocks } = await bench(ON_SPI);
    await examine();
    expect(clocks.opened).toEqual([2_000_000, 1_000_000, 2_000_000, 3_000_000, 4_000_000]);
    expect(clocks.closed).toEqual([1_000_000, 2_000_000, 3_000_000, 4_000_000]);
  });

  test("a slow clock that is clean is no failure, though the next one is not", async () => {
    const slow = { ...ON_SPI, clockHz: 500_000 };
    const { checks, of } = await (await bench(slow, slow, 500_000)).examine();
    expect(of("line")?.status).toBe("ok");
    expect(of("bus speed")).toMatchObject({
      status: "warn",
      found: "no error up to 0.5 MHz; no margin below",
    });
    expect(checks.filter(({ status }) => status === "fail")).toEqual([]);
  });

  test("wires that carry less than is configured", async () => {
    const fast = { ...ON_SPI, clockHz: 4_000_000 };
    const { of } = await (await bench(fast, fast, 2_000_000)).examine();
    expect(of("line")?.status).toBe("fail");
    expect(of("bus speed")).toMatchObject({ status: "warn", remedy: "set clockHz: 1000000 (it is 4000000)" });
  });

  test("errors at the slowest serial speed are not mended by a slower one, nor is a faster one proposed", async () => {
    const { examine, side, onStep } = await bench(ON_HSU);
    side.faults.set({ corruptRead: 0.02 });
    onStep("reset line", () => side.faults.set({ corruptRead: 0 }));
    const { of } = await examine(400);
    expect(of("line")).toMatchObject({ status: "fail", remedy: "shorten the wires, check the ground wire" });
    expect(of("bus speed")).toMatchObject({
      status: "warn",
      found: containing("but the line test showed some"),
    });
  });
});

describe("a chip that hangs", () => {
  test.each([ON_SPI, ON_I2C, ON_HSU])(
    "in the speed test: silence is no error of the wires: %o",
    async (reader) => {
      const { examine, side, onStep } = await bench(reader);
      onStep("bus speed", () => side.faults.set({ hang: 1 }));
      expect((await examine()).of("bus speed")).toMatchObject({
        status: "fail",
        found: containing("fell silent"),
        remedy: containing("check its supply"),
      });
    },
  );

  test("in the speed test, and comes back when it is reset", async () => {
    const { examine, side, onStep, timeline } = await bench(ON_SPI);
    onStep("bus speed", () => {
      side.faults.set({ hang: 1 });
      timeline.at(timeline.nowUs() + 100_000, () => side.faults.set({ hang: 0 }));
    });
    expect((await examine()).of("bus speed")).toMatchObject({
      status: "fail",
      found: "the chip fell silent at 1 MHz",
    });
  });

  test("though its reset line is wired: the board is at fault, not that line", async () => {
    const { examine, side, onStep } = await bench(ON_SPI);
    onStep("line", () => side.faults.set({ hang: 1 }));
    const remedy = (await examine()).of("line")?.remedy;
    expect(remedy).toEqual(containing("check its supply"));
    expect(remedy).not.toContain("RSTPD_N");
  });

  test.each([ON_SPI, ON_I2C, ON_HSU])(
    "from the start: nothing else is asked, and what to do is told: %o",
    async (reader) => {
      const { examine, side } = await bench(reader);
      side.faults.set({ hang: 1 });
      const { checks, of } = await examine();
      expect(checks.map(({ name }) => name)).toEqual(["firmware"]);
      expect(of("firmware")).toMatchObject({ status: "fail", remedy: expect.any(String) as unknown });
    },
  );

  test("during the line tests: they are given up after a few", async () => {
    const { examine, side, timeline } = await bench({ bus: "spi", node: NODE, clockHz: 2_000_000 });
    side.faults.set({ hang: 0.01 });
    const { of } = await examine(100_000);
    expect(of("line")).toMatchObject({ status: "fail", remedy: containing("cut its power") });
    expect(timeline.nowUs()).toBeLessThan(60_000_000);
  });
});

describe("the distance loop", () => {
  /** What is shown in so many seconds. */
  async function watch(stage: Awaited<ReturnType<typeof bench>>, seconds: number) {
    const { timeline, chip, io, out, stopping } = stage;
    timeline.at(timeline.nowUs() + seconds * 1_000_000 + 200_000, () => stopping.abort());
    const exit = await timeline.resolve(showDistance(chip, io, "json"), LIMIT_US);
    return { exit, shown: out.map((line) => JSON.parse(line) as { share: number; signal: string }) };
  }

  test.each([
    { card: "phone" },
    { card: "transit", uid: "04A1B2C3" },
    { card: "cie", family: "gemalto", nis: "123456789012", type: "B" },
  ] as const)("a card on the reader is strong: %o", async (card) => {
    const stage = await bench(ON_SPI);
    stage.board.place(NODE, card);
    const { exit, shown } = await watch(stage, 2);
    expect(exit).toBe(0);
    expect(shown.slice(0, 2)).toMatchObject([
      { share: 1, signal: "strong" },
      { share: 1, signal: "strong" },
    ]);
    expect(stage.side.antenna.fieldIsOn()).toBe(false);
  });

  test("a card at the edge of the field is seen by some tries", async () => {
    const stage = await bench(ON_SPI);
    const { timeline, board } = stage;
    const flicker = (): void => {
      board.place(NODE, { card: "phone" });
      timeline.at(timeline.nowUs() + 100_000, () => board.remove(NODE));
      timeline.at(timeline.nowUs() + 200_000, flicker);
    };
    flicker();
    const { shown } = await watch(stage, 1);
    expect(shown[0]?.share).toBeGreaterThan(0.3);
    expect(shown[0]?.share).toBeLessThan(0.98);
    expect(shown[0]?.signal).not.toBe("strong");
  });

  test("a reader that fails meanwhile is left with its carrier off", async () => {
    const stage = await bench(ON_SPI);
    const { timeline, side, onStep } = stage;
    timeline.at(timeline.nowUs() + 500_000, () => side.faults.set({ errorFrame: 1 }));
    onStep("refused", () => side.faults.set({ errorFrame: 0 }));
    expect((await watch(stage, 2)).exit).toBe(3);
    expect(side.antenna.fieldIsOn()).toBe(false);
  });

  test("nobody there is no card, and an exit code of its own", async () => {
    const { exit, shown } = await watch(await bench(ON_SPI), 1);
    expect({ exit, first: shown[0] }).toMatchObject({ exit: 1, first: { share: 0, signal: "no card" } });
  });
});

describe("the command", () => {
  async function worldWithBoard(): Promise<CommandWorld> {
    const world = await commandWorld();
    const server = await world.startBoard();
    onTestFinished(() => server.close());
    return world;
  }

  test("for people: a line a test, and what it comes to", async () => {
    const world = await worldWithBoard();
    const { out } = await world.run(readerTestCommand, { texts: { count: "20" } });
    expect(out[0]).toBe("ok    firmware: PN532 1.6");
    expect(out.at(-1)).toMatch(/^\nThis reader /);
  });

  test("for programs: one object with all findings", async () => {
    const world = await worldWithBoard();
    const { out } = await world.run(readerTestCommand, { texts: { count: "20" }, flags: new Set(["json"]) });
    const { checks } = JSON.parse(out.join("")) as { checks: readonly Check[] };
    expect(checks.map(({ name }) => name)).toEqual(CHECKS);
  });

  test("interrupted, it does not pass for a good reader", async () => {
    const world = await worldWithBoard();
    const stopping = new AbortController();
    stopping.abort();
    const { exit, out, err } = await world.run(readerTestCommand, {}, stopping.signal);
    expect({ exit, err }).toMatchObject({ exit: 1, err: [containing("not complete")] });
    expect(out.join()).not.toContain("good order");
  });

  test.each([
    { texts: { count: "0" }, complaint: "--count takes a whole number" },
    { texts: { spi: "/dev/spidev0.0", hsu: "/dev/ttyUSB0" }, complaint: "name one reader" },
    { texts: { door: "nowhere" }, complaint: "there is no such door" },
  ])("wrong usage: $complaint", async ({ texts, complaint }) => {
    const world = await commandWorld();
    const { exit, err } = await world.run(readerTestCommand, { texts });
    expect({ exit, err: err.join() }).toEqual({ exit: 2, err: containing(complaint) });
  });

  test("a reader that the running gate has is left alone", async () => {
    const world = await worldWithBoard();
    const lock = await lockReader(NODE, `${world.folder}/board.sock`);
    const { exit, err } = await world.run(readerTestCommand);
    if (lock.ok) await lock.value.release();
    expect({ exit, err }).toMatchObject({ exit: 3, err: [containing("systemctl stop varco")] });
  });

  test.each([{ spi: "/dev/spidev99.0" }, { i2c: "/dev/i2c-99" }, { hsu: "/dev/absent" }])(
    "a node that is not there: %o",
    async (texts) => {
      const world = await commandWorld();
      const { exit, err } = await world.run(readerTestCommand, { texts });
      expect({ exit, err }).toMatchObject({ exit: 3, err: [containing("does not exist")] });
    },
  );
});
