/**
 * A reader over simulated days under random faults of every kind, with cards coming and going: the owner's loop of
 * a lane without its gate. Each period has a window of faults, seeded; when it has ended the reader must serve
 * again soon, and still at the end of the quiet. Hours in which nothing happens are skipped by arithmetic.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createPn532Reader } from "../../drivers/pn532/reader.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import type { InputLine } from "../../src/ports/bus.ts";
import type { DetectedCard, LoneReader } from "../../src/ports/card.ts";
import { silentLog } from "../../src/ports/log.ts";
import { VirtualBoard } from "../../src/sim/board.ts";
import type { BoardHost } from "../../src/sim/board-host.ts";
import type { CardSpec } from "../../src/sim/cards/make-card.ts";
import type { FaultKind, FaultRates } from "../../src/sim/faults.ts";
import { skipIdlePolls } from "../../src/sim/idle-skip.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import { VirtualClock } from "../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";
import { instant } from "../../src/time/time.ts";
import { IRQ_LINE, RESET_LINE, type Transport } from "../conformance/virtual-rig.ts";
import { good } from "../good.ts";
import { type Engine, enginesOf, isoDepOf } from "../world/engines.ts";
import { INCIDENTS, type Incident, kindsOn, stormRates } from "./storm.ts";

const PERIOD_MS = 600_000;
/** Into each period. */
const FIRST_STORM_MS = 60_000;
const WINDOW_MS = 60_000;
/** How long a reader may be deaf once the faults have ended: a chip that protected itself may have to cool down. */
const MOST_DEAF_MS = 10_000;
/** Into each period, long after its faults: the driver has looked after its idle chip by then, too. */
const QUIET_CARD_MS = 500_000;
/** What a card takes that is put on a reader in good health. */
const SERVED_WITHIN_MS = 2_000;
/** Beyond any deadline that the driver has for it. */
const LIMITS_MS = { poll: 6_000, start: 10_000, transceive: 16_000, isPresent: 2_000, drop: 2_000 } as const;
const RESTART_MS = 500;
const WATCH_MS = 250;
/** What the board's record of one edge takes. It keeps a million, and each reset of the chip makes two. */
const EDGE_BYTES = 64;
/** Between two cards of a window. */
const MOST_GAP_MS = 4_000;
const MOST_STAY_MS = 3_000;
/** How long the node is away, or the chip too hot. */
const MOST_TROUBLE_MS = 10_000;
/** Of each incident, that it comes in a window. */
const INCIDENT_CHANCE = 0.7;
/** Into a polling round and the APDUs behind it, when the process is killed. */
const MOST_OF_LIFE_MS = 700;
/** So often is memory looked at while a window lasts. */
const SAMPLE_EVERY_MS = 10_000;

const CARDS: readonly CardSpec[] = [
  { card: "cie", family: "gemalto", nis: "123456789012" },
  { card: "cie", family: "itj4i", nis: "123456789012", type: "B" },
  { card: "transit", uid: "04A1B2C3" },
  { card: "phone" },
];
const PROBE: CardSpec = { card: "cie", family: "gemalto", nis: "123456789012" };
const READ_NIS = ["00A4040C0DA0000000308000000009816001", "00A4040C06A00000000039", "00B081000C"].map(hex);
const NIS_ANSWER = "3132333435363738393031329000";

/** What came of a soak; `violations` are sentences, each with its instant. */
export interface SoakReport {
  readonly violations: readonly string[];
  readonly windows: number;
  /** Times a card was read to its end. */
  readonly served: number;
  /** Starts after a failure of the reader or the death of its process. */
  readonly restarts: number;
  /** From the end of a window's faults until a card was read, at most. */
  readonly longestDeafMs: number;
  /** Of every kind that the bus knows; zero for one that never came. */
  readonly struck: ReadonlyMap<FaultKind, number>;
  readonly incidents: Readonly<Record<Incident, number>>;
  /** Who spoke ISO-DEP in each process, the first one and those after its death. */
  readonly engines: readonly Engine[];
  /** In use now and then in the course of each window, less the board's record of its pins. */
  readonly heapBytes: readonly number[];
}

export interface SoakOptions {
  readonly seed: number;
  readonly hours: number;
  /** Who speaks ISO-DEP; drawn for each process unless said otherwise. */
  readonly engine?: Engine | undefined;
}

/** Runs one reader for so many hours of virtual time. */
export function soak(transport: Transport, options: SoakOptions): Promise<SoakReport> {
  return new SoakRun(transport, options).run(options.hours * 3_600_000);
}

/** What dies together. */
interface HostProcess {
  readonly host: BoardHost;
  readonly clock: VirtualClock;
  readonly reader: LoneReader;
  readonly irq: InputLine | undefined;
}

class SoakRun {
  readonly #timeline = new VirtualTimeline();
  readonly #machine = VirtualClock.startingAt(this.#timeline, instant(0));
  readonly #transport: Transport;
  readonly #board: VirtualBoard;
  readonly #node: string;
  readonly #kinds: readonly FaultKind[];
  readonly #random: SeededRandom;
  readonly #nextEngine: () => Engine;
  readonly #engines: Engine[] = [];
  readonly #violations: string[] = [];
  readonly #heapBytes: number[] = [];
  readonly #incidents: Record<Incident, number> = { nodeLost: 0, chipProtected: 0, processKilled: 0 };
  #windows = 0;
  #served = 0;
  #servedAtMs = Number.NEGATIVE_INFINITY;
  #calmSinceMs: number | undefined;
  #longestDeafMs = 0;
  #restarts = 0;
  #isStormy = false;
  #isDoomed = false;

  constructor(transport: Transport, { seed, engine }: SoakOptions) {
    const { wiring } = transport;
    this.#transport = transport;
    this.#board = new VirtualBoard({ timeline: this.#timeline, wiring: [wiring], seed });
    this.#node = wiring.node;
    this.#kinds = kindsOn(wiring.bus);
    this.#random = new SeededRandom(seed);
    this.#nextEngine = enginesOf(seed, engine);
    const isCalm = () => !this.#isStormy;
    skipIdlePolls({ timeline: this.#timeline, readers: this.#board.readers(), isCalm });
  }

  async run(forMs: number): Promise<SoakReport> {
    for (let fromMs = FIRST_STORM_MS; fromMs + PERIOD_MS - FIRST_STORM_MS <= forMs; fromMs += PERIOD_MS) {
      this.#at(fromMs, () => this.#storm(fromMs));
      this.#demandReading(fromMs + QUIET_CARD_MS, SERVED_WITHIN_MS);
    }
    while (this.#nowMs < forMs) await this.#live(await this.#boot(), forMs);
    const { faults } = this.#board.reader(this.#node);
    return {
      violations: this.#violations,
      windows: this.#windows,
      served: this.#served,
      restarts: this.#restarts,
      longestDeafMs: this.#longestDeafMs,
      struck: new Map(this.#kinds.map((kind) => [kind, faults.count(kind)])),
      incidents: this.#incidents,
      engines: this.#engines,
      heapBytes: this.#heapBytes,
    };
  }

  async #boot(): Promise<HostProcess> {
    const { wiring, link } = this.#transport;
    const host = this.#board.attach();
    const clock = this.#machine.fork();
    const irq = wiring.irqLine === undefined ? undefined : good(await host.gpio.input(IRQ_LINE));
    const reset = good(await host.gpio.output(RESET_LINE, "low"));
    const engine = this.#nextEngine();
    this.#engines.push(engine);
    const parts = { link: await link(host, irq, clock), reset, clock, log: silentLog, ...isoDepOf(engine) };
    return { host, clock, reader: createPn532Reader(parts), irq };
  }

  /** One process, until it is killed or the time is over. */
  async #live(process: HostProcess, untilMs: number): Promise<void> {
    this.#isDoomed = false;
    await this.#start(process);
    while (this.#nowMs < untilMs && !this.#isDoomed) await this.#serve(process);
    if (this.#isDoomed) await this.#die(process);
  }

  /** Killed in the middle of whatever it does then: polls, finds a card, reads it. */
  async #die({ host, clock, reader, irq }: HostProcess): Promise<void> {
    void reader.poll(new AbortController().signal).then(async (polled) => {
      const channel = polled.ok ? polled.value?.channel : undefined;
      for (const command of READ_NIS) await channel?.transceive(command);
    });
    await this.#timeline.run(this.#timeline.nowUs() + this.#random.below(MOST_OF_LIFE_MS * 1_000));
    host.kill();
    clock.kill();
    // As the kernel closes it: a line that was still watched would keep the dead process in memory.
    void irq?.close();
    this.#restarts += 1;
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
    const rates = stormRates(this.#kinds, this.#random);
    this.#board.setFaults(this.#node, rates);
    this.#board.setStuckIrq(this.#node, this.#random.pick(["free", "free", "free", "high", "low"]));
    for (const incident of INCIDENTS)
      if (this.#random.chance(INCIDENT_CHANCE)) this.#befall(incident, fromMs, rates);
    for (let atMs = fromMs; atMs < untilMs; atMs += 1 + this.#random.below(MOST_GAP_MS)) {
      const card = this.#random.pick(CARDS);
      this.#at(atMs, () => this.#board.place(this.#node, card));
      this.#at(atMs + this.#random.below(MOST_STAY_MS), () => this.#board.remove(this.#node));
    }
    for (let atMs = fromMs; atMs < untilMs; atMs += SAMPLE_EVERY_MS)
      this.#at(atMs, () => this.#heapBytes.push(usedHeap() - this.#board.pins.edges().length * EDGE_BYTES));
    this.#at(untilMs + MOST_STAY_MS, () => this.#calm());
  }

  /** Somewhere in the window, and over before its end. */
  #befall(incident: Incident, fromMs: number, rates: Partial<FaultRates>): void {
    const atMs = fromMs + this.#random.below(WINDOW_MS - MOST_TROUBLE_MS);
    const overMs = atMs + 1 + this.#random.below(MOST_TROUBLE_MS);
    const { chip, faults } = this.#board.reader(this.#node);
    const [begin, end] = {
      nodeLost: [() => faults.set({ ...rates, busError: 1 }), () => faults.set(rates)] as const,
      chipProtected: [
        () => chip.setProtection(this.#random.pick(["overTemperature", "overCurrent"])),
        () => chip.setProtection("none"),
      ] as const,
      processKilled: [
        () => {
          this.#isDoomed = true;
        },
        () => undefined,
      ] as const,
    }[incident];
    this.#at(atMs, () => {
      this.#incidents[incident] += 1;
      begin();
    });
    this.#at(overMs, end);
  }

  /** The end of all faults; from now on a card lies there until it was read, or should have been. */
  #calm(): void {
    const nowMs = this.#nowMs;
    this.#board.setFaults(this.#node, {});
    this.#board.setStuckIrq(this.#node, "free");
    this.#board.remove(this.#node);
    this.#calmSinceMs = nowMs;
    this.#demandReading(nowMs + 1, MOST_DEAF_MS);
    this.#at(nowMs + MOST_DEAF_MS + 1_000, () => {
      this.#isStormy = false;
    });
  }

  #demandReading(atMs: number, withinMs: number): void {
    this.#at(atMs, () => this.#board.place(this.#node, PROBE));
    this.#at(atMs + withinMs, () => {
      if (this.#servedAtMs < atMs) this.#violate(`a card was not read within ${withinMs} ms`);
      this.#board.remove(this.#node);
    });
  }

  /** One polling round, and the card if it finds one. */
  async #serve(process: HostProcess): Promise<void> {
    const found = await this.#bounded("poll", process.reader.poll(new AbortController().signal));
    if (!found.ok) return this.#restart(process);
    if (found.value !== undefined) await this.#attend(process, found.value);
  }

  async #attend(process: HostProcess, card: DetectedCard): Promise<void> {
    if (card.kind === "isoDep" && (await this.#readNis(card))) this.#noteServed();
    for (;;) {
      await this.#timeline.resolve(process.clock.sleep(WATCH_MS));
      const present = await this.#bounded("isPresent", process.reader.isPresent());
      if (!present.ok) return this.#restart(process);
      if (!present.value) break;
    }
    const dropped = await this.#bounded("drop", process.reader.drop());
    if (!dropped.ok) await this.#restart(process);
  }

  #noteServed(): void {
    this.#served += 1;
    this.#servedAtMs = this.#nowMs;
    if (this.#calmSinceMs === undefined) return;
    this.#longestDeafMs = Math.max(this.#longestDeafMs, this.#nowMs - this.#calmSinceMs);
    this.#calmSinceMs = undefined;
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

  #restart(process: HostProcess): Promise<void> {
    this.#restarts += 1;
    return this.#start(process);
  }

  async #start({ clock, reader }: HostProcess): Promise<void> {
    while (!(await this.#bounded("start", reader.start())).ok)
      await this.#timeline.resolve(clock.sleep(RESTART_MS));
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
    this.#violations.push(`${Math.round(this.#nowMs)} ms, engine ${this.#engines.at(-1)}: ${what}`);
  }
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes in use after a full collection. */
function usedHeap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
