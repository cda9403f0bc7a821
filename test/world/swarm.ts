/**
 * Swarm testing: each seed switches on a random subset of all faults, each with its own rate and its own
 * windows of the day, so that rare combinations meet. What is on at an instant is asked from here, and every
 * strike is counted.
 */
import { type FaultKind, type FaultRates, NO_FAULTS } from "../../src/sim/faults.ts";
import type { SeededRandom } from "../../src/sim/seeded-random.ts";
import type { HostBus } from "../../src/sim/wiring.ts";
import { between } from "./day-plan.ts";

/** Faults outside the reader. */
export type WorldFault =
  | "stuckIrqHigh"
  | "stuckIrqLow"
  /** Nobody answers at the broker's address; what was connected is cut. */
  | "brokerGone"
  /** Per message: the connection breaks before the broker has it. */
  | "messageLost"
  /** Per message: the broker has it, the connection breaks before its PUBACK. */
  | "pubackLost"
  /** Per message: a half-dead connection takes it, delivers nothing and confirms nothing. */
  | "messageSwallowed"
  /** The broker confirms, but the back end is not there to receive. */
  | "backEndAbsent"
  /** The back end receives and says nothing. */
  | "backEndMute"
  /** Per acknowledgement: twice, out of date, of the future, or for another journal. */
  | "strangeAck"
  | "diskFull"
  /** The synchronised clock is stepped by minutes. */
  | "wallJump"
  /** The clock has never been set: it may show any time. */
  | "unsynced"
  /** Each waking of the process comes up to 50 ms late. */
  | "lateTimers"
  /** Per minute of the window: the process is killed at some instant of it. */
  | "killed"
  /** Per step of a lane: the process is killed between the step and what it asks for. */
  | "killedAtStep"
  /** Per edge of a relay: the process is killed right there. */
  | "killedAtEdge";

export type Fault = FaultKind | WorldFault;

export interface FaultWindow {
  readonly fault: Fault;
  readonly fromMs: number;
  readonly toMs: number;
  /** Probability of each strike; 1 for a state that simply lasts. */
  readonly rate: number;
}

/** Least and most rate of a fault, and the longest window as a share of the day. */
interface Range {
  readonly least: number;
  readonly most: number;
  readonly longest: number;
}

/** Rounds that faults disturb cannot be skipped, and ten minutes see all that they do. */
const byte = (most: number): Range => ({ least: most / 100, most, longest: 1 / 100 });
const LASTING: Range = { least: 1, most: 1, longest: 1 / 6 };
const SHORT: Range = { least: 1, most: 1, longest: 1 / 40 };
/** Without its interrupt line a reader is polled each millisecond, which is slow to simulate. */
const COSTLY: Range = { least: 1, most: 1, longest: 1 / 1_600 };

const RANGES: Readonly<Record<Fault, Range>> = {
  lostAck: byte(0.2),
  lostResponse: byte(0.1),
  corruptRead: byte(0.2),
  garbledStatus: byte(0.3),
  nackBurst: byte(0.1),
  lateReady: byte(0.1),
  lostByte: byte(0.1),
  splitChunk: byte(0.5),
  gluedChunk: byte(0.5),
  lostEdge: byte(0.5),
  spuriousEdge: byte(0.5),
  hang: byte(0.01),
  brownOut: byte(0.02),
  slowCard: byte(0.3),
  radioError: byte(0.3),
  cardTorn: byte(0.05),
  stuckIrqHigh: COSTLY,
  stuckIrqLow: COSTLY,
  brokerGone: LASTING,
  messageLost: { least: 0.02, most: 0.4, longest: 1 / 8 },
  pubackLost: { least: 0.02, most: 0.4, longest: 1 / 8 },
  messageSwallowed: { least: 0.02, most: 0.3, longest: 1 / 8 },
  backEndAbsent: LASTING,
  backEndMute: LASTING,
  strangeAck: { least: 0.1, most: 0.8, longest: 1 / 4 },
  diskFull: SHORT,
  wallJump: SHORT,
  unsynced: LASTING,
  lateTimers: { least: 1, most: 1, longest: 1 / 100 },
  killed: { least: 0.05, most: 0.6, longest: 1 / 12 },
  killedAtStep: { least: 0.001, most: 0.05, longest: 1 / 12 },
  killedAtEdge: { least: 0.02, most: 0.2, longest: 1 / 12 },
  doubledAck: byte(0.2),
  ackAfterResponse: byte(0.2),
  strayNack: byte(0.2),
  staleResponse: byte(0.1),
  lateResponse: byte(0.05),
  errorFrame: byte(0.05),
  busError: byte(0.02),
  heldClock: byte(0.005),
  extraPreamble: byte(0.2),
  missingPreamble: byte(0.2),
  junkBefore: byte(0.2),
  wrongLengthChecksum: byte(0.1),
  wrongDataChecksum: byte(0.1),
  wrongDirection: byte(0.1),
  wrongCode: byte(0.05),
  wrongPostamble: byte(0.1),
  needlesslyExtended: byte(0.2),
  illegalLength: byte(0.1),
  truncatedFrame: byte(0.1),
  answerLost: byte(0.1),
};

/** All faults there are. */
export const FAULTS: readonly Fault[] = Object.keys(RANGES).filter((name): name is Fault => name in RANGES);
/** Those that the virtual chip brings about by itself. */
export const CHIP_FAULTS: readonly FaultKind[] = Object.keys(NO_FAULTS).filter(
  (name): name is FaultKind => name in NO_FAULTS,
);
/** What happens at the broker, behind it, or to the wall clock must change nothing at a door. */
const HARMLESS_AT_DOORS: ReadonlySet<Fault> = new Set<Fault>([
  "brokerGone",
  "messageLost",
  "pubackLost",
  "messageSwallowed",
  "backEndAbsent",
  "backEndMute",
  "strangeAck",
  "wallJump",
  "unsynced",
]);
/** What only a chip on these buses can suffer from; all other faults are everybody's. */
export const CHIP_FAULT_BUSES: Readonly<Partial<Record<FaultKind, readonly HostBus[]>>> = {
  garbledStatus: ["spi"],
  nackBurst: ["i2c"],
  lateReady: ["i2c"],
  heldClock: ["i2c"],
  lostByte: ["hsu"],
  splitChunk: ["hsu"],
  gluedChunk: ["hsu"],
  lostEdge: ["spi", "i2c"],
  spuriousEdge: ["spi", "i2c"],
};
const BUSES: Readonly<Partial<Record<Fault, readonly HostBus[]>>> = {
  ...CHIP_FAULT_BUSES,
  stuckIrqHigh: ["spi", "i2c"],
  stuckIrqLow: ["spi", "i2c"],
};
const MAX_WINDOWS = 4;

/** The fault windows of one day of `lengthMs`, from nothing at all to most of the list. */
export function planFaults(random: SeededRandom, lengthMs: number): readonly FaultWindow[] {
  const appetite = random.pick([0, 0.25, 0.5, 0.5, 0.8]);
  const windows: FaultWindow[] = [];
  for (const fault of FAULTS) {
    // The dice are thrown for every fault, so that the windows of one do not depend on the others.
    const own = random.fork();
    if (!own.chance(appetite)) continue;
    const { least, most, longest } = RANGES[fault];
    for (let left = 1 + own.below(MAX_WINDOWS); left > 0; left--) {
      const durationMs = between(own, 5_000, Math.max(10_000, Math.floor(lengthMs * longest)));
      const fromMs = own.below(Math.max(1, lengthMs - durationMs));
      const rate = least * (most / least) ** (own.below(1_000) / 1_000);
      windows.push({ fault, fromMs, toMs: fromMs + durationMs, rate });
    }
  }
  return windows.sort((a, b) => a.fromMs - b.fromMs);
}

/** Whether anything that a door with its reader on `bus` may suffer from is on between the two instants. */
export function troubled(
  windows: readonly FaultWindow[],
  { bus, fromMs, toMs }: { readonly bus: HostBus; readonly fromMs: number; readonly toMs: number },
): boolean {
  const harms = (fault: Fault): boolean =>
    !HARMLESS_AT_DOORS.has(fault) && BUSES[fault]?.includes(bus) !== false;
  return windows.some((w) => harms(w.fault) && w.fromMs < toMs && w.toMs > fromMs);
}

/** The faults that are on now, and how often each has struck. */
export class Weather {
  readonly counts = new Map<Fault, number>();
  readonly #random: SeededRandom;
  readonly #on: FaultWindow[] = [];

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  begin(window: FaultWindow): void {
    this.#on.push(window);
  }

  end(window: FaultWindow): void {
    this.#on.splice(this.#on.indexOf(window), 1);
  }

  rate(fault: Fault): number {
    return Math.max(0, ...this.#on.filter((window) => window.fault === fault).map(({ rate }) => rate));
  }

  isOn(fault: Fault): boolean {
    return this.rate(fault) > 0;
  }

  strikes(fault: Fault): boolean {
    const rate = this.rate(fault);
    if (rate === 0 || !this.#random.chance(rate)) return false;
    this.count(fault);
    return true;
  }

  count(fault: Fault, by = 1): void {
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + by);
  }

  /** For the virtual chips, which throw their own dice. */
  chipRates(): Partial<FaultRates> {
    return Object.fromEntries(CHIP_FAULTS.map((fault) => [fault, this.rate(fault)]));
  }
}
