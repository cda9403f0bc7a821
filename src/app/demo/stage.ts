/**
 * The processes of a demo or a measurement: the virtual board, the gate (which is `varco run`, nothing
 * else), and in this process the broker with its back end. Everything is in one folder and ends together.
 */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../ports/clock.ts";
import { err, ok, type Result } from "../../result.ts";
import { connectDirector, type Director } from "../../sim/director-client.ts";
import { BackEnd } from "./back-end.ts";
import { type Child, startVarco, UNIT_NODE_FLAGS } from "./child.ts";
import type { Hours } from "./hours.ts";
import {
  type DemoSite,
  enrol,
  GATE,
  type LaneBus,
  SITE,
  type SiteOptions,
  writeCountrySigners,
  writeSite,
} from "./site.ts";
import type { Person } from "./story.ts";

export interface StageOptions {
  readonly clock: Clock;
  readonly seed: number;
  readonly persons: readonly Person[];
  readonly logLevel: string;
  /** The folder for everything; a temporary one, removed at the end, when absent. */
  readonly folder?: string | undefined;
  /** One lane that asks for the number alone, unless said otherwise. Where one takes documents there is a ticket list, too. */
  readonly lanes?: SiteOptions["lanes"];
  readonly pulseMs?: number;
  /** Of the first lane; SPI when absent. */
  readonly laneBus?: LaneBus;
  readonly hours?: Hours;
  /** Told when the board is there and the gate is about to be started. */
  readonly beforeGate?: (director: Director) => Promise<void>;
  readonly gateNodeFlags?: readonly string[];
}

const USUAL_PULSE_MS = 400;
const USUAL_BUS: LaneBus = { bus: "spi" };

export interface Stage {
  readonly site: DemoSite;
  readonly backEnd: BackEnd;
  readonly director: Director;
  readonly gate: Child;
  /** Stops gate, board and broker in that order and removes a temporary folder. */
  close(): Promise<void>;
}

/** The board listens, and the gate has said that it is ready, within this time or something is wrong. */
const READY_MS = 20_000;
const LOOK_EVERY_MS = 20;
const LAST_LINES = 20;

/** Sets everything up; the error is what the failed process printed. */
export async function openStage(options: StageOptions): Promise<Result<Stage, string>> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "varco-demo-"));
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o700);
  const closing: (() => unknown)[] = [];
  if (options.folder === undefined) closing.push(() => rmSync(folder, { recursive: true, force: true }));
  const opened = await openProcesses(folder, options, closing);
  const close = async (): Promise<void> => {
    for (const end of closing.reverse()) await end();
  };
  if (opened.ok) return ok({ ...opened.value, close });
  await close();
  return opened;
}

async function openProcesses(
  folder: string,
  options: StageOptions,
  closing: (() => unknown)[],
): Promise<Result<Omit<Stage, "close">, string>> {
  const { clock } = options;
  const trafficFile = join(folder, "mqtt.jsonl");
  const backEnd = new BackEnd({ base: `acs/v1/${SITE}/${GATE}`, trafficFile });
  await backEnd.start();
  closing.push(() => backEnd.lose());
  const { logLevel, lanes = ["identifier"], pulseMs = USUAL_PULSE_MS, laneBus = USUAL_BUS, hours } = options;
  const site = writeSite(folder, { brokerPort: backEnd.port, logLevel, lanes, pulseMs, laneBus, hours });
  enrol(site, options.persons, clock.wallTime());
  const trusting = await trustSimulator(site, lanes, clock);
  if (trusting !== undefined) return err(trusting);
  const boardLog = join(folder, "board.log");
  const words = ["sim", "board", "-c", site.configFile, "--seed", String(options.seed)];
  const board = startVarco(words, { logFile: boardLog, clock, nodeFlags: [] });
  closing.push(() => board.stop());
  const director = await reachDirector(join(folder, "board.sock"), clock);
  if (director === undefined) return err(`the virtual board did not start:\n${lastLines(boardLog)}`);
  closing.push(() => director.close());
  await director.ask({ do: "watchEdges" });
  const selling = await sellTickets(site, lanes, director, clock);
  if (selling !== undefined) return err(selling);
  await options.beforeGate?.(director);
  const gateLog = join(folder, "gate.log");
  const gate = startVarco(["run", "-c", site.configFile, "--state-dir", site.stateDirectory], {
    logFile: gateLog,
    clock,
    nodeFlags: options.gateNodeFlags ?? UNIT_NODE_FLAGS,
  });
  closing.push(() => gate.stop());
  const ready = await waitFor(clock, () => backEnd.births > 0 || gate.process.exitCode !== null);
  if (!ready || gate.process.exitCode !== null) return err(`the gate did not start:\n${lastLines(gateLog)}`);
  return ok({ site, backEnd, director, gate });
}

type Lanes = SiteOptions["lanes"];

/** The virtual country signers go into the trust store as an operator's do; what was said if that failed. */
async function trustSimulator(site: DemoSite, lanes: Lanes, clock: Clock): Promise<string | undefined> {
  if (!lanes.includes("originalChip")) return undefined;
  const files = [...writeCountrySigners(site)];
  if (lanes.includes("verifiedDocument")) {
    const { writeStates } = await import("./ticket-office.ts");
    const states = join(site.folder, "states.pem");
    const refused = await writeStates(states, clock);
    if (refused !== undefined) return refused;
    files.push(states);
  }
  const logFile = join(site.folder, "trust.log");
  const words = ["trust", "import", "-c", site.configFile, ...files];
  const importing = startVarco(words, { logFile, clock, nodeFlags: [] });
  return (await importing.ended) === 0
    ? undefined
    : `the virtual country signers were refused:\n${lastLines(logFile)}`;
}

/** Loaded where somebody goes there alone: a measurement of the gate has no need of it. */
async function sellTickets(
  site: DemoSite,
  lanes: Lanes,
  director: Director,
  clock: Clock,
): Promise<string | undefined> {
  if (!lanes.includes("verifiedDocument")) return undefined;
  const { openTicketOffice } = await import("./ticket-office.ts");
  const refused = await openTicketOffice(site, director, clock);
  return refused === undefined ? undefined : `the ticket office cannot open:\n${refused}`;
}

/** The director of a board that is being started; nothing when it did not listen in time. */
export async function reachDirector(socketPath: string, clock: Clock): Promise<Director | undefined> {
  const until = clock.monotonicMs() + READY_MS;
  while (clock.monotonicMs() < until) {
    const director = await connectDirector(socketPath);
    if (director.ok) return director.value;
    await clock.sleep(LOOK_EVERY_MS);
  }
  return undefined;
}

/** Whether the condition came true within the time that starting may take. */
async function waitFor(clock: Clock, condition: () => boolean): Promise<boolean> {
  const until = clock.monotonicMs() + READY_MS;
  while (!condition() && clock.monotonicMs() < until) await clock.sleep(LOOK_EVERY_MS);
  return condition();
}

function lastLines(file: string): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-LAST_LINES).join("\n");
}
