/**
 * Brings the faults of a day about: makes board, database, broker and clock agree with the weather whenever a
 * fault begins or ends.
 */
import type { OpenDatabase } from "../../src/journal/database.ts";
import type { ClockState } from "../../src/ports/clock.ts";
import type { StuckLine } from "../../src/sim/faults.ts";
import type { SeededRandom } from "../../src/sim/seeded-random.ts";
import { instant } from "../../src/time/time.ts";
import { between } from "./day-plan.ts";
import type { Fault, FaultWindow, Weather } from "./swarm.ts";
import type { VirtualBroker } from "./virtual-broker.ts";
import { MORNING, type VirtualGate } from "./virtual-gate.ts";

interface Surroundings {
  readonly world: VirtualGate;
  readonly weather: Weather;
  readonly broker: VirtualBroker;
  /** The device nodes of the readers. */
  readonly nodes: readonly string[];
  readonly random: SeededRandom;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** SQLite fails as on a full disk when the file would have to grow; a limit below its size means its size. */
const NO_NEW_PAGE = 1;
const ANY_PAGE = 1_073_741_823;
/** Counted when they begin, since nothing strikes afterwards. */
const LASTING: ReadonlySet<Fault> = new Set<Fault>([
  "stuckIrqHigh",
  "stuckIrqLow",
  "diskFull",
  "wallJump",
  "unsynced",
]);

export class FaultStage {
  readonly #s: Surroundings;
  /** Of the process that runs now. */
  #database: OpenDatabase | undefined;

  constructor(surroundings: Surroundings) {
    this.#s = surroundings;
  }

  clockState(): ClockState {
    return this.#s.weather.isOn("unsynced") ? "unsynced" : "synced";
  }

  processStarts(database: OpenDatabase): void {
    this.#database = database;
    if (this.#s.weather.isOn("diskFull")) this.#limitFile();
  }

  processEnds(): void {
    this.#database = undefined;
  }

  isProcessUp(): boolean {
    return this.#database !== undefined;
  }

  begin(window: FaultWindow): void {
    const { weather, broker } = this.#s;
    weather.begin(window);
    if (LASTING.has(window.fault)) weather.count(window.fault);
    if (window.fault === "brokerGone") broker.cut("gone");
    this.#change(window.fault);
  }

  end(window: FaultWindow): void {
    this.#s.weather.end(window);
    this.#change(window.fault);
  }

  #change(fault: Fault): void {
    const { weather, world, nodes } = this.#s;
    switch (fault) {
      case "stuckIrqHigh":
      case "stuckIrqLow":
        for (const node of nodes) world.board.setStuckIrq(node, this.#stuckLevel());
        return;
      case "diskFull":
        this.#limitFile();
        return;
      case "wallJump":
      case "unsynced":
        world.clock.setWallOffset(instant(this.#wallStart()));
        return;
      default:
        for (const node of nodes) world.board.setFaults(node, weather.chipRates());
    }
  }

  #stuckLevel(): StuckLine {
    if (this.#s.weather.isOn("stuckIrqHigh")) return "high";
    return this.#s.weather.isOn("stuckIrqLow") ? "low" : "free";
  }

  #limitFile(): void {
    const pages = this.#s.weather.isOn("diskFull") ? NO_NEW_PAGE : ANY_PAGE;
    this.#database?.connection.pragma(`max_page_count = ${pages}`);
  }

  /** What the clock showed at the beginning of the day, had it gone as it goes now. */
  #wallStart(): number {
    const { weather, random } = this.#s;
    if (weather.isOn("unsynced")) return random.pick([0, MORNING - 72 * HOUR_MS, MORNING + 20 * HOUR_MS]);
    return weather.isOn("wallJump") ? MORNING + between(random, -10, 10) * MINUTE_MS : MORNING;
  }
}
