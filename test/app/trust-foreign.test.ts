// The trust store and files that nobody here has made: those of openssl, and the published German list.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { trustImportCommand } from "../../src/app/commands/trust-import.ts";
import { trustListCommand } from "../../src/app/commands/trust-list.ts";
import { loadTrustAnchors } from "../../src/app/trust-anchors-of.ts";
import { openDatabase } from "../../src/journal/database.ts";
import { good } from "../good.ts";
import { hasOpenssl } from "../sim/pki/openssl.ts";
import { type CommandWorld, commandWorld } from "./command-world.ts";
import { containing } from "./matchers.ts";

const listed = async (world: CommandWorld, country?: string) => {
  const { out } = await world.run(trustListCommand, {
    texts: country === undefined ? {} : { country },
    flags: new Set(["json"]),
  });
  return out.map((line) => JSON.parse(line) as { keyId?: string; kind: string; fingerprint: string });
};

describe.runIf(hasOpenssl)("files made by openssl", () => {
  const CONFIG = `
[ca]
default_ca = own
[own]
database = index.txt
crlnumber = number
default_md = sha384
default_crl_days = 90
`;

  /** A country signer on a curve whose parameters are spelled out, as most States do. */
  async function authority() {
    const world = await commandWorld();
    const openssl = (...words: readonly string[]) =>
      execFileSync("openssl", words, { cwd: world.folder, stdio: ["ignore", "pipe", "ignore"] });
    openssl(
      ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:brainpoolP384r1 -pkeyopt ec_param_enc:explicit".split(
        " ",
      ),
      ..."-sha384 -nodes -days 3650 -subj /C=ut/O=Utopia/CN=CSCA -keyout key.pem -out csca.pem".split(" "),
      ..."-addext keyUsage=critical,keyCertSign,cRLSign".split(" "),
    );
    openssl(..."x509 -in csca.pem -outform DER -out csca.cer".split(" "));
    writeFileSync(join(world.folder, "ca.cnf"), CONFIG);
    writeFileSync(join(world.folder, "index.txt"), "");
    writeFileSync(join(world.folder, "number"), "01\n");
    openssl(..."ca -gencrl -config ca.cnf -keyfile key.pem -cert csca.pem -out utopia.crl".split(" "));
    openssl(..."crl2pkcs7 -nocrl -certfile csca.pem -outform DER -out csca.p7b".split(" "));
    const bring = (...files: readonly string[]) =>
      world.run(trustImportCommand, { positionals: files.map((file) => join(world.folder, file)) });
    const fingerprint = openssl(..."x509 -in csca.pem -noout -fingerprint -sha256".split(" "));
    return { world, bring, fingerprint: fingerprint.toString().trim().split("=")[1]?.replaceAll(":", "") };
  }

  test("a certificate in PEM and the same in DER are one, by the fingerprint that openssl prints", async () => {
    const { world, bring, fingerprint } = await authority();
    expect(await bring("csca.pem", "csca.cer")).toMatchObject({ exit: 0, err: [] });
    expect(await listed(world, "UT")).toMatchObject([
      { fingerprint, sources: ["csca.cer", "csca.pem"].sort().reverse() },
    ]);
  });

  test("a revocation list is verified", async () => {
    const { bring } = await authority();
    expect(await bring("csca.cer", "utopia.crl")).toMatchObject({ exit: 0, err: [] });
  });

  test("its key, and certificates in a signed file without a signature, are refused", async () => {
    const { world, bring } = await authority();
    expect(await bring("key.pem")).toMatchObject({ exit: 1, err: [containing("private key")] });
    expect(await bring("csca.p7b")).toMatchObject({ exit: 1, err: [containing("no master list")] });
    expect(await listed(world)).toEqual([]);
  });
});

const REAL = process.env["TEST_CSCA_DIR"] ?? "";
const LIST = join(REAL, "DE_ML_2026-05-28.ml");
const hasList = REAL !== "" && existsSync(LIST);
if (!hasList)
  process.stderr.write("skipped: the published German list, because TEST_CSCA_DIR does not name it\n");

/** What the CIE sheet (3.5) says is in such a list; the oldest, for passports of 2006, is not. */
const ITALIAN_KEYS = [
  "436CE3921D10922307EFD7A2F577ED7524467F1B",
  "852DF7A70A512D83103DFBC9F628CB6B1CEE5591",
  "B0BF3BB9ECEBC720974C1D13A5905A1A613589A0",
  "D11A505E15ADEA5A61779CA4A2A991EC3949D1F9",
  "E94A91197072CD256951790E6CFE2386EDB09D6E",
];

// Public data rather than a program that could be installed: without it these tests do not exist.
if (hasList)
  describe("the German list", () => {
    test("is refused unpinned, and brings all its certificates under its pinned root", async () => {
      const world = await commandWorld();
      const texts = { "pin-signer": join(REAL, "DE_ML_root.cer") };
      const invocation = { positionals: [LIST] };
      expect(await world.run(trustImportCommand, invocation)).toMatchObject({
        exit: 1,
        err: [containing("CSCA Master List Signer")],
      });
      expect(await world.run(trustImportCommand, { ...invocation, texts })).toMatchObject({
        exit: 0,
        out: [
          containing("588 certificates added, 1 list signer pinned"),
          containing("list of DE, signed 2026-05-28"),
        ],
      });
      expect(await listed(world)).toHaveLength(588);
      expect([...new Set((await listed(world, "IT")).map(({ keyId }) => keyId))].sort()).toEqual(
        ITALIAN_KEYS,
      );
      expect(await listed(world, "FR")).not.toEqual([]);
      const again = await world.run(trustImportCommand, invocation);
      expect(again).toMatchObject({ exit: 0, out: [containing("nothing has changed"), containing("588")] });

      const database = good(openDatabase(join(world.folder, "state", "varco.db"), { busyTimeoutMs: 100 }));
      const anchors = good(loadTrustAnchors(database, { trust: { crl: "warn" } }));
      database.close();
      expect(anchors.size).toBe(588);
    });

    test("with a byte changed at the beginning or the middle of its content, or of its signature, brings nothing", async () => {
      const world = await commandWorld();
      const texts = { "pin-signer": join(REAL, "DE_ML_root.cer") };
      const bytes = readFileSync(LIST);
      for (const at of [300, 450_000, bytes.length - 10]) {
        const forged = join(world.folder, "forged.ml");
        writeFileSync(
          forged,
          bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)),
        );
        expect(
          (await world.run(trustImportCommand, { positionals: [forged], texts })).exit,
          `byte ${at}`,
        ).toBe(1);
      }
      expect(await listed(world)).toEqual([]);
    });
  });
