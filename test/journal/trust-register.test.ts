// The operator's side of the trust store: what a change does, and what the journal says of it.
import { describe, expect, test } from "vitest";
import { type TrustImport, TrustRegister } from "../../src/journal/trust-register.ts";
import { TrustStore } from "../../src/journal/trust-store.ts";
import { instant } from "../../src/time/time.ts";
import { good } from "../good.ts";
import { anchor, bringing, published, revocationList, signer } from "./stored-anchor.ts";
import { DAY_MS, NOON, TemporaryJournal } from "./temporary-journal.ts";

function openRegister(world = new TemporaryJournal()) {
  const register = good(TrustRegister.open(world.database, world.journal));
  const store = good(TrustStore.open(world.database));
  const seal = () => good(store.seal());
  return {
    world,
    register,
    store,
    seal,
    import: async (parts: Partial<TrustImport>) => good(await register.import(bringing(parts), seal())),
    held: () =>
      good(store.read())
        .anchors.map(({ subject }) => Number(subject.split(" ").at(-1)))
        .sort((left, right) => left - right),
    rows: () => good(world.journal.read(0, 100)).map(({ type, data }) => ({ type, ...data })),
  };
}

const COUNTS = {
  added: 0,
  removed: 0,
  revocationListsAdded: 0,
  revocationListsRemoved: 0,
  signersPinned: 0,
  signersRemoved: 0,
};

describe("import", () => {
  test("stores all that a file brings, and gives it back as it was", async () => {
    const { store, import: bring } = openRegister();
    const pin = signer("list signer");
    const crl = revocationList("one");
    expect(await bring({ byHand: [anchor(1)], revocationLists: [crl], signers: [pin] })).toEqual({
      ...COUNTS,
      added: 1,
      revocationListsAdded: 1,
      signersPinned: 1,
    });
    const content = good(store.read());
    expect(content.anchors).toEqual([
      { ...anchor(1), der: Buffer.from(anchor(1).der), sources: ["by-hand.pem"] },
    ]);
    expect(content.revocationLists).toEqual([{ ...crl, der: Buffer.from(crl.der) }]);
    expect(content.signers).toEqual([{ ...pin, der: Buffer.from(pin.der) }]);
  });

  test("of the same thing twice changes nothing, seal, journal and dates of import included", async () => {
    const { import: bring, seal, rows, store } = openRegister();
    const file = {
      byHand: [anchor(1)],
      lists: [published("DE", "may", [anchor(2)])],
      revocationLists: [revocationList("one")],
      signers: [signer("list signer")],
    };
    await bring(file);
    const before = seal();
    const content = store.read();
    expect(await bring({ ...file, importedAt: instant(NOON + DAY_MS) })).toBeUndefined();
    expect(seal()).toBe(before);
    expect(store.read()).toEqual(content);
    expect(rows()).toHaveLength(1);
  });

  test("a newer list takes away what it does not name, but not what else brings it", async () => {
    const { import: bring, held } = openRegister();
    await bring({ byHand: [anchor(1)] });
    await bring({
      name: "de.ml",
      lists: [published("DE", "may", [anchor(1), anchor(2), anchor(3), anchor(4)])],
    });
    await bring({ name: "fr.ml", lists: [published("FR", "may", [anchor(3)])] });
    expect(held()).toEqual([1, 2, 3, 4]);
    const newer = { name: "de-2.ml", lists: [published("DE", "june", [anchor(4), anchor(5)])] };
    expect(await bring(newer)).toEqual({ ...COUNTS, added: 1, removed: 1 });
    expect(held()).toEqual([1, 3, 4, 5]);
  });

  test("a newer revocation list takes the place of the older of its issuer and key only", async () => {
    const { import: bring, store } = openRegister();
    const old = revocationList("old");
    const other = revocationList("other key", { issuerKeyId: "BB" });
    await bring({ revocationLists: [old, other] });
    const newer = revocationList("new");
    expect(await bring({ revocationLists: [newer] })).toMatchObject({
      revocationListsAdded: 1,
      revocationListsRemoved: 1,
    });
    const held = good(store.read()).revocationLists.map(({ fingerprint }) => fingerprint);
    expect(held.sort()).toEqual([newer.fingerprint, other.fingerprint].sort());
  });

  test("against a store that has changed since is refused and changes nothing", async () => {
    const { register, import: bring, seal, held } = openRegister();
    const seen = seal();
    await bring({ byHand: [anchor(1)] });
    expect(await register.import(bringing({ byHand: [anchor(2)] }), seen)).toMatchObject({
      ok: false,
      error: { kind: "trustStoreChanged" },
    });
    expect(held()).toEqual([1]);
  });
});

describe("remove", () => {
  const filled = async () => {
    const opened = openRegister();
    await opened.import({ byHand: [anchor(1), anchor(2)] });
    await opened.import({
      name: "de.ml",
      lists: [published("DE", "may", [anchor(2), anchor(3)])],
      revocationLists: [revocationList("one")],
      signers: [signer("list signer")],
    });
    return opened;
  };

  test("by the first digits of a fingerprint or of a key identifier, whoever brought the certificate", async () => {
    const { register, held } = await filled();
    const digits = anchor(2).fingerprint.slice(0, 8).toLowerCase();
    expect(good(await register.remove({ by: "digits", digits }))).toMatchObject({
      kind: "removed",
      removed: 1,
    });
    expect(held()).toEqual([1, 3]);
    const keyId = anchor(3).subjectKeyId ?? "";
    expect(good(await register.remove({ by: "digits", digits: keyId }))).toMatchObject({ removed: 1 });
    expect(held()).toEqual([1]);
    expect(good(await register.remove({ by: "digits", digits: keyId }))).toEqual({ kind: "notFound" });
  });

  test("takes nothing out when digits fit several, and says which", async () => {
    const { register, held } = await filled();
    const removal = good(await register.remove({ by: "digits", digits: "AAAAAAAA" }));
    expect(removal).toMatchObject({ kind: "ambiguous" });
    expect(removal.kind === "ambiguous" && removal.candidates.map(({ subject }) => subject).sort()).toEqual([
      "C=IT, CN=Signer 1",
      "C=IT, CN=Signer 2",
      "C=IT, CN=Signer 3",
    ]);
    expect(held()).toEqual([1, 2, 3]);
  });

  test("by a key identifier takes every certificate of the key; by a fingerprint it says that the key is left", async () => {
    const { register, held, import: bring, rows } = openRegister();
    const subjectKeyId = "CC".repeat(20);
    await bring({
      byHand: [anchor(1, { subjectKeyId }), anchor(2, { subjectKeyId, kind: "link" }), anchor(3)],
    });
    const one = await register.remove({ by: "digits", digits: anchor(1).fingerprint });
    expect(good(one)).toMatchObject({ removed: 1, sameKeyLeft: 1 });
    await bring({ byHand: [anchor(1, { subjectKeyId })] });
    const key = await register.remove({ by: "digits", digits: "cccccccc" });
    expect(good(key)).toMatchObject({ removed: 2, sameKeyLeft: 0 });
    expect(held()).toEqual([3]);
    expect(rows().at(-1)).toMatchObject({ removed: 2, keyId: subjectKeyId });
  });

  test("a pinned signer", async () => {
    const { register, store } = await filled();
    const { fingerprint } = signer("list signer");
    expect(good(await register.remove({ by: "digits", digits: fingerprint.slice(0, 10) }))).toMatchObject({
      signersRemoved: 1,
      removed: 0,
    });
    expect(good(store.read()).signers).toEqual([]);
  });

  test("a file with all that it brought, but not what another brings too", async () => {
    const { register, held, store } = await filled();
    expect(good(await register.remove({ by: "source", name: "de.ml" }))).toMatchObject({
      removed: 1,
      revocationListsRemoved: 1,
      signersRemoved: 1,
    });
    expect(held()).toEqual([1, 2]);
    expect(good(store.read()).sources.map(({ name }) => name)).toEqual(["by-hand.pem"]);
    expect(good(await register.remove({ by: "source", name: "de.ml" }))).toEqual({ kind: "notFound" });
  });

  test("everything; and of an empty store nothing", async () => {
    const { register, held } = await filled();
    expect(good(await register.remove({ by: "everything" }))).toMatchObject({
      removed: 3,
      signersRemoved: 1,
    });
    expect(held()).toEqual([]);
    expect(good(await register.remove({ by: "everything" }))).toEqual({ kind: "notFound" });
  });

  test("of a certificate is undone by the same list again", async () => {
    const { register, held, import: bring } = await filled();
    good(await register.remove({ by: "digits", digits: anchor(3).fingerprint }));
    const again = { name: "de.ml", lists: [published("DE", "may", [anchor(2), anchor(3)])] };
    expect(await bring(again)).toMatchObject({ added: 1 });
    expect(held()).toEqual([1, 2, 3]);
  });
});

describe("the journal", () => {
  test("has a row for each change, with counts, file, lists and the new seal", async () => {
    const { register, import: bring, rows, seal } = openRegister();
    const list = published("DE", "may", [anchor(1), anchor(2)]);
    await bring({ name: "de.ml", lists: [list] });
    const first = seal();
    good(await register.remove({ by: "digits", digits: anchor(1).fingerprint }));
    const second = seal();
    good(await register.remove({ by: "source", name: "de.ml" }));
    const type = "acs.config.trust";
    expect(rows()).toEqual([
      { type, ...COUNTS, added: 2, file: "de.ml", lists: [list.fingerprint], seal: first },
      { type, ...COUNTS, removed: 1, fingerprint: anchor(1).fingerprint, seal: second },
      { type, ...COUNTS, removed: 1, source: "de.ml", seal: seal() },
    ]);
  });

  test("that cannot be written keeps the change from happening", async () => {
    const { world, register, held, seal } = openRegister();
    world.database.connection.exec(
      "CREATE TRIGGER full BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'no'); END",
    );
    expect(await register.import(bringing({ byHand: [anchor(1)] }), seal())).toMatchObject({ ok: false });
    expect(held()).toEqual([]);
  });
});
