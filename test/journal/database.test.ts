import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { loadOrCreateSigner } from "../../src/crypto/signing-key.ts";
import { systemRandom } from "../../src/crypto/system-random.ts";
import { checkDatabase, openDatabase } from "../../src/journal/database.ts";
import { SCHEMA_VERSION } from "../../src/journal/migrations.ts";
import { verifyChain } from "../../src/journal/verify-chain.ts";
import { good } from "../good.ts";
import { granted, mentioning, TemporaryJournal, temporaryDirectory } from "./temporary-journal.ts";

const open = (file: string) => openDatabase(file, { busyTimeoutMs: 20 });

test("a new database is durable, erases for good, and is private", () => {
  const file = join(temporaryDirectory(), "varco.db");
  const { connection, close } = good(open(file));
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
  good(await world.journal.append([granted(1)]));
  world.database.connection.exec(
    `DROP TRIGGER generation_raised; DROP TRIGGER chip_pin_imported; DROP VIEW admitted; DROP TABLE credential; DROP TABLE denied;
     DROP TABLE list_change; DROP TABLE chip_pin; DROP TABLE sealer_entry; DROP TABLE sealer_certificate;
     DROP TABLE sealer_crl; DROP TABLE trust_entry; DROP TABLE trust_certificate;
     DROP TABLE trust_source; DROP TABLE trust_crl; DROP TABLE trust_signer; DROP TABLE trust_seal; DROP TABLE password_try;
     DELETE FROM counter WHERE name IN ('generation', 'import', 'swept'); PRAGMA user_version = 1`,
  );
  const again = good(open(world.file));
  expect(again.connection.pragma("user_version", { simple: true })).toBe(SCHEMA_VERSION);
  expect(again.connection.prepare("SELECT count(*) AS n FROM credential").get()).toEqual({ n: 0 });
  expect(again.connection.prepare("SELECT count(*) AS n FROM event").get()).toEqual({ n: 1 });
  again.close();
});

test("a migration that fails leaves the schema where it was", () => {
  const file = join(temporaryDirectory(), "varco.db");
  good(open(file)).close();
  const raw = new Sqlite(file);
  // The second step will meet a table of its name.
  raw.exec("DELETE FROM counter; PRAGMA user_version = 1");
  raw.close();
  expect(open(file)).toMatchObject({
    ok: false,
    error: { kind: "unavailable", remedy: mentioning("its tables are not those of this program") },
  });
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

/** A closed database of many pages, as bytes, and the size of a page. */
async function manyRows(): Promise<{ readonly bytes: Buffer; readonly pageBytes: number }> {
  const world = new TemporaryJournal();
  good(await world.journal.append(Array.from({ length: 1000 }, (_, number) => granted(number))));
  world.database.connection.pragma("wal_checkpoint(TRUNCATE)");
  const bytes = readFileSync(world.file);
  return { bytes, pageBytes: bytes.readUInt16BE(16) };
}

function written(bytes: Uint8Array): string {
  const file = join(temporaryDirectory(), "damaged.db");
  writeFileSync(file, bytes);
  return file;
}

/** Overwrites pages from the given one on in their header, where the cell pointers are. */
function damage(bytes: Buffer, from: number, to: number, pageBytes: number): void {
  for (let page = from; page < to; page++) bytes.fill(0xa5, page * pageBytes, page * pageBytes + 64);
}

describe("what an opened database is known to be good for", () => {
  test("the header and the roots of the tables", async () => {
    const { bytes, pageBytes } = await manyRows();
    const headless = Buffer.from(bytes).fill(0xa5, 20, 100);
    damage(bytes, 1, bytes.length / pageBytes, pageBytes);
    for (const file of [written(headless), written(bytes)])
      expect(open(file)).toMatchObject({ ok: false, error: { kind: "corrupt", file } });
  });

  test("its length", async () => {
    const { bytes } = await manyRows();
    const file = written(bytes.subarray(0, bytes.length / 2));
    expect(open(file)).toMatchObject({ ok: false, error: { kind: "corrupt", file } });
  });

  test.each([
    ["a line that is none", "UPDATE event SET line = 'garbage' WHERE seq = 990"],
    [
      "a line with one byte changed",
      "UPDATE event SET line = replace(line, 'lane-1', 'lane-2') WHERE seq = 901",
    ],
    ["a hash", "UPDATE event SET hash = zeroblob(32) WHERE seq = 1000"],
    ["a missing row", "DELETE FROM event WHERE seq = 999"],
  ])("the end of the chain: %s", async (_, sql) => {
    const world = new TemporaryJournal();
    good(await world.journal.append(Array.from({ length: 1000 }, (__, number) => granted(number))));
    good(open(world.file)).close();
    world.database.connection.exec(sql);
    expect(open(world.file)).toMatchObject({ ok: false, error: { kind: "corrupt" } });
  });

  test("not every page: one deep inside is told at use, and when a person asks", async () => {
    const { bytes, pageBytes } = await manyRows();
    const sound = good(open(written(Buffer.from(bytes))));
    expect(checkDatabase(sound)).toEqual({ ok: true, value: undefined });
    sound.close();
    // Early rows of the journal are in the middle of the file.
    const middle = Math.floor(bytes.length / pageBytes / 2);
    damage(bytes, middle, middle + 1, pageBytes);
    const database = good(open(written(bytes)));
    const { file } = database;
    expect(checkDatabase(database)).toMatchObject({ ok: false, error: { kind: "corrupt", file } });
    const { publicKey } = good(loadOrCreateSigner(join(temporaryDirectory(), "key"), systemRandom));
    expect(verifyChain(database, publicKey)).toMatchObject({ ok: false, error: { kind: "corrupt", file } });
    database.close();
  });
});

test("a database of a later release is not touched", () => {
  const file = join(temporaryDirectory(), "varco.db");
  const newer = good(open(file));
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
