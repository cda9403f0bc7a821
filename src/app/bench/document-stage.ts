/**
 * The processes of a measurement at the stadium lane in real time: the virtual board, the gate, which is `varco run` and
 * nothing else, and here the broker. Everything is in one temporary folder and ends together.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../config/load-config.ts";
import { deriveScopeKey } from "../../crypto/pseudonym.ts";
import { loadSiteKey } from "../../crypto/site-key.ts";
import { systemRandom } from "../../crypto/system-random.ts";
import { openDatabase } from "../../journal/database.ts";
import type { Clock } from "../../ports/clock.ts";
import { type ArrivalName, arrival } from "../../sim/arrivals.ts";
import type { Director } from "../../sim/director-client.ts";
import { databaseFile } from "../commands/site.ts";
import { BackEnd } from "../demo/back-end.ts";
import { startVarco, UNIT_NODE_FLAGS } from "../demo/child.ts";
import { NODE } from "../demo/site.ts";
import { reachDirector } from "../demo/stage.ts";
import {
  admitPeople,
  BENCH_GATE,
  BENCH_SITE,
  countrySignersOfSite,
  documentSiteText,
} from "./document-site.ts";
import { good } from "./good.ts";

const KEY_BYTES = 32;
const BUSY_TIMEOUT_MS = 1_000;
const SEED = 1;
/** The gate has said that it is ready within this time, or something is wrong. */
const READY_MS = 20_000;
const LOOK_EVERY_MS = 20;

export interface DocumentStage {
  readonly director: Director;
  close(): Promise<void>;
}

/** What undoes each step of a set-up, in the order of the steps. */
type Closing = (() => unknown)[];

/** A gate that serves, with `people` on its lists. Throws when something of it cannot be had; nothing is left then. */
export async function openDocumentStage(
  clock: Clock,
  people: readonly ArrivalName[],
): Promise<DocumentStage> {
  const closing: Closing = [];
  const close = async (): Promise<void> => {
    for (const end of closing.reverse()) await end();
  };
  try {
    return { director: await setUp(clock, people, closing), close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

async function setUp(clock: Clock, people: readonly ArrivalName[], closing: Closing): Promise<Director> {
  const folder = mkdtempSync(join(tmpdir(), "varco-bench-"));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  const base = `acs/v1/${BENCH_SITE}/${BENCH_GATE}`;
  const backEnd = new BackEnd({ base, trafficFile: join(folder, "mqtt.jsonl") });
  await backEnd.start();
  closing.push(() => backEnd.lose());
  const { configFile, stateDirectory } = writeSite(folder, backEnd.port);
  const start = (name: string, words: readonly string[], nodeFlags: readonly string[] = []) =>
    startVarco(words, { logFile: join(folder, `${name}.log`), clock, nodeFlags });
  await admit(configFile, people, clock);
  const trusting = start("trust", ["trust", "import", "-c", configFile, ...writeSigners(folder)]);
  if ((await trusting.ended) !== 0) throw new Error("the virtual country signers were refused");
  const board = start("board", ["sim", "board", "-c", configFile, "--seed", String(SEED)]);
  closing.push(() => board.stop());
  const director = await reachDirector(join(folder, "board.sock"), clock);
  if (director === undefined) throw new Error("the virtual board did not start");
  closing.push(() => director.close());
  await director.ask({ do: "watchEdges" });
  // A document is signed when it is laid down first, which would hold the board up.
  for (const name of people) {
    await director.ask({ do: "place", node: NODE, card: arrival(name).spec, when: "now" });
    await director.ask({ do: "remove", node: NODE });
  }
  const gate = start("gate", ["run", "-c", configFile, "--state-dir", stateDirectory], UNIT_NODE_FLAGS);
  closing.push(() => gate.stop());
  const until = clock.monotonicMs() + READY_MS;
  while (backEnd.births === 0 && clock.monotonicMs() < until) await clock.sleep(LOOK_EVERY_MS);
  if (backEnd.births === 0) throw new Error("the gate did not start");
  return director;
}

/** Configuration and key. */
function writeSite(folder: string, brokerPort: number) {
  const [keyFile, stateDirectory] = [join(folder, "site.key"), join(folder, "state")];
  const places = { keyFile, stateDirectory, socket: join(folder, "board.sock") };
  const configFile = join(folder, "gate.yaml");
  mkdirSync(stateDirectory, { mode: 0o700 });
  writeFileSync(keyFile, systemRandom.bytes(KEY_BYTES), { mode: 0o600 });
  chmodSync(keyFile, 0o400);
  const broker = `mqtt: { url: "mqtt://127.0.0.1:${brokerPort}" }\n`;
  writeFileSync(configFile, documentSiteText(places) + broker, { mode: 0o600 });
  return { configFile, stateDirectory };
}

async function admit(configFile: string, people: readonly ArrivalName[], clock: Clock): Promise<void> {
  const { config } = good(await loadConfig(configFile));
  const siteKey = good(loadSiteKey(config.siteKey));
  const scopeKey = deriveScopeKey(siteKey, config);
  const file = databaseFile(config.stateDirectory);
  const database = good(openDatabase(file, { busyTimeoutMs: BUSY_TIMEOUT_MS }));
  admitPeople(database, { siteKey, scopeKey }, { people, at: clock.wallTime() });
  database.close();
}

function writeSigners(folder: string): readonly string[] {
  return countrySignersOfSite().map((certificate, index) => {
    const file = join(folder, `country-signer-${index}.cer`);
    writeFileSync(file, certificate, { mode: 0o600 });
    return file;
  });
}
