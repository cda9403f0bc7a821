/** Key, state directory, disk, database and journal: what a decision needs before it may open anything. */
import { access, open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../../config/schema.ts";
import { loadOrCreateSigner } from "../../crypto/signing-key.ts";
import { loadSiteKey } from "../../crypto/site-key.ts";
import { systemRandom } from "../../crypto/system-random.ts";
import { readBacklog } from "../../journal/backlog.ts";
import {
  checkDatabase,
  type OpenDatabase,
  openDatabase,
  openDatabaseReadOnly,
} from "../../journal/database.ts";
import { type ChainFault, verifyChain } from "../../journal/verify-chain.ts";
import type { Clock } from "../../ports/clock.ts";
import { BUSY_TIMEOUT_MS, databaseFile } from "../commands/site.ts";
import { prepareStateDirectory } from "../state-directory.ts";
import { bad, type Check, doubtful, failure, well } from "./check.ts";

/** Enough for a 99th percentile, few enough for an SD card's life and a person's patience. */
const SYNC_WRITES = 100;
/** Two pages, as a journal row costs. */
const SYNC_WRITE_BYTES = 8192;
/** A slower disk is felt at the gate: the row is committed before the relay moves. */
const SLOW_SYNC_MS = 50;
/** Rows of the journal that are verified: some ten checkpoints, and seconds on a small board. */
const NEWEST_ROWS = 10_000;
const MEGABYTE = 1024 * 1024;

export function checkSiteKey({ siteKey }: Config): Check {
  const loaded = loadSiteKey(siteKey);
  return loaded.ok ? well("site key", `${siteKey.file} holds a key`) : failure("site key", loaded.error);
}

/** Directory, free space, time of a durable write, database, journal. Later checks need the earlier ones. */
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
    ...(await checkJournal(stateDirectory)),
  ];
}

/** More rows than a busy lane writes in a quarter of an hour: the back end does not take them. */
const LONG_BACKLOG = 1_000;

/** Whether the back end acknowledges what the gate publishes. */
export function checkDelivery({ stateDirectory }: Config): Check {
  const opened = openDatabaseReadOnly(databaseFile(stateDirectory), { busyTimeoutMs: BUSY_TIMEOUT_MS });
  if (!opened.ok) return failure("delivery", opened.error);
  try {
    const backlog = readBacklog(opened.value);
    if (!backlog.ok) return failure("delivery", backlog.error);
    const { last, acked } = backlog.value;
    const found = `${acked} of ${last} rows acknowledged by the back end`;
    return last - acked <= LONG_BACKLOG
      ? well("delivery", found)
      : doubtful("delivery", found, "check that the back end runs and may write the gate's ack topic");
  } finally {
    opened.value.close();
  }
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

/** Opening brings the file to this version's form; then every page of it is read. */
async function checkJournal(stateDirectory: string): Promise<readonly Check[]> {
  const file = databaseFile(stateDirectory);
  const opened = openDatabase(file, { busyTimeoutMs: BUSY_TIMEOUT_MS });
  if (!opened.ok) return [failure("database", opened.error)];
  try {
    const sound = checkDatabase(opened.value);
    if (!sound.ok) return [failure("database", sound.error)];
    return [well("database", `${file} is sound`), await checkChain(opened.value, stateDirectory)];
  } finally {
    opened.value.close();
  }
}

/** The newest rows and the checkpoints among them, against the key that the gate signs with. */
async function checkChain(database: OpenDatabase, stateDirectory: string): Promise<Check> {
  const keyFile = join(stateDirectory, "journal.key");
  const isMade = await access(keyFile).then(
    () => true,
    () => false,
  );
  // Made here it would belong to the person who asks, and the gate could not read it.
  if (!isMade) return well("journal", "not verified: its key is made at the gate's first start");
  const signer = loadOrCreateSigner(keyFile, systemRandom);
  if (!signer.ok) return failure("journal", signer.error);
  const verified = verifyChain(database, signer.value.publicKey, { newest: NEWEST_ROWS });
  if (!verified.ok)
    return verified.error.kind === "chainBroken"
      ? brokenChain(verified.error)
      : failure("journal", verified.error);
  const { first, last, checkpoints } = verified.value;
  return well("journal", `rows ${first} to ${last} and ${checkpoints} checkpoints verify`);
}

function brokenChain({ seq, what }: ChainFault): Check {
  const remedy =
    "keep a copy of the state directory as evidence and compare it with what the back end received; somebody or something other than the gate wrote here";
  return bad("journal", `does not verify at row ${seq} (${what})`, remedy);
}
