/**
 * `varco run`: the gate as a service. Opens everything in the order in which a failure is cheapest to
 * explain, serves the doors until it is told to stop, and leaves every relay off. The relays of the last
 * good pin map were already put off before this module was loaded.
 */
import { join } from "node:path";
import type { Config } from "../config/schema.ts";
import { deriveScopeKey, type ScopeKey } from "../crypto/pseudonym.ts";
import { loadOrCreateSigner, type Signer } from "../crypto/signing-key.ts";
import { loadSiteKey, type SiteKey } from "../crypto/site-key.ts";
import { systemRandom } from "../crypto/system-random.ts";
import { type OpenDatabase, openDatabase } from "../journal/database.ts";
import type { TrustAnchors } from "../pki/trust-anchors.ts";
import type { Log } from "../ports/log.ts";
import type { SealAnchors } from "../seal/seal-anchors.ts";
import { type Board, openBoard } from "./board.ts";
import { buildTime } from "./build-time.ts";
import { type ClockWatch, watchClockState } from "./clock-state.ts";
import { type CommandIo, EXIT, type Execute, type ExitCode } from "./command.ts";
import { databaseFile, failed, type Outcome, openConfig } from "./commands/site.ts";
import { looksAtSeals, possibleLevels } from "./door-policy.ts";
import { assembleGate, type Gate } from "./gate-assembly.ts";
import { serveGate } from "./gate-service.ts";
import { pinMapOf, writePinMap } from "./pin-map.ts";
import { createPinoLog } from "./pino-log.ts";
import { lockReader } from "./process-lock.ts";
import { earlyStateDirectory, prepareStateDirectory } from "./state-directory.ts";
import { programVersion } from "./version.ts";

/** The gate's event loop stands still while it waits for another writer, so it waits briefly and often. */
const BUSY_TIMEOUT_MS = 5;

export const runCommand: Execute = async (invocation, io) => {
  const config = await openConfig(invocation, io);
  if ("exit" in config) return config.exit;
  const early = earlyStateDirectory(invocation.texts["state-dir"], io.environment);
  if (config.value.stateDirectory !== early) {
    io.err(
      `the configuration keeps its state in ${config.value.stateDirectory}, but at start, before it is read, ` +
        `the relays to put off are looked up in ${early}: add --state-dir ${config.value.stateDirectory}`,
    );
    return EXIT.environment;
  }
  const { log, flush } = createPinoLog({ level: config.value.log.level, fileDescriptor: 1 });
  try {
    return await runGate(config.value, io, log);
  } finally {
    flush();
  }
};

async function runGate(config: Config, io: CommandIo, log: Log): Promise<ExitCode> {
  const opened: (() => unknown)[] = [];
  try {
    const parts = await openParts(config, io, log, opened);
    if ("exit" in parts) return parts.exit;
    const { gate } = parts.value;
    log.info("gateStarted", { gate: config.gate, doors: gate.doors.length, version: await programVersion() });
    await serveGate({ ...parts.value, config, io, log });
    log.info("gateStopped");
    return EXIT.done;
  } finally {
    for (const close of opened.reverse()) await close();
  }
}

interface Parts {
  readonly gate: Gate;
  readonly database: OpenDatabase;
  readonly signer: Signer;
  readonly clockState: ClockWatch;
  /** Resolves when the first door polls for cards. */
  readonly polling: Promise<void>;
}

/** Opens the parts one after another; what was opened is noted in `opened` for the way out. */
async function openParts(
  config: Config,
  io: CommandIo,
  log: Log,
  opened: (() => unknown)[],
): Promise<Outcome<Parts>> {
  const storage = await openStorage(config, io, opened);
  if ("exit" in storage) return storage;
  const board = await openLockedBoard(config, io, log, opened);
  if ("exit" in board) return board;
  const clockState = watchClockState({
    clock: io.clock,
    log,
    signal: io.signal,
    maxSkewMs: config.maxSkewS * 1_000,
  });
  let nowPolling: () => void = () => undefined;
  const polling = new Promise<void>((resolve) => {
    nowPolling = resolve;
  });
  const trust = await openTrust(config, storage.value.database, io, log);
  if ("exit" in trust) return trust;
  const seals = await openSealTrust(config, storage.value.database, io, log);
  if ("exit" in seals) return seals;
  const gate = await assembleGate({
    config,
    anchors: trust.value,
    sealAnchors: seals.value,
    board: board.value,
    ...storage.value,
    clock: io.clock,
    clockState: clockState.current,
    random: systemRandom,
    log,
    buildTime: await buildTime(),
    onPolling: () => nowPolling(),
    // The map of the next first act: as soon as these lines are known to be the relays', before all else.
    onRelaysHeld: () => writePinMap(config.stateDirectory, pinMapOf(config)),
  });
  if (!gate.ok) return failed(io, gate.error);
  return { value: { ...storage.value, gate: gate.value, clockState, polling } };
}

/**
 * The country signers, where a door demands what only they can vouch for: such a gate does not start with a store that is
 * empty or damaged. One that takes seals and no more than seals may have none, and takes no documents in their place until
 * some are imported.
 */
async function openTrust(
  config: Config,
  database: OpenDatabase,
  io: CommandIo,
  log: Log,
): Promise<Outcome<() => TrustAnchors | undefined>> {
  const levels = new Set(config.doors.flatMap(possibleLevels));
  levels.delete("identifier");
  if (levels.size === 0) return { value: () => undefined };
  // Loaded by those who need it: certificates and their parser cost a small gate megabytes.
  const { LiveTrustAnchors } = await import("./trust-anchors-of.ts");
  levels.delete("documentSeal");
  const trust =
    levels.size === 0
      ? LiveTrustAnchors.openEvenEmpty(database, config, log)
      : LiveTrustAnchors.open(database, config, log);
  return trust.ok ? { value: () => trust.value.current() } : failed(io, trust.error);
}

/** The makers of seals, where a door looks at those; without any such a gate does not start either. */
async function openSealTrust(
  config: Config,
  database: OpenDatabase,
  io: CommandIo,
  log: Log,
): Promise<Outcome<() => SealAnchors | undefined>> {
  if (!config.doors.some(looksAtSeals)) return { value: () => undefined };
  const { LiveSealAnchors } = await import("./seal-anchors-of.ts");
  const trust = LiveSealAnchors.open(database, config, log);
  return trust.ok ? { value: () => trust.value.current() } : failed(io, trust.error);
}

interface Storage {
  readonly scopeKey: ScopeKey;
  readonly siteKey: SiteKey;
  readonly database: OpenDatabase;
  readonly signer: Signer;
}

async function openStorage(
  config: Config,
  io: CommandIo,
  opened: (() => unknown)[],
): Promise<Outcome<Storage>> {
  const siteKey = loadSiteKey(config.siteKey);
  if (!siteKey.ok) return failed(io, siteKey.error);
  const directory = await prepareStateDirectory(config.stateDirectory);
  if (!directory.ok) return failed(io, directory.error);
  const database = openDatabase(databaseFile(config.stateDirectory), { busyTimeoutMs: BUSY_TIMEOUT_MS });
  if (!database.ok) return failed(io, database.error);
  opened.push(() => database.value.close());
  const signer = loadOrCreateSigner(join(config.stateDirectory, "journal.key"), systemRandom);
  if (!signer.ok) return failed(io, signer.error);
  const scopeKey = deriveScopeKey(siteKey.value, config);
  return { value: { scopeKey, siteKey: siteKey.value, database: database.value, signer: signer.value } };
}

/** The board, with each of its readers reserved for this process. */
async function openLockedBoard(
  config: Config,
  io: CommandIo,
  log: Log,
  opened: (() => unknown)[],
): Promise<Outcome<Board>> {
  const boardName = config.board.kind === "virtual" ? config.board.socket : "";
  for (const { reader } of config.doors) {
    const lock = await lockReader(reader.node, boardName);
    if (!lock.ok) return failed(io, lock.error);
    opened.push(() => lock.value.release());
  }
  const board = await openBoard(config.board, log);
  if (!board.ok) return failed(io, board.error);
  opened.push(() => board.value.close());
  return { value: board.value };
}
