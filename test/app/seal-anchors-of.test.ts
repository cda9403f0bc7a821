// The makers of seals in the running gate: whom it believes at each moment, and that damage makes it believe nobody.
import { describe, expect, test } from "vitest";
import { storedSealer } from "../../src/app/commands/sealer-book.ts";
import { LiveSealAnchors, loadSealAnchors } from "../../src/app/seal-anchors-of.ts";
import { loadTrustAnchors } from "../../src/app/trust-anchors-of.ts";
import type { TrustConfig } from "../../src/config/schema.ts";
import { TrustRegister } from "../../src/journal/trust-register.ts";
import { TrustStore } from "../../src/journal/trust-store.ts";
import { parseCertificate } from "../../src/pki/certificate.ts";
import { type Log, silentLog } from "../../src/ports/log.ts";
import { judgeSeal } from "../../src/seal/judge-seal.ts";
import { parseSeal } from "../../src/seal/parse-seal.ts";
import type { SealAnchors } from "../../src/seal/seal-anchors.ts";
import { namesInCertificate, type SealerRole } from "../../src/seal/sealer.ts";
import { good } from "../good.ts";
import { bringing } from "../journal/stored-anchor.ts";
import { NOON, TemporaryJournal } from "../journal/temporary-journal.ts";
import { sealSign, textSeal } from "../seal/seal-maker.ts";
import { authorityMaker, type Maker, signerMaker } from "../seal/sealer-makers.ts";

const GATE: { readonly trust: TrustConfig } = { trust: { crl: "warn" } };
const LABORATORY: { readonly trust: TrustConfig } = {
  trust: { crl: "warn", laboratory: "acceptsTestCards" },
};

const FR05 = authorityMaker();
const FR00 = authorityMaker("FR00");
const stored = ({ certificate }: Maker, role: SealerRole) => {
  const parsed = good(parseCertificate(certificate));
  return storedSealer(parsed, role, namesInCertificate(parsed));
};
const sealers = [stored(FR05, "authority"), stored(signerMaker(FR05), "signer")];
const forTests = [stored(FR00, "authority"), stored(signerMaker(FR00), "signer")];

const verdict = (anchors: SealAnchors | undefined, authorityId = "FR05"): string => {
  const seal = good(parseSeal(textSeal({ authorityId }, sealSign("P-256", "signer"))));
  const judged = anchors && judgeSeal(seal, anchors, NOON);
  if (judged === undefined) return "nobody";
  return judged.ok ? "believed" : judged.error.kind;
};

async function storeWith(...brought: readonly (typeof sealers)[]) {
  const world = new TemporaryJournal();
  const register = good(TrustRegister.open(world.database, world.journal));
  const store = good(TrustStore.open(world.database));
  const bring = async (makers: typeof sealers) =>
    good(await register.import(bringing({ name: "seals.pem", sealers: makers }), good(store.seal())));
  for (const makers of brought) await bring(makers);
  const live = (log: Log = silentLog) => good(LiveSealAnchors.open(world.database, GATE, log));
  return { database: world.database, register, bring, live };
}

describe("at the start", () => {
  test("the imported makers of seals are believed, and are no country signers", async () => {
    const { database } = await storeWith(sealers);
    expect(verdict(good(loadSealAnchors(database, GATE)))).toBe("believed");
    expect(loadTrustAnchors(database, GATE)).toMatchObject({ error: { kind: "trustStoreEmpty" } });
  });

  test("a store without a signer is an error that says what to import", async () => {
    for (const [makers, remedy] of [
      [[], "import the list"],
      [sealers.slice(0, 1), "--seals"],
    ] as const) {
      const { database } = await storeWith([...makers]);
      for (const opened of [loadSealAnchors(database, GATE), LiveSealAnchors.open(database, GATE, silentLog)])
        expect(opened).toMatchObject({
          error: { kind: "trustStoreWithoutSealers", remedy: expect.stringContaining(remedy) as unknown },
        });
    }
  });

  test("makers for tests count in a laboratory only", async () => {
    const { database, bring } = await storeWith(forTests);
    expect(loadSealAnchors(database, GATE)).toMatchObject({ error: { kind: "trustStoreWithoutSealers" } });
    expect(verdict(good(loadSealAnchors(database, LABORATORY)), "FR00")).toBe("believed");
    await bring(sealers);
    expect(verdict(good(loadSealAnchors(database, GATE)), "FR00")).toBe("testAuthority");
  });
});

describe("while the gate runs", () => {
  test("they are the same until a command changes the store, then follow it", async () => {
    const { live, bring, register } = await storeWith(sealers);
    const anchors = live();
    expect(anchors.current()).toBe(anchors.current());
    const FR06 = authorityMaker("FR06");
    expect(verdict(anchors.current(), "FR06")).toBe("authorityUnknown");
    await bring([stored(FR06, "authority")]);
    expect(verdict(anchors.current(), "FR06")).toBe("signerUnknown");
    good(await register.remove({ by: "digits", digits: stored(FR05, "authority").fingerprint }));
    expect(verdict(anchors.current())).toBe("noTrustAnchor");
  });

  test("a store that is emptied or damaged gives none, which is told once", async () => {
    const { live, register, bring, database } = await storeWith(sealers);
    const told: unknown[] = [];
    const anchors = live({ ...silentLog, error: (event, fields) => told.push([event, fields?.["kind"]]) });
    good(await register.remove({ by: "everything" }));
    for (let time = 0; time < 2; time++) expect(verdict(anchors.current())).toBe("nobody");
    expect(told).toEqual([["trustStoreUnusable", "trustStoreWithoutSealers"]]);
    await bring(sealers);
    expect(verdict(anchors.current())).toBe("believed");
    database.connection.exec(
      "UPDATE sealer_certificate SET laboratory = 1; UPDATE trust_seal SET seal = 'x'",
    );
    expect(verdict(anchors.current())).toBe("nobody");
  });
});
