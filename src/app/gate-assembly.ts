/**
 * The gate put together from its parts: journal, credentials, doors. Everything that touches the world
 * comes in as an argument, so the very same assembly runs on a Raspberry Pi, on the virtual board of the
 * demo, and in virtual time under simulated faults.
 */

import { FamilyCache } from "../cie/families.ts";
import type { Config, DoorConfig } from "../config/schema.ts";
import type { ScopeKey } from "../crypto/pseudonym.ts";
import type { SiteKey } from "../crypto/site-key.ts";
import type { DoorFault } from "../gate/lane-runner.ts";
import { ChipPinStore } from "../journal/chip-pin-store.ts";
import { CredentialStore } from "../journal/credential-store.ts";
import type { OpenDatabase } from "../journal/database.ts";
import { SqliteJournal } from "../journal/sqlite-journal.ts";
import type { TrustAnchors } from "../pki/trust-anchors.ts";
import type { Gpio, LineState, OutputLine } from "../ports/bus.ts";
import type { Clock, ClockState } from "../ports/clock.ts";
import type { JournalError } from "../ports/journal.ts";
import type { Log } from "../ports/log.ts";
import type { Random } from "../ports/random.ts";
import { ok, type Result } from "../result.ts";
import type { SealAnchors } from "../seal/seal-anchors.ts";
import { DAY_MS } from "../time/civil-date.ts";
import type { Instant } from "../time/time.ts";
import type { Board } from "./board.ts";
import type { GateDocuments } from "./document-door.ts";
import { type Door, type DoorSurroundings, type HardwareError, openDoor } from "./door.ts";
import { policiesOf, zoneOf } from "./door-policy.ts";
import { FieldGroups } from "./field-groups.ts";
import { GateTime, LOOK_BACK_ROWS } from "./gate-time.ts";
import type { PinMapError } from "./pin-map.ts";
import { recentPresentations } from "./recent-presentation.ts";
import type { ReaderReport } from "./recorded-reader.ts";

/** Longer than the longest thing that a lane does at once: the pause before a dead reader is started again. */
const STUCK_AFTER_MS = 20_000;

export interface GateSurroundings {
  readonly config: Config;
  readonly board: Board;
  readonly database: OpenDatabase;
  readonly scopeKey: ScopeKey;
  readonly siteKey: SiteKey;
  readonly clock: Clock;
  readonly clockState: () => ClockState;
  readonly random: Random;
  readonly log: Log;
  /** The trust store as it is now; `undefined`, or absent, when there is none to be used. */
  readonly anchors?: (() => TrustAnchors | undefined) | undefined;
  /** The makers of seals in the same store, likewise. */
  readonly sealAnchors?: (() => SealAnchors | undefined) | undefined;
  /** The least wall time that can be true. */
  readonly buildTime: Instant;
  /** Told when a door polls for the first time. */
  readonly onPolling?: (door: string) => void;
  /** Called once every relay is held at its off level and before anything else is opened. */
  readonly onRelaysHeld?: () => Promise<Result<void, HardwareError | PinMapError>>;
  readonly step?: DoorSurroundings["step"];
}

/** What a door shows to the outside at one moment. */
export interface DoorCondition {
  readonly relay: LineState;
  readonly faults: ReadonlySet<DoorFault>;
}

export interface Gate {
  readonly journal: SqliteJournal;
  readonly credentials: CredentialStore;
  readonly doors: readonly string[];
  condition(door: string): DoorCondition;
  onCondition(listener: (door: string, condition: DoorCondition) => void): void;
  /** What the reader of a door has counted so far, and how it fared. */
  readerReport(door: string): ReaderReport;
  /** Whether every lane has finished something lately: what a watchdog needs to see. */
  isAlive(): boolean;
  /** Serves all doors until `signal` is aborted. Whether it ends or throws, every relay is off afterwards. */
  run(signal: AbortSignal): Promise<void>;
}

/** Opens journal, credentials and doors. Nothing moves before `run`, except that every relay goes off. */
export async function assembleGate(
  s: GateSurroundings,
): Promise<Result<Gate, HardwareError | JournalError | PinMapError>> {
  const time = new GateTime(s);
  const journal = openJournal(s, time);
  if (!journal.ok) return journal;
  const credentials = CredentialStore.open(s.database);
  if (!credentials.ok) return credentials;
  const pins = ChipPinStore.open(s.database, journal.value, s.clock);
  if (!pins.ok) return pins;
  const gpio = await s.board.gpio();
  if (!gpio.ok) return gpio;
  const relays = await holdRelays(s, gpio.value);
  if (!relays.ok) return relays;
  const conditions = new Conditions(s.config.doors.map(({ id }) => id));
  const families = new FamilyCache();
  const fields = new FieldGroups(s.clock);
  const policyOf = policiesOf(s.config);
  const documents = await openDocuments(s, { journal: journal.value, enrolments: pins.value, time });
  if (!documents.ok) return documents;
  const doors: Door[] = [];
  for (const { config, relayLine } of relays.value) {
    const door = await openDoor(config, relayLine, {
      ...s,
      gpio: gpio.value,
      journal: journal.value,
      credentials: credentials.value,
      pins: pins.value,
      anchors: () => s.anchors?.(),
      sealAnchors: () => s.sealAnchors?.(),
      families,
      fields,
      policyOf,
      documents: documents.value,
      decisionTime: () => time.now(),
      onPolling: (id) => s.onPolling?.(id),
      onFaults: (id, faults) => conditions.change(id, { faults }),
      onRelayEdge: (id, relay) => conditions.change(id, { relay }),
    });
    if (!door.ok) return door;
    doors.push(door.value);
  }
  return ok(
    new RunningGate(s, { journal: journal.value, credentials: credentials.value }, doors, conditions),
  );
}

/** What doors need that read documents, if one does. */
async function openDocuments(
  { config, database, siteKey, random }: GateSurroundings,
  parts: { readonly journal: SqliteJournal; readonly enrolments: ChipPinStore; readonly time: GateTime },
): Promise<Result<GateDocuments | undefined, JournalError>> {
  if (config.doors.every(({ document }) => document === undefined)) return ok(undefined);
  const { journal, enrolments, time } = parts;
  const { PasswordTryStore } = await import("../journal/password-try-store.ts");
  const tries = PasswordTryStore.open(database, journal, () => time.now().instant);
  if (!tries.ok) return tries;
  const { gateDocuments } = await import("./document-door.ts");
  return ok(gateDocuments({ siteKey, tries: tries.value, enrolments, zone: zoneOf(config) }, random));
}

interface HeldRelay {
  readonly config: DoorConfig;
  readonly relayLine: OutputLine;
}

/** Relays first: whatever cannot be opened afterwards leaves them off, and on record for the next start. */
async function holdRelays(
  s: GateSurroundings,
  gpio: Gpio,
): Promise<Result<readonly HeldRelay[], HardwareError | PinMapError>> {
  const held: HeldRelay[] = [];
  for (const config of s.config.doors) {
    const line = await gpio.output(config.relay.line, config.relay.activeLevel);
    if (!line.ok) return line;
    held.push({ config, relayLine: line.value });
  }
  const noted = (await s.onRelaysHeld?.()) ?? ok(undefined);
  return noted.ok ? ok(held) : noted;
}

/** Opens the journal, stamped by the gate's time, which from then on follows the journal. */
function openJournal(s: GateSurroundings, time: GateTime): Result<SqliteJournal, JournalError> {
  const journal = SqliteJournal.open({
    database: s.database,
    source: `acs:${s.config.site}/${s.config.gate}`,
    clock: s.clock,
    clockState: () => time.now().state,
    random: s.random,
    buildTime: s.buildTime,
    retentionMs: s.config.retentionDays * DAY_MS,
  });
  if (!journal.ok) return journal;
  const range = journal.value.range();
  if (!range.ok) return range;
  const lastRows = journal.value.read(Math.max(0, range.value.last - LOOK_BACK_ROWS), LOOK_BACK_ROWS);
  if (!lastRows.ok) return lastRows;
  time.follow(lastRows.value, () => journal.value.newestSeen);
  return journal;
}

type ConditionListener = (door: string, condition: DoorCondition) => void;

/** The doors' conditions, and who wants to hear of them. */
class Conditions {
  readonly #conditions = new Map<string, DoorCondition>();
  readonly #listeners: ConditionListener[] = [];

  constructor(doors: readonly string[]) {
    for (const door of doors) this.#conditions.set(door, { relay: "inactive", faults: new Set() });
  }

  of(door: string): DoorCondition {
    const condition = this.#conditions.get(door);
    if (condition === undefined) throw new Error(`there is no door ${door}`);
    return condition;
  }

  change(door: string, change: Partial<DoorCondition>): void {
    const condition = { ...this.of(door), ...change };
    this.#conditions.set(door, condition);
    for (const listener of this.#listeners) listener(door, condition);
  }

  listen(listener: ConditionListener): void {
    this.#listeners.push(listener);
  }
}

class RunningGate implements Gate {
  readonly journal: SqliteJournal;
  readonly credentials: CredentialStore;
  readonly #surroundings: GateSurroundings;
  readonly #doors: readonly Door[];
  readonly #conditions: Conditions;

  constructor(
    s: GateSurroundings,
    stores: Pick<Gate, "journal" | "credentials">,
    doors: readonly Door[],
    conditions: Conditions,
  ) {
    this.#surroundings = s;
    this.journal = stores.journal;
    this.credentials = stores.credentials;
    this.#doors = doors;
    this.#conditions = conditions;
  }

  get doors(): readonly string[] {
    return this.#doors.map(({ id }) => id);
  }

  condition(door: string): DoorCondition {
    return this.#conditions.of(door);
  }

  onCondition(listener: ConditionListener): void {
    this.#conditions.listen(listener);
  }

  readerReport(door: string): ReaderReport {
    const found = this.#doors.find(({ id }) => id === door);
    if (found === undefined) throw new Error(`there is no door ${door}`);
    return found.readerReport();
  }

  isAlive(): boolean {
    const now = this.#surroundings.clock.monotonicMs();
    return this.#doors.every(({ lane }) => now - lane.turnedAt < STUCK_AFTER_MS);
  }

  async run(signal: AbortSignal): Promise<void> {
    // A lane that throws ends the others too: nothing may open behind the back of a dying process.
    const over = new AbortController();
    const end = (): void => over.abort();
    if (signal.aborted) end();
    signal.addEventListener("abort", end);
    const serving = this.#doors.map((door) => this.#serve(door, over.signal));
    for (const lane of serving) lane.catch(end);
    const outcomes = await Promise.allSettled(serving);
    signal.removeEventListener("abort", end);
    for (const door of this.#doors) await door.releaseRelay();
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  async #serve({ id, lane, listen }: Door, signal: AbortSignal): Promise<void> {
    const now = this.#surroundings.clock.monotonicMs();
    const listening = listen?.(signal);
    await lane.run(signal, recentPresentations(this.journal, id, now));
    await listening;
  }
}
