// What SQLite leaves of deleted rows, that it is found wherever it lies, and that it is gone then.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../../src/journal/database.ts";
import { isInFile, MARK_BYTES } from "../../src/journal/marks-in-file.ts";
import { overwriteRemains } from "../../src/journal/remains.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";
import { bad, good } from "../good.ts";
import { TemporaryJournal, temporaryDirectory } from "./temporary-journal.ts";

const MEBIBYTE = 1_048_576;

/** Rows of four people in turn, of whom only the first is kept: the pages that they fill are joined as they grow empty. */
async function withDeletedRows() {
  const world = new TemporaryJournal();
  const random = new SeededRandom(7);
  const people = Array.from({ length: 4 }, () => random.bytes(MARK_BYTES));
  const [kept = new Uint8Array(0), ...deleted] = people;
  for (let turn = 0; turn < 300; turn++)
    good(await world.journal.append(people.map((person) => world.personalEvent(person))));
  const { connection } = world.database;
  const remove = "DELETE FROM personal WHERE seq IN (SELECT seq FROM personal WHERE pseudonym <> ?)";
  connection.prepare(remove).run(kept);
  return {
    world,
    deleted,
    kept,
    overwrite: async (marks: readonly Uint8Array[]) =>
      good(await world.timeline.resolve(overwriteRemains(world.database, marks, world.clock))),
    left: () => {
      const files = ["", "-wal", "-shm"].map((end) => readFileSync(world.file + end));
      return deleted.filter((key) => files.some((file) => file.includes(Buffer.from(key)))).length;
    },
  };
}

test("copies of deleted rows are left in the file, though SQLite overwrites what it deletes; they go", async () => {
  const { world, deleted, kept, overwrite, left } = await withDeletedRows();
  world.database.connection.pragma("wal_checkpoint(TRUNCATE)");
  expect(left()).toBeGreaterThan(0);
  expect(await overwrite(deleted)).toBe("overwritten");
  expect(left()).toBe(0);
  expect(await overwrite(deleted)).toBe("none");
  const rows = world.database.connection.prepare("SELECT count(*) FROM personal WHERE pseudonym = ?").pluck();
  expect(rows.get(kept)).toBe(300);
});

test("what a row still has is not overwritten: it is left, and that is said", async () => {
  const { kept, overwrite } = await withDeletedRows();
  expect(await overwrite([kept])).toBe("left");
});

test("another process that reads is waited for a little, and then the copies are left", async () => {
  const { world, deleted, overwrite } = await withDeletedRows();
  const other = good(openDatabase(world.file, { busyTimeoutMs: 20 }));
  onTestFinished(() => other.close());
  other.connection.exec("BEGIN; SELECT count(*) FROM personal");
  world.database.connection.exec("UPDATE counter SET value = value + 1 WHERE name = 'connection'");
  expect(await overwrite(deleted)).toBe("left");
  other.connection.exec("COMMIT");
  expect(await overwrite(deleted)).toBe("overwritten");
});

test.each([
  0,
  1,
  31,
  MEBIBYTE - 32,
  MEBIBYTE - 31,
  MEBIBYTE - 1,
  MEBIBYTE,
  2 * MEBIBYTE - 16,
  3 * MEBIBYTE - 32,
])("a mark at byte %i of a file is found, and no other", (at) => {
  const file = join(temporaryDirectory(), "file");
  const bytes = new Uint8Array(3 * MEBIBYTE);
  const mark = new Uint8Array(MARK_BYTES).fill(7);
  bytes.set(mark, at);
  writeFileSync(file, bytes);
  const other = mark.with(MARK_BYTES - 1, 8);
  expect(isInFile(file, [other, mark])).toEqual({ ok: true, value: true });
  expect(isInFile(file, [other])).toEqual({ ok: true, value: false });
});

test("a file that cannot be read is unavailable", () => {
  expect(bad(isInFile("/nowhere/varco.db", []))).toMatchObject({ kind: "unavailable" });
});
