import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { loadOrCreateSigner, type Signer } from "../../src/crypto/signing-key.ts";
import { systemRandom } from "../../src/crypto/system-random.ts";
import { writeCheckpoint } from "../../src/journal/checkpoint.ts";
import { type ChainFault, verifyChain, verifyInPages } from "../../src/journal/verify-chain.ts";
import { silentLog } from "../../src/ports/log.ts";
import { good } from "../good.ts";
import { granted, TemporaryJournal, temporaryDirectory } from "./temporary-journal.ts";

const newSigner = (): Signer =>
  good(loadOrCreateSigner(join(temporaryDirectory(), "journal.key"), systemRandom));

/** Three rows, a personal part and a checkpoint over row 3. */
async function signedJournal() {
  const world = new TemporaryJournal();
  const signer = newSigner();
  good(await world.journal.append([granted(1), world.personalEvent(), granted(3)]));
  good(await writeCheckpoint({ journal: world.journal, clock: world.clock, signer, log: silentLog }));
  good(await world.journal.append([granted(5)]));
  const verify = (by: Signer = signer) => verifyChain(world.database, by.publicKey);
  const sql = (text: string, ...values: readonly unknown[]) =>
    world.database.connection.prepare(text).run(...values);
  return { world, signer, verify, sql };
}

const broken = (seq: number, what: ChainFault["what"]) => ({
  ok: false,
  error: { kind: "chainBroken", seq, what },
});

test("an untouched journal verifies, and so does an empty one", async () => {
  const { verify } = await signedJournal();
  expect(verify()).toEqual({ ok: true, value: { first: 1, last: 5, checkpoints: 1 } });
  expect(verifyChain(new TemporaryJournal().database, newSigner().publicKey)).toMatchObject({ ok: true });
});

test("changing any one byte of any line, hash, time or personal part is found", async () => {
  const { verify, world } = await signedJournal();
  const { connection } = world.database;
  const cells = [
    ["event", "line"],
    ["event", "hash"],
    ["event", "time"],
    ["personal", "salt"],
    ["personal", "pseudonym"],
  ] as const;
  fc.assert(
    fc.property(
      fc.constantFrom(...cells),
      fc.nat(),
      fc.nat(),
      fc.integer({ min: 1, max: 127 }),
      ([table, column], row, at, flip) => {
        connection.exec("BEGIN");
        const seqs = connection.prepare(`SELECT seq FROM ${table}`).pluck().all();
        const seq = seqs[row % seqs.length];
        const value = connection.prepare(`SELECT ${column} FROM ${table} WHERE seq = ?`).pluck().get(seq);
        connection
          .prepare(`UPDATE ${table} SET ${column} = ? WHERE seq = ?`)
          .run(flipped(value, at, flip), seq);
        const outcome = verify();
        connection.exec("ROLLBACK");
        expect(outcome).toMatchObject({ ok: false, error: { kind: "chainBroken" } });
      },
    ),
    { numRuns: 300 },
  );
  expect(verify()).toMatchObject({ ok: true });
});

function flipped(value: unknown, at: number, flip: number): unknown {
  if (typeof value === "number") return value + flip;
  const bytes = typeof value === "string" ? Buffer.from(value) : Buffer.from(value as Uint8Array);
  bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ flip;
  return typeof value === "string" ? bytes.toString("latin1") : bytes;
}

test("a removed row, a swapped pair and a cut tail are named for what they are", async () => {
  const one = await signedJournal();
  one.sql("DELETE FROM event WHERE seq = 2");
  expect(one.verify()).toMatchObject(broken(3, "gap"));

  const two = await signedJournal();
  two.sql("UPDATE event SET seq = 30 - seq WHERE seq IN (1, 3)");
  two.sql("UPDATE event SET seq = CASE seq WHEN 29 THEN 3 ELSE 1 END WHERE seq > 20");
  expect(two.verify()).toMatchObject(broken(1, "line"));

  const three = await signedJournal();
  good(three.world.journal.acknowledge(5));
  three.sql("DELETE FROM event WHERE seq = 5");
  expect(three.verify()).toMatchObject(broken(4, "tail"));
});

test("a head that is gone without a row about its pruning is found", async () => {
  const { verify, sql } = await signedJournal();
  sql("DELETE FROM event WHERE seq = 1");
  expect(verify()).toMatchObject(broken(2, "head"));
});

test("a chain rewritten as a whole fails at its checkpoint, because the key is not the intruder's", async () => {
  const { verify } = await signedJournal();
  expect(verify(newSigner())).toMatchObject(broken(4, "checkpoint"));
});

test("erasing a personal part leaves the chain whole", async () => {
  const { verify, sql } = await signedJournal();
  sql("DELETE FROM personal");
  expect(verify()).toMatchObject({ ok: true, value: { last: 5 } });
});

test("the newest rows alone are taken from where they begin, checkpoint included", async () => {
  const { world, signer, sql } = await signedJournal();
  const newest = (count: number, by = signer) => verifyChain(world.database, by.publicKey, { newest: count });
  expect(newest(3)).toEqual({ ok: true, value: { first: 3, last: 5, checkpoints: 1 } });
  expect(newest(1000)).toEqual({ ok: true, value: { first: 1, last: 5, checkpoints: 1 } });
  expect(newest(3, newSigner())).toMatchObject(broken(4, "checkpoint"));
  sql("UPDATE event SET hash = zeroblob(32) WHERE seq = 2");
  expect(newest(3)).toMatchObject({ ok: true });
  expect(newest(4)).toMatchObject(broken(2, "hash"));
});

test("a verification in pages sees one moment, and given up leaves the database free", async () => {
  const world = new TemporaryJournal();
  const other = new TemporaryJournal(world.file);
  good(await world.journal.append(Array.from({ length: 1_500 }, (_, number) => granted(number))));
  const pages = verifyInPages(other.database, newSigner().publicKey);
  expect(pages.next()).toEqual({ done: false, value: 1_000 });
  good(await world.journal.append([granted(1_500)]));
  expect(pages.next()).toEqual({ done: false, value: 1_500 });
  expect(pages.next()).toMatchObject({ done: true, value: { ok: true, value: { first: 1, last: 1_500 } } });
  const again = verifyInPages(other.database, newSigner().publicKey);
  for (const _ of again) break;
  expect(other.database.connection.inTransaction).toBe(false);
});
