/** The built program's import in a process of its own, while a gate's journal writes to the same file. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { lockReader } from "../../src/app/process-lock.ts";
import { SystemClock } from "../../src/app/system-clock.ts";
import { systemRandom } from "../../src/crypto/system-random.ts";
import { openDatabase } from "../../src/journal/database.ts";
import { SqliteJournal } from "../../src/journal/sqlite-journal.ts";
import { instant } from "../../src/time/time.ts";
import { type CommandWorld, commandWorld, NODE } from "../app/command-world.ts";
import { good } from "../good.ts";
import { granted } from "./temporary-journal.ts";

const PROGRAM = resolve("dist/src/app/main.js");
const ROWS = 20_000;
/** As the gate has it: its event loop stands still while it waits for another writer. */
const BUSY_TIMEOUT_MS = 5;
const APPEND_EVERY_MS = 50;

async function gateBesideImports() {
  const world = await commandWorld();
  mkdirSync(join(world.folder, "state"));
  // By this an import knows that somebody would have to wait for it.
  const reader = good(await lockReader(NODE, join(world.folder, "board.sock")));
  onTestFinished(() => reader.release());
  const database = good(
    openDatabase(join(world.folder, "state", "varco.db"), { busyTimeoutMs: BUSY_TIMEOUT_MS }),
  );
  onTestFinished(() => database.close());
  const journal = good(
    SqliteJournal.open({
      database,
      source: "acs:demo-site/gate-1",
      clock: new SystemClock(),
      clockState: () => "synced",
      random: systemRandom,
      buildTime: instant(0),
      retentionMs: 1e9,
    }),
  );
  const count = (table: string): number =>
    Number(database.connection.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
  return { world, journal, count };
}

async function startImport(world: CommandWorld, rows: number): Promise<ChildProcess> {
  const lines = Array.from({ length: rows }, (_, row) => `${String(row).padStart(12, "0")},members`);
  const file = await world.write("members.csv", `identifier,group\n${lines.join("\n")}\n`);
  const words = [PROGRAM, "credentials", "import", "--config", world.configFile, file];
  const child = spawn(process.execPath, words, { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

test("no row of the gate waits for the import's end, or is lost to it", { timeout: 60_000 }, async () => {
  const { world, journal, count } = await gateBesideImports();
  const child = await startImport(world, ROWS);
  const begun = performance.now();
  const waitsMs: number[] = [];
  while (child.exitCode === null) {
    const asked = performance.now();
    good(await journal.append([granted(waitsMs.length)]));
    if (count("credential") > 0) waitsMs.push(performance.now() - asked);
    await delay(APPEND_EVERY_MS);
  }
  expect(child.exitCode).toBe(0);
  expect(count("admitted")).toBe(ROWS);
  expect(waitsMs.length).toBeGreaterThan(10);
  expect(Math.max(...waitsMs)).toBeLessThan((performance.now() - begun) / 2);
});

test("an import killed half way is never seen, and the next one leaves nothing of it", async () => {
  const { world, count } = await gateBesideImports();
  const child = await startImport(world, ROWS);
  while (child.exitCode === null && count("credential") < ROWS / 4) await delay(APPEND_EVERY_MS);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(count("credential")).toBeGreaterThan(0);
  expect(count("admitted")).toBe(0);
  const next = await startImport(world, 3);
  await once(next, "exit");
  expect([next.exitCode, count("admitted"), count("credential")]).toEqual([0, 3, 3]);
}, 60_000);
