/**
 * The whole gate in virtual time: the real assembly on the virtual board, with a real database file. A gate
 * can be killed at any instant and started again on what it left behind.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Board } from "../../src/app/board.ts";
// Loaded by the gate when it is needed, which takes real time: here it is there already.
import "../../src/app/document-door.ts";
import "../../src/gate/enrol-listed.ts";
import "../../src/journal/password-try-store.ts";
import { assembleGate, type Gate, type GateSurroundings } from "../../src/app/gate-assembly.ts";
import { Secret } from "../../src/bytes/secret.ts";
import { parseConfig } from "../../src/config/load-config.ts";
import type { Config } from "../../src/config/schema.ts";
import { deriveScopeKey, displayTag, pseudonym, type ScopeKey } from "../../src/crypto/pseudonym.ts";
import type { SiteKey } from "../../src/crypto/site-key.ts";
import { CredentialStore } from "../../src/journal/credential-store.ts";
import { type OpenDatabase, openDatabase } from "../../src/journal/database.ts";
import type { Clock, ClockState } from "../../src/ports/clock.ts";
import type { Credential } from "../../src/ports/credentials.ts";
import type { JournalEvent } from "../../src/ports/journal.ts";
import { type Log, silentLog } from "../../src/ports/log.ts";
import type { Random } from "../../src/ports/random.ts";
import { ok } from "../../src/result.ts";
import { VirtualBoard } from "../../src/sim/board.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import { VirtualClock } from "../../src/sim/virtual-clock.ts";
import { VirtualTimeline } from "../../src/sim/virtual-timeline.ts";
import { instant } from "../../src/time/time.ts";

/** Sunday 2026-11-22, six in the morning in UTC. */
export const MORNING = Date.UTC(2026, 10, 22, 6);
const BUILD_TIME = instant(Date.UTC(2026, 9, 1));
/** Memory where there is a file system for it: durability at a power cut is not what virtual time can test. */
const FAST_FOLDER = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** The reader of a lane as the configuration has it. */
type LaneReader = BusReader & {
  readonly fieldGroup?: string;
  readonly isoDep?: "firmware" | "software";
};

type BusReader =
  | { readonly bus: "spi"; readonly node: string; readonly irqLine: number; readonly resetLine: number }
  | { readonly bus: "i2c"; readonly node: string; readonly irqLine: number; readonly resetLine: number }
  | { readonly bus: "hsu"; readonly node: string; readonly resetLine: number };

export interface DoorWiring {
  readonly id: string;
  readonly reader: LaneReader;
  readonly relayLine: number;
  /** What it demands of a card; the number alone unless said otherwise. */
  readonly demands?: keyof typeof DEMANDS;
  /** More of its configuration, as lines of YAML. */
  readonly more?: string;
  /** Green and red lamp; the header has no pins left for those of a fourth lane. */
  readonly lampLines?: readonly [green: number, red: number];
}

/** Two chips that share a bus, and one on each of the others. */
export const DOORS: readonly DoorWiring[] = [
  {
    id: "lane-1",
    reader: { bus: "spi", node: "/dev/spidev0.0", irqLine: 25, resetLine: 24 },
    relayLine: 17,
    lampLines: [5, 6],
  },
  {
    id: "lane-2",
    reader: { bus: "spi", node: "/dev/spidev0.1", irqLine: 22, resetLine: 23 },
    relayLine: 27,
    lampLines: [12, 16],
  },
  {
    id: "lane-3",
    reader: { bus: "i2c", node: "/dev/i2c-1", irqLine: 26, resetLine: 21 },
    relayLine: 18,
    lampLines: [13, 19],
  },
  { id: "lane-4", reader: { bus: "hsu", node: "/dev/serial0", resetLine: 4 }, relayLine: 20 },
];

function lamps({ lampLines }: DoorWiring): string {
  if (lampLines === undefined) return "";
  const [green, red] = lampLines;
  return `
    green: { line: ${green}, activeLevel: high }
    red: { line: ${red}, activeLevel: high }`;
}

const DEMANDS = {
  identifier: "level: identifier\n    nisOnly: acceptsCopiedNumbers",
  originalChip: "level: originalChip",
  "originalChip, enrolling": "level: originalChip\n    enrolment: listed",
  verifiedDocument: "level: verifiedDocument",
  authenticDocument: "level: authenticDocument",
  documentSeal: "level: documentSeal\n    sealOnly: acceptsCopiedSeals",
} as const;

export function configText(doors: readonly DoorWiring[]): string {
  const door = (d: DoorWiring) => `
  - id: ${d.id}
    direction: in
    ${DEMANDS[d.demands ?? "identifier"]}
    groups: [members, staff]
    reader: ${JSON.stringify(d.reader)}
    relay: { line: ${d.relayLine}, activeLevel: high, pulseMs: 400 }${lamps(d)}${d.more === undefined ? "" : `\n    ${d.more}`}`;
  return `
site: demo-site
gate: gate-1
notice: { version: 1, it: prova, fr: essai, en: test }
scope: gym
siteKey: { id: k1, file: /nowhere/site.key }
board: { kind: virtual, socket: /nowhere/board.sock }
doors:${doors.map(door).join("")}
`;
}

function parsed(text: string): Config {
  const config = parseConfig(text);
  if (!config.ok) throw new Error(JSON.stringify(config.error));
  return config.value.config;
}

/** One life of the gate's process, from start to stop or kill. */
export interface Life {
  readonly gate: Gate;
  readonly database: OpenDatabase;
  readonly clock: Clock;
  readonly random: SeededRandom;
}

export interface VirtualGateOptions {
  readonly seed: number;
  readonly doors?: readonly DoorWiring[];
  /** Where keypads and scanners are; one keypad unless said otherwise. */
  readonly entries?: readonly string[];
  /** What another gate left behind; a new folder unless said otherwise. */
  readonly folder?: string;
  readonly step?: GateSurroundings["step"];
  readonly clockState?: () => ClockState;
  /** The trust store's content; none unless said otherwise. */
  readonly anchors?: GateSurroundings["anchors"];
  /** The makers of seals in it; none unless said otherwise. */
  readonly sealAnchors?: GateSurroundings["sealAnchors"];
  /** How the process sees its clock; as it is, unless said otherwise. */
  readonly processClock?: (clock: Clock) => Clock;
  /** What the process takes for chance; as good as it is, unless said otherwise. */
  readonly processRandom?: (random: Random) => Random;
  /** What the process does, in place of serving its doors and nothing else. */
  readonly serve?: (life: Life, signal: AbortSignal) => Promise<void>;
  /** Where the process logs to; nowhere unless said otherwise. */
  readonly log?: Log;
}

/** Where doors that have a keypad, or a scanner, find it. */
export const KEYPAD_NODE = "/dev/ttyUSB0";
export const SCANNER_NODE = "/dev/ttyACM0";

export class VirtualGate {
  readonly timeline = new VirtualTimeline();
  readonly clock = VirtualClock.startingAt(this.timeline, instant(MORNING));
  readonly board: VirtualBoard;
  readonly scopeKey: ScopeKey;
  readonly siteKey: SiteKey;
  readonly config: Config;
  readonly folder: string;
  readonly #options: VirtualGateOptions;
  readonly #random: SeededRandom;
  #process:
    | { stop(): Promise<void>; kill(): void; readonly gate: Gate; readonly database: OpenDatabase }
    | undefined;

  constructor(options: VirtualGateOptions) {
    const doors = options.doors ?? DOORS.slice(0, 1);
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    this.config = parsed(configText(doors));
    this.board = new VirtualBoard({
      timeline: this.timeline,
      seed: options.seed,
      entries: options.entries ?? [KEYPAD_NODE],
      wiring: doors.map(({ reader }) => (reader.bus === "spi" ? { ...reader, clockHz: 2_000_000 } : reader)),
    });
    this.siteKey = { keyId: "k1", key: new Secret(new Uint8Array(32).fill(7)) };
    this.scopeKey = deriveScopeKey(this.siteKey, this.config);
    this.folder = options.folder ?? mkdtempSync(join(FAST_FOLDER, "varco-world-"));
  }

  get gate(): Gate {
    if (this.#process === undefined) throw new Error("the gate is not running");
    return this.#process.gate;
  }

  get database(): OpenDatabase {
    if (this.#process === undefined) throw new Error("the gate is not running");
    return this.#process.database;
  }

  open(): OpenDatabase {
    const database = openDatabase(join(this.folder, "varco.db"), { busyTimeoutMs: 5 });
    if (!database.ok) throw new Error(database.error.kind);
    return database.value;
  }

  /** Starts a process: a clock and a grip on the board of its own. */
  start(): Promise<Gate> {
    return this.timeline.resolve(this.launch());
  }

  /** As `start`, for a world whose time is passing already. */
  async launch(): Promise<Gate> {
    const database = this.open();
    const fork = this.clock.fork();
    const clock = this.#options.processClock?.(fork) ?? fork;
    const host = this.board.attach();
    const board: Board = {
      spi: async (node) => ok(host.spiBus(node)),
      i2c: async (node) => ok(host.i2cDevice(node)),
      serial: async (node) => ok(host.serialLine(node)),
      gpio: async () => ok(host.gpio),
      close: async () => undefined,
    };
    const assembled = await assembleGate({
      config: this.config,
      board,
      database,
      scopeKey: this.scopeKey,
      siteKey: this.siteKey,
      clock,
      clockState: this.#options.clockState ?? (() => "synced"),
      random: this.#options.processRandom?.(this.#random) ?? this.#random,
      log: this.#options.log ?? silentLog,
      buildTime: BUILD_TIME,
      step: this.#options.step,
      anchors: this.#options.anchors,
      sealAnchors: this.#options.sealAnchors,
    });
    if (!assembled.ok) throw new Error(assembled.error.kind);
    const gate = assembled.value;
    const stopping = new AbortController();
    const end = (): void => {
      fork.kill();
      host.kill();
      database.close();
    };
    const serve = this.#options.serve ?? ((life, signal) => life.gate.run(signal));
    const running = serve({ gate, database, clock, random: this.#random }, stopping.signal);
    this.#process = {
      gate,
      database,
      stop: async () => {
        stopping.abort();
        await this.timeline.resolve(running);
        end();
      },
      kill: end,
    };
    return gate;
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
    this.#process = undefined;
  }

  /** As by SIGKILL: nothing more is done, the pins keep their levels. */
  kill(): void {
    this.#process?.kill();
    this.#process = undefined;
  }

  admit(nis: string, change: Partial<Credential> = {}): void {
    const identifier = new TextEncoder().encode(nis);
    this.#store().put([
      {
        pseudonym: pseudonym(this.scopeKey, "nis", identifier),
        kind: "nis",
        displayTag: displayTag(this.scopeKey, "nis", identifier),
        keyId: this.scopeKey.keyId,
        group: "members",
        enabled: true,
        ...change,
      },
    ]);
  }

  /** Admits whoever is known by something else than the number of a card. */
  admitAs(kind: "doc" | "cf" | "name", identifier: string, change: Partial<Credential> = {}): void {
    const bytes = new TextEncoder().encode(identifier);
    const { keyId } = this.scopeKey;
    const who = { pseudonym: pseudonym(this.scopeKey, kind, bytes), kind, displayTag: "card#0000", keyId };
    this.#store().put([{ ...who, group: "members", enabled: true, ...change }]);
  }

  deny(nis: string): void {
    this.denyAs("nis", nis);
  }

  /** Denies whoever is known by this, wherever he is listed besides. */
  denyAs(kind: "nis" | "doc" | "cf" | "name", text: string): void {
    const identifier = new TextEncoder().encode(text);
    this.#store().deny({
      pseudonym: pseudonym(this.scopeKey, kind, identifier),
      kind,
      displayTag: displayTag(this.scopeKey, kind, identifier),
      keyId: this.scopeKey.keyId,
    });
  }

  #store(): CredentialStore {
    const store = CredentialStore.open(this.database);
    if (!store.ok) throw new Error(store.error.kind);
    return store.value;
  }

  events(): readonly JournalEvent[] {
    const rows = this.gate.journal.read(0, 100_000);
    if (!rows.ok) throw new Error(rows.error.kind);
    return rows.value;
  }

  /** Types at a keypad, or shows to a scanner. */
  type(text: string, node = KEYPAD_NODE): void {
    this.board.type(node, new TextEncoder().encode(text));
  }

  /** Lets `ms` of virtual time pass. */
  async pass(ms: number): Promise<void> {
    await this.timeline.run(this.timeline.nowUs() + ms * 1_000);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
