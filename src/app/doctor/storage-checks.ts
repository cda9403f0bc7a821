/** Key, state directory, disk and database: what a decision needs before it may open anything. */
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../../config/schema.ts";
import { loadSiteKey } from "../../crypto/site-key.ts";
import { openDatabase } from "../../journal/database.ts";
import type { Clock } from "../../ports/clock.ts";
import { databaseFile } from "../commands/site.ts";
import { prepareStateDirectory } from "../state-directory.ts";
import { bad, type Check, doubtful, failure, well } from "./check.ts";

/** Enough for a 99th percentile, few enough for an SD card's life and a person's patience. */
const SYNC_WRITES = 100;
/** Two pages, as a journal row costs. */
const SYNC_WRITE_BYTES = 8192;
/** A slower disk is felt at the gate: the row is committed before the relay moves. */
const SLOW_SYNC_MS = 50;
const BUSY_TIMEOUT_MS = 2_000;
const MEGABYTE = 1024 * 1024;

export function checkSiteKey({ siteKey }: Config): Check {
  const loaded = loadSiteKey(siteKey);
  return loaded.ok ? well("site key", `${siteKey.file} holds a key`) : failure("site key", loaded.error);
}

/** Directory, free space, time of a durable write, database. Later checks need the earlier ones. */
export async function checkStorage({ stateDirectory }: Config, clock: Clock): Promise<readonly Check[]> {
  const prepared = await prepareStateDirectory(stateDirectory);
  if (!prepared.ok) return [failure("state directory", prepared.error)];
  const { freeBytes, low } = prepared.value;
  const free = `${Math.floor(freeBytes / MEGABYTE)} MB free in ${stateDirectory}`;
  return [
    low
      ? doubtful("state directory", free, "free some space: a full disk closes the gate")
      : well("state directory", free),
    await checkSync(stateDirectory, clock),
    checkDatabase(stateDirectory),
  ];
}

async function checkSync(directory: string, clock: Clock): Promise<Check> {
  const file = join(directory, "doctor.tmp");
  try {
    const durations = await syncDurationsMs(file, clock);
    await rm(file, { force: true });
    const p99 = durations.sort((left, right) => left - right)[Math.ceil(durations.length * 0.99) - 1] ?? 0;
    const found = `99 of 100 durable writes within ${p99.toFixed(1)} ms`;
    return p99 <= SLOW_SYNC_MS
      ? well("disk", found)
      : doubtful(
          "disk",
          found,
          `use a faster card or disk: each passage waits for one write (aim below ${SLOW_SYNC_MS} ms)`,
        );
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    return bad("disk", `a durable write failed (${code})`, "check the disk and its free space");
  }
}

async function syncDurationsMs(file: string, clock: Clock): Promise<number[]> {
  const handle = await open(file, "w", 0o600);
  try {
    const page = new Uint8Array(SYNC_WRITE_BYTES);
    const durations: number[] = [];
    for (let write = 0; write < SYNC_WRITES; write++) {
      const begun = clock.monotonicMs();
      await handle.write(page, 0, page.length, 0);
      await handle.datasync();
      durations.push(clock.monotonicMs() - begun);
    }
    return durations;
  } finally {
    await handle.close();
  }
}

/** Opening checks the whole file and brings it to this version's form. */
function checkDatabase(stateDirectory: string): Check {
  const file = databaseFile(stateDirectory);
  const opened = openDatabase(file, { busyTimeoutMs: BUSY_TIMEOUT_MS });
  if (!opened.ok) return failure("database", opened.error);
  opened.value.close();
  return well("database", `${file} is sound`);
}
