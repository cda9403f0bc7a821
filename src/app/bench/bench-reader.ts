/**
 * One reader for a measurement of the driver alone: the virtual board in a process of its own and in real time, the
 * driver in this one, nothing else.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Diagnostics } from "../../../drivers/pn532/diagnostics.ts";
import { loadConfig } from "../../config/load-config.ts";
import type { ReaderConfig } from "../../config/schema.ts";
import type { Gpio } from "../../ports/bus.ts";
import type { LoneReader } from "../../ports/card.ts";
import type { Clock } from "../../ports/clock.ts";
import { silentLog } from "../../ports/log.ts";
import type { Director } from "../../sim/director-client.ts";
import { openBoard } from "../board.ts";
import { startVarco } from "../demo/child.ts";
import { type LaneBus, writeSite } from "../demo/site.ts";
import { reachDirector } from "../demo/stage.ts";
import { openDiagnostics, openReader, type ReaderSurroundings } from "../open-reader.ts";
import { good } from "./good.ts";
import { NO_BROKER_PORT } from "./no-broker.ts";

const PULSE_MS = 400;
const SEED = 1;
const MOST_STARTS = 5;

export interface BenchReader {
  readonly node: string;
  readonly director: Director;
  readonly gpio: Gpio;
  /** The driver as the gate has it; started by the caller. Only one of the two may be opened. */
  openReader(): Promise<LoneReader>;
  openDiagnostics(): Promise<Diagnostics>;
  close(): Promise<void>;
}

/** How the reader hangs on its host; without its interrupt line the chip is polled. */
export interface BenchBus {
  readonly laneBus: LaneBus;
  readonly irq: "wired" | "absent";
  /** Who speaks ISO-DEP with the card; the firmware when absent. */
  readonly isoDep?: "firmware" | "software";
}

/** What undoes each step of a set-up, in the order of the steps. */
type Closing = (() => unknown)[];

/** Throws when something of it cannot be had, as a measurement does; nothing of it is left then. */
export async function openBenchReader(clock: Clock, bus: BenchBus): Promise<BenchReader> {
  const closing: Closing = [];
  const close = async (): Promise<void> => {
    for (const end of closing.reverse()) await end();
  };
  try {
    return { ...(await setUp(clock, bus, closing)), close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

async function setUp(
  clock: Clock,
  { laneBus, irq, isoDep = "firmware" }: BenchBus,
  closing: Closing,
): Promise<Omit<BenchReader, "close">> {
  const folder = mkdtempSync(join(tmpdir(), "varco-bench-"));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  const options = {
    brokerPort: NO_BROKER_PORT,
    logLevel: "info",
    lanes: ["identifier"],
    pulseMs: PULSE_MS,
    laneBus,
  } as const;
  const site = writeSite(folder, options);
  const words = ["sim", "board", "-c", site.configFile, "--seed", String(SEED)];
  const board = startVarco(words, { logFile: join(folder, "board.log"), clock, nodeFlags: [] });
  closing.push(() => board.stop());
  const director = await reachDirector(join(folder, "board.sock"), clock);
  if (director === undefined) throw new Error("the virtual board did not start");
  closing.push(() => director.close());
  const { reader, surroundings } = await connect(site.configFile, clock, closing);
  const wired = { ...(irq === "wired" ? reader : withoutIrq(reader)), isoDep };
  return {
    node: site.node,
    director,
    gpio: surroundings.gpio,
    openReader: async () => good(await openReader({ reader: wired }, surroundings)),
    openDiagnostics: async () => good(await openDiagnostics(wired, surroundings)),
  };
}

async function connect(
  configFile: string,
  clock: Clock,
  closing: Closing,
): Promise<{ readonly reader: ReaderConfig; readonly surroundings: ReaderSurroundings }> {
  const loaded = await loadConfig(configFile);
  if (!loaded.ok) throw new Error("the measurement's own configuration is wrong");
  const [door] = loaded.value.config.doors;
  if (door === undefined) throw new Error("a configuration has a door");
  const board = good(await openBoard(loaded.value.config.board, silentLog));
  closing.push(() => board.close());
  const gpio = good(await board.gpio());
  return { reader: door.reader, surroundings: { board, gpio, clock, log: silentLog } };
}

function withoutIrq(reader: ReaderConfig): ReaderConfig {
  if (reader.bus === "hsu") return reader;
  const { irqLine: _, ...polled } = reader;
  return polled;
}

/** Starts what can be started, as often as a busy machine makes it necessary. */
export async function start(reader: Pick<LoneReader, "start"> | Pick<Diagnostics, "start">): Promise<void> {
  for (let tries = 1; tries < MOST_STARTS; tries++) if ((await reader.start()).ok) return;
  good(await reader.start());
}
