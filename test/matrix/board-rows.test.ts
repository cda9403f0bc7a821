/**
 * The robustness matrix, rows of the board: two readers on one bus, an event loop that stands still, a process
 * that is killed and started again.
 */
import { describe, expect, test } from "vitest";
import type { HostLink } from "../../drivers/pn532/host-link.ts";
import { createHsuLink } from "../../drivers/pn532/hsu-link.ts";
import { createI2cLink } from "../../drivers/pn532/i2c-link.ts";
import { createPn532Reader } from "../../drivers/pn532/reader.ts";
import { createSpiLink } from "../../drivers/pn532/spi-link.ts";
import { toHex } from "../../src/bytes/hex.ts";
import type { InputLine } from "../../src/ports/bus.ts";
import type { LoneReader } from "../../src/ports/card.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { silentLog } from "../../src/ports/log.ts";
import { VirtualBoard } from "../../src/sim/board.ts";
import type { BoardHost } from "../../src/sim/board-host.ts";
import { VirtualClock } from "../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";
import { instant } from "../../src/time/time.ts";
import { good } from "../good.ts";
import {
  Bench,
  type BenchRig,
  HSU,
  I2C,
  type MatrixTransport,
  NIS_ANSWER,
  READ_NIS,
  RecoveryTable,
  rowsOf,
  SELECT_CIE,
  SELECT_IAS,
  SPI,
  startBench,
  TRANSPORTS,
} from "./matrix.ts";

const table = new RecoveryTable("board");

/** A reader on a board that it shares, or in a process of its own kind. */
type BoardBench = Bench<BenchRig>;

/** The longest frame takes 1.1 ms of the bus, and a presentation has ten, ACKs included. */
const SHARED_MS = 11;

/** Two readers on one SPI bus, each with lines of its own, both in the hands of one process. */
async function pairOnOneBus() {
  const timeline = new VirtualTimeline();
  const wiring = [
    { bus: "spi", node: "/dev/spidev0.0", clockHz: 2_000_000, irqLine: 25, resetLine: 24 },
    { bus: "spi", node: "/dev/spidev0.1", clockHz: 2_000_000, irqLine: 23, resetLine: 22 },
  ] as const;
  const board = new VirtualBoard({ timeline, wiring, seed: 1 });
  const host = board.attach();
  const clock = VirtualClock.startingAt(timeline, instant(0));
  const bench = async (which: (typeof wiring)[number], isPolled: boolean): Promise<BoardBench> => {
    const irq = isPolled ? undefined : good(await host.gpio.input(which.irqLine));
    const reset = good(await host.gpio.output(which.resetLine, "low"));
    const link = createSpiLink({ bus: host.spiBus(which.node), irq, clock });
    const reader = createPn532Reader({ link, reset, clock, log: silentLog });
    return new Bench({ timeline, board, node: which.node, reader });
  };
  return { clock, sound: await bench(wiring[0], false), other: await bench(wiring[1], true) };
}

/** Keeps a reader at work as a lane does: polls, and starts anew after each failure. Ends when `signal` says so. */
async function serve(reader: LoneReader, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const polled = await reader.poll(signal);
    if (polled.ok) continue;
    await reader.start();
    await clock.sleep(BETWEEN_STARTS_MS, signal);
  }
}

const BETWEEN_STARTS_MS = 10;

async function presentation(bench: BoardBench): Promise<string> {
  const { channel } = await bench.present();
  const answer = await bench.readNis(channel);
  bench.remove();
  good(await bench.settle(bench.rig.reader.drop()));
  return answer;
}

describe("SPI, two readers on one bus", () => {
  const at = (what: string, boundMs: number) => ({ row: 31, transport: SPI.name, what, boundMs });

  test.each([
    ["idle, polled each millisecond", () => undefined],
    ["silent", ({ faults }: BoardBench) => faults.set({ lostAck: 1, lostResponse: 1 })],
    ["in reset for ever", ({ chip }: BoardBench) => chip.setReset("low")],
    ["hung", ({ faults }: BoardBench) => faults.set({ hang: 1 })],
    ["in a noise of status bytes", ({ faults }: BoardBench) => faults.set({ garbledStatus: 1 })],
    ["with every frame damaged", ({ faults }: BoardBench) => faults.set({ wrongDataChecksum: 1 })],
  ] as const)("row 31: the other one %s takes next to nothing from a presentation", async (what, trouble) => {
    const { clock, sound, other } = await pairOnOneBus();
    good(await sound.start());
    good(await other.start());
    const fromMs = sound.nowMs();
    expect(await presentation(sound)).toBe(NIS_ANSWER);
    const aloneMs = sound.nowMs() - fromMs;
    trouble(other);
    const end = new AbortController();
    const serving = serve(other.rig.reader, clock, end.signal);
    await sound.pass(500);
    for (let round = 0; round < 10; round++) {
      const answer = await table.within(
        sound,
        at(`the other one ${what}`, Math.ceil(aloneMs) + SHARED_MS),
        () => presentation(sound),
      );
      expect(answer).toBe(NIS_ANSWER);
      await sound.pass(97);
    }
    end.abort();
    await sound.settle(serving);
    // The two have met on the bus, so the figures are those of a shared one.
    expect(other.rig.board.reader(other.rig.node).busWaits()).toBeGreaterThan(0);
  });

  test("row 31: two busy readers share the bus: neither waits longer than the other", async () => {
    const { sound, other } = await pairOnOneBus();
    good(await sound.start());
    good(await other.start());
    const took: number[] = [];
    const busy = async (bench: BoardBench): Promise<void> => {
      const fromMs = bench.nowMs();
      for (let round = 0; round < 20; round++) {
        bench.place();
        const card = good(await bench.rig.reader.poll(new AbortController().signal));
        if (card === undefined) throw new Error("the card was not found");
        for (const command of [SELECT_IAS, SELECT_CIE, READ_NIS])
          good(await card.channel.transceive(command));
        bench.remove();
        good(await bench.rig.reader.drop());
      }
      took.push(bench.nowMs() - fromMs);
    };
    await table.within(sound, at("20 presentations at both at once", 2_000), () =>
      sound.settle(Promise.all([busy(sound), busy(other)])),
    );
    const [first = 0, second = 0] = took;
    expect(second / first).toBeLessThan(1.25);
  });
});

/**
 * An event loop that stands still from time to time: the chip goes on, but what it says, and every timer, reaches
 * the host only when the loop turns again.
 */
class EventLoop {
  readonly #timeline: VirtualTimeline;
  #blockedUntilUs = 0;
  #heldUp = 0;

  constructor(timeline: VirtualTimeline) {
    this.#timeline = timeline;
  }

  /** How many answers and timers had to wait for the loop to turn again. */
  get heldUp(): number {
    return this.#heldUp;
  }

  block(durationMs: number): void {
    this.#blockedUntilUs = this.#timeline.nowUs() + durationMs * 1_000;
  }

  /** Timers of different length come in the order of their due times, as those that have passed do. */
  clock(clock: Clock): Clock {
    return {
      monotonicMs: () => clock.monotonicMs(),
      wallTime: () => clock.wallTime(),
      sleep: (durationMs, signal) => clock.sleep(durationMs, signal).then(() => this.#turn()),
    };
  }

  /** Every method that gives a promise keeps its word only when the loop turns. */
  async late<T>(promise: Promise<T>): Promise<T> {
    const value = await promise;
    await this.#turn();
    return value;
  }

  hear<T>(listener: (value: T) => void): (value: T) => void {
    return (value) => void this.#turn().then(() => listener(value));
  }

  /** Another event of the timeline while the loop stands still; nothing at all otherwise. */
  #turn(): Promise<void> {
    const untilUs = this.#blockedUntilUs;
    if (this.#timeline.nowUs() >= untilUs) return Promise.resolve();
    this.#heldUp += 1;
    return new Promise((resolve) => this.#timeline.at(untilUs, resolve));
  }
}

type LateLink = (host: BoardHost, loop: EventLoop, irq: InputLine | undefined, clock: Clock) => HostLink;

const LATE_LINKS: Readonly<Record<MatrixTransport["name"], LateLink>> = {
  SPI: (host, loop, irq, clock) => {
    const bus = host.spiBus(SPI.wiring.node);
    return createSpiLink({
      bus: { ...bus, transfer: (bytes) => loop.late(bus.transfer(bytes)) },
      irq,
      clock,
    });
  },
  I2C: (host, loop, irq, clock) => {
    const device = host.i2cDevice(I2C.wiring.node);
    const read = (lengthBytes: number) => loop.late(device.read(lengthBytes));
    const write = (bytes: Uint8Array) => loop.late(device.write(bytes));
    return createI2cLink({ device: { ...device, read, write }, irq, clock });
  },
  HSU: (host, loop, _irq, clock) => {
    const line = host.serialLine(HSU.wiring.node);
    return createHsuLink({
      line: {
        ...line,
        write: (bytes) => loop.late(line.write(bytes)),
        onData: (listener) => line.onData(loop.hear(listener)),
      },
      clock,
      baud: 115_200,
    });
  },
};

const lateLine = (line: InputLine, loop: EventLoop): InputLine => ({
  ...line,
  onFalling: (listener) => line.onFalling(() => loop.hear(listener)(undefined)),
});

/** What a reader has counted that never took an answer that had come for one that had not. */
const NO_FALSE_TIMEOUT = { rereads: 0, resends: 0, aborts: 0, recoveries: { reconfigure: 0, reset: 0 } };

/** A started reader in a process whose event loop can be blocked. */
async function blockable({ wiring, name }: MatrixTransport): Promise<{ bench: BoardBench; loop: EventLoop }> {
  const timeline = new VirtualTimeline();
  const board = new VirtualBoard({ timeline, wiring: [wiring], seed: 1 });
  const host = board.attach();
  const loop = new EventLoop(timeline);
  const clock = loop.clock(VirtualClock.startingAt(timeline, instant(0)));
  const { irqLine } = wiring;
  const irq = irqLine === undefined ? undefined : lateLine(good(await host.gpio.input(irqLine)), loop);
  const link = LATE_LINKS[name](host, loop, irq, clock);
  const reader = createPn532Reader({ link, clock, log: silentLog });
  const bench = new Bench({ timeline, board, node: wiring.node, reader });
  good(await bench.start());
  return { bench, loop };
}

describe.each(TRANSPORTS)("$name", (transport) => {
  const at = rowsOf(transport);

  test("row 32: an event loop that stands still for 200 ms, from any instant of a presentation on", async () => {
    const reading = async (bench: BoardBench): Promise<string> =>
      bench.readNis((await bench.present()).channel);
    const { bench: undisturbed } = await blockable(transport);
    const beganMs = undisturbed.nowMs();
    await reading(undisturbed);
    const readingMs = undisturbed.nowMs() - beganMs;
    for (let afterUs = 0; afterUs < readingMs * 1_000; afterUs += 1_700) {
      const { bench, loop } = await blockable(transport);
      const fromMs = bench.nowMs();
      bench.rig.timeline.at(bench.rig.timeline.nowUs() + afterUs, () => loop.block(200));
      const answer = await table.within(bench, at(32, "blocked for 200 ms", 320), () => reading(bench));
      expect({ afterUs, answer }).toEqual({ afterUs, answer: NIS_ANSWER });
      expect(loop.heldUp, `blocked ${afterUs} us into the presentation`).toBeGreaterThan(0);
      expect(bench.nowMs() - fromMs).toBeGreaterThanOrEqual(200 + afterUs / 1_000);
      expect(bench.rig.reader.health()).toMatchObject(NO_FALSE_TIMEOUT);
    }
  });

  test("row 32: one that stands still for longer than the deadline of an APDU", async () => {
    const { bench, loop } = await blockable(transport);
    const { channel } = await bench.present();
    const answer = await table.within(bench, at(32, "blocked for 2 s", 2_100), async () => {
      const sent = channel.transceive(SELECT_IAS);
      await bench.pass(5);
      loop.block(2_000);
      const fromMs = bench.nowMs();
      const selected = toHex(good(await bench.settle(sent)));
      expect(bench.nowMs() - fromMs).toBeGreaterThanOrEqual(2_000);
      return selected;
    });
    expect(answer).toBe("9000");
    expect(loop.heldUp).toBeGreaterThan(0);
    expect(bench.rig.reader.health()).toMatchObject(NO_FALSE_TIMEOUT);
  });

  test("row 33: a process killed at any instant of a presentation is followed by one that reads the card", async () => {
    for (let afterUs = 0; afterUs < 60_000; afterUs += 1_300) {
      const bench = await startBench(transport, { reset: "absent" });
      bench.place();
      const victim = bench.rig.reader;
      void victim.poll(new AbortController().signal).then(async (polled) => {
        const channel = polled.ok ? polled.value?.channel : undefined;
        for (const command of [SELECT_IAS, SELECT_CIE, READ_NIS]) await channel?.transceive(command);
      });
      await bench.pass(afterUs / 1_000);
      const reader = await bench.rig.restartHost();
      const heir = new Bench({ ...bench.rig, reader });
      const answer = await table.within(heir, at(33, "killed, started, card read", 400), async () => {
        good(await heir.start());
        const { channel } = await heir.find();
        return heir.readNis(channel);
      });
      expect({ afterUs, answer }).toEqual({ afterUs, answer: NIS_ANSWER });
    }
  });
});
