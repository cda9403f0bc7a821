// The trust store in the running gate: which signers it believes at each moment, and that damage makes it believe nobody.
import { describe, expect, test } from "vitest";
import { storedAnchor } from "../../src/app/commands/anchor-book.ts";
import { LiveTrustAnchors, loadTrustAnchors } from "../../src/app/trust-anchors-of.ts";
import type { TrustConfig } from "../../src/config/schema.ts";
import { TrustRegister } from "../../src/journal/trust-register.ts";
import { TrustStore } from "../../src/journal/trust-store.ts";
import { type Certificate, parseCertificate } from "../../src/pki/certificate.ts";
import type { TrustAnchors } from "../../src/pki/trust-anchors.ts";
import { type Log, silentLog } from "../../src/ports/log.ts";
import { type AuthorityName, authority } from "../../src/sim/pki/authority.ts";
import { good } from "../good.ts";
import { bringing } from "../journal/stored-anchor.ts";
import { NOON, TemporaryJournal } from "../journal/temporary-journal.ts";
import { csca } from "./trust-files.ts";

const GATE: { readonly trust: TrustConfig } = { trust: { crl: "warn" } };
const LABORATORY: { readonly trust: TrustConfig } = {
  trust: { crl: "warn", laboratory: "acceptsTestCards" },
};

const certificate = (der: Uint8Array): Certificate => good(parseCertificate(der));
const signerOf = (name: AuthorityName) => certificate(authority(name).documentSigner(2).certificate);
const verdict = (anchors: TrustAnchors | undefined, name: AuthorityName): string => {
  const judged = anchors?.judge(signerOf(name), { at: NOON });
  if (judged === undefined) return "no anchors";
  return judged.ok ? "trusted" : judged.error.kind;
};

async function storeWith(...names: readonly AuthorityName[]) {
  const world = new TemporaryJournal();
  const register = good(TrustRegister.open(world.database, world.journal));
  const store = good(TrustStore.open(world.database));
  const bring = async (name: AuthorityName) => {
    const byHand = [storedAnchor(certificate(csca(name)))];
    good(await register.import(bringing({ name: `${name}.cer`, byHand }), good(store.seal())));
  };
  for (const name of names) await bring(name);
  const live = (log: Log = silentLog) => good(LiveTrustAnchors.open(world.database, GATE, log));
  const evenEmpty = (log: Log = silentLog) => good(LiveTrustAnchors.openEvenEmpty(world.database, GATE, log));
  return {
    world,
    register,
    bring,
    live,
    evenEmpty,
    run: (sql: string) => world.database.connection.exec(sql),
  };
}

describe("at the start", () => {
  test("the imported country signers stand behind their signers, and nobody else's", async () => {
    const { world } = await storeWith("self-made");
    const anchors = good(loadTrustAnchors(world.database, GATE));
    expect(verdict(anchors, "self-made")).toBe("trusted");
    for (const name of ["impostor", "foreign"] as const) expect(verdict(anchors, name)).toBe("noTrustAnchor");
  });

  test("an empty store is an error, not a gate that trusts nobody in silence", async () => {
    const { world } = await storeWith();
    expect(loadTrustAnchors(world.database, GATE)).toMatchObject({ error: { kind: "trustStoreEmpty" } });
    expect(LiveTrustAnchors.open(world.database, GATE, silentLog)).toMatchObject({
      error: { kind: "trustStoreEmpty" },
    });
  });

  test("test authorities count in a laboratory only, and a store of them alone is empty elsewhere", async () => {
    const { world, bring } = await storeWith("test");
    expect(loadTrustAnchors(world.database, GATE)).toMatchObject({ error: { kind: "trustStoreEmpty" } });
    expect(verdict(good(loadTrustAnchors(world.database, LABORATORY)), "test")).toBe("trusted");
    await bring("self-made");
    const anchors = good(loadTrustAnchors(world.database, GATE));
    expect(verdict(anchors, "self-made")).toBe("trusted");
    expect(verdict(anchors, "test")).toBe("testSigner");
  });
});

describe("while the gate runs", () => {
  test("the anchors are the same object until a command changes the store, then follow it", async () => {
    const { live, bring, register } = await storeWith("self-made");
    const anchors = live();
    expect(anchors.current()).toBe(anchors.current());
    expect(verdict(anchors.current(), "foreign")).toBe("noTrustAnchor");
    await bring("foreign");
    expect(verdict(anchors.current(), "foreign")).toBe("trusted");
    good(await register.remove({ by: "source", name: "self-made.cer" }));
    expect(verdict(anchors.current(), "self-made")).toBe("noTrustAnchor");
  });

  test("a store that is emptied gives no anchors, which is told once, and gives them again when filled", async () => {
    const { live, bring, register } = await storeWith("self-made");
    const told: unknown[] = [];
    const anchors = live({ ...silentLog, error: (event, fields) => told.push([event, fields?.["kind"]]) });
    good(await register.remove({ by: "everything" }));
    expect(verdict(anchors.current(), "self-made")).toBe("no anchors");
    expect(verdict(anchors.current(), "self-made")).toBe("no anchors");
    expect(told).toEqual([["trustStoreUnusable", "trustStoreEmpty"]]);
    await bring("self-made");
    expect(verdict(anchors.current(), "self-made")).toBe("trusted");
  });
});

describe("a gate that can do without country signers", () => {
  test("starts without any, and believes those that are imported later, from then on", async () => {
    const { evenEmpty, bring, register } = await storeWith();
    const told: unknown[] = [];
    const anchors = evenEmpty({ ...silentLog, error: (...line) => told.push(line) });
    for (let time = 0; time < 2; time++) expect(verdict(anchors.current(), "self-made")).toBe("no anchors");
    await bring("self-made");
    expect(verdict(anchors.current(), "self-made")).toBe("trusted");
    expect(anchors.current()).toBe(anchors.current());
    good(await register.remove({ by: "everything" }));
    expect(verdict(anchors.current(), "self-made")).toBe("no anchors");
    expect(told).toEqual([]);
  });

  test("has none while the store has test authorities alone", async () => {
    const { evenEmpty } = await storeWith("test");
    expect(verdict(evenEmpty().current(), "test")).toBe("no anchors");
  });

  test("does not start with a damaged store, and tells of damage that is done later", async () => {
    const { world, evenEmpty, run } = await storeWith("self-made");
    const told: unknown[] = [];
    const anchors = evenEmpty({
      ...silentLog,
      error: (event, fields) => told.push([event, fields?.["kind"]]),
    });
    run("UPDATE trust_certificate SET country = 'UT'; UPDATE trust_seal SET seal = 'x'");
    for (let time = 0; time < 2; time++) expect(verdict(anchors.current(), "self-made")).toBe("no anchors");
    expect(told).toEqual([["trustStoreUnusable", "trustStoreDamaged"]]);
    expect(LiveTrustAnchors.openEvenEmpty(world.database, GATE, silentLog)).toMatchObject({
      error: { kind: "trustStoreDamaged" },
    });
  });
});

describe("damage in the file", () => {
  // The most that a row could be made to say in favour of somebody else, with everything but the seal in order.
  const foreign = storedAnchor(certificate(csca("foreign")));
  const foreignDer = `x'${Buffer.from(foreign.der).toString("hex")}'`;
  const DAMAGES: readonly (readonly [string, string])[] = [
    [
      "a flipped byte of a certificate",
      "UPDATE trust_certificate SET der = substr(der, 1, 300) || x'00' || substr(der, 302)",
    ],
    ["another certificate in a row", `UPDATE trust_certificate SET der = ${foreignDer}`],
    [
      "another certificate in a row, with its fingerprint",
      `PRAGMA foreign_keys = OFF; UPDATE trust_certificate SET der = ${foreignDer}, fingerprint = '${foreign.fingerprint}' WHERE laboratory = 0`,
    ],
    [
      "a flipped digit of a fingerprint",
      "PRAGMA foreign_keys = OFF; UPDATE trust_certificate SET fingerprint = 'F' || substr(fingerprint, 2)",
    ],
    ["another key identifier", "UPDATE trust_certificate SET subject_key_id = 'AA'"],
    ["another name", `UPDATE trust_certificate SET subject_key = '${foreign.subjectKey}'`],
    ["another country", "UPDATE trust_certificate SET country = 'UT'"],
    ["a test authority that is none any more", "UPDATE trust_certificate SET laboratory = 0"],
    ["an entry less", "DELETE FROM trust_entry WHERE source = 1"],
    ["a certificate less", "DELETE FROM trust_certificate WHERE country = 'IT'"],
    ["no source", "DELETE FROM trust_source"],
    ["no seal", "DELETE FROM trust_seal"],
  ];

  test.each(DAMAGES)("%s makes the gate trust nobody", async (_, sql) => {
    const { world, run } = await storeWith("test", "self-made");
    run(sql);
    expect(loadTrustAnchors(world.database, GATE)).toMatchObject({ error: { kind: "trustStoreDamaged" } });
  });

  test("met while the gate runs gives no anchors from the next change on", async () => {
    const { live, run } = await storeWith("self-made");
    const anchors = live();
    run(`UPDATE trust_certificate SET der = ${foreignDer}; UPDATE trust_seal SET seal = 'x'`);
    expect(verdict(anchors.current(), "foreign")).toBe("no anchors");
    run("DROP TABLE trust_seal");
    expect(verdict(anchors.current(), "self-made")).toBe("no anchors");
  });
});
