/**
 * One gate of the stadium on the day of the match: the real gate on the virtual board with two lanes, queues before them,
 * faults and deaths of the process as planned, a broker behind it. What witnesses saw is handed to the judge.
 */
import { pinMapOf } from "../../src/app/pin-map.ts";
import { driveOff } from "../../src/app/relay-off.ts";
import { toHex } from "../../src/bytes/hex.ts";
import { pseudonym } from "../../src/crypto/pseudonym.ts";
import { seal } from "../../src/crypto/sealed.ts";
import type { Signer } from "../../src/crypto/signing-key.ts";
import type { LaneRows } from "../../src/gate/access-event.ts";
import { step } from "../../src/gate/lane.ts";
import { ChipPinRows } from "../../src/journal/chip-pin-rows.ts";
import type { OpenDatabase } from "../../src/journal/database.ts";
import { holderOf, honestChip } from "../../src/sim/cards/cie-chip.ts";
import { skipIdlePolls } from "../../src/sim/idle-skip.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import { instant } from "../../src/time/time.ts";
import { sharedAnchors } from "../emrtd/whole-document.ts";
import { BackEnd } from "./back-end.ts";
import { between } from "./day-plan.ts";
import type { Violation } from "./day-record.ts";
import { type Engine, enginesAt, enginesOf, engineWords, withEngines } from "./engines.ts";
import { FaultStage } from "./fault-stage.ts";
import { FewSecrets } from "./few-secrets.ts";
import { type MatchDefect, plantInTries, withMatchDefect } from "./match-defects.ts";
import { MATCH_GATES, type MatchDoor } from "./match-gates.table.ts";
import type { Guest, Listing } from "./match-people.ts";
import type { Arriving, GatePlan } from "./match-plan.ts";
import { LaneSight, passing, type Visit, Visitor } from "./match-visitor.ts";
import { type Outage, planOutages } from "./match-weather.ts";
import { serve, signerIn } from "./service.ts";
import { type FaultWindow, Weather } from "./swarm.ts";
import { VirtualBroker } from "./virtual-broker.ts";
import { type Life, VirtualGate } from "./virtual-gate.ts";
import { Witness } from "./witness.ts";

export interface MatchGateOptions {
  readonly seed: number;
  /** Which gate of the table, from 0. */
  readonly index: number;
  readonly plan: GatePlan;
  readonly defect?: MatchDefect;
  /** Who speaks ISO-DEP at both readers; drawn for each unless said otherwise. */
  readonly engine?: Engine | undefined;
}

const MEMBERS_BEFORE_MS = 1_000;
/** The same for all gates, whose chips' secrets are the same, too. */
const SECRETS_SEED = 1;
/** ExecStopPost, then RestartSec=1 and the start of the program. */
const RELAYS_OFF_AFTER_MS = 200;
const RESTART_AFTER_MS = [1_050, 1_800] as const;
/** From the head of the queue to the lane; through the turnstile, or back from it. */
const STEPS_UP_MS = [300, 900] as const;
const LEAVES_MS = [500, 1_100] as const;
const TENDER_INPUTS: ReadonlySet<string> = new Set(["cardFound", "verdict", "committed"]);
const SETTLE_MS = 60_000;
/** The longest pause between two attempts to deliver, and one that fails before the end of all faults. */
const DELIVERY_MS = 22 * 60_000;
const LOOK_EVERY_MS = 5_000;
/** Nobody waits longer than a match lasts. */
const OVERTIME_MS = 6 * 3_600_000;

/** Thrown in the place of a process that is no more. */
class Killed extends Error {}

export class MatchGateDay {
  readonly world: VirtualGate;
  readonly witness: Witness;
  readonly backEnd = new BackEnd();
  readonly broker: VirtualBroker;
  readonly weather: Weather;
  readonly outages: readonly Outage[];
  readonly visits: Visit[] = [];
  readonly defects: unknown[] = [];
  readonly signer: Signer;
  readonly #options: MatchGateOptions;
  /** Of each lane. */
  readonly engines: readonly Engine[];
  readonly #doors: readonly MatchDoor[];
  readonly #random: SeededRandom;
  readonly #stage: FaultStage;
  readonly #database: OpenDatabase;
  readonly #lanes: readonly LaneQueue[];
  #line: ReturnType<VirtualBroker["dial"]> | undefined;
  #killsAtNextStep = false;
  #expected = 0;

  constructor(options: MatchGateOptions) {
    const { index, seed, plan } = options;
    const gate = MATCH_GATES[index];
    if (gate === undefined) throw new Error("no such gate");
    const gateSeed = seed * MATCH_GATES.length + index;
    const random = new SeededRandom(gateSeed);
    this.#options = options;
    const doors = withEngines<MatchDoor>(gate.doors, enginesOf(gateSeed, options.engine));
    this.#doors = doors;
    this.engines = enginesAt(doors);
    this.#random = random.fork();
    this.outages = planOutages(random.fork(), plan.lengthMs);
    const fewSecrets = new FewSecrets(new SeededRandom(SECRETS_SEED));
    this.world = new VirtualGate({
      seed: random.next(),
      doors,
      entries: doors.flatMap(({ keypadNode, scannerNode }) => [keypadNode, scannerNode]),
      anchors: () => sharedAnchors(),
      processRandom: () => fewSecrets,
      step: withMatchDefect(options.defect, (lane, input) => this.#step(lane, input)),
      serve: (life, signal) => this.#live(life, signal),
    });
    const { world } = this;
    const { timeline } = world;
    this.weather = new Weather(random.fork());
    const { weather, backEnd } = this;
    this.broker = new VirtualBroker({ timeline, random: random.fork(), weather, backEnd });
    const nodes = doors.map(({ reader }) => reader.node);
    this.#stage = new FaultStage({ world, weather, broker: this.broker, nodes, random: this.#random });
    this.signer = signerIn(world.folder, random.fork());
    this.#database = world.open();
    this.witness = new Witness(
      this.#database,
      doors.map(({ id }) => id),
      () => this.nowMs,
      "unwatched",
    );
    world.board.pins.onOutputEdge(({ line, level }) => {
      const lane = this.#doors.findIndex(({ relayLine }) => relayLine === line);
      if (lane >= 0) this.witness.relay(lane, level === "high" ? "on" : "off");
    });
    this.#lanes = doors.map((door) => new LaneQueue(new LaneSight(world, door)));
    skipIdlePolls({ timeline, readers: world.board.readers(), isCalm: () => this.#stage.isProcessUp() });
  }

  get nowMs(): number {
    return this.world.timeline.nowUs() / 1_000;
  }

  get database(): OpenDatabase {
    return this.#database;
  }

  /** Until everybody has come and gone, and everything is healed and delivered. */
  async run(): Promise<readonly Violation[]> {
    const { world } = this;
    const { arriving, people } = this.#options.plan;
    this.witness.note(`engines: ${engineWords(this.engines)}`);
    await world.start();
    for (const guest of people) this.#enlist(guest);
    for (const each of arriving) this.#at(each.atMs + MEMBERS_BEFORE_MS, () => this.#arrive(each));
    this.#expected = arriving.length;
    for (const outage of this.outages) this.#expectOutage(outage);
    const untilUs = (this.#options.plan.lengthMs + OVERTIME_MS) * 1_000;
    const isOver = await world.timeline.runUntil(() => this.visits.length === this.#expected, untilUs);
    await world.pass(SETTLE_MS);
    return [
      ...(isOver ? [] : [this.#violation("everybodyIsServed", "people still stand in the queues")]),
      ...this.#health(),
      ...(await this.#deliver()),
      ...this.defects.map((cause) => this.#violation("nothingThrows", describe(cause))),
    ];
  }

  /** By what kind and text somebody may be named in the journal, as the journal has it. */
  key({ kind, text }: Listing): string {
    return toHex(pseudonym(this.world.scopeKey, kind, new TextEncoder().encode(text)));
  }

  async close(): Promise<void> {
    await this.world.stop();
    this.#line?.die();
  }

  remove(): void {
    this.#database.close();
    this.world.remove();
  }

  #violation(invariant: string, what: string): Violation {
    return { invariant, atMs: this.nowMs, what };
  }

  /** What the desk did before the match. */
  #enlist({ listed, credential = {}, denied, enrolment }: Guest): void {
    const { world } = this;
    // Of whom both sides of the card are wanted, both were enrolled.
    const group = enrolment?.document === undefined ? "members" : "staff";
    for (const { kind, text } of listed) {
      const known = { group, ...credential };
      if (kind === "nis") world.admit(text, known);
      else world.admitAs(kind, text, known);
    }
    if (denied !== undefined) world.denyAs(denied.kind, denied.text);
    if (enrolment === undefined) return;
    const { nis, generation, can, document } = enrolment;
    const holder = pseudonym(world.scopeKey, "nis", new TextEncoder().encode(nis));
    const { servicesKey } = honestChip(holderOf({ nis, generation }));
    const rows = new ChipPinRows(world.database.connection);
    const { keyId } = world.scopeKey;
    const pin = { publicKey: servicesKey, generation, signer: "0".repeat(64) };
    rows.pin({ pseudonym: holder, keyId }, pin, instant(0));
    if (can === undefined || document === undefined) return;
    const sealing = { siteKey: world.siteKey, purpose: "cardAccessNumber", pseudonym: holder } as const;
    rows.keepDocument(holder, {
      sealedCan: seal(new TextEncoder().encode(can), sealing, this.#random),
      document: pseudonym(world.scopeKey, "doc", new TextEncoder().encode(document)),
    });
  }

  /** Into the shorter queue. */
  #arrive(arriving: Arriving): void {
    const [first, second] = this.#lanes;
    if (first === undefined || second === undefined) throw new Error("a gate has two lanes");
    const lane = second.length < first.length ? 1 : 0;
    const queue = lane === 0 ? first : second;
    queue.waiting.push({ arriving, arrivedMs: this.nowMs });
    if (queue.isServing) return;
    queue.isServing = true;
    this.#work(lane, queue).catch((cause: unknown) => this.defects.push(cause));
  }

  async #work(lane: number, queue: LaneQueue): Promise<void> {
    const { timeline } = this.world;
    for (let next = queue.waiting.shift(); next !== undefined; next = queue.waiting.shift()) {
      await passing(timeline, between(this.#random, ...STEPS_UP_MS));
      await this.#visit(lane, queue.sight, next);
      await passing(timeline, between(this.#random, ...LEAVES_MS));
    }
    queue.isServing = false;
  }

  async #visit(lane: number, sight: LaneSight, { arriving: { errand }, arrivedMs }: Waiting): Promise<void> {
    const door = this.#doors[lane];
    if (door === undefined) throw new Error(`there is no lane ${lane}`);
    const beganMs = this.nowMs;
    this.witness.note(`lane ${lane + 1}: ${errand.guest.name} steps up`);
    const made = await new Visitor({ world: this.world, door, sight, errand }).visit();
    this.witness.note(`lane ${lane + 1}: ${errand.guest.name} leaves`);
    this.visits.push({ lane, errand, arrivedMs, beganMs, endedMs: this.nowMs, ...made });
  }

  #at(atMs: number, action: () => void): void {
    this.world.timeline.at(Math.round(atMs * 1_000), action);
  }

  async #live(life: Life, signal: AbortSignal): Promise<void> {
    try {
      this.witness.launched(life.gate.journal.boot);
      this.#stage.processStarts(life.database);
      plantInTries(this.#options.defect, life.database);
      const line = this.broker.dial();
      this.#line = line;
      const { world, signer } = this;
      const clockState = () => this.#stage.clockState();
      await serve(life, signal, { world, signer, clockState, connect: line.connect });
    } catch (cause) {
      if (!(cause instanceof Killed)) this.defects.push(cause);
    }
  }

  #step: typeof step<LaneRows> = (lane, input) => {
    if (this.#killsAtNextStep && TENDER_INPUTS.has(input.kind)) {
      this.#killsAtNextStep = false;
      this.#kill(`as a lane that was ${lane.at} got ${input.kind}`);
      throw new Killed();
    }
    return step(lane, input);
  };

  #expectOutage(outage: Outage): void {
    if (outage.kind === "faults") {
      for (const window of outage.windows) this.#expectFault(window);
      return;
    }
    this.#at(outage.fromMs, () => {
      this.#killsAtNextStep = outage.kind === "killedAtStep";
      if (outage.kind === "killed") this.#kill("at some instant");
    });
  }

  #expectFault(window: FaultWindow): void {
    this.#at(window.fromMs, () => {
      this.witness.note(`${window.fault} begins`);
      this.#stage.begin(window);
    });
    this.#at(window.toMs, () => {
      this.witness.note(`${window.fault} ends`);
      this.#stage.end(window);
    });
  }

  /** SIGKILL, the relays put off by a program of its own, and the gate started again. */
  #kill(how: string): void {
    if (!this.#stage.isProcessUp()) return;
    this.#stage.processEnds();
    this.weather.count("killed");
    this.witness.killed(how);
    this.#line?.die();
    this.world.kill();
    const relaysOff = () => void driveOff(this.world.board.attach().gpio, pinMapOf(this.world.config));
    this.#at(this.nowMs + RELAYS_OFF_AFTER_MS, relaysOff);
    this.#at(this.nowMs + between(this.#random, ...RESTART_AFTER_MS), () => {
      this.world.launch().catch((cause: unknown) => this.defects.push(cause));
    });
  }

  #health(): readonly Violation[] {
    const { world } = this;
    return this.#doors.flatMap(({ id, relayLine, reader }) => {
      const { faults } = world.gate.condition(id);
      const { unhandled } = world.board.reader(reader.node).chip;
      return [
        ...(faults.size > 0 ? [this.#violation("heals", `${id} reports ${[...faults].join()}`)] : []),
        ...(world.board.pins.level(relayLine) === "low" ? [] : [this.#violation("relayRestsOff", id)]),
        ...unhandled.map((command) => this.#violation("chipKnowsCommands", `${id}: ${command}`)),
      ];
    });
  }

  /** Everything that was committed arrives at the back end. */
  async #deliver(): Promise<readonly Violation[]> {
    const { witness, backEnd, world, broker } = this;
    const untilMs = this.nowMs + DELIVERY_MS;
    while (this.nowMs < untilMs && backEnd.contiguous < witness.rows().length)
      await world.pass(LOOK_EVERY_MS);
    const lost = witness.rows().filter(({ seq }) => backEnd.event(seq) === undefined);
    return [
      ...lost.map(({ seq }) => this.#violation("everyRowArrives", `row ${seq} never arrived`)),
      ...[...backEnd.complaints, ...broker.complaints].map((what) =>
        this.#violation("rowsArriveInOrder", what),
      ),
    ];
  }
}

interface Waiting {
  readonly arriving: Arriving;
  readonly arrivedMs: number;
}

/** Those who wait at a lane, behind whoever is there. */
class LaneQueue {
  readonly waiting: Waiting[] = [];
  readonly sight: LaneSight;
  isServing = false;

  constructor(sight: LaneSight) {
    this.sight = sight;
  }

  get length(): number {
    return this.waiting.length + (this.isServing ? 1 : 0);
  }
}

const describe = (cause: unknown): string =>
  cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
