/**
 * One day in virtual time: the real gate on the virtual board, people and faults as planned, a process that
 * dies and comes back as systemd would bring it, a broker and a back end behind it. Everything is an event of
 * one timeline, so the seed is the whole story.
 */
import { isDeepStrictEqual } from "node:util";
import type { GateSurroundings } from "../../src/app/gate-assembly.ts";
import { pinMapOf } from "../../src/app/pin-map.ts";
import { driveOff } from "../../src/app/relay-off.ts";
import type { Signer } from "../../src/crypto/signing-key.ts";
import type { LaneRows } from "../../src/gate/access-event.ts";
import { type LaneInput, step } from "../../src/gate/lane.ts";
import type { OpenDatabase } from "../../src/journal/database.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { skipIdlePolls } from "../../src/sim/idle-skip.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import { anchorsOf } from "../trust-of-simulator.ts";
import { BackEnd } from "./back-end.ts";
import { enrol, makeCast, type Person } from "./cast.ts";
import { makeChipCast } from "./chip-cast.ts";
import { between, planLane, type Stay, spreadOver, withoutDoubles } from "./day-plan.ts";
import { type Defect, plantInPins, withChanceDefect, withLaneDefect } from "./defects.ts";
import { type Engine, enginesAt, enginesOf, engineWords, withEngines } from "./engines.ts";
import { FaultStage } from "./fault-stage.ts";
import { serve, signerIn } from "./service.ts";
import { type FaultWindow, planFaults, Weather } from "./swarm.ts";
import { VirtualBroker } from "./virtual-broker.ts";
import { DOORS, type DoorWiring, type Life, VirtualGate, type VirtualGateOptions } from "./virtual-gate.ts";
import { Witness } from "./witness.ts";

export interface DayOptions {
  readonly seed: number;
  readonly hours: number;
  readonly defect?: Defect;
  /** Whether each reader has its own field, or all of them see the same cards and take turns. */
  readonly fields?: "own" | "shared";
  /** Whether the doors go by numbers alone, or the first of them, and some of the others, by chips. */
  readonly proof?: "numbers" | "chips";
  /** Rounds in which nothing happens are skipped, which changes nothing; to see that, they can be lived through. */
  readonly idlePolls?: "skipped" | "lived";
  /** Who speaks ISO-DEP at all readers; drawn for each unless said otherwise. */
  readonly engine?: Engine | undefined;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** ExecStopPost puts the relays off so long after the end of the process, where it works at all. */
const RELAY_OFF_AFTER_MS = 200;
const RELAY_OFF_WORKS = 0.8;
/** RestartSec=1, and the start of the program. */
const RESTART_AFTER_MS = [1_050, 1_800] as const;
const LATE_BY_MS = 50;
/** Lanes of a day. Many are slow to simulate, and most of what can go wrong, goes wrong with few. */
const LANES = [1, 1, 2, 4];
const LEAST_LANES_SHARED = 2;
/** Of days whose minutes are dear, a short one has to see as much as a long one. */
const RUSH = 6;
/** Beside the door that enrols there are others of its kind, and some that ask for the number alone. */
const MORE_CHIP_DOORS = 0.4;
/** A kill aimed at somebody who is just there: at a reading, an examination, a pin, a grant or between them. */
const KILLED_IN_HAND = 0.02;
const IN_HAND_MS = 2_500;
/** The pin is on disk, the grant is not: as likely as it takes to meet it each day. */
const KILLED_AS_PINNED = 0.1;
/** Steps between which and their consequences a kill hurts most. */
const TENDER_INPUTS: ReadonlySet<string> = new Set([
  "cardFound",
  "cardLost",
  "verdict",
  "committed",
  "cardGone",
]);

/** Thrown in the place of a process that is no more. */
class Killed extends Error {}

export class Day {
  readonly options: DayOptions;
  readonly doors: readonly DoorWiring[];
  readonly world: VirtualGate;
  readonly witness: Witness;
  readonly backEnd = new BackEnd();
  readonly broker: VirtualBroker;
  readonly weather: Weather;
  readonly windows: readonly FaultWindow[];
  /** One for each lane, or the same for all of them; nobody is at two lanes at once. */
  readonly casts: readonly (readonly Person[])[];
  readonly signer: Signer;
  /** What ended the program although nobody killed it. */
  readonly defects: unknown[] = [];
  readonly #witnessDatabase: OpenDatabase;
  readonly #stage: FaultStage;
  readonly #lengthMs: number;
  readonly #random: SeededRandom;
  #line: ReturnType<VirtualBroker["dial"]> | undefined;

  constructor(options: DayOptions) {
    const { seed, hours } = options;
    const random = new SeededRandom(seed);
    this.options = options;
    this.#random = random.fork();
    this.#lengthMs = hours * HOUR_MS;
    const first = random.below(DOORS.length);
    const lanes = [...DOORS.slice(first), ...DOORS.slice(0, first)];
    const count = random.pick(LANES);
    const isShared = options.fields === "shared";
    const isChips = options.proof === "chips";
    const wired = lanes
      .slice(0, isShared ? Math.max(count, LEAST_LANES_SHARED) : count)
      .map((door) => (isShared ? { ...door, reader: { ...door.reader, fieldGroup: "hall" } } : door));
    const doors = isChips ? withChipDoors(wired, random.fork()) : wired;
    this.doors = withEngines(doors, enginesOf(seed, options.engine));
    this.weather = new Weather(random.fork());
    this.windows = planFaults(random.fork(), this.#lengthMs);
    this.casts = isChips
      ? sameForAll(this.doors, makeChipCast(random.fork()))
      : this.doors.map((_, lane) => makeCast(random.fork(), lane));
    this.world = new VirtualGate({
      seed,
      doors: this.doors,
      step: this.#step(),
      clockState: () => this.#stage.clockState(),
      processClock: (clock) => this.#lateClock(clock),
      serve: (life, signal) => this.#live(life, signal),
      ...(isChips ? this.#trust() : {}),
    });
    const { timeline } = this.world;
    this.broker = new VirtualBroker({
      timeline,
      random: random.fork(),
      weather: this.weather,
      backEnd: this.backEnd,
    });
    this.#stage = new FaultStage({
      world: this.world,
      weather: this.weather,
      broker: this.broker,
      nodes: this.doors.map(({ reader }) => reader.node),
      random: this.#random,
    });
    this.signer = signerIn(this.world.folder, random.fork());
    this.#witnessDatabase = this.world.open();
    this.witness = new Witness(
      this.#witnessDatabase,
      this.doors.map(({ id }) => id),
      () => this.nowMs,
    );
    this.world.board.pins.onOutputEdge(({ line, level }) => this.#onEdge(line, level === "high"));
    this.#expect(this.#plan(random.fork()));
    if (isShared) this.#watchCarriers();
    for (const window of this.windows) this.#expectFault(window);
    if (options.idlePolls !== "lived") {
      skipIdlePolls({ timeline, readers: this.world.board.readers(), isCalm: () => this.#isCalm() });
    }
  }

  /** Who comes when, and where people may go to any lane, each of them to one at a time. */
  #plan(plan: SeededRandom): readonly Stay[] {
    const { hours, fields, proof } = this.options;
    const isPlain = fields !== "shared" && proof !== "chips";
    const stays = [...this.casts.entries()].flatMap(([lane, cast]) => {
      const share = (isPlain ? 1 : RUSH) / Math.sqrt(this.doors.length);
      const demand = proof === "chips" ? "chip" : "number";
      return planLane(lane, { random: plan.fork(), cast, hours, share, demand });
    });
    if (fields === "shared") return spreadOver(this.doors.length, stays, plan.fork());
    return proof === "chips" ? withoutDoubles(stays) : stays;
  }

  /** The trust store that an operator has filled, and the dice that challenges come from. */
  #trust(): Pick<VirtualGateOptions, "anchors" | "processRandom"> {
    const { defect } = this.options;
    const anchors = defect === "noTrust" ? undefined : anchorsOf({ crl: "revoked" });
    return { anchors: () => anchors, processRandom: (random) => withChanceDefect(defect, random) };
  }

  get nowMs(): number {
    return this.world.timeline.nowUs() / 1_000;
  }

  /** The journal as the witnesses read it. */
  get database(): OpenDatabase {
    return this.#witnessDatabase;
  }

  /** From six in the morning to the end of the plan, every fault over. */
  async run(): Promise<void> {
    this.witness.note(`engines: ${engineWords(enginesAt(this.doors))}`);
    await this.world.start();
    for (const cast of new Set(this.casts)) enrol(this.world, cast);
    await this.world.timeline.run(this.#lengthMs * 1_000);
  }

  /** A card on a reader now, and off again after `holdMs`. */
  hold(lane: number, person: Person, holdMs: number): void {
    this.#place({ lane, person, fromMs: this.nowMs, toMs: this.nowMs + holdMs });
  }

  #watchCarriers(): void {
    const antennas = this.doors.map((_, lane) => this.world.board.reader(this.#node(lane)).antenna);
    for (const antenna of antennas) {
      antenna.onCarrier = () => {
        const on = antennas.flatMap((each, lane) => (each.fieldIsOn() ? [lane] : []));
        if (on.length > 1) this.witness.carriersTogether.push({ lanes: on, atMs: this.nowMs });
      };
    }
  }

  /** Whether the process does nothing at its readers' rounds but poll: late timers throw dice, faults retry. */
  #isCalm(): boolean {
    if (!this.#stage.isProcessUp() || this.weather.isOn("lateTimers")) return false;
    return this.doors.every(({ id }) => this.world.gate.condition(id).faults.size === 0);
  }

  /** Ends the day in order and gives everything back. */
  async close(): Promise<void> {
    await this.world.stop();
    this.#line?.die();
  }

  remove(): void {
    this.#witnessDatabase.close();
    this.world.remove();
  }

  /** Whoever leaves at an instant does so before anybody comes at it. */
  #expect(stays: readonly Stay[]): void {
    for (const stay of stays) {
      this.#at(stay.fromMs, () => this.#place(stay));
      if (this.options.proof === "chips" && this.#random.chance(KILLED_IN_HAND))
        this.#at(stay.fromMs + this.#random.below(IN_HAND_MS), () =>
          this.#kill(`with ${stay.person.name} there`),
        );
    }
  }

  #place(stay: Stay): void {
    const { lane, person, toMs } = stay;
    const node = this.#node(lane);
    this.world.board.placeCard(node, person.made.card);
    this.witness.note(`lane ${lane + 1}: ${person.name} comes`);
    this.#at(toMs, () => this.#take(stay));
  }

  #take({ lane, person, fromMs, toMs }: Stay): void {
    const { card } = person.made;
    const { antenna } = this.world.board.reader(this.#node(lane));
    const torn = card.isTorn() || !antenna.cards().includes(card);
    this.world.board.remove(this.#node(lane), card);
    this.witness.stays.push({ lane, person, fromMs, toMs, torn });
    this.witness.note(`lane ${lane + 1}: ${person.name} goes${torn ? ", torn before" : ""}`);
  }

  #node(lane: number): string {
    return this.doors[lane]?.reader.node ?? "";
  }

  #at(atMs: number, action: () => void): void {
    this.world.timeline.at(Math.round(atMs * 1_000), action);
  }

  async #live(life: Life, signal: AbortSignal): Promise<void> {
    try {
      await this.#serve(life, signal);
    } catch (cause) {
      if (cause instanceof Killed) return;
      this.defects.push(cause);
      this.witness.note(`the program ended by itself: ${String(cause)}`);
    }
  }

  async #serve(life: Life, signal: AbortSignal): Promise<void> {
    this.witness.launched(life.gate.journal.boot);
    this.#stage.processStarts(life.database);
    plantInPins(this.options.defect, life.database);
    const line = this.broker.dial();
    this.#line = line;
    const { world, signer } = this;
    const clockState = () => this.#stage.clockState();
    const { defect } = this.options;
    await serve(life, signal, { world, signer, clockState, connect: line.connect, defect });
  }

  #step(): GateSurroundings["step"] {
    const sound = withLaneDefect(this.options.defect, step<LaneRows>);
    return (lane, input) => {
      const isTender = TENDER_INPUTS.has(input.kind) && this.weather.strikes("killedAtStep");
      if (isTender || (isEnrolment(input) && this.#random.chance(KILLED_AS_PINNED))) {
        this.#kill(`as a lane that was ${lane.at} got ${input.kind}`);
        throw new Killed();
      }
      return sound(lane, input);
    };
  }

  #onEdge(line: number, isOn: boolean): void {
    const lane = this.doors.findIndex(({ relayLine }) => relayLine === line);
    if (lane < 0) return;
    this.witness.relay(lane, isOn ? "on" : "off");
    if (this.#stage.isProcessUp() && this.weather.strikes("killedAtEdge"))
      this.#kill(`at the ${isOn ? "on" : "off"} edge of lane ${lane + 1}`);
  }

  /** SIGKILL, then what systemd does: the relays off by a program of its own, and the gate started again. */
  #kill(how: string): void {
    if (!this.#stage.isProcessUp()) return;
    this.#stage.processEnds();
    this.witness.killed(how);
    this.#line?.die();
    this.world.kill();
    if (this.#random.chance(RELAY_OFF_WORKS))
      this.#at(this.nowMs + RELAY_OFF_AFTER_MS, () => this.#relaysOff());
    this.#at(this.nowMs + between(this.#random, ...RESTART_AFTER_MS), () => {
      this.#relaysOff();
      this.world.launch().catch((cause: unknown) => this.defects.push(cause));
    });
  }

  #relaysOff(): void {
    void driveOff(this.world.board.attach().gpio, pinMapOf(this.world.config));
  }

  #lateClock(clock: Clock): Clock {
    const late = (): number => (this.weather.strikes("lateTimers") ? this.#random.below(LATE_BY_MS) : 0);
    return {
      monotonicMs: () => clock.monotonicMs(),
      wallTime: () => clock.wallTime(),
      sleep: (durationMs, signal) => clock.sleep(durationMs + late(), signal),
    };
  }

  #expectFault(window: FaultWindow): void {
    const { fault, fromMs, toMs, rate } = window;
    if (fault === "killed") {
      this.#expectKills(window);
      return;
    }
    this.#at(fromMs, () => {
      this.witness.note(`${fault} begins (${rate.toPrecision(2)})`);
      this.#stage.begin(window);
    });
    this.#at(toMs, () => {
      this.witness.note(`${fault} ends`);
      this.#stage.end(window);
    });
  }

  #expectKills({ fromMs, toMs, rate }: FaultWindow): void {
    for (let minuteMs = fromMs; minuteMs < toMs - MINUTE_MS; minuteMs += MINUTE_MS) {
      if (!this.#random.chance(rate)) continue;
      this.#at(minuteMs + this.#random.below(MINUTE_MS * 1_000) / 1_000, () => {
        this.weather.count("killed");
        this.#kill("at a random instant");
      });
    }
  }
}

/** The first door has chips prove themselves and enrols those on its list; of the others, some do. */
const withChipDoors = (doors: readonly DoorWiring[], random: SeededRandom): readonly DoorWiring[] =>
  doors.map((door, lane) =>
    lane === 0 || random.chance(MORE_CHIP_DOORS) ? { ...door, demands: "originalChip, enrolling" } : door,
  );

/** The verdict about a chip that was pinned in this very passage. */
const isEnrolment = (input: LaneInput<LaneRows>): boolean =>
  input.kind === "verdict" &&
  input.verdict.outcome === "granted" &&
  input.verdict.row.some(({ data }) => isDeepStrictEqual(data["proofs"], ENROLLING_PROOFS));
const ENROLLING_PROOFS = ["nisRead", "serviceSod", "chipKey"];

const sameForAll = <T>(doors: readonly DoorWiring[], cast: T): readonly T[] => doors.map(() => cast);
