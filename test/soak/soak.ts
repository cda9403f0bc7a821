/**
 * A reader over simulated days under random faults of every kind, with cards coming and going: the owner's loop of
 * a lane without its gate. Each period has a window of faults, seeded; when it has ended the reader must serve
 * again. Hours in which nothing happens are skipped by arithmetic.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createPn532Reader } from "../../drivers/pn532/reader.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import type { CardReader, DetectedCard } from "../../src/ports/card.ts";
import { silentLog } from "../../src/ports/log.ts";
import type { Result } from "../../src/result.ts";
import { VirtualBoard } from "../../src/sim/board.ts";
import type { CardSpec } from "../../src/sim/cards/make-card.ts";
import { type FaultKind, type FaultRates, NO_FAULTS } from "../../src/sim/faults.ts";
import { skipIdlePolls } from "../../src/sim/idle-skip.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import { VirtualClock } from "../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";
import { instant } from "../../src/time/time.ts";
import { IRQ_LINE, RESET_LINE, type Transport } from "../conformance/virtual-rig.ts";

const PERIOD_MS = 600_000;
/** Into each period. */
const FIRST_STORM_MS = 60_000;
const WINDOW_MS = 60_000;
/** From the end of the faults to the card that must be read, and how long that may take. */
const GRACE_MS = 15_000;
const SERVED_WITHIN_MS = 5_000;
/** Beyond any deadline that the driver has for it. */
const LIMITS_MS = { poll: 6_000, start: 10_000, transceive: 16_000, isPresent: 2_000, drop: 2_000 } as const;
const RESTART_MS = 500;
const WATCH_MS = 250;
/** What the board's record of one edge takes. It keeps a million, and each reset of the chip makes two. */
const EDGE_BYTES = 64;
/** Between two cards of a window. */
const MOST_GAP_MS = 4_000;
const MOST_STAY_MS = 3_000;

const CARDS: readonly CardSpec[] = [
  { card: "cie", family: "gemalto", nis: "123456789012" },
  { card: "cie", family: "itj4i", nis: "123456789012", type: "B" },
  { card: "transit", uid: "04A1B2C3" },
  { card: "phone" },
];
const PROBE: CardSpec = { card: "cie", family: "gemalto", nis: "123456789012" };
const READ_NIS = ["00A4040C0DA0000000308000000009816001", "00A4040C06A00000000039", "00B081000C"].map(hex);
const NIS_ANSWER = "3132333435363738393031329000";

const KINDS = Object.keys(NO_FAULTS).filter((kind): kind is FaultKind => kind in NO_FAULTS);
/** What takes the whole chip away comes rarely, or nothing else would. */
const GRAVE: ReadonlySet<FaultKind> = new Set<FaultKind>(["hang", "brownOut", "heldClock", "busError"]);

/** What came of a soak; `violations` are sentences, each with its instant. */
export interface SoakReport {
  readonly violations: readonly string[];
  readonly windows: number;
  /** Times a card was read to its end. */
  readonly served: number;
  readonly failures: number;
  readonly struck: ReadonlyMap<FaultKind, number>;
  /** In use at the end of each window, less the board's record of its pins. */
  readonly heapBytes: readonly number[];
}

/** Runs one reader for so many hours of virtual time. */
export async function soak(transport: Transport, options: { readonly seed: number; readonly hours: number }) {
  const run = await SoakRun.make(transport, options.seed);
  return run.run(options.hours * 3_600_000);
}

class SoakRun {
  readonly #timeline: VirtualTimeline;
  readonly #board: VirtualBoard;
  readonly #node: string;
  readonly #clock: VirtualClock;
  readonly #reader: CardReader;
  readonly #random: SeededRandom;
  readonly #violations: string[] = [];
  readonly #heapBytes: number[] = [];
  #windows = 0;
  #served = 0;
  #servedAtMs = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #isStormy = false;

  private constructor(parts: {
    readonly timeline: VirtualTimeline;
    readonly board: VirtualBoard;
    readonly node: string;
    readonly clock: VirtualClock;
    readonly reader: CardReader;
    readonly seed: number;
  }) {
    this.#timeline = parts.timeline;
    this.#board = parts.board;
    this.#node = parts.node;
    this.#clock = parts.clock;
    this.#reader = parts.reader;
    this.#random = new SeededRandom(parts.seed);
    const { timeline, board } = parts;
    skipIdlePolls({ timeline, readers: board.readers(), isCalm: () => !this.#isStormy });
  }

  static async make({ wiring, link }: Transport, seed: number): Promise<SoakRun> {
    const timeline = new VirtualTimeline();
    const board = new VirtualBoard({ timeline, wiring: [wiring], seed });
    const clock = VirtualClock.startingAt(timeline, instant(0));
    const host = board.attach();
    const irq = wiring.irqLine === undefined ? undefined : good(await host.gpio.input(IRQ_LINE));
    const reset = good(await host.gpio.output(RESET_LINE, "low"));
    const parts = { link: await link(host, irq, clock), reset, clock, log: silentLog };
    return new SoakRun({
      timeline,
      board,
      node: wiring.node,
      clock,
      reader: createPn532Reader(parts),
      seed,
    });
  }

  async run(forMs: number): Promise<SoakReport> {
    for (let fromMs = FIRST_STORM_MS; fromMs + PERIOD_MS - FIRST_STORM_MS <= forMs; fromMs += PERIOD_MS)
      this.#at(fromMs, () => this.#storm(fromMs));
    await this.#restart();
    while (this.#nowMs < forMs) await this.#serve();
    const { faults } = this.#board.reader(this.#node);
    return {
      violations: this.#violations,
      windows: this.#windows,
      served: this.#served,
      failures: this.#failures,
      struck: new Map(KINDS.map((kind) => [kind, faults.count(kind)])),
      heapBytes: this.#heapBytes,
    };
  }

  get #nowMs(): number {
    return this.#timeline.nowUs() / 1_000;
  }

  #at(timeMs: number, action: () => void): void {
    this.#timeline.at(timeMs * 1_000, action);
  }

  /** Faults and cards for the length of a window, then calm, then a card that must be read. */
  #storm(fromMs: number): void {
    const untilMs = fromMs + WINDOW_MS;
    this.#windows += 1;
    this.#isStormy = true;
    this.#board.setFaults(this.#node, this.#rates());
    this.#board.setStuckIrq(this.#node, this.#random.pick(["free", "free", "free", "high", "low"]));
    for (let atMs = fromMs; atMs < untilMs; atMs += 1 + this.#random.below(MOST_GAP_MS)) {
      const card = this.#random.pick(CARDS);
      this.#at(atMs, () => this.#board.place(this.#node, card));
      this.#at(atMs + this.#random.below(MOST_STAY_MS), () => this.#board.remove(this.#node));
    }
    this.#at(untilMs + MOST_STAY_MS, () => this.#calm());
  }

  #calm(): void {
    this.#board.setFaults(this.#node, {});
    this.#board.setStuckIrq(this.#node, "free");
    this.#board.remove(this.#node);
    const probeAtMs = this.#nowMs + GRACE_MS;
    this.#at(probeAtMs, () => this.#board.place(this.#node, PROBE));
    this.#at(probeAtMs + SERVED_WITHIN_MS, () => {
      if (this.#servedAtMs < probeAtMs) this.#violate("the card after the faults was not read in time");
      this.#board.remove(this.#node);
      this.#isStormy = false;
      this.#heapBytes.push(usedHeap() - this.#board.pins.edges().length * EDGE_BYTES);
    });
  }

  /** About half of all kinds, each at a rate of its own. */
  #rates(): Partial<FaultRates> {
    const chosen = KINDS.filter(() => this.#random.chance(0.5));
    return Object.fromEntries(
      chosen.map((kind) => [
        kind,
        (GRAVE.has(kind) ? 0.01 : 0.2) * 0.01 ** (this.#random.below(1_000) / 1_000),
      ]),
    );
  }

  /** One polling round, and the card if it finds one. */
  async #serve(): Promise<void> {
    const found = await this.#bounded("poll", this.#reader.poll(new AbortController().signal));
    if (!found.ok) return this.#restart();
    if (found.value !== undefined) await this.#attend(found.value);
  }

  async #attend(card: DetectedCard): Promise<void> {
    if (card.kind === "isoDep" && (await this.#readNis(card))) {
      this.#served += 1;
      this.#servedAtMs = this.#nowMs;
    }
    for (;;) {
      await this.#timeline.resolve(this.#clock.sleep(WATCH_MS));
      const present = await this.#bounded("isPresent", this.#reader.isPresent());
      if (!present.ok) return this.#restart();
      if (!present.value) break;
    }
    const dropped = await this.#bounded("drop", this.#reader.drop());
    if (!dropped.ok) await this.#restart();
  }

  /** Whether the whole number was read; a wrong one is a violation whatever the faults. */
  async #readNis({ channel }: DetectedCard): Promise<boolean> {
    let last = "";
    for (const command of READ_NIS) {
      const answer = await this.#bounded("transceive", channel.transceive(command));
      if (!answer.ok) return false;
      last = toHex(answer.value);
    }
    if (last.endsWith("9000") && last !== NIS_ANSWER) this.#violate("a wrong number was read");
    return last === NIS_ANSWER;
  }

  async #restart(): Promise<void> {
    this.#failures += 1;
    while (!(await this.#bounded("start", this.#reader.start())).ok)
      await this.#timeline.resolve(this.#clock.sleep(RESTART_MS));
  }

  /**
   * What a call of the driver comes to; one that takes too long is a violation, one that never ends a throw. In
   * calm times idle polls are skipped, and the one that spans them seems long.
   */
  async #bounded<T>(what: keyof typeof LIMITS_MS, call: Promise<T>): Promise<T> {
    const begunMs = this.#nowMs;
    const isTimed = this.#isStormy;
    const result = await this.#timeline.resolve(call);
    const tookMs = this.#nowMs - begunMs;
    if (isTimed && this.#isStormy && tookMs > LIMITS_MS[what])
      this.#violate(`${what} took ${Math.round(tookMs)} ms`);
    return result;
  }

  #violate(what: string): void {
    this.#violations.push(`${Math.round(this.#nowMs)} ms: ${what}`);
  }
}

function good<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error("the virtual board refused a line");
  return result.value;
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes in use after a full collection. */
function usedHeap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
