/**
 * The shared parts of the robustness matrix (driver facts, §8): the three transports, a bench with one reader
 * on a virtual board, and the table of recovery times. Each row of the matrix is a named test on each transport
 * to which it applies; how long the reader takes to be right again is measured in virtual time, held to a bound
 * and printed when the file is done.
 */
import { afterAll, expect, onTestFinished } from "vitest";
import { createHsuLink } from "../../drivers/pn532/hsu-link.ts";
import { createI2cLink } from "../../drivers/pn532/i2c-link.ts";
import { createSpiLink } from "../../drivers/pn532/spi-link.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import type {
  CardChannel,
  DetectedCard,
  LinkError,
  ReaderError,
  ReaderHealth,
  ReaderInfo,
  RecoveryStep,
} from "../../src/ports/card.ts";
import type { Result } from "../../src/result.ts";
import type { CardSpec, MadeCard } from "../../src/sim/cards/make-card.ts";
import type { VirtualChip } from "../../src/sim/chip.ts";
import type { FaultPlan } from "../../src/sim/faults.ts";
import type { ReaderRig, RigOptions } from "../conformance/reader-suite.ts";
import { IRQ_LINE, makeVirtualRig, RESET_LINE, type Transport } from "../conformance/virtual-rig.ts";
import { good } from "../good.ts";
import { isVerbose } from "../tell.ts";

export interface MatrixTransport extends Transport {
  readonly name: "SPI" | "I2C" | "HSU";
}

const LINES = { irqLine: IRQ_LINE, resetLine: RESET_LINE };
const SPI_NODE = "/dev/spidev0.0";
const I2C_NODE = "/dev/i2c-1";
const HSU_NODE = "/dev/ttyAMA0";

export const SPI: MatrixTransport = {
  name: "SPI",
  wiring: { bus: "spi", node: SPI_NODE, clockHz: 2_000_000, ...LINES },
  link: (host, irq, clock) => createSpiLink({ bus: host.spiBus(SPI_NODE), irq, clock }),
};

export const I2C: MatrixTransport = {
  name: "I2C",
  wiring: { bus: "i2c", node: I2C_NODE, clockHz: 400_000, ...LINES },
  link: (host, irq, clock) => createI2cLink({ device: host.i2cDevice(I2C_NODE), irq, clock }),
};

export const HSU: MatrixTransport = {
  name: "HSU",
  wiring: { bus: "hsu", node: HSU_NODE, resetLine: RESET_LINE },
  link: (host, _irq, clock) => createHsuLink({ line: host.serialLine(HSU_NODE), clock, baud: 115_200 }),
};

export const TRANSPORTS: readonly MatrixTransport[] = [SPI, I2C, HSU];

/** Each transport with either ISO-DEP engine, for rows that concern the way of an APDU. */
export const LINKS = TRANSPORTS.flatMap((transport) =>
  (["firmware", "software"] as const).map((isoDep) => ({
    transport,
    isoDep,
    link: `${transport.name}, ${isoDep}`,
  })),
);

export const CIE: CardSpec = { card: "cie", family: "gemalto", nis: "123456789012" };
export const SELECT_IAS = hex("00A4040C0DA0000000308000000009816001");
export const SELECT_CIE = hex("00A4040C06A00000000039");
export const READ_NIS = hex("00B081000C");
/** The NIS of `CIE` and the status words. */
export const NIS_ANSWER = "3132333435363738393031329000";

/** What a bench needs of a rig. */
export type BenchRig = Pick<ReaderRig, "timeline" | "board" | "node" | "reader">;

/** One reader on a board of its own, with what a row does to it in virtual time. */
export class Bench<Rig extends BenchRig = ReaderRig> {
  readonly rig: Rig;

  constructor(rig: Rig) {
    this.rig = rig;
  }

  get chip(): VirtualChip {
    return this.rig.board.reader(this.rig.node).chip;
  }

  get faults(): FaultPlan {
    return this.rig.board.reader(this.rig.node).faults;
  }

  /** Commands that the chip has taken from its host since the present card came. */
  commands(): number {
    return this.rig.board.snapshotTap(this.rig.node)?.commands ?? 0;
  }

  nowMs(): number {
    return this.rig.timeline.nowUs() / 1_000;
  }

  /** Runs virtual time until the promise resolves. */
  settle<T>(promise: Promise<T>): Promise<T> {
    return this.rig.timeline.resolve(promise);
  }

  async pass(durationMs: number): Promise<void> {
    await this.rig.timeline.run(this.rig.timeline.nowUs() + durationMs * 1_000);
  }

  start(): Promise<Result<ReaderInfo, ReaderError>> {
    return this.settle(this.rig.reader.start());
  }

  poll(): Promise<Result<DetectedCard | undefined, ReaderError>> {
    return this.settle(this.rig.reader.poll(new AbortController().signal));
  }

  place(spec: CardSpec = CIE): MadeCard {
    return this.rig.board.place(this.rig.node, spec);
  }

  remove(): void {
    this.rig.board.remove(this.rig.node);
  }

  /** The card that the next poll finds; throws when there is none. */
  async find(): Promise<DetectedCard> {
    const card = good(await this.poll());
    if (card === undefined) throw new Error("the card was not found");
    return card;
  }

  /** Puts a card on the reader and finds it. */
  present(spec: CardSpec = CIE): Promise<DetectedCard> {
    this.place(spec);
    return this.find();
  }

  transceive(channel: CardChannel, command: Uint8Array): Promise<Result<Uint8Array, LinkError>> {
    return this.settle(channel.transceive(command));
  }

  /** The answer to one APDU, as hexadecimal; throws when there is none. */
  async send(channel: CardChannel, command: Uint8Array): Promise<string> {
    return toHex(good(await this.transceive(channel, command)));
  }

  /** What a card of kind `CIE` answers when its NIS is read. */
  async readNis(channel: CardChannel): Promise<string> {
    await this.send(channel, SELECT_IAS);
    await this.send(channel, SELECT_CIE);
    return this.send(channel, READ_NIS);
  }

  /** Starts until one succeeds: a reader that failed often of late is refused its start for a while. */
  async startAgain(): Promise<ReaderInfo> {
    for (let tries = 1; ; tries++) {
      const started = await this.start();
      if (started.ok) return started.value;
      if (tries === MAX_STARTS) throw new Error(`does not start: ${JSON.stringify(started.error)}`);
      await this.pass(BETWEEN_STARTS_MS);
    }
  }

  /** The card that lies on a reader which may have failed: polls, and starts anew after each failure. */
  async findAgain(): Promise<DetectedCard> {
    for (let rounds = 0; rounds < MAX_ROUNDS; rounds++) {
      const polled = await this.poll();
      if (!polled.ok) await this.startAgain();
      else if (polled.value !== undefined) return polled.value;
    }
    throw new Error("the card was not found again");
  }

  /** A new start of the reader, then a whole reading: what a row demands of a reader that had failed. */
  async recover(): Promise<string> {
    await this.startAgain();
    this.remove();
    const { channel } = await this.present();
    return this.readNis(channel);
  }

  /** The next `times` responses to the command `code` reach the host as `damage` leaves them. */
  damageResponses(
    { code, times }: { readonly code: number; readonly times: number },
    damage: (frame: Uint8Array) => Uint8Array,
  ): void {
    let left = times;
    this.faults.setTamper((frame, content) => {
      if (left === 0 || content !== "response" || responseCode(frame) !== code + 1) return frame;
      left -= 1;
      return damage(frame);
    });
  }
}

const NO_RECOVERIES: Readonly<Record<RecoveryStep, number>> = { reconfigure: 0, reset: 0, reopen: 0 };

/**
 * What a reader warned of, in order: `start: chipSilent` for one in vain, `reset: recovered` for a step of recovery,
 * `degraded: …` for what costs latency from then on.
 */
const warnings = ({ rig }: Bench): readonly string[] =>
  rig.logged
    .filter((line) => line.startsWith("warn "))
    .map((line) =>
      line
        .replace(/^warn pn532\.start-failed \{"kind":"(\w+)"\}$/, "start: $1")
        .replace(/^warn pn532\.degraded \{"degraded":"(.*)"\}$/, "degraded: $1")
        .replace(/^warn pn532\.recovery \{"step":"(\w+)","outcome":"(\w+)"\}$/, "$1: $2"),
    );

/** One line in the log for each step and each start in vain, in this order, no other; each step that helped is counted. */
export function expectWarned(bench: Bench, lines: readonly string[]): void {
  expect(warnings(bench)).toEqual(lines);
  const recoveries = { ...NO_RECOVERIES };
  for (const step of ["reconfigure", "reset", "reopen"] as const)
    recoveries[step] = lines.filter((line) => line === `${step}: recovered`).length;
  expect(bench.rig.reader.health().recoveries).toEqual(recoveries);
}

/** The reader failed once, and the least that could help did. */
export const expectRecovered = (bench: Bench): void => expectWarned(bench, ["reconfigure: recovered"]);

type LinkCounts = Pick<ReaderHealth, "rereads" | "resends" | "aborts" | "strays">;
const NO_COUNTS: LinkCounts = { rereads: 0, resends: 0, aborts: 0, strays: 0 };

/** What the reader did for itself is counted, so often and nothing else; it warned of this alone. */
export function expectCounted(
  bench: Bench,
  counts: Partial<LinkCounts>,
  warned: readonly string[] = [],
): void {
  const { rereads, resends, aborts, strays } = bench.rig.reader.health();
  expect({ rereads, resends, aborts, strays }).toEqual({ ...NO_COUNTS, ...counts });
  expectWarned(bench, warned);
}

/** Enough for the longest time that a reader is let alone. */
const MAX_STARTS = 15;
const BETWEEN_STARTS_MS = 1_000;
/** The chip is through with what it was told last. */
const QUIET_MS = 1_000;
/** A failure that is noticed in one round, one in the next, and the round that finds the card. */
const MAX_ROUNDS = 4;

/** PD0 of an undamaged frame of the chip. */
const responseCode = (frame: Uint8Array): number | undefined =>
  frame[3] === 0xff && frame[4] === 0xff ? frame[9] : frame[6];

/** A bench whose reader was not started yet. When its test is over, the stopped reader must have left nothing behind. */
export async function makeBench(transport: Transport, options: Partial<RigOptions> = {}): Promise<Bench> {
  const rig = await makeVirtualRig(transport, options);
  let { reader } = rig;
  const restartHost: ReaderRig["restartHost"] = async () => {
    reader = await rig.restartHost();
    return reader;
  };
  onTestFinished(async () => {
    await rig.settle(reader.stop());
    await rig.passMs(QUIET_MS);
    // A timer, transfer or wait that still stands is somebody's promise that is never kept.
    expect(rig.timeline.pending()).toEqual([]);
  });
  return new Bench({ ...rig, restartHost });
}

/** A bench whose reader works. */
export async function startBench(transport: Transport, options: Partial<RigOptions> = {}): Promise<Bench> {
  const bench = await makeBench(transport, options);
  good(await bench.start());
  return bench;
}

/** What is measured: a row of the matrix, what befalls the reader, and how long it may take to be right again. */
export interface Measured {
  readonly row: number;
  readonly transport: string;
  readonly what: string;
  readonly boundMs: number;
}

/** What is measured on one transport: a row, what of it, and its bound in ms. */
export const rowsOf =
  ({ name }: { readonly name: string }) =>
  (row: number, what: string, boundMs: number): Measured => ({ row, transport: name, what, boundMs });

type Recovery = Measured & { readonly tookMs: number };

/** The recoveries of one test file; they are printed when it is done, if one came too late or somebody asks. */
export class RecoveryTable {
  readonly #recoveries: Recovery[] = [];

  constructor(title: string) {
    afterAll(() => {
      const isLate = this.#recoveries.some(({ tookMs, boundMs }) => tookMs > boundMs);
      if (isLate || isVerbose)
        process.stdout.write(`\n${title}: recovery in virtual time\n${this.#print()}\n`);
    });
  }

  /** Runs `work`, from what goes wrong to the first right result after it, and holds it to its bound. */
  async within<T>(bench: Pick<Bench, "nowMs">, measured: Measured, work: () => Promise<T>): Promise<T> {
    const fromMs = bench.nowMs();
    const result = await work();
    const tookMs = bench.nowMs() - fromMs;
    this.#recoveries.push({ ...measured, tookMs });
    expect({ ...measured, tookMs, isInTime: tookMs <= measured.boundMs }).toMatchObject({ isInTime: true });
    return result;
  }

  /** One line for each row, transport and fault; the slowest where there were several. */
  #print(): string {
    const slowest = new Map<string, Recovery>();
    for (const each of this.#recoveries) {
      const key = `${each.row}/${each.transport}/${each.what}`;
      const seen = slowest.get(key);
      if (seen === undefined || seen.tookMs < each.tookMs) slowest.set(key, each);
    }
    const lines = [...slowest.values()]
      .sort((a, b) => a.row - b.row)
      .map(({ row, transport, what, tookMs, boundMs }) => {
        const took = tookMs.toFixed(1).padStart(8);
        return `  row ${String(row).padStart(2)}  ${transport}  ${took} ms of ${String(boundMs).padStart(6)}  ${what}`;
      });
    return lines.join("\n");
  }
}
