// `varco trust list` and `remove`, and what the doctor says of the store.
import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { doctorCommand } from "../../src/app/commands/doctor.ts";
import { trustImportCommand } from "../../src/app/commands/trust-import.ts";
import { trustListCommand } from "../../src/app/commands/trust-list.ts";
import { trustRemoveCommand } from "../../src/app/commands/trust-remove.ts";
import type { Check } from "../../src/app/doctor/check.ts";
import { makeRevocationList } from "../../src/sim/pki/revocation-list.ts";
import { makeLinkCertificate } from "../../src/sim/pki/trust-material.ts";
import { type CommandWorld, commandWorld } from "./command-world.ts";
import { containing, matching } from "./matchers.ts";
import { csca, pem, withKeyId } from "./trust-files.ts";
import { journalRows } from "./trust-world.ts";

const asChip = (text: string): string =>
  text.replace(/level: identifier\n\s*nisOnly: acceptsCopiedNumbers.*\n/, "level: originalChip\n");

async function filled(change: (text: string) => string = asChip): Promise<CommandWorld> {
  const world = await commandWorld(change);
  const both = [csca("self-made", 1), csca("self-made", 2)].map((der) => pem("CERTIFICATE", der)).join("");
  const files = [
    await world.write("it.pem", both),
    await world.write("ut.pem", pem("CERTIFICATE", csca("foreign"))),
    await world.write(
      "it.crl",
      pem("X509 CRL", makeRevocationList({ authority: "self-made", generation: 2 })),
    ),
  ];
  expect(await world.run(trustImportCommand, { positionals: files })).toMatchObject({ exit: 0 });
  return world;
}

const list = async (world: CommandWorld, country?: string) =>
  (await world.run(trustListCommand, { texts: country === undefined ? {} : { country } })).out;

const damage = (world: CommandWorld, sql: string): void => {
  const raw = new Sqlite(join(world.folder, "state", "varco.db"));
  raw.exec(sql);
  raw.close();
};

describe("list", () => {
  test("shows country, name, key, validity, kind, source and revocation list", async () => {
    const world = await filled();
    expect(await list(world)).toEqual([
      matching(/^IT\tC=IT, .*\t[0-9A-F]{40}\t2016-09-06\/2046-12-02\tcsca\tit\.pem\tCRL 2024-01-01$/),
      matching(/^IT\tC=IT, .*\t[0-9A-F]{40}\t2020-04-29\/2050-07-25\tcsca\tit\.pem\tCRL 2024-01-01$/),
      matching(/^UT\tC=UT, .*\tut\.pem\tno CRL$/),
    ]);
    expect(await list(world, "ut")).toEqual([matching(/^UT/)]);
    expect(await list(world, "FR")).toEqual([]);
  });

  test("as JSON has one certificate a line", async () => {
    const world = await filled();
    const { out } = await world.run(trustListCommand, { texts: { country: "IT" }, flags: new Set(["json"]) });
    expect(out.map((line): unknown => JSON.parse(line))).toMatchObject([
      { country: "IT", kind: "csca", test: false, expired: false, from: "2016-09-06T08:00:00.000Z" },
      { sources: ["it.pem"], crl: { overdue: false, nextUpdate: "2049-01-01T08:00:00.000Z" } },
    ]);
  });

  test("of a damaged store shows nothing and says what to do", async () => {
    const world = await filled();
    damage(world, "UPDATE trust_certificate SET subject = 'C=IT, CN=Somebody else'");
    expect(await world.run(trustListCommand)).toMatchObject({
      exit: 3,
      out: [],
      err: [containing("varco trust remove --all")],
    });
  });
});

describe("remove", () => {
  const remove = (
    world: CommandWorld,
    positionals: readonly string[],
    texts = {},
    flags: readonly string[] = [],
  ) => world.run(trustRemoveCommand, { positionals, texts, flags: new Set(flags) });

  test("takes a certificate by digits of what list shows", async () => {
    const world = await filled();
    const [, , keyId = ""] = (await list(world, "UT"))[0]?.split("\t") ?? [];
    expect(await remove(world, [keyId.slice(0, 8).toLowerCase()])).toMatchObject({
      exit: 0,
      out: ["1 certificate removed"],
    });
    expect(await list(world, "UT")).toEqual([]);
    expect(await remove(world, [keyId])).toMatchObject({
      exit: 1,
      out: [containing("nothing in the trust store")],
    });
    expect(journalRows(world).at(-1)).toMatchObject({ type: "acs.config.trust", added: 0, removed: 1 });
  });

  test("of digits that fit two keys takes neither, and says which they are", async () => {
    const world = await commandWorld();
    const keyIds = ["AABBCCDD01", "AABBCCDD02"];
    const both = keyIds.map((keyId) => pem("CERTIFICATE", withKeyId(keyId))).join("");
    await world.run(trustImportCommand, { positionals: [await world.write("two.pem", both)] });
    expect(await remove(world, ["aabbccdd"])).toMatchObject({
      exit: 1,
      out: [containing("none was removed"), ...keyIds.map((keyId) => containing(`  key id  ${keyId}  C=UT`))],
    });
    expect(await remove(world, ["aabbccdd02"])).toMatchObject({ exit: 0, out: ["1 certificate removed"] });
    expect(await list(world)).toHaveLength(1);
  });

  test("of one of a key's certificates says that the key is trusted as before", async () => {
    const world = await filled();
    const link = makeLinkCertificate().certificate;
    const file = await world.write("link.pem", pem("CERTIFICATE", link));
    await world.run(trustImportCommand, { positionals: [file] });
    const fingerprint = new X509Certificate(link).fingerprint256.replaceAll(":", "");
    expect(await remove(world, [fingerprint])).toMatchObject({
      exit: 0,
      out: ["1 certificate removed", containing("the same key is in 1 more")],
    });
  });

  test("takes all that a file brought", async () => {
    const world = await filled();
    expect(await remove(world, [], { source: "it.pem" })).toMatchObject({ out: ["2 certificates removed"] });
    expect(await remove(world, [], { source: "it.crl" })).toMatchObject({
      out: ["1 revocation list removed"],
    });
    expect(await list(world)).toEqual([matching(/^UT/)]);
  });

  test("empties a damaged store, which can then be filled again", async () => {
    const world = await filled();
    damage(world, "DELETE FROM trust_crl");
    expect((await world.run(trustImportCommand, { positionals: [join(world.folder, "it.pem")] })).exit).toBe(
      3,
    );
    expect(await remove(world, [], {}, ["all", "json"])).toMatchObject({
      exit: 0,
      out: [containing('"removed"')],
    });
    expect((await world.run(trustImportCommand, { positionals: [join(world.folder, "it.pem")] })).exit).toBe(
      0,
    );
    expect(await list(world)).toHaveLength(2);
  });

  test.each([
    ["nothing named", [], {}, []],
    ["two things named", ["AABBCCDD"], { source: "it.pem" }, []],
    ["too few digits", ["AABBCCD"], {}, []],
    ["no digits", ["it.pem"], {}, []],
  ])("with %s is wrong usage", async (_, positionals, texts, flags) => {
    const world = await filled();
    expect((await remove(world, positionals, texts, flags)).exit).toBe(2);
    expect(await list(world)).toHaveLength(3);
  });
});

describe("the doctor", () => {
  const examine = async (world: CommandWorld) => {
    const { out } = await world.run(doctorCommand, { flags: new Set(["json"]) });
    const { checks } = JSON.parse(out[0] ?? "") as { checks: readonly Check[] };
    return (name: string) => checks.find((check) => check.name === name);
  };

  test("does not ask for certificates where a number is enough", async () => {
    const of = await examine(await commandWorld());
    expect(of("trust store")?.status).toBe("notApplicable");
  });

  test("tells what there is", async () => {
    const of = await examine(await filled());
    expect(of("trust store")).toMatchObject({
      status: "ok",
      found: matching(/^3 certificates of 2 countries, last import \d{4}-\d\d-\d\d$/),
    });
    expect(of("revocation lists")).toMatchObject({ status: "ok", found: "1 held, 0 overdue" });
  });

  test("finds an empty and a damaged store", async () => {
    expect((await examine(await commandWorld(asChip)))("trust store")).toMatchObject({
      status: "fail",
      remedy: containing("varco trust import"),
    });
    const world = await filled();
    damage(world, "UPDATE trust_certificate SET der = zeroblob(length(der)) WHERE country = 'UT'");
    expect((await examine(world))("trust store")).toMatchObject({
      status: "fail",
      remedy: containing("varco trust remove --all"),
    });
  });

  test("finds a laboratory, and revocation lists that are demanded and missing or overdue", async () => {
    const laboratory = await filled(
      (text) => `${asChip(text)}\ntrust: { laboratory: acceptsTestCards, crl: require }\n`,
    );
    expect((await examine(laboratory))("trust store")).toMatchObject({ status: "warn" });
    const updates = { from: "20240101080000Z", to: "20240201080000Z" };
    await laboratory.run(trustRemoveCommand, { texts: { source: "it.crl" } });
    expect((await examine(laboratory))("revocation lists")).toMatchObject({
      status: "warn",
      found: "0 held, 0 overdue",
    });
    const overdue = makeRevocationList({ authority: "self-made", generation: 2, updates });
    const file = await laboratory.write("old.crl", pem("X509 CRL", overdue));
    await laboratory.run(trustImportCommand, { positionals: [file] });
    expect((await examine(laboratory))("revocation lists")).toMatchObject({
      status: "warn",
      found: "1 held, 1 overdue",
    });
  });
});
