// Makers of visible seals in the trust store: apart from country signers, and under the same seal over all rows.
import { describe, expect, test } from "vitest";
import { type TrustImport, TrustRegister } from "../../src/journal/trust-register.ts";
import { TrustStore } from "../../src/journal/trust-store.ts";
import { instant } from "../../src/time/time.ts";
import { good } from "../good.ts";
import { anchor, bringing, published, revocationList, signer } from "./stored-anchor.ts";
import { sealer, sealerList } from "./stored-sealer.ts";
import { DAY_MS, NOON, TemporaryJournal } from "./temporary-journal.ts";

function openRegister() {
  const world = new TemporaryJournal();
  const register = good(TrustRegister.open(world.database, world.journal));
  const store = good(TrustStore.open(world.database));
  const seal = () => good(store.seal());
  return {
    world,
    register,
    store,
    seal,
    run: (sql: string) => world.database.connection.exec(sql),
    import: async (parts: Partial<TrustImport>) => good(await register.import(bringing(parts), seal())),
    content: () => good(store.read()),
    rows: () => good(world.journal.read(0, 100)).map(({ type, data }) => ({ type, ...data })),
  };
}

const filled = async () => {
  const opened = openRegister();
  await opened.import({
    byHand: [anchor(1)],
    sealers: [
      sealer(7, { role: "signer", certificateId: "0001" }),
      sealer(8, { role: "root", authorityId: "" }),
    ],
    sealerLists: [sealerList("august", [sealer(5), sealer(6)])],
    sealerRevocationLists: [revocationList("of seals")],
  });
  return opened;
};
const ids = (opened: Awaited<ReturnType<typeof filled>>) =>
  opened
    .content()
    .sealers.map(({ subject }) => subject.slice(-2))
    .sort();

describe("import", () => {
  test("keeps makers of seals and country signers apart, and counts them together", async () => {
    const opened = openRegister();
    const crl = revocationList("of seals");
    expect(
      await opened.import({ byHand: [anchor(1)], sealers: [sealer(5)], sealerRevocationLists: [crl] }),
    ).toMatchObject({ added: 2, revocationListsAdded: 1 });
    const content = opened.content();
    expect(content.anchors).toHaveLength(1);
    expect(content.revocationLists).toEqual([]);
    expect(content.sealers).toEqual([
      { ...sealer(5), der: Buffer.from(sealer(5).der), sources: ["by-hand.pem"], isListed: false },
    ]);
    expect(content.sealerRevocationLists).toEqual([{ ...crl, der: Buffer.from(crl.der) }]);
    expect(opened.rows()).toMatchObject([{ type: "acs.config.trust", added: 2, file: "by-hand.pem" }]);
  });

  test("of the same thing twice changes nothing", async () => {
    const opened = await filled();
    const before = opened.seal();
    const again = {
      sealers: [sealer(8, { role: "root", authorityId: "" })],
      importedAt: instant(NOON + DAY_MS),
    };
    expect(
      await opened.import({ ...again, sealerLists: [sealerList("august", [sealer(5), sealer(6)])] }),
    ).toBeUndefined();
    expect(opened.seal()).toBe(before);
    expect(opened.rows()).toHaveLength(1);
  });

  test("by hand of a file of the same name makes that as new as the last thing that it brought", async () => {
    const opened = openRegister();
    const dateOf = () => opened.content().sources.map(({ importedAt }) => importedAt - NOON);
    await opened.import({ sealers: [sealer(5)] });
    await opened.import({ sealers: [sealer(5), sealer(6)], importedAt: instant(NOON + DAY_MS) });
    expect(dateOf()).toEqual([DAY_MS]);
    await opened.import({ sealers: [sealer(6)], importedAt: instant(NOON + 2 * DAY_MS) });
    expect(dateOf()).toEqual([DAY_MS]);
    await opened.import({ byHand: [anchor(1)], importedAt: instant(NOON + 3 * DAY_MS) });
    expect(dateOf()).toEqual([3 * DAY_MS]);
  });

  test("of a newer list takes away what it does not name, but not what was given by hand", async () => {
    const opened = await filled();
    expect(opened.content().sealers.filter(({ isListed }) => isListed)).toHaveLength(2);
    await opened.import({ name: "tsl.xml", sealerLists: [sealerList("february", [sealer(6), sealer(4)])] });
    expect(ids(opened)).toEqual(["04", "06", "07", "08"]);
    const lists = opened.rows().map((row) => ("lists" in row ? row.lists : undefined));
    expect(lists[1]).toEqual([sealerList("february", []).fingerprint]);
  });

  test("of a State's master list does not touch its list of seals, nor the other way round", async () => {
    const opened = await filled();
    await opened.import({ name: "fr.ml", lists: [published("FR", "may", [anchor(3)])] });
    await opened.import({ name: "fr.ml", lists: [published("FR", "june", [anchor(4)])] });
    expect(ids(opened)).toEqual(["05", "06", "07", "08"]);
    await opened.import({ name: "tsl.xml", sealerLists: [sealerList("february", [sealer(6)])] });
    expect(opened.content().anchors.map(({ subject }) => subject.at(-1))).toEqual(
      expect.arrayContaining(["1", "4"]),
    );
  });

  test("of a newer revocation list takes the place of the older of its issuer and key", async () => {
    const opened = await filled();
    const newer = revocationList("newer of seals");
    expect(await opened.import({ sealerRevocationLists: [newer] })).toMatchObject({
      revocationListsAdded: 1,
      revocationListsRemoved: 1,
    });
    expect(opened.content().sealerRevocationLists.map(({ fingerprint }) => fingerprint)).toEqual([
      newer.fingerprint,
    ]);
  });
});

describe("remove", () => {
  test("takes a maker by digits of its fingerprint or of its key", async () => {
    const opened = await filled();
    const digits = sealer(5).fingerprint.slice(0, 12);
    expect(good(await opened.register.remove({ by: "digits", digits }))).toMatchObject({
      kind: "removed",
      removed: 1,
    });
    const keyId = sealer(6).subjectKeyId ?? "";
    expect(good(await opened.register.remove({ by: "digits", digits: keyId }))).toMatchObject({
      kind: "removed",
    });
    expect(ids(opened)).toEqual(["07", "08"]);
    expect(opened.content().anchors).toHaveLength(1);
  });

  test("takes all that files of a name brought, revocation lists included", async () => {
    const opened = await filled();
    await opened.import({
      name: "other.pem",
      sealers: [sealer(3)],
      sealerRevocationLists: [revocationList("b", { issuerKeyId: "B" })],
    });
    await opened.register.remove({ by: "source", name: "by-hand.pem" });
    expect(ids(opened)).toEqual(["03"]);
    expect(opened.content().sealerRevocationLists.map(({ issuerKeyId }) => issuerKeyId)).toEqual(["B"]);
  });

  test("takes everything", async () => {
    const opened = await filled();
    good(await opened.register.remove({ by: "everything" }));
    expect(opened.content()).toMatchObject({
      sealers: [],
      sealerRevocationLists: [],
      sources: [],
      anchors: [],
    });
  });
});

const TABLES = ["sealer_certificate", "sealer_entry", "sealer_crl"];
const DAMAGED = { ok: false, error: { kind: "trustStoreDamaged" } };

describe("damage", () => {
  test("in any column is seen", async () => {
    const { world, store } = await filled();
    const { connection } = world.database;
    connection.pragma("foreign_keys = OFF");
    let tried = 0;
    for (const table of TABLES) {
      const columns = connection.pragma(`table_info(${table})`) as readonly { name: string; type: string }[];
      for (const { name, type } of columns) {
        const other = type === "INTEGER" ? `coalesce(${name}, 0) + 10` : `coalesce(${name}, '') || 'x'`;
        connection.exec(`SAVEPOINT before; UPDATE ${table} SET ${name} = ${other}`);
        expect(store.read(), `${table}.${name}`).toMatchObject(DAMAGED);
        connection.exec("ROLLBACK TO before; RELEASE before");
        tried++;
      }
    }
    expect(tried).toBe(12 + 2 + 9);
    expect(store.read().ok).toBe(true);
  });

  test.each(TABLES)("by which rows of %s are gone is seen", async (table) => {
    const { store, run } = await filled();
    run(`PRAGMA foreign_keys = OFF; DELETE FROM ${table}`);
    expect(store.read()).toMatchObject(DAMAGED);
  });

  test("by which a country signer becomes a maker of seals, or the reverse, is seen", async () => {
    const { store, run } = await filled();
    run(`PRAGMA foreign_keys = OFF;
      INSERT INTO trust_certificate SELECT fingerprint, der, subject_key_id, subject_key, subject, country, not_before,
        not_after, 'csca', laboratory FROM sealer_certificate WHERE authority_id = 'FR05';
      INSERT INTO trust_entry SELECT source, fingerprint FROM sealer_entry WHERE fingerprint IN
        (SELECT fingerprint FROM trust_certificate)`);
    expect(store.read()).toMatchObject(DAMAGED);
  });
});

test("a store from before there were makers of seals has the seal that it had", async () => {
  const { import: bring, seal } = openRegister();
  await bring({ byHand: [anchor(1)], revocationLists: [revocationList("one")], signers: [signer("one")] });
  // Computed by the release before, over the same rows.
  expect(seal()).toBe("6CB3DB48A15D30AC8AF79DADBA138F0C31E44FE8923796948EF37619B47AA06E");
});
