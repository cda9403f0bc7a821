// `varco trust import`: what comes into the trust store, what does not, and what is said of it.
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { trustImportCommand } from "../../src/app/commands/trust-import.ts";
import { trustListCommand } from "../../src/app/commands/trust-list.ts";
import { authority } from "../../src/sim/pki/authority.ts";
import { makeRevocationList } from "../../src/sim/pki/revocation-list.ts";
import { makeLinkCertificate } from "../../src/sim/pki/trust-material.ts";
import { type CommandWorld, commandWorld } from "./command-world.ts";
import { containing, matching } from "./matchers.ts";
import { csca, ldif, link, listSigner, masterList, pem } from "./trust-files.ts";
import { journalRows } from "./trust-world.ts";

/** A gate and a folder beside it, in which files are put and from which they are imported. */
async function operator() {
  const world = await commandWorld();
  const put = (name: string, content: Uint8Array | string): string => {
    const file = join(world.folder, name);
    writeFileSync(file, content);
    return file;
  };
  const bring = (files: readonly string[], options: { pin?: string; flags?: readonly string[] } = {}) =>
    world.run(trustImportCommand, {
      positionals: files,
      texts: options.pin === undefined ? {} : { "pin-signer": options.pin },
      flags: new Set(options.flags),
    });
  return { world, put, bring, held: () => heldIn(world), rows: () => journalRows(world) };
}

async function heldIn(world: CommandWorld) {
  const { out } = await world.run(trustListCommand, { flags: new Set(["json"]) });
  return out.map((line) => JSON.parse(line) as { fingerprint: string; sources: string[]; test: boolean });
}

const fingerprint = (der: Uint8Array) => new X509Certificate(der).fingerprint256.replaceAll(":", "");
const fingerprints = (...ders: readonly Uint8Array[]) => ders.map(fingerprint).sort();
const held = async (world: { held: () => ReturnType<typeof heldIn> }) =>
  (await world.held()).map((entry) => entry.fingerprint).sort();

/** The object with one of its bytes changed, counted from the end. */
const changed = (der: Uint8Array, fromEnd: number) =>
  der.map((byte, index) => (index === der.length - fromEnd ? byte ^ 1 : byte));

describe("a certificate by hand", () => {
  test("is shown with what an operator compares, and journalled without folders", async () => {
    const { put, bring, rows, held: list } = await operator();
    const der = csca("self-made");
    const { exit, out } = await bring([put("csca.cer", der)]);
    expect(exit).toBe(0);
    expect(out).toEqual([
      "csca.cer: 1 certificate added",
      matching(/^ {2}C=IT, .*CN=Varco Virtual Country Signer CA$/),
      `    SHA-256 ${fingerprint(der)}`,
      matching(/^ {4}key id {2}[0-9A-F]{40}$/),
      "    valid   2020-04-29 to 2050-07-25",
    ]);
    expect(rows()).toMatchObject([{ type: "acs.config.trust", added: 1, removed: 0, file: "csca.cer" }]);
    expect(JSON.stringify(rows())).not.toContain("/");
    expect(await list()).toMatchObject([
      { fingerprint: fingerprint(der), sources: ["csca.cer"], test: false },
    ]);
    expect(await bring([put("csca.cer", der)])).toMatchObject({
      exit: 0,
      out: [containing("nothing has changed"), ...out.slice(1)],
    });
    expect(rows()).toHaveLength(1);
  });

  test("comes in PEM too, several in one file with text between them", async () => {
    const world = await operator();
    const ders = [csca("self-made", 1), csca("self-made", 2), csca("foreign")];
    const text = ders.map((der) => `Country signer\n${pem("CERTIFICATE", der)}\n`).join("");
    expect(await world.bring([world.put("all.pem", text)])).toMatchObject({ exit: 0 });
    expect(await held(world)).toEqual(fingerprints(...ders));
  });

  test("of which one byte is another is refused, or is another certificate's fault to show", async () => {
    const world = await operator();
    const file = world.put("csca.cer", changed(csca("self-made"), 20));
    expect(await world.bring([file])).toMatchObject({
      exit: 1,
      err: [containing("is not signed with its own key")],
    });
    expect(await held(world)).toEqual([]);
  });

  test("of a document signer is refused, and the file with all else in it", async () => {
    const world = await operator();
    const signer = authority("self-made").documentSigner(2).certificate;
    const file = world.put("two.pem", pem("CERTIFICATE", csca("self-made")) + pem("CERTIFICATE", signer));
    expect(await world.bring([file])).toMatchObject({
      exit: 1,
      err: [containing("may not sign certificates")],
    });
    expect(await held(world)).toEqual([]);
    expect(world.rows()).toEqual([]);
  });

  test("of a test authority is taken in a laboratory only, and marked", async () => {
    const world = await operator();
    const file = world.put("test.cer", csca("test"));
    expect(await world.bring([file])).toMatchObject({ exit: 1, err: [containing("test authority")] });
    expect(await world.bring([file], { flags: ["laboratory"] })).toMatchObject({ exit: 0 });
    expect(await world.held()).toMatchObject([{ test: true }]);
  });
});

describe("a link certificate", () => {
  test("makes its key an anchor only when an anchor vouches for it", async () => {
    const world = await operator();
    const file = world.put("link.cer", makeLinkCertificate().certificate);
    expect(await world.bring([file])).toMatchObject({ exit: 1, err: [containing("vouches for")] });
    expect(await world.bring([world.put("old.cer", csca("self-made", 1)), file])).toMatchObject({ exit: 0 });
    expect(await held(world)).toEqual(fingerprints(csca("self-made", 1), makeLinkCertificate().certificate));
  });

  test("may stand before what vouches for it in one file", async () => {
    const world = await operator();
    const parts = [makeLinkCertificate().certificate, csca("self-made", 1)];
    const file = world.put("both.pem", parts.map((der) => pem("CERTIFICATE", der)).join(""));
    expect(await world.bring([file])).toMatchObject({ exit: 0 });
  });

  test("by a stranger of the same name and key identifier proves nothing", async () => {
    const world = await operator();
    await world.bring([world.put("impostor.cer", csca("impostor", 1))]);
    expect(await world.bring([world.put("link.cer", makeLinkCertificate().certificate)])).toMatchObject({
      exit: 1,
      err: [containing("vouches for")],
    });
  });

  test("by a test authority makes a test anchor, or none", async () => {
    const world = await operator();
    await world.bring([world.put("test.cer", csca("test"))], { flags: ["laboratory"] });
    const named = world.put("named.cer", link("self-made", "test"));
    expect(await world.bring([named], { flags: ["laboratory"] })).toMatchObject({ exit: 0 });
    expect((await world.held()).map((entry) => entry.test)).toEqual([true, true]);
    // The same key signs here, under a name that says nothing of a test.
    const unnamed = world.put("unnamed.cer", link("self-made", "foreign"));
    expect(await world.bring([unnamed], { flags: ["laboratory"] })).toMatchObject({
      exit: 1,
      err: [containing("vouches for")],
    });
  });
});

describe("a revocation list", () => {
  const crl = (parts: Partial<Parameters<typeof makeRevocationList>[0]> = {}) =>
    makeRevocationList({ authority: "self-made", generation: 2, ...parts });

  test("needs its issuer in the store, and replaces an older one", async () => {
    const { put, bring, rows } = await operator();
    const old = put("old.crl", crl({ updates: { from: "20250101080000Z", to: "20260101080000Z" } }));
    expect(await bring([old])).toMatchObject({ exit: 1, err: [containing("no certificate of")] });
    await bring([put("csca.cer", csca("self-made"))]);
    expect(await bring([old])).toMatchObject({
      exit: 0,
      out: ["old.crl: 1 revocation list added", containing("2025-01-01, next due 2026-01-01")],
    });
    const fresh = put("new.crl", pem("X509 CRL", crl()).toString());
    await bring([put("fresh.crl", crl({ updates: { from: "20260101080000Z", to: "20280101080000Z" } }))]);
    expect(await bring([old])).toMatchObject({ exit: 1, err: [containing("holds a newer")] });
    expect(await bring([fresh])).toMatchObject({ exit: 1, err: [containing("holds a newer")] });
    expect(rows().slice(1)).toMatchObject([
      { revocationListsAdded: 1, revocationListsRemoved: 0 },
      { revocationListsAdded: 1, revocationListsRemoved: 1 },
    ]);
  });

  test("by a stranger of the issuer's name is refused", async () => {
    const { put, bring } = await operator();
    await bring([put("csca.cer", csca("self-made"))]);
    const forged = makeRevocationList({ authority: "impostor", generation: 2, revoked: [] });
    expect(await bring([put("forged.crl", forged)])).toMatchObject({
      exit: 1,
      err: [containing("verifies this revocation list")],
    });
  });
});

describe("a master list", () => {
  const MAY = "20260501120000Z";
  const JUNE = "20260601120000Z";
  const all = [csca("self-made", 1), csca("self-made", 2), csca("foreign")];

  test("is refused until its signer, or who stands above it, is pinned; the pin is remembered", async () => {
    const world = await operator();
    const list = world.put("it.ml", masterList(all, { signed: MAY }));
    const refused = await world.bring([list]);
    expect(refused).toMatchObject({ exit: 1, err: [containing("whom nobody has pinned")] });
    expect(refused.err[0]).toContain(fingerprint(listSigner("self-made").certificate));
    const pin = world.put("pin.cer", csca("self-made"));
    expect(await world.bring([list], { pin })).toMatchObject({
      exit: 0,
      out: [
        "it.ml: 3 certificates added, 1 list signer pinned",
        "  list of IT, signed 2026-05-01: 3 certificates",
      ],
    });
    expect(await held(world)).toEqual(fingerprints(...all));
    const newer = world.put("it-2.ml", masterList(all.slice(1), { signed: JUNE }));
    expect(await world.bring([newer])).toMatchObject({
      exit: 0,
      out: ["it-2.ml: 1 certificate removed", containing("2026-06-01")],
    });
    expect(await held(world)).toEqual(fingerprints(...all.slice(1)));
  });

  test("may be verified to the signer's own certificate", async () => {
    const world = await operator();
    const pin = world.put("pin.pem", pem("CERTIFICATE", listSigner("self-made").certificate));
    expect(await world.bring([world.put("it.ml", masterList(all))], { pin })).toMatchObject({ exit: 0 });
  });

  test("again changes nothing and says so", async () => {
    const world = await operator();
    const list = world.put("it.ml", masterList(all, { signed: MAY }));
    const pin = world.put("pin.cer", csca("self-made"));
    await world.bring([list], { pin });
    expect(await world.bring([list], { pin })).toMatchObject({
      exit: 0,
      out: [containing("nothing has changed"), containing("list of IT")],
    });
    expect(world.rows()).toHaveLength(1);
  });

  test("takes nothing away that was given by hand, or that another publisher brings", async () => {
    const world = await operator();
    await world.bring([world.put("hand.cer", csca("self-made", 1))]);
    const pin = world.put("pin.cer", csca("self-made"));
    const other = world.put("pin-2.cer", csca("foreign"));
    await world.bring([world.put("it.ml", masterList(all, { signed: MAY }))], { pin });
    await world.bring([world.put("ut.ml", masterList([csca("foreign")], { by: "foreign", signed: MAY }))], {
      pin: other,
    });
    await world.bring([world.put("it-2.ml", masterList([csca("self-made", 2)], { signed: JUNE }))]);
    expect(await held(world)).toEqual(fingerprints(...all));
    expect(world.rows().at(-1)).toMatchObject({ added: 0, removed: 0, file: "it-2.ml" });
  });

  test("older than the one that is held, or without a date, is refused", async () => {
    const world = await operator();
    const pin = world.put("pin.cer", csca("self-made"));
    await world.bring([world.put("june.ml", masterList(all.slice(1), { signed: JUNE }))], { pin });
    for (const list of [masterList(all, { signed: MAY }), masterList(all)])
      expect(await world.bring([world.put("old.ml", list)])).toMatchObject({
        exit: 1,
        err: [containing("holds a newer list of IT, of 2026-06-01")],
      });
    expect(await held(world)).toEqual(fingerprints(...all.slice(1)));
  });

  test("of which a byte is another, or under another's name, is refused with its pin", async () => {
    const world = await operator();
    const pin = world.put("pin.cer", csca("self-made"));
    const list = masterList(all, { signed: MAY });
    for (const forged of [changed(list, 10), changed(list, 2_000), masterList(all, { by: "impostor" })]) {
      expect(await world.bring([world.put("it.ml", forged)], { pin })).toMatchObject({ exit: 1 });
    }
    expect(await held(world)).toEqual([]);
    expect(await world.bring([world.put("it.ml", list)])).toMatchObject({ exit: 1 });
  });

  test("leaves out test authorities, and one of a test signer everything else", async () => {
    const world = await operator();
    const mixed = [csca("self-made"), csca("test")];
    const pin = world.put("pin.cer", csca("self-made"));
    expect((await world.bring([world.put("it.ml", masterList(mixed))], { pin })).out).toEqual([
      "it.ml: 1 certificate added, 1 list signer pinned",
      "  list of IT: 1 certificate",
      containing("1 certificate left out: test authorities"),
    ]);
    const testPin = world.put("test.cer", csca("test"));
    const tests = world.put("test.ml", masterList(mixed, { by: "test" }));
    expect(await world.bring([tests], { pin: testPin })).toMatchObject({
      exit: 1,
      err: [containing("test authority")],
    });
    expect(await world.bring([tests], { pin: testPin, flags: ["laboratory"] })).toMatchObject({ exit: 0 });
    expect(await held(world)).toEqual(fingerprints(...mixed));
    // Without the flag the pinned test signer rests.
    expect(await world.bring([tests])).toMatchObject({ exit: 1, err: [containing("nobody has pinned")] });
  });

  test("of nothing that is taken does not empty the store", async () => {
    const world = await operator();
    const pin = world.put("pin.cer", csca("self-made"));
    await world.bring([world.put("it.ml", masterList(all, { signed: MAY }))], { pin });
    for (const certificates of [[], [csca("test")]]) {
      const list = world.put("empty.ml", masterList(certificates, { signed: JUNE }));
      expect(await world.bring([list])).toMatchObject({ exit: 1, err: [containing("nothing of it was")] });
    }
    expect(await held(world)).toEqual(fingerprints(...all));
  });

  test.each([
    ["a folder", () => "."],
    ["no certificate", (put: (name: string, text: string) => string) => put("pin.txt", "no")],
    [
      "two certificates",
      (put: (name: string, text: string) => string) =>
        put("pin.pem", pem("CERTIFICATE", csca("self-made")) + pem("CERTIFICATE", csca("foreign"))),
    ],
  ])("with %s for a pin is not looked at", async (_, pin) => {
    const world = await operator();
    const result = await world.bring([world.put("it.ml", masterList(all))], { pin: pin(world.put) });
    expect(result.exit).not.toBe(0);
    expect(result.err).toHaveLength(1);
    expect(await held(world)).toEqual([]);
  });
});

describe("a directory", () => {
  const crl = makeRevocationList({ authority: "self-made", generation: 2 });
  const foreignCrl = makeRevocationList({ authority: "foreign", generation: 2 });

  test("brings its good lists; the others, and what is not for the store, are told", async () => {
    const world = await operator();
    const file = world.put(
      "icao.ldif",
      ldif(
        ["certificateRevocationList;binary", crl],
        ["certificateRevocationList;binary", foreignCrl],
        ["userCertificate;binary", authority("self-made").documentSigner(1).certificate],
        ["userCertificate;binary", authority("self-made").documentSigner(2).certificate],
        ["pkdMasterListContent", masterList([csca("self-made", 1)], { signed: "20260501120000Z" })],
        ["pkdMasterListContent", masterList([csca("self-made", 2)], { signed: "20260601120000Z" })],
        ["pkdMasterListContent", masterList([csca("foreign")], { by: "foreign" })],
        ["CscaMasterListData", changed(masterList([csca("foreign")]), 10)],
      ),
    );
    const { exit, out } = await world.bring([file], { pin: world.put("pin.cer", csca("self-made")) });
    expect(exit).toBe(0);
    expect(out).toEqual([
      "icao.ldif: 1 certificate added, 1 revocation list added, 1 list signer pinned",
      "  list of IT, signed 2026-06-01: 1 certificate",
      containing("revocation list of C=IT"),
      "  2 document signers ignored: cards bring their own",
      containing("a master list was left out: is signed by"),
      containing("a master list was left out: is not what its signer signed"),
      containing("a revocation list was left out: the store has no certificate of C=UT"),
    ]);
    expect(await held(world)).toEqual(fingerprints(csca("self-made", 2)));
    // Now the older of the two Italian lists is left out for its date.
    const again = await world.bring([file]);
    expect(again).toMatchObject({
      exit: 0,
      out: { length: out.length + 1, 0: containing("nothing has changed") },
    });
  });

  test("of which nothing is good is refused, and says why part by part", async () => {
    const world = await operator();
    const file = world.put("icao.ldif", ldif(["pkdMasterListContent", masterList([csca("foreign")])]));
    expect(await world.bring([file])).toMatchObject({
      exit: 1,
      out: [containing("icao.ldif: "), containing("nobody has pinned")],
      err: [containing("nothing of it was accepted")],
    });
    expect(world.rows()).toEqual([]);
  });

  test("interrupted stores nothing of the file", async () => {
    const world = await operator();
    const file = world.put("icao.ldif", ldif(["pkdMasterListContent", masterList([csca("foreign")])]));
    const invocation = {
      positionals: [file],
      texts: { "pin-signer": world.put("pin.cer", csca("self-made")) },
    };
    const { exit, err } = await world.world.run(trustImportCommand, invocation, AbortSignal.abort());
    expect({ exit, err }).toEqual({ exit: 1, err: [containing("stopped: nothing of")] });
    expect(await held(world)).toEqual([]);
  });
});

describe("what is given by mistake", () => {
  const key = execKey();
  const MISTAKES: readonly (readonly [string, (put: Put, folder: string) => string, number, string])[] = [
    ["a missing file", (_, folder) => join(folder, "absent"), 3, "cannot be read (ENOENT)"],
    ["a folder", (_, folder) => folderIn(folder), 3, "cannot be read (a folder)"],
    ["a pipe", (_, folder) => pipeIn(folder), 3, "cannot be read (not a regular file)"],
    ["an empty file", (put) => put("empty.cer", ""), 1, "is empty"],
    ["garbage", (put) => put("x.cer", Uint8Array.of(1, 2, 3, 4)), 1, "nothing that is known"],
    [
      "garbage that begins like ASN.1",
      (put) => put("x.cer", Uint8Array.of(0x30, 0x84, 1, 2, 3)),
      1,
      "neither certificate nor",
    ],
    [
      "ASN.1 that is something else",
      (put) => put("x.cer", Uint8Array.of(0x30, 3, 2, 1, 5)),
      1,
      "neither certificate nor",
    ],
    [
      "PEM without a whole block",
      (put) => put("x.pem", "-----BEGIN CERTIFICATE-----\nMII"),
      1,
      "nothing that is known",
    ],
    ["50 MB of garbage", (put) => sized(put("x.ml", "\x01"), 50), 1, "nothing that is known"],
    ["50 MB that begin like a list", (put) => sized(put("x.ml", masterList([])), 50), 1, "larger than 16 MB"],
    ["a directory of 200 MB", (put) => sized(put("x.ldif", "dn: c=IT\n"), 200), 1, "larger than 128 MB"],
    ["a web page", (put) => put("x.ml", "\n<!DOCTYPE html><html>"), 1, "is a web page"],
    ["an archive", (put) => put("x.ml", "PK\x03\x04rest"), 1, "is an archive"],
    ["a private key", (put) => put("x.pem", key), 1, "holds a private key"],
    [
      "a certificate with its key",
      (put) => put("x.pem", pem("CERTIFICATE", csca("self-made")) + key),
      1,
      "holds a private key",
    ],
    [
      "a key far behind other text",
      (put) => put("x.pem", pem("CERTIFICATE", csca("self-made")) + " ".repeat(200_000) + key),
      1,
      "holds a private key",
    ],
  ];

  test.each(MISTAKES)("%s is refused with a remedy, and nothing is stored", async (_, make, exit, said) => {
    const world = await operator();
    const file = make(world.put, world.world.folder);
    const result = await world.bring([file], { pin: world.put("pin.cer", csca("self-made")) });
    expect(result).toEqual({ exit, out: [], err: [containing(said)] });
    expect(await held(world)).toEqual([]);
    expect(world.rows()).toEqual([]);
  });

  test("does not keep the files beside it from being taken", async () => {
    const world = await operator();
    const files = [world.put("bad.cer", "no"), world.put("good.cer", csca("self-made"))];
    expect(await world.bring(files)).toMatchObject({
      exit: 1,
      out: [containing("good.cer: 1 certificate added"), ...rest(4)],
    });
  });

  test("is told to programs as a kind", async () => {
    const world = await operator();
    const files = [world.put("page.ml", "<html>"), world.put("good.cer", csca("self-made"))];
    const { exit, out, err } = await world.bring(files, { flags: ["json"] });
    expect({ exit, err }).toEqual({ exit: 1, err: [] });
    expect(out.map((line): unknown => JSON.parse(line))).toMatchObject([
      {
        file: "page.ml",
        changed: false,
        refused: "fileWebPage",
        reason: containing("download the list itself"),
      },
      {
        file: "good.cer",
        changed: true,
        added: 1,
        certificates: [{ fingerprint: fingerprint(csca("self-made")) }],
      },
    ]);
  });
});

type Put = (name: string, content: Uint8Array | string) => string;

const rest = (count: number): readonly unknown[] => Array.from({ length: count }, () => containing(""));

function sized(file: string, megabytes: number): string {
  truncateSync(file, megabytes * 1024 * 1024);
  return file;
}

function folderIn(folder: string): string {
  mkdirSync(join(folder, "lists.ml"));
  return join(folder, "lists.ml");
}

function pipeIn(folder: string): string {
  execFileSync("mkfifo", [join(folder, "pipe")]);
  return join(folder, "pipe");
}

function execKey(): string {
  return `-----BEGIN PRIVATE KEY-----\n${"A".repeat(64)}\n-----END PRIVATE KEY-----\n`;
}
