import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { expect, test } from "vitest";
import { openDatabase } from "../../src/journal/database.ts";
import { SCHEMA_VERSION } from "../../src/journal/migrations.ts";
import { granted, mentioning, must, TemporaryJournal, temporaryDirectory } from "./temporary-journal.ts";

const open = (file: string) => openDatabase(file, { busyTimeoutMs: 20 });

test("a new database is durable, erases for good, and is private", () => {
  const file = join(temporaryDirectory(), "varco.db");
  const { connection, close } = must(open(file));
  const pragma = (name: string): unknown => connection.pragma(name, { simple: true });
  expect(pragma("journal_mode")).toBe("wal");
  expect(pragma("synchronous")).toBe(2);
  expect(pragma("secure_delete")).toBe(1);
  expect(pragma("auto_vacuum")).toBe(2);
  expect(pragma("foreign_keys")).toBe(1);
  expect(pragma("user_version")).toBe(SCHEMA_VERSION);
  for (const name of [file, `${file}-wal`, `${file}-shm`]) expect(statSync(name).mode & 0o077).toBe(0);
  close();
});

test("a database of the first schema is brought up to date and keeps its rows", async () => {
  const world = new TemporaryJournal();
  must(await world.journal.append([granted(1)]));
  world.database.connection.exec("DROP TABLE credential; DROP TABLE denied; PRAGMA user_version = 1");
  const again = must(open(world.file));
  expect(again.connection.pragma("user_version", { simple: true })).toBe(SCHEMA_VERSION);
  expect(again.connection.prepare("SELECT count(*) AS n FROM credential").get()).toEqual({ n: 0 });
  expect(again.connection.prepare("SELECT count(*) AS n FROM event").get()).toEqual({ n: 1 });
  again.close();
});

test("a migration that fails leaves the schema where it was", () => {
  const file = join(temporaryDirectory(), "varco.db");
  must(open(file)).close();
  const raw = new Sqlite(file);
  // The second step will meet a table of its name.
  raw.exec("DROP TABLE denied; PRAGMA user_version = 1");
  raw.close();
  expect(open(file)).toMatchObject({ ok: false, error: { kind: "corrupt" } });
  const after = new Sqlite(file);
  expect(after.pragma("user_version", { simple: true })).toBe(1);
  after.close();
});

test("a file that is no database is refused with a remedy and left as it is", () => {
  const file = join(temporaryDirectory(), "varco.db");
  writeFileSync(file, "These are not the bytes of a database.".repeat(100));
  const before = readFileSync(file);
  expect(open(file)).toMatchObject({
    ok: false,
    error: { kind: "corrupt", file, remedy: mentioning(`move ${file}`) },
  });
  expect(readFileSync(file)).toEqual(before);
});

test("a damaged page is found when the database is opened", async () => {
  const world = new TemporaryJournal();
  for (let round = 0; round < 40; round++) must(await world.journal.append([granted(round), granted(round)]));
  world.database.connection.pragma("wal_checkpoint(TRUNCATE)");
  const bytes = readFileSync(world.file);
  const pageBytes = bytes.readUInt16BE(16);
  const file = join(temporaryDirectory(), "damaged.db");
  // Every page but the first is overwritten in its header, where the cell pointers are.
  for (let offset = pageBytes; offset < bytes.length; offset += pageBytes)
    bytes.fill(0xa5, offset, offset + 64);
  writeFileSync(file, bytes);
  expect(open(file)).toMatchObject({ ok: false, error: { kind: "corrupt", file } });
});

test("a database of a later release is not touched", () => {
  const file = join(temporaryDirectory(), "varco.db");
  const newer = must(open(file));
  newer.connection.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
  newer.close();
  expect(open(file)).toMatchObject({
    ok: false,
    error: { kind: "newerSchema", remedy: mentioning("later") },
  });
});

test("no directory, and a directory in the file's place, are told with their remedy", () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "varco.db"));
  expect(open(join(directory, "absent", "varco.db"))).toMatchObject({
    ok: false,
    error: { kind: "unavailable", remedy: mentioning("create the state directory") },
  });
  expect(open(join(directory, "varco.db"))).toMatchObject({ ok: false, error: { kind: "unavailable" } });
});
