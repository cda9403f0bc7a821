// Makers of visible seals in `varco trust`: what comes in, by whose word, and that chips and seals never vouch for each other.
import { createHash, X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { trustImportCommand } from "../../src/app/commands/trust-import.ts";
import { trustListCommand } from "../../src/app/commands/trust-list.ts";
import { trustRemoveCommand } from "../../src/app/commands/trust-remove.ts";
import { concat } from "../../src/bytes/bytes.ts";
import { CRL_SIGN, keyUsage } from "../../src/sim/pki/extensions.ts";
import { makeRevocationList } from "../../src/sim/pki/revocation-list.ts";
import { latin } from "../seal/seal-maker.ts";
import {
  authorityMaker,
  keyOf,
  type Maker,
  nameOf,
  revocationListBy,
  rootMaker,
  signerMaker,
} from "../seal/sealer-makers.ts";
import { type ListFields, trustedList } from "../seal/trusted-list-maker.ts";
import { type CommandWorld, commandWorld } from "./command-world.ts";
import { containing, matching } from "./matchers.ts";
import { csca, pem } from "./trust-files.ts";
import { journalRows } from "./trust-world.ts";

const FR05 = authorityMaker();
const ROOT = rootMaker();
const FR06 = authorityMaker("FR06", { under: ROOT });
const SIGNER = signerMaker(FR05);

interface Options {
  readonly flags?: readonly string[];
  readonly texts?: Readonly<Record<string, string>>;
}

async function operator() {
  const world = await commandWorld();
  const put = (name: string, content: Uint8Array | string): string => {
    const file = join(world.folder, name);
    writeFileSync(file, content);
    return file;
  };
  const bring = (file: string, { flags = [], texts = {} }: Options = {}) =>
    world.run(trustImportCommand, { positionals: [file], texts, flags: new Set(flags) });
  return {
    world,
    put,
    bring,
    /** Makers in PEM, given as such. */
    seals: (makers: readonly Maker[], options: Options = {}) =>
      bring(put("seals.pem", makers.map(({ certificate }) => pem("CERTIFICATE", certificate)).join("")), {
        ...options,
        flags: ["seals", ...(options.flags ?? [])],
      }),
    /** A trusted list, confirmed by its hash. */
    list: (fields: ListFields, options: Options = {}) => {
      const text = trustedList(fields);
      return bring(put("tsl.xml", text), {
        ...options,
        texts: { sha256: sha256(latin1(text)), ...options.texts },
      });
    },
    rows: () => journalRows(world),
    kinds: async () => (await listed(world)).map(({ kind, seals }) => [kind, seals ?? ""].join(" ").trim()),
  };
}

const latin1 = (text: string): Uint8Array => new TextEncoder().encode(text);
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const fingerprint = ({ certificate }: Maker) =>
  new X509Certificate(certificate).fingerprint256.replaceAll(":", "");

async function listed(world: CommandWorld) {
  const { out } = await world.run(trustListCommand, { flags: new Set(["json"]) });
  return out.map(
    (line) => JSON.parse(line) as { kind: string; seals?: string; crl?: object; fingerprint: string },
  );
}

describe("an authority by hand", () => {
  test("is trusted by the operator's act, shown for comparison and journalled", async () => {
    const { seals, rows, kinds } = await operator();
    const { exit, out } = await seals([FR05]);
    expect(exit).toBe(0);
    expect(out).toEqual([
      "seals.pem: 1 certificate added",
      "  FR05",
      matching(/^ {2}C=FR, .*CN=FR05$/),
      `    SHA-256 ${fingerprint(FR05)}`,
      matching(/^ {4}key id {2}[0-9A-F]{40}$/),
      "    valid   2021-02-15 to 2036-05-15",
    ]);
    expect(rows()).toMatchObject([{ type: "acs.config.trust", added: 1, file: "seals.pem" }]);
    expect(await kinds()).toEqual(["sealAuthority FR05"]);
  });

  test("below a root needs that root, before it or in the same file", async () => {
    const { seals, kinds } = await operator();
    expect(await seals([FR06])).toMatchObject({ exit: 1, err: [containing("import that of C=FR")] });
    expect(await seals([FR06, ROOT])).toMatchObject({ exit: 0 });
    expect(await kinds()).toEqual(["sealAuthority FR06", "sealRoot"]);
  });

  test("whose name does not say it goes by what the operator says", async () => {
    const { seals, kinds } = await operator();
    const other = authorityMaker("Imprimerie", { under: ROOT });
    expect(await seals([ROOT])).toMatchObject({ exit: 0 });
    expect(await seals([other])).toMatchObject({ exit: 1, err: [containing("--seal-name")] });
    expect(await seals([other], { texts: { "seal-name": "FR08/0001" } })).toMatchObject({ exit: 1 });
    expect(await seals([other, FR05], { texts: { "seal-name": "FR08" } })).toMatchObject({ exit: 1 });
    expect(await seals([other], { texts: { "seal-name": "FR08" } })).toMatchObject({ exit: 0 });
    expect(await kinds()).toContain("sealAuthority FR08");
    expect(await seals([other], { texts: { "seal-name": "FR09" } })).toMatchObject({
      exit: 1,
      err: [containing("is in the store as FR08")],
    });
  });

  test.each([
    ["FR0", ["seals"]],
    ["FR05/01", ["seals"]],
    ["FR05/0001/2", ["seals"]],
    ["fr05", ["seals"]],
    ["FR05", []],
  ])("is not called %s with the flags %j", async (name, flags) => {
    const { bring, put } = await operator();
    const given = await bring(put("a.cer", FR05.certificate), { flags, texts: { "seal-name": name } });
    expect(given).toMatchObject({ exit: 2, err: [containing("--seal-name")] });
  });

  test("for tests is taken in a laboratory only", async () => {
    const { seals, kinds } = await operator();
    const own = authorityMaker("FR00");
    expect(await seals([own])).toMatchObject({ exit: 1, err: [containing("test authority")] });
    expect(await seals([own], { flags: ["laboratory"] })).toMatchObject({ exit: 0 });
    expect(await kinds()).toEqual(["sealAuthority FR00"]);
  });
});

describe("a signer", () => {
  test("needs his authority, and goes by its name and his own", async () => {
    const { seals, kinds } = await operator();
    expect(await seals([SIGNER])).toMatchObject({
      exit: 1,
      err: [containing("signed by nobody in the store")],
    });
    expect(await seals([SIGNER, FR05])).toMatchObject({ exit: 0 });
    expect(await kinds()).toEqual(["sealAuthority FR05", "sealSigner FR05/0001"]);
  });

  test("of another key than the authority's is refused", async () => {
    const { seals } = await operator();
    await seals([FR05]);
    const impostor = authorityMaker("FR05", { key: keyOf("impostor") });
    expect(await seals([signerMaker(impostor)])).toMatchObject({
      exit: 1,
      err: [containing("signed by nobody")],
    });
  });

  test("whose name is none of a seal's goes by what the operator says", async () => {
    const { seals, kinds } = await operator();
    await seals([FR05]);
    const maker = signerMaker(FR05, "Imprimerie 7");
    for (const name of [undefined, "FR06/0007", "FR05"])
      expect(await seals([maker], name === undefined ? {} : { texts: { "seal-name": name } })).toMatchObject({
        exit: 1,
        err: [containing("in the form of FR05/0001")],
      });
    expect(await seals([maker], { texts: { "seal-name": "FR05/0007" } })).toMatchObject({ exit: 0 });
    expect(await kinds()).toContain("sealSigner FR05/0007");
  });

  test("of zeros, or that may not sign, is refused", async () => {
    const { seals } = await operator();
    await seals([FR05]);
    expect(await seals([signerMaker(FR05, "0000")])).toMatchObject({
      exit: 1,
      err: [containing("test authority")],
    });
    const maker = signerMaker(FR05, "0002", { extensions: [keyUsage(CRL_SIGN)] });
    expect(await seals([maker])).toMatchObject({ exit: 1, err: [containing("is not for signing")] });
  });

  test("comes in the bundle that his authority publishes, with the certificates for tests left out", async () => {
    const { bring, put, seals, kinds } = await operator();
    const stranger = signerMaker(authorityMaker("FR06"));
    const certificates = [SIGNER, signerMaker(FR05, "0002"), signerMaker(FR05, "0000"), stranger];
    const bundle = concat(
      latin("--End"),
      ...certificates.map(({ certificate }) =>
        concat(latin("\r\nContent-Type: application/pkix-cert\r\n\r\n"), certificate, latin("\r\n--End")),
      ),
      latin("--\r\n"),
    );
    const file = put("FR05_cert.der", bundle);
    expect(await bring(file)).toMatchObject({ exit: 1, err: [containing("nothing of it was accepted")] });
    await seals([FR05]);
    const { exit, out } = await bring(file);
    expect(exit).toBe(0);
    expect(out[0]).toBe("FR05_cert.der: 2 certificates added");
    expect(out).toContainEqual(containing("1 certificate left out: test authorities"));
    expect(out).toContainEqual(containing("a certificate was left out"));
    expect(await kinds()).toEqual(["sealAuthority FR05", "sealSigner FR05/0001", "sealSigner FR05/0002"]);
  });
});

describe("a bundle of signers", () => {
  test("brings no authority, whatever stands in it and however often it is imported", async () => {
    const { bring, put, seals, kinds } = await operator();
    await seals([FR05]);
    const impostor = authorityMaker("FR05", { key: keyOf("impostor") });
    const parts = [SIGNER, impostor, signerMaker(impostor, "0666")].map(({ certificate }) =>
      concat(latin("\r\nContent-Type: application/pkix-cert\r\n\r\n"), certificate, latin("\r\n--End")),
    );
    const file = put("FR05_cert.der", concat(latin("--End"), ...parts, latin("--\r\n")));
    for (let times = 0; times < 2; times++) {
      const { out } = await bring(file);
      expect(out).toContainEqual(containing("is itself an authority"));
      expect(await kinds()).toEqual(["sealAuthority FR05", "sealSigner FR05/0001"]);
    }
  });
});

describe("a trusted list", () => {
  const services = [
    { certificates: [FR05.certificate] },
    { tradeNames: ["FR06"], certificates: [FR06.certificate] },
  ];

  test("is taken only when the operator gives its hash", async () => {
    const { bring, put, list, kinds } = await operator();
    const file = put("tsl.xml", trustedList({ services }));
    const hash = sha256(latin1(trustedList({ services }))).toUpperCase();
    expect(await bring(file)).toMatchObject({ exit: 1, err: [containing(`--sha256 ${hash}`)] });
    expect(await bring(file, { texts: { sha256: "0".repeat(64) } })).toMatchObject({
      exit: 1,
      err: [containing(`its SHA-256 is ${hash}`)],
    });
    expect(await bring(file, { texts: { sha256: "0" } })).toMatchObject({ exit: 2 });
    const colons = (hash.match(/../g) ?? []).join(":");
    expect(await bring(file, { texts: { sha256: colons } })).toMatchObject({ exit: 0 });
    expect((await list({ services })).out[0]).toEqual(containing("nothing has changed"));
    expect(await kinds()).toEqual(["sealAuthority FR05", "sealAuthority FR06"]);
  });

  test("says what it brought, and names its authorities without their roots", async () => {
    const { list, rows } = await operator();
    const expired = { ...services[0], status: "http://uri.etsi.org/TrstSvc/Svcstatus/expired" };
    const { out } = await list({ services: [...services, expired, { tradeNames: [] }] });
    expect(out[0]).toBe("tsl.xml: 2 certificates added");
    expect(out[1]).toBe("  list of FR (seals), signed 2025-08-25: 2 certificates");
    expect(out).toContain("  FR05");
    expect(out).toContain("  1 service left out: not in force, or of another kind");
    expect(out).toContain("  1 part left out: unreadable");
    expect(rows()).toMatchObject([
      { type: "acs.config.trust", added: 2, file: "tsl.xml", lists: [matching(/^[0-9A-F]{64}$/)] },
    ]);
  });

  test("that is newer takes the older's place; one that is older is refused", async () => {
    const { list, kinds } = await operator();
    await list({ services });
    expect(await list({ services: services.slice(0, 1), issued: "2026-01-01T00:00:00Z" })).toMatchObject({
      exit: 0,
    });
    expect(await kinds()).toEqual(["sealAuthority FR05"]);
    expect(await list({ services })).toMatchObject({
      exit: 1,
      err: [containing("holds a newer list of FR (seals)")],
    });
  });

  test("of test authorities alone, or that cannot be read, brings nothing", async () => {
    const { list, bring, put } = await operator();
    const own = { tradeNames: ["FR00"], certificates: [authorityMaker("FR00").certificate] };
    expect(await list({ services: [own] })).toMatchObject({ exit: 1 });
    expect(await list({ services: [own] }, { flags: ["laboratory"] })).toMatchObject({ exit: 0 });
    for (const [text, fault] of [
      [trustedList({ services }).replace("?>", "?><!DOCTYPE a>"), "documentType"],
      [trustedList({ services, territory: "" }), "territory"],
    ] as const)
      expect(await bring(put("tsl.xml", text), { texts: { sha256: sha256(latin1(text)) } })).toMatchObject({
        exit: 1,
        err: [containing(fault)],
      });
  });

  test("is told from a web page by its content", async () => {
    const { bring, put } = await operator();
    const page = "<!doctype html><p>The TrustServiceStatusList of France</p>";
    expect(await bring(put("page.xml", page))).toMatchObject({ exit: 1, err: [containing("is a web page")] });
  });
});

describe("chips and seals", () => {
  test("do not vouch for each other: an authority of seals is no country signer, whatever it is given as", async () => {
    const { bring, put, seals } = await operator();
    const file = put("FR05.cer", FR05.certificate);
    expect(await bring(file)).toMatchObject({ exit: 1, err: [containing("vouches for no chip")] });
    await seals([ROOT]);
    expect(await bring(put("root.cer", ROOT.certificate))).toMatchObject({
      exit: 1,
      err: [containing("vouches for no chip")],
    });
  });

  test("nor is a country signer a maker of seals, by hand or in a list", async () => {
    const { bring, put, list } = await operator();
    const file = put("csca.cer", csca("self-made"));
    expect(await bring(file)).toMatchObject({ exit: 0 });
    expect(await bring(file, { flags: ["seals"] })).toMatchObject({
      exit: 1,
      err: [containing("makes no visible seals here")],
    });
    const services = [
      { certificates: [csca("self-made")] },
      { tradeNames: ["FR06"], certificates: [FR06.certificate] },
    ];
    expect((await list({ services })).out).toContainEqual(containing("an authority was left out"));
  });

  test("the common name of a country signer may look like theirs and mean nothing", async () => {
    const { bring, put } = await operator();
    const csca4 = rootMaker("csca", { subject: nameOf("CSCA"), issuer: nameOf("CSCA") });
    expect(await bring(put("csca.cer", csca4.certificate))).toMatchObject({ exit: 0 });
  });

  test("have revocation lists of their own", async () => {
    const { bring, put, seals, world } = await operator();
    const crl = put("fr05.crl", revocationListBy(FR05, { revoked: [SIGNER] }));
    expect(await bring(crl)).toMatchObject({ exit: 1, err: [containing("no certificate of")] });
    await seals([FR05, SIGNER]);
    await bring(put("csca.cer", csca("self-made")));
    expect(await bring(crl)).toMatchObject({
      exit: 0,
      out: [containing("1 revocation list added"), containing("CN=FR05")],
    });
    expect(
      await bring(put("it.crl", makeRevocationList({ authority: "self-made", generation: 2 }))),
    ).toMatchObject({ exit: 0 });
    const impostor = authorityMaker("FR05", { key: keyOf("impostor") });
    expect(await bring(put("bad.crl", revocationListBy(impostor, { revoked: [] })))).toMatchObject({
      exit: 1,
      err: [containing("verifies this revocation list")],
    });
    const entries = await listed(world);
    expect(entries.filter(({ crl: list }) => list !== undefined).map(({ kind }) => kind)).toEqual([
      "csca",
      "sealAuthority",
    ]);
  });
});

describe("list and remove", () => {
  test("show makers of seals behind the countries, and take them out", async () => {
    const { world, seals, bring, put } = await operator();
    await bring(put("csca.cer", csca("self-made")));
    await seals([FR05, SIGNER, ROOT], {});
    const { out } = await world.run(trustListCommand);
    expect(out.map((line) => line.split("\t")[4])).toEqual([
      "csca",
      "seals: FR05",
      "seals: FR05/0001",
      "seals: root",
    ]);
    const french = await world.run(trustListCommand, { texts: { country: "fr" } });
    expect(french.out).toHaveLength(3);
    const removed = await world.run(trustRemoveCommand, { positionals: [fingerprint(SIGNER).slice(0, 12)] });
    expect(removed).toMatchObject({ exit: 0, out: ["1 certificate removed"] });
    await world.run(trustRemoveCommand, { texts: { source: "seals.pem" } });
    expect((await listed(world)).map(({ kind }) => kind)).toEqual(["csca"]);
  });
});
