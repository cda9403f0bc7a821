// Damage in the trust store: whatever is wrong in the file, no certificate is given out that was not imported.
import { describe, expect, test } from "vitest";
import { TrustRegister } from "../../src/journal/trust-register.ts";
import { TrustStore } from "../../src/journal/trust-store.ts";
import { good } from "../good.ts";
import { anchor, bringing, published, revocationList, signer } from "./stored-anchor.ts";
import { TemporaryJournal } from "./temporary-journal.ts";

async function filledStore() {
  const world = new TemporaryJournal();
  const register = good(TrustRegister.open(world.database, world.journal));
  const store = good(TrustStore.open(world.database));
  const file = bringing({
    byHand: [anchor(1)],
    lists: [published("DE", "may", [anchor(2), anchor(3)])],
    revocationLists: [revocationList("one")],
    signers: [signer("list signer")],
  });
  good(await register.import(file, good(store.seal())));
  const run = (sql: string) => world.database.connection.exec(sql);
  return { world, register, store, run };
}

const DAMAGED = { ok: false, error: { kind: "trustStoreDamaged" } };
const TABLES = ["trust_certificate", "trust_crl", "trust_signer", "trust_source", "trust_entry"];

test("an unused store is empty, not damaged", () => {
  const { database } = new TemporaryJournal();
  expect(good(good(TrustStore.open(database)).read()).anchors).toEqual([]);
});

test("every byte of every certificate, list and signer counts", async () => {
  const { world, store, run } = await filledStore();
  for (const table of ["trust_certificate", "trust_crl", "trust_signer"]) {
    const rows = world.database.connection
      .prepare<[], { rowid: number; der: Buffer }>(`SELECT rowid, der FROM ${table}`)
      .all();
    for (const { rowid, der } of rows) {
      const put = world.database.connection.prepare(`UPDATE ${table} SET der = ? WHERE rowid = ${rowid}`);
      for (let at = 0; at < der.length; at++) {
        put.run(der.map((byte, index) => (index === at ? byte ^ 1 : byte)));
        expect(store.read(), `${table} byte ${at}`).toMatchObject(DAMAGED);
      }
      put.run(der);
    }
  }
  expect(store.read().ok).toBe(true);
  run("UPDATE trust_certificate SET der = 'a text'");
  expect(store.read()).toMatchObject(DAMAGED);
});

test("every column counts", async () => {
  const { world, store } = await filledStore();
  const { connection } = world.database;
  let tried = 0;
  for (const table of TABLES) {
    const columns = connection.pragma(`table_info(${table})`) as readonly { name: string; type: string }[];
    for (const { name, type } of columns) {
      const other = type === "INTEGER" ? `coalesce(${name}, 0) + 10` : `coalesce(${name}, '') || 'x'`;
      connection.pragma("foreign_keys = OFF");
      connection.exec(`SAVEPOINT before; UPDATE ${table} SET ${name} = ${other}`);
      expect(store.read(), `${table}.${name}`).toMatchObject(DAMAGED);
      connection.exec("ROLLBACK TO before; RELEASE before");
      tried++;
    }
  }
  expect(tried).toBe(10 + 9 + 5 + 6 + 2);
  expect(store.read().ok).toBe(true);
});

test.each(TABLES)("a row of %s that is gone, or all of them, counts", async (table) => {
  const { store, run } = await filledStore();
  run(`PRAGMA foreign_keys = OFF; SAVEPOINT before;
       DELETE FROM ${table} WHERE ${table === "trust_entry" ? "source" : "rowid"} =
         (SELECT ${table === "trust_entry" ? "source" : "rowid"} FROM ${table} LIMIT 1)`);
  expect(store.read()).toMatchObject(DAMAGED);
  run(`ROLLBACK TO before; DELETE FROM ${table}`);
  expect(store.read()).toMatchObject(DAMAGED);
});

test("a certificate that was put in beside the program counts, well-formed as it is", async () => {
  const { store, run } = await filledStore();
  const { der, fingerprint } = anchor(9);
  run(`INSERT INTO trust_certificate SELECT '${fingerprint}', x'${Buffer.from(der).toString("hex")}', subject_key_id,
         subject_key, subject, country, not_before, not_after, kind, laboratory FROM trust_certificate LIMIT 1`);
  expect(store.read()).toMatchObject(DAMAGED);
});

test("two certificates that have changed places count", async () => {
  const { store, run } = await filledStore();
  run(`UPDATE trust_certificate SET der = CASE fingerprint
         WHEN '${anchor(1).fingerprint}' THEN x'${Buffer.from(anchor(2).der).toString("hex")}'
         WHEN '${anchor(2).fingerprint}' THEN x'${Buffer.from(anchor(1).der).toString("hex")}' ELSE der END`);
  expect(store.read()).toMatchObject(DAMAGED);
});

test("a seal that is gone or another counts; with everything gone the store is empty", async () => {
  const { store, run } = await filledStore();
  run("UPDATE trust_seal SET seal = 'x' || seal");
  expect(store.read()).toMatchObject(DAMAGED);
  run("DELETE FROM trust_seal");
  expect(store.read()).toMatchObject(DAMAGED);
  for (const table of TABLES) run(`DELETE FROM ${table}`);
  expect(good(store.read())).toMatchObject({ anchors: [], revocationLists: [], signers: [] });
});

test("a table that is gone is an error of the database", async () => {
  const { store, run } = await filledStore();
  run("DROP TABLE trust_crl");
  expect(store.read()).toMatchObject({ ok: false, error: { kind: "unavailable" } });
});

describe("a damaged store", () => {
  test("is not changed, because a new seal would hide the damage", async () => {
    const { register, store, run } = await filledStore();
    run("UPDATE trust_certificate SET country = 'XX'");
    const seal = good(store.seal());
    expect(await register.import(bringing({ byHand: [anchor(9)] }), seal)).toMatchObject(DAMAGED);
    expect(await register.remove({ by: "digits", digits: anchor(1).fingerprint })).toMatchObject(DAMAGED);
    expect(await register.remove({ by: "source", name: "by-hand.pem" })).toMatchObject(DAMAGED);
    expect(store.read()).toMatchObject(DAMAGED);
  });

  test("can be emptied, which the journal says, and filled again", async () => {
    const { world, register, store, run } = await filledStore();
    run("UPDATE trust_certificate SET country = 'XX'");
    expect(good(await register.remove({ by: "everything" }))).toMatchObject({ kind: "removed" });
    expect(good(store.read()).anchors).toEqual([]);
    good(await register.import(bringing({ byHand: [anchor(1)] }), good(store.seal())));
    expect(good(store.read()).anchors).toHaveLength(1);
    expect(good(world.journal.read(1, 1))).toMatchObject([{ data: { everything: true, damaged: true } }]);
  });
});

test("a change by another process is seen by the seal", async () => {
  const { world, register, store } = await filledStore();
  const other = new TemporaryJournal(world.file);
  const gate = good(TrustStore.open(other.database));
  const before = good(gate.seal());
  expect(before).toBe(good(store.seal()));
  good(await register.remove({ by: "digits", digits: anchor(1).fingerprint }));
  expect(good(gate.seal())).not.toBe(before);
  expect(good(gate.read()).anchors).toHaveLength(2);
});
