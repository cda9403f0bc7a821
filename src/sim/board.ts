/**
 * A virtual Raspberry Pi header with PN532 readers on SPI, I2C and serial lines, and keypads and document scanners on
 * serial lines of their own: chips by device node, pins by BCM number, one antenna for each chip. A host attaches to it as a process attaches to the real thing, and can
 * be killed at any instant while chips, cards and output levels stay as they are.
 */
import type { Gpio, I2cDevice, SerialLine, SpiBus } from "../ports/bus.ts";
import { Antenna } from "./antenna.ts";
import { BoardHost, type BusFailure } from "./board-host.ts";
import type { Card } from "./cards/card.ts";
import { type CardSpec, type MadeCard, makeCard } from "./cards/make-card.ts";
import { VirtualChip } from "./chip.ts";
import { EntryLine, type HostLine } from "./entry-line.ts";
import { FaultPlan, type FaultRates, type StuckLine } from "./faults.ts";
import { HsuSlave } from "./hsu-slave.ts";
import { I2cSlave } from "./i2c-slave.ts";
import type { LineLevel } from "./line-level.ts";
import { Pins } from "./pins.ts";
import { SeededRandom } from "./seeded-random.ts";
import { SerialWire } from "./serial-wire.ts";
import { SharedBus } from "./shared-bus.ts";
import { SpiSlave } from "./spi-slave.ts";
import type { TapSnapshot } from "./tap.ts";
import type { Timeline } from "./timeline.ts";
import { DEFAULT_TIMING, i2cUs, spiUs, type Timing } from "./timing.ts";
import type { HostBus, ReaderWiring } from "./wiring.ts";

const FAST_MODE_HZ = 400_000;
/** A controller tells of a failed transfer at once, of a clock line held low after the kernel's second. */
const TRANSFER_FAILURE = { code: "EIO", afterUs: 100 } as const satisfies BusFailure;
const CLOCK_HELD = { code: "ETIMEDOUT", afterUs: 1_000_000 } as const satisfies BusFailure;

/** One reader on the board. */
export interface BoardReader {
  readonly wiring: ReaderWiring;
  readonly chip: VirtualChip;
  readonly antenna: Antenna;
  readonly faults: FaultPlan;
  /** How often a transaction had to wait for another reader's on the same bus. */
  readonly busWaits: () => number;
}

/** The chip's end of its host interface, with the bus that leads there. */
type HostSide =
  | { readonly bus: "spi"; readonly slave: SpiSlave; readonly line: SharedBus; readonly clockHz: number }
  | { readonly bus: "i2c"; readonly slave: I2cSlave; readonly line: SharedBus; readonly clockHz: number }
  | { readonly bus: "hsu"; readonly wire: SerialWire };

export class VirtualBoard {
  readonly timeline: Timeline;
  readonly pins: Pins;
  readonly #readers = new Map<string, BoardReader>();
  readonly #sides = new Map<string, HostSide>();
  readonly #buses = new Map<string, SharedBus>();
  readonly #entries: ReadonlyMap<string, EntryLine>;
  readonly #host: BoardHost;

  constructor(parts: {
    readonly timeline: Timeline;
    readonly wiring: readonly ReaderWiring[];
    /** Nodes of serial lines with a keypad or a document scanner. None by default. */
    readonly entries?: readonly string[];
    readonly seed: number;
    readonly timing?: Timing;
  }) {
    this.timeline = parts.timeline;
    this.#entries = new Map(parts.entries?.map((node) => [node, new EntryLine(parts.timeline)]));
    this.pins = new Pins(parts.timeline);
    const random = new SeededRandom(parts.seed);
    const timing = parts.timing ?? DEFAULT_TIMING;
    for (const wiring of parts.wiring) {
      const reader = this.#build(wiring, random.fork(), timing);
      this.#readers.set(wiring.node, reader);
      this.#sides.set(wiring.node, this.#connect(reader, timing));
    }
    this.#host = this.attach();
  }

  #build(wiring: ReaderWiring, random: SeededRandom, timing: Timing): BoardReader {
    const { timeline, pins } = this;
    const { irqLine, resetLine } = wiring;
    const antenna = new Antenna(timeline, timing, random.fork());
    const faults = new FaultPlan(random.fork());
    const onIrq = (level: LineLevel): void => {
      if (irqLine !== undefined) pins.driveInput(irqLine, level);
    };
    const chip = new VirtualChip({ timeline, timing, antenna, faults, bus: wiring.bus, onIrq });
    if (irqLine !== undefined) pins.driveInput(irqLine, chip.irqLevel());
    if (resetLine !== undefined) {
      // The module pulls RSTPDN up, so the chip runs while nobody drives the line.
      pins.driveInput(resetLine, "high");
      pins.watch(resetLine, (level) => chip.setReset(level));
    }
    const busWaits = (): number => this.#buses.get(busName(wiring.node))?.waits ?? 0;
    return { wiring, chip, antenna, faults, busWaits };
  }

  #connect({ wiring, chip, faults }: BoardReader, timing: Timing): HostSide {
    const { timeline } = this;
    switch (wiring.bus) {
      case "spi": {
        const line = this.#sharedBus(busName(wiring.node));
        return { bus: "spi", slave: new SpiSlave(chip, faults), line, clockHz: wiring.clockHz };
      }
      case "i2c": {
        const slave = new I2cSlave({ chip, faults, timeline, timing });
        const line = this.#sharedBus(busName(wiring.node));
        return { bus: "i2c", slave, line, clockHz: wiring.clockHz ?? FAST_MODE_HZ };
      }
      case "hsu": {
        const slave = new HsuSlave({ chip, faults, timeline });
        const onBusTime = (durationUs: number): void => this.#charge(wiring.node, durationUs);
        return { bus: "hsu", wire: new SerialWire({ timeline, chip: slave, faults, onBusTime }) };
      }
    }
  }

  #sharedBus(name: string): SharedBus {
    const bus = this.#buses.get(name) ?? new SharedBus(this.timeline);
    this.#buses.set(name, bus);
    return bus;
  }

  /** A host of its own, which can be killed apart from others. */
  attach(): BoardHost {
    return new BoardHost(this);
  }

  /** The bus of the board's first host, the whole life long; throws for a node that was not wired so. */
  spiBus(node: string): SpiBus {
    return this.#host.spiBus(node);
  }

  /** The same for a chip on I2C. */
  i2cDevice(node: string): I2cDevice {
    return this.#host.i2cDevice(node);
  }

  /** The same for a chip on a serial line. */
  serialLine(node: string): SerialLine {
    return this.#host.serialLine(node);
  }

  /** The pins of the board's first host. */
  get gpio(): Gpio {
    return this.#host.gpio;
  }

  hasReader(node: string): boolean {
    return this.#readers.has(node);
  }

  /** Throws for a node that was not wired, which is a defect of the caller. */
  reader(node: string): BoardReader {
    const reader = this.#readers.get(node);
    if (reader === undefined) throw new Error(`no reader is wired to ${node}`);
    return reader;
  }

  readers(): readonly BoardReader[] {
    return [...this.#readers.values()];
  }

  /** Which kind of bus leads to the node, if any does. */
  busOf(node: string): HostBus | undefined {
    return this.#sides.get(node)?.bus;
  }

  /** Why the controller gives up the transaction that a host is about to begin, if it does. */
  busFailure(node: string): BusFailure | undefined {
    if (this.#entries.has(node)) return undefined;
    const side = this.#sides.get(node);
    if (side?.bus === "i2c" && side.slave.holdsClock()) return CLOCK_HELD;
    return this.reader(node).faults.strikes("busError") ? TRANSFER_FAILURE : undefined;
  }

  /**
   * One SPI transaction with chip select held; `done` gets what the host sees once the bus was free and
   * the bytes have gone over it. Bus time beside a working chip is nobody's wait and is not charged.
   */
  transfer(node: string, bytes: Uint8Array, done: (seen: Uint8Array) => void): void {
    const { slave, line, clockHz } = this.#side(node, "spi");
    const durationUs = spiUs(bytes.length, clockHz);
    line.occupy(durationUs, () => {
      slave.select();
      const end = (): void => {
        this.#charge(node, durationUs);
        done(slave.transfer(bytes));
      };
      return { durationUs, end };
    });
  }

  /** One I2C read of `lengthBytes`; nothing comes of it when the chip does not acknowledge its address. */
  i2cRead(node: string, lengthBytes: number, done: (seen: Uint8Array | "notAcknowledged") => void): void {
    const { slave } = this.#side(node, "i2c");
    this.#i2cTransaction(node, lengthBytes, done, () => {
      const ready = slave.readyByte();
      return () => slave.read(lengthBytes, ready);
    });
  }

  /** One I2C write. */
  i2cWrite(node: string, bytes: Uint8Array, done: (outcome: "written" | "notAcknowledged") => void): void {
    const { slave } = this.#side(node, "i2c");
    this.#i2cTransaction<"written">(node, bytes.length, done, () => () => {
      slave.write(bytes);
      return "written";
    });
  }

  /** Address, acknowledged or not, and `lengthBytes` when it was; `begin` is called right behind the address. */
  #i2cTransaction<T>(
    node: string,
    lengthBytes: number,
    done: (outcome: T | "notAcknowledged") => void,
    begin: () => () => T,
  ): void {
    const { slave, line, clockHz } = this.#side(node, "i2c");
    line.occupy(i2cUs(lengthBytes, clockHz), () => {
      const finish = slave.acknowledges() ? begin() : undefined;
      const durationUs = i2cUs(finish === undefined ? 0 : lengthBytes, clockHz);
      const end = (): void => {
        this.#charge(node, durationUs);
        done(finish === undefined ? "notAcknowledged" : finish());
      };
      return { durationUs, end };
    });
  }

  /** A serial line of the host's, with a reader or with a keypad or scanner; throws for a node that is none. */
  hostLine(node: string): HostLine {
    return this.#entries.get(node) ?? this.serialWire(node);
  }

  /** Whether a keypad or a document scanner is at the node. */
  hasEntry(node: string): boolean {
    return this.#entries.has(node);
  }

  /** Somebody types these characters at the keypad, or the scanner reads them. Throws for a node without either. */
  type(node: string, bytes: Uint8Array): void {
    const entry = this.#entries.get(node);
    if (entry === undefined) throw new Error(`no keypad or scanner is wired to ${node}`);
    entry.type(bytes);
  }

  /** The serial line that leads to the reader at the node. */
  serialWire(node: string): SerialWire {
    return this.#side(node, "hsu").wire;
  }

  #charge(node: string, durationUs: number): void {
    const { chip, antenna } = this.reader(node);
    if (!chip.isBusy()) antenna.spend("bus", durationUs);
  }

  #side<Bus extends HostBus>(node: string, bus: Bus): Extract<HostSide, { bus: Bus }> {
    const side = this.#sides.get(node);
    if (!isOn(side, bus)) throw new Error(`no reader is wired to ${node} by ${bus}`);
    return side;
  }

  /** Puts a card on the reader now. */
  place(node: string, spec: CardSpec): MadeCard {
    const made = makeCard(spec);
    this.placeCard(node, made.card);
    return made;
  }

  /** The same card again: what it remembers, it keeps. */
  placeCard(node: string, card: Card): void {
    this.reader(node).antenna.place(card);
  }

  /** Puts a card on the reader just before the next activation try, the moment from which a tap is measured. */
  placeAtNextTry(node: string, spec: CardSpec): MadeCard {
    const made = makeCard(spec);
    this.reader(node).antenna.placeAtNextTry(made.card);
    return made;
  }

  /** Takes this card, or everything, off the reader. */
  remove(node: string, card?: Card): void {
    this.reader(node).antenna.remove(card);
  }

  setFaults(node: string, rates: Partial<FaultRates>): void {
    this.reader(node).faults.set(rates);
  }

  setStuckIrq(node: string, stuck: StuckLine): void {
    this.reader(node).chip.setStuckIrq(stuck);
  }

  /** Where the time of the last tap at this reader went so far. */
  snapshotTap(node: string): TapSnapshot | undefined {
    const split = this.reader(node).antenna.tap();
    return split === undefined ? undefined : { node, ...split };
  }
}

const isOn = <Bus extends HostBus>(
  side: HostSide | undefined,
  bus: Bus,
): side is Extract<HostSide, { bus: Bus }> => side?.bus === bus;

/** Without the chip select of an SPI node. */
const busName = (node: string): string => node.replace(/\.\d+$/, "");
