// A key that vouches for chips makes no seals, and the other way round: by whichever way a certificate of it comes into the store,
// under whichever name, identifier or spelling of its curve.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { HeldKeys } from "../../src/app/commands/held-keys.ts";
import { trustImportCommand } from "../../src/app/commands/trust-import.ts";
import { trustListCommand } from "../../src/app/commands/trust-list.ts";
import { concat } from "../../src/bytes/bytes.ts";
import { parseCertificate } from "../../src/pki/certificate.ts";
import { ecSigner } from "../../src/sim/pki/ec-signer.ts";
import { good } from "../good.ts";
import { latin } from "../seal/seal-maker.ts";
import { authorityMaker, type Maker, nameOf, rootMaker, signerMaker } from "../seal/sealer-makers.ts";
import { trustedList } from "../seal/trusted-list-maker.ts";
import { commandWorld } from "./command-world.ts";
import { containing } from "./matchers.ts";
import { csca, ldif, masterList, pem } from "./trust-files.ts";

const FR05 = authorityMaker();
const CSCA = rootMaker("country signer", { subject: nameOf("CSCA"), issuer: nameOf("CSCA") });
/** What else the same key may be certified as: under another name and another identifier of it. */
const otherId = { keyId: Uint8Array.of(1, 2, 3), issuerKeyId: Uint8Array.of(1, 2, 3) };
const asCsca = (key: Maker["key"]): Maker =>
  rootMaker("", { ...otherId, key, subject: nameOf("Country Signer") });

async function operator() {
  const world = await commandWorld();
  const put = (name: string, content: Uint8Array | string): string => {
    const file = join(world.folder, name);
    writeFileSync(file, content);
    return file;
  };
  const bring = (
    content: Uint8Array | string,
    { flags = [], texts = {} }: { flags?: readonly string[]; texts?: Readonly<Record<string, string>> } = {},
  ) => world.run(trustImportCommand, { positionals: [put("file", content)], texts, flags: new Set(flags) });
  const list = (...certificates: readonly Uint8Array[]) =>
    bring(masterList(certificates), { texts: { "pin-signer": put("pin.cer", csca("self-made")) } });
  return {
    put,
    bring,
    list,
    seals: (...makers: readonly Maker[]) =>
      bring(makers.map(({ certificate }) => pem("CERTIFICATE", certificate)).join(""), { flags: ["seals"] }),
    kinds: async () => {
      const { out } = await world.run(trustListCommand, { flags: new Set(["json"]) });
      return out.map((line) => (JSON.parse(line) as { kind: string }).kind);
    },
  };
}

const VOUCHES_FOR_NO_CHIP = containing("makes visible seals, and vouches for no chip");
const MAKES_NO_SEALS = containing("vouches for chips in the store, and makes no visible seals here");

describe("the key of a maker of seals becomes no country signer", () => {
  test("by hand, nor by a link", async () => {
    const { bring, seals, kinds } = await operator();
    await seals(FR05);
    await bring(CSCA.certificate);
    const link = rootMaker("", { ...otherId, key: FR05.key, subject: nameOf("CSCA"), under: CSCA });
    for (const { certificate } of [asCsca(FR05.key), link])
      expect(await bring(certificate)).toMatchObject({ exit: 1, err: [VOUCHES_FOR_NO_CHIP] });
    expect(await kinds()).toEqual(["csca", "sealAuthority"]);
  });

  test("in a master list, the rest of which is imported", async () => {
    const { list, seals, kinds } = await operator();
    await seals(FR05);
    expect(await list(csca("foreign"), asCsca(FR05.key).certificate)).toMatchObject({
      exit: 0,
      out: expect.arrayContaining([
        "file: 1 certificate added, 1 list signer pinned",
        containing("a certificate was left out: C=FR"),
        VOUCHES_FOR_NO_CHIP,
      ]) as unknown,
    });
    expect(await kinds()).toEqual(["csca", "sealAuthority"]);
  });

  test("in a master list that holds nothing else, which is why it is refused", async () => {
    const { list, seals, kinds } = await operator();
    await seals(FR05);
    expect(await list(asCsca(FR05.key).certificate)).toMatchObject({ exit: 1, err: [VOUCHES_FOR_NO_CHIP] });
    expect(await kinds()).toEqual(["sealAuthority"]);
  });

  test("in a master list of a directory, the rest of which is imported", async () => {
    const { bring, put, seals, kinds } = await operator();
    await seals(FR05);
    const directory = ldif([
      "pkdMasterListContent",
      masterList([csca("foreign"), asCsca(FR05.key).certificate]),
    ]);
    const pin = put("pin.cer", csca("self-made"));
    const { exit, out } = await bring(directory, { texts: { "pin-signer": pin } });
    expect(exit).toBe(0);
    expect(out[0]).toContain("1 certificate added");
    expect(out).toContainEqual(VOUCHES_FOR_NO_CHIP);
    expect(await kinds()).toEqual(["csca", "sealAuthority"]);
  });

  test("nor a signer of lists of them", async () => {
    const { bring, list, kinds } = await operator();
    expect(await bring(csca("self-made"), { flags: ["seals"] })).toMatchObject({ exit: 0 });
    expect(await list(csca("foreign"))).toMatchObject({ exit: 1, err: [VOUCHES_FOR_NO_CHIP] });
    expect(await kinds()).toEqual(["sealRoot"]);
  });
});

describe("the key of a country signer makes no seals", () => {
  const twin = authorityMaker("FR07", { ...otherId, key: CSCA.key });
  const signer = signerMaker(FR05, "0001", { ...otherId, issuerKeyId: FR05.keyId, key: CSCA.key });

  test("by hand: no root, no authority, no signer", async () => {
    const { bring, seals, kinds } = await operator();
    await bring(CSCA.certificate);
    await seals(FR05);
    for (const maker of [asCsca(CSCA.key), twin, signer])
      expect(await seals(maker)).toMatchObject({ exit: 1, err: [MAKES_NO_SEALS] });
    expect(await kinds()).toEqual(["csca", "sealAuthority"]);
  });

  test("among the signers that an authority publishes, the rest of whom are imported", async () => {
    const { bring, seals, kinds } = await operator();
    await bring(CSCA.certificate);
    await seals(FR05);
    const parts = [signer, signerMaker(FR05, "0002")].map(({ certificate }) =>
      concat(latin("\r\nContent-Type: application/pkix-cert\r\n\r\n"), certificate, latin("\r\n--End")),
    );
    const { exit, out } = await bring(concat(latin("--End"), ...parts, latin("--\r\n")));
    expect(exit).toBe(0);
    expect(out).toContainEqual(MAKES_NO_SEALS);
    expect(await kinds()).toEqual(["csca", "sealAuthority", "sealSigner"]);
  });

  test("in a trusted list, the rest of which is imported, or which is refused for it", async () => {
    const { bring, kinds } = await operator();
    await bring(CSCA.certificate);
    const own = { tradeNames: ["FR07"], certificates: [twin.certificate] };
    const confirmed = (text: string) =>
      bring(text, { texts: { sha256: createHash("sha256").update(text).digest("hex") } });
    expect(await confirmed(trustedList({ services: [own] }))).toMatchObject({
      exit: 1,
      err: [MAKES_NO_SEALS],
    });
    const { exit, out } = await confirmed(
      trustedList({ services: [own, { certificates: [FR05.certificate] }] }),
    );
    expect(exit).toBe(0);
    expect(out).toContainEqual(MAKES_NO_SEALS);
    expect(await kinds()).toEqual(["csca", "sealAuthority"]);
  });

  test("nor does that of a pinned signer of lists", async () => {
    const { bring, list, kinds } = await operator();
    await list(csca("foreign"));
    expect(await bring(csca("self-made"), { flags: ["seals"] })).toMatchObject({
      exit: 1,
      err: [MAKES_NO_SEALS],
    });
    expect(await kinds()).toEqual(["csca"]);
  });
});

describe("a key is known again", () => {
  const certificate = (maker: Maker) => good(parseCertificate(maker.certificate));
  const keys = new HeldKeys([certificate(FR05)]);
  const stranger = rootMaker("stranger", { subject: nameOf("Country Signer") });

  test("by its bits, with its curve named or written out", () => {
    const choice = { curve: "P-256", hash: "sha256", label: "authority FR05" } as const;
    const spelt = ecSigner({ ...choice, parameters: "explicit" });
    expect(certificate(asCsca(spelt)).spki).not.toEqual(certificate(FR05).spki);
    expect(keys.has(certificate(asCsca(spelt)))).toBe(true);
  });

  test("by its identifier, and is no other's", () => {
    expect(keys.has(certificate(rootMaker("stranger", { keyId: FR05.keyId })))).toBe(true);
    expect(keys.has(certificate(stranger))).toBe(false);
  });

  test("by its fingerprint, where the held certificate cannot be read", () => {
    const { fingerprint } = certificate(stranger);
    const damaged = new HeldKeys([{ der: new Uint8Array(9), fingerprint }]);
    expect([damaged.has(certificate(stranger)), damaged.has(certificate(FR05))]).toEqual([true, false]);
  });
});
