/**
 * The stadium lane in virtual time and in this process: the gate's own assembly on the virtual board, where the host takes no
 * time at all. What is left is radio, chip, bus, card, and every pause that the gate itself makes.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "../../bytes/secret.ts";
import { parseConfig } from "../../config/load-config.ts";
import { deriveScopeKey } from "../../crypto/pseudonym.ts";
import { openDatabase } from "../../journal/database.ts";
import { parseCertificate } from "../../pki/certificate.ts";
import { anchorRecord, TrustAnchors } from "../../pki/trust-anchors.ts";
import { type Log, type LogFields, silentLog } from "../../ports/log.ts";
import { ok } from "../../result.ts";
import type { ArrivalName } from "../../sim/arrivals.ts";
import { VirtualBoard } from "../../sim/board.ts";
import type { CardSpec } from "../../sim/cards/make-card.ts";
import type { OutputEdge } from "../../sim/pins.ts";
import { SeededRandom } from "../../sim/seeded-random.ts";
import { VirtualClock } from "../../sim/virtual-clock.ts";
import { VirtualTimeline } from "../../sim/virtual-timeline.ts";
import { instant } from "../../time/time.ts";
import type { Board } from "../board.ts";
// Loaded by the gate when it is needed, which takes real time: here it is there already.
import "../document-door.ts";
import "../../journal/password-try-store.ts";
import { LINES, NODE } from "../demo/site.ts";
import { assembleGate } from "../gate-assembly.ts";
import {
  admitPeople,
  type BenchEntry,
  countrySignersOfSite,
  documentSiteText,
  KEYPAD,
  SCANNER,
} from "./document-site.ts";
import { good } from "./good.ts";

const WIRING = {
  bus: "spi",
  node: NODE,
  clockHz: 2_000_000,
  irqLine: LINES.irq,
  resetLine: LINES.reset,
} as const;
/** A day on which every sound document is valid. */
const MORNING = instant(Date.UTC(2026, 10, 22, 6));
const BUILD_TIME = instant(Date.UTC(2026, 9, 1));
/** Memory where there is a file system for it: the disk takes no virtual time. */
const FAST_FOLDER = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const SEED = 1;
const KEY_BYTES = 32;
const BUSY_TIMEOUT_MS = 5;
const US_IN_MS = 1_000;
/** What was entered has come over its line. */
const ENTERED_MS = 300;
const PATIENCE_MS = 30_000;
/** The lane has seen that the field is empty, and may admit the same person again. */
const GONE_MS = 1_500;

export interface Presentation {
  readonly card: CardSpec;
  /** Typed or scanned before the document is laid down. */
  readonly entry?: BenchEntry | undefined;
  /** Laid down this long after the lane was free, or just before a try. */
  readonly when: "nextTry" | { readonly afterMs: number };
}

export interface Answer {
  readonly outcome: "granted" | "denied";
  /** From laying down to the relay, or to the red lamp. */
  readonly tookMs: number;
  /** Command APDUs with their answers. */
  readonly exchanges: number;
}

export interface VirtualLane {
  present(presentation: Presentation): Promise<Answer>;
  close(): Promise<void>;
}

/** A lane that is served. `people` are on its lists. Throws when it cannot be set up; nothing of it is left then. */
export async function openVirtualLane(people: readonly ArrivalName[]): Promise<VirtualLane> {
  const folder = mkdtempSync(join(FAST_FOLDER, "varco-bench-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const { scene, gate, database } = await setUp(folder, people);
    const stopping = new AbortController();
    const running = gate.run(stopping.signal);
    return {
      present: (presentation) => present(scene, presentation),
      close: async () => {
        stopping.abort();
        await scene.timeline.resolve(running);
        database.close();
        remove();
      },
    };
  } catch (cause) {
    remove();
    throw cause;
  }
}

async function setUp(folder: string, people: readonly ArrivalName[]) {
  const timeline = new VirtualTimeline();
  const clock = VirtualClock.startingAt(timeline, MORNING);
  const places = { keyFile: join(folder, "site.key"), stateDirectory: folder, socket: join(folder, "none") };
  const { config } = good(parseConfig(documentSiteText(places)));
  const random = new SeededRandom(SEED);
  const siteKey = { keyId: config.siteKey.id, key: new Secret(random.bytes(KEY_BYTES)) };
  const scopeKey = deriveScopeKey(siteKey, config);
  const database = good(openDatabase(join(folder, "varco.db"), { busyTimeoutMs: BUSY_TIMEOUT_MS }));
  admitPeople(database, { siteKey, scopeKey }, { people, at: MORNING });
  const board = new VirtualBoard({ timeline, wiring: [WIRING], entries: [KEYPAD, SCANNER], seed: SEED });
  const counter = new ExchangeCounter();
  const anchors = trustedAnchors();
  const assembling = assembleGate({
    ...{ config, database, scopeKey, siteKey, clock, random },
    board: boardOf(board),
    clockState: () => "synced",
    log: counter,
    anchors: () => anchors,
    buildTime: BUILD_TIME,
  });
  const gate = good(await timeline.resolve(assembling));
  return { scene: { board, timeline, counter }, gate, database };
}

interface Scene {
  readonly board: VirtualBoard;
  readonly timeline: VirtualTimeline;
  readonly counter: ExchangeCounter;
}

async function present(
  { board, timeline, counter }: Scene,
  { card, entry, when }: Presentation,
): Promise<Answer> {
  const pass = (ms: number): Promise<void> => timeline.run(timeline.nowUs() + ms * US_IN_MS);
  if (entry !== undefined) {
    board.type(entry.node, entry.text);
    await pass(ENTERED_MS);
  }
  if (when !== "nextTry") await pass(when.afterMs);
  const before = counter.exchanges;
  let answered: OutputEdge | undefined;
  const ignore = board.pins.onOutputEdge((edge) => {
    if (edge.level === "high" && ANSWERS.has(edge.line)) answered ??= edge;
  });
  if (when === "nextTry") board.placeAtNextTry(NODE, card);
  else board.place(NODE, card);
  let placedAtUs = timeline.nowUs();
  await timeline.runUntil(() => answered !== undefined, timeline.nowUs() + PATIENCE_MS * US_IN_MS);
  ignore();
  if (answered === undefined) throw new Error("the lane did not answer");
  if (when === "nextTry") placedAtUs = board.snapshotTap(NODE)?.placedAtUs ?? placedAtUs;
  board.remove(NODE);
  await pass(GONE_MS);
  return {
    outcome: answered.line === LINES.relay ? "granted" : "denied",
    tookMs: (answered.timeUs - placedAtUs) / US_IN_MS,
    exchanges: counter.exchanges - before,
  };
}

const ANSWERS: ReadonlySet<number> = new Set([LINES.relay, LINES.red]);

/** A log that counts the exchanges which the runner of protocols tells of. */
class ExchangeCounter implements Log {
  readonly debug = silentLog.debug;
  readonly info = silentLog.info;
  readonly warn = silentLog.warn;
  readonly error = silentLog.error;
  #exchanges = 0;

  get exchanges(): number {
    return this.#exchanges;
  }

  trace(event: string, _fields?: LogFields): void {
    if (event === "apdu") this.#exchanges += 1;
  }
}

function boardOf(board: VirtualBoard): Board {
  const host = board.attach();
  return {
    spi: async (node) => ok(host.spiBus(node)),
    i2c: async (node) => ok(host.i2cDevice(node)),
    serial: async (node) => ok(host.serialLine(node)),
    gpio: async () => ok(host.gpio),
    close: async () => undefined,
  };
}

/** What an operator would have imported for the virtual States. */
export const trustedAnchors = (): TrustAnchors =>
  new TrustAnchors({
    anchors: countrySignersOfSite().map((der) => anchorRecord(good(parseCertificate(der)))),
    revocationLists: [],
    crl: "warn",
    testAnchors: "refuse",
  });
