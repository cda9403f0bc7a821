/**
 * A virtual Raspberry Pi header with PN532 readers on SPI: chips by device node, pins by BCM number, one
 * antenna for each chip. A host attaches to it as a process attaches to the real thing, and can be killed
 * at any instant while chips, cards and output levels stay as they are.
 */
import type { Gpio, SpiBus } from "../ports/bus.ts";
import { Antenna } from "./antenna.ts";
import { BoardHost } from "./board-host.ts";
import { type CardSpec, type MadeCard, makeCard } from "./cards/make-card.ts";
import type { TypeACard } from "./cards/type-a.ts";
import { VirtualChip } from "./chip.ts";
import { FaultPlan, type FaultRates, type StuckLine } from "./faults.ts";
import type { LineLevel } from "./line-level.ts";
import { Pins } from "./pins.ts";
import { SeededRandom } from "./seeded-random.ts";
import type { TapSnapshot } from "./tap.ts";
import type { Timeline } from "./timeline.ts";
import { DEFAULT_TIMING, spiUs, type Timing } from "./timing.ts";

/** How one reader is wired. Lines are BCM numbers. */
export interface ReaderWiring {
  /** Device node, `/dev/spidevB.C`: readers on the same bus B share its time. */
  readonly node: string;
  readonly clockHz: number;
  readonly irqLine?: number;
  readonly resetLine?: number;
}

/** One reader on the board. */
export interface BoardReader {
  readonly wiring: ReaderWiring;
  readonly chip: VirtualChip;
  readonly antenna: Antenna;
  readonly faults: FaultPlan;
}

export class VirtualBoard {
  readonly timeline: Timeline;
  readonly pins: Pins;
  readonly #readers = new Map<string, BoardReader>();
  readonly #busFreeAtUs = new Map<string, number>();
  readonly #host: BoardHost;

  constructor(parts: {
    readonly timeline: Timeline;
    readonly wiring: readonly ReaderWiring[];
    readonly seed: number;
    readonly timing?: Timing;
  }) {
    this.timeline = parts.timeline;
    this.pins = new Pins(parts.timeline);
    const random = new SeededRandom(parts.seed);
    for (const wiring of parts.wiring) {
      this.#readers.set(wiring.node, this.#build(wiring, random.fork(), parts.timing ?? DEFAULT_TIMING));
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
    const chip = new VirtualChip({ timeline, timing, antenna, faults, onIrq });
    if (irqLine !== undefined) pins.driveInput(irqLine, chip.irqLevel());
    if (resetLine !== undefined) {
      // The module pulls RSTPDN up, so the chip runs while nobody drives the line.
      pins.driveInput(resetLine, "high");
      pins.watch(resetLine, (level) => chip.setReset(level));
    }
    return { wiring, chip, antenna, faults };
  }

  /** A host of its own, which can be killed apart from others. */
  attach(): BoardHost {
    return new BoardHost(this);
  }

  /** The bus of the board's first host, the whole life long; throws for a node that was not wired. */
  spiBus(node: string): SpiBus {
    return this.#host.spiBus(node);
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

  /**
   * One SPI transaction with chip select held; `done` gets what the host sees once the bus was free and
   * the bytes have gone over it. Bus time beside a working chip is nobody's wait and is not charged.
   */
  transfer(node: string, bytes: Uint8Array, done: (seen: Uint8Array) => void): void {
    const { wiring, chip, antenna } = this.reader(node);
    const bus = node.slice(0, node.indexOf("."));
    const startUs = Math.max(this.timeline.nowUs(), this.#busFreeAtUs.get(bus) ?? 0);
    const durationUs = spiUs(bytes.length, wiring.clockHz);
    this.#busFreeAtUs.set(bus, startUs + durationUs);
    const finish = (): void => {
      if (!chip.isBusy()) antenna.spend("bus", durationUs);
      done(chip.transfer(bytes));
    };
    const begin = (): void => {
      chip.select();
      this.timeline.at(startUs + durationUs, finish);
    };
    if (startUs > this.timeline.nowUs()) this.timeline.at(startUs, begin);
    else begin();
  }

  /** Puts a card on the reader now. */
  place(node: string, spec: CardSpec): MadeCard {
    const made = makeCard(spec);
    this.placeCard(node, made.card);
    return made;
  }

  /** The same card again: what it remembers, it keeps. */
  placeCard(node: string, card: TypeACard): void {
    this.reader(node).antenna.place(card);
  }

  /** Puts a card on the reader just before the next activation try, the moment from which a tap is measured. */
  placeAtNextTry(node: string, spec: CardSpec): MadeCard {
    const made = makeCard(spec);
    this.reader(node).antenna.placeAtNextTry(made.card);
    return made;
  }

  /** Takes this card, or everything, off the reader. */
  remove(node: string, card?: TypeACard): void {
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
