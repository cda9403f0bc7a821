/**
 * The last good pin map: which relays the accepted configuration drives, and on which board. Kept beside the
 * journal so that the relays can be put off before any configuration is read, even if it no longer parses.
 * Read and written without the schema library, since this is the first thing that a starting gate does.
 */
import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { isJsonObject } from "../bytes/json-object.ts";
import type { BoardConfig, Config } from "../config/schema.ts";
import type { ActiveLevel } from "../ports/bus.ts";
import { err, ok, type Result } from "../result.ts";

export interface RelayPin {
  readonly line: number;
  readonly activeLevel: ActiveLevel;
}

export interface PinMap {
  readonly version: 1;
  readonly board: BoardConfig;
  readonly relays: readonly RelayPin[];
}

export type PinMapError =
  /** No configuration was ever accepted with this state directory. */
  | {
      readonly kind: "pinMapMissing";
      readonly file: string;
      readonly remedy: string;
      readonly cause: unknown;
    }
  | {
      readonly kind: "pinMapCorrupt";
      readonly file: string;
      readonly remedy: string;
      readonly cause?: unknown;
    }
  | {
      readonly kind: "pinMapUnwritable";
      readonly file: string;
      readonly remedy: string;
      readonly cause: unknown;
    };

const MOST_RELAYS = 28;
const HIGHEST_LINE = 27;

/** The pin map's file within a state directory. */
export const pinMapFile = (stateDirectory: string): string => join(stateDirectory, "pin-map.json");

/** The relays of an accepted configuration. */
export function pinMapOf(config: Pick<Config, "board" | "doors">): PinMap {
  const relays = config.doors.map(({ relay }) => ({ line: relay.line, activeLevel: relay.activeLevel }));
  return { version: 1, board: config.board, relays };
}

/** Reads the pin map; errors `pinMapMissing` and `pinMapCorrupt` (which includes an unreadable file). */
export async function readPinMap(stateDirectory: string): Promise<Result<PinMap, PinMapError>> {
  const file = pinMapFile(stateDirectory);
  try {
    const parsed: unknown = JSON.parse(await readFile(file, "utf8"));
    return isPinMap(parsed) ? ok(parsed) : err(corrupt(file));
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    return err(
      missing ? { kind: "pinMapMissing", file, remedy: MISSING_REMEDY, cause } : { ...corrupt(file), cause },
    );
  }
}

/** Replaces the pin map so that a power cut leaves the old one or the new one, whole. */
export async function writePinMap(
  stateDirectory: string,
  pinMap: PinMap,
): Promise<Result<void, PinMapError>> {
  const file = pinMapFile(stateDirectory);
  const fresh = `${file}.new`;
  try {
    await writeDurably(fresh, `${JSON.stringify(pinMap)}\n`);
    await rename(fresh, file);
    await syncDirectory(stateDirectory);
    return ok(undefined);
  } catch (cause) {
    return err({ kind: "pinMapUnwritable", file, remedy: "free some space or mend its permissions", cause });
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The rename itself is durable only once the directory is. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const MISSING_REMEDY = "start the gate once with a good configuration, or check --state-dir";

function corrupt(file: string): PinMapError {
  return {
    kind: "pinMapCorrupt",
    file,
    remedy:
      "switch the lock's supply off by hand, remove the file and start the gate with a good configuration",
  };
}

function isPinMap(value: unknown): value is PinMap {
  return (
    isJsonObject(value) &&
    value["version"] === 1 &&
    isBoard(value["board"]) &&
    Array.isArray(value["relays"]) &&
    value["relays"].length <= MOST_RELAYS &&
    value["relays"].every(isRelayPin)
  );
}

function isBoard(value: unknown): value is BoardConfig {
  if (!isJsonObject(value)) return false;
  return (
    value["kind"] === "raspberryPi" || (value["kind"] === "virtual" && typeof value["socket"] === "string")
  );
}

function isRelayPin(value: unknown): value is RelayPin {
  if (!isJsonObject(value)) return false;
  const { line, activeLevel } = value;
  const onHeader = typeof line === "number" && Number.isInteger(line) && line >= 0 && line <= HIGHEST_LINE;
  return onHeader && (activeLevel === "high" || activeLevel === "low");
}
