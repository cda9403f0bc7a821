// What the documents' files say of protocols and keys: read by the gate, by OpenSSL, and held against the chip's secrets.
import { createECDH, createPublicKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { toHex } from "../../../../src/bytes/hex.ts";
import { checkCardSecurity } from "../../../../src/emrtd/card-security.ts";
import { chipKey } from "../../../../src/emrtd/chip-key.ts";
import { parseDg14 } from "../../../../src/emrtd/lds/dg14.ts";
import { parseDg15 } from "../../../../src/emrtd/lds/dg15.ts";
import { choosePace } from "../../../../src/emrtd/pace-profile.ts";
import { parseSecurityInfos, type SecurityInfo } from "../../../../src/emrtd/security-infos.ts";
import type { ChipContent } from "../../../../src/sim/emrtd/content.ts";
import {
  type ChipKeyPlan,
  chipKeyEntries,
  chipSecret,
} from "../../../../src/sim/emrtd/documents/chip-key-files.ts";
import type { ContentFault } from "../../../../src/sim/emrtd/documents/content-faults.ts";
import { contentOf } from "../../../../src/sim/emrtd/documents/content-of.ts";
import { PROFILES, type ProfileName } from "../../../../src/sim/emrtd/documents/profiles.table.ts";
import { PROFILE_NAMES } from "../../../../src/sim/emrtd/parse-emrtd-spec.ts";
import { documentTrust } from "../../../../src/sim/pki/document-trust.ts";
import { good } from "../../../good.ts";
import { AT, store } from "../../../pki/makers.ts";
import { hasOpenssl, openssl } from "../../pki/openssl.ts";

const EF_CARD_ACCESS = 0x011c;
const EF_CARD_SECURITY = 0x011d;
const DG14 = 0x010e;
const DG15 = 0x010f;

const fileOf = (files: ReadonlyMap<number, Uint8Array>, id: number): Uint8Array =>
  files.get(id) ?? new Uint8Array(0);
const cardAccess = (profile: ProfileName, fault?: ContentFault): readonly SecurityInfo[] =>
  good(
    parseSecurityInfos(
      fileOf(contentOf(profile, fault === undefined ? {} : { fault }).masterFile, EF_CARD_ACCESS),
    ),
  );
const group14 = (content: ChipContent) => good(parseDg14(fileOf(content.application, DG14)));
const keysIn = (infos: readonly SecurityInfo[]) =>
  infos.flatMap((info) => (info.kind === "chipAuthenticationKey" ? [info] : []));

describe("EF.CardAccess", () => {
  const withPace = PROFILE_NAMES.filter((name) => PROFILES[name].cardAccess !== undefined);

  test.each(withPace)("of %s announces what the chip does", (profile) => {
    const announced = cardAccess(profile).map(({ kind, ...rest }) => ({ kind, ...rest }));
    expect(announced).toHaveLength(PROFILES[profile].pace.length);
    expect(announced).toEqual(
      expect.arrayContaining(PROFILES[profile].pace.map((offer) => ({ kind: "pace", version: 2, ...offer }))),
    );
  });

  test("of the CIE is the one on record, byte for byte", () => {
    expect(toHex(fileOf(contentOf("cie").masterFile, EF_CARD_ACCESS))).toBe(
      "31143012060A04007F00070202040101020102020102",
    );
  });

  test("is missing where there is no PACE", () => {
    const without = PROFILE_NAMES.filter((name) => !contentOf(name).masterFile.has(EF_CARD_ACCESS));
    expect(without).toEqual(["passport-bac", "passport-us"]);
  });

  test("§12 row 4: parameters spelled out are as good as their number", () => {
    const chosen = choosePace(cardAccess("passport-nl", "cardAccessSpelledOut"));
    expect(chosen).toMatchObject({ mapping: "ECDH-GM", suite: "AES-256", parameterId: undefined });
    expect(chosen?.group).toBe(choosePace(cardAccess("passport-nl"))?.group);
  });

  test.each(["cardAccessUnnamed", "cardAccessOther"] as const)(
    "§12 row 4: %s leaves no PACE, and the chip has BAC",
    (fault) => {
      expect(choosePace(cardAccess("passport-de", fault))).toBeUndefined();
      const { bac, can } = contentOf("passport-de", { fault });
      expect([bac, can]).toEqual([true, undefined]);
    },
  );

  test("a weakened one offers less than what is signed in DG14", () => {
    const content = contentOf("cnie", { fault: "weakenedCardAccess" });
    expect(cardAccess("cnie", "weakenedCardAccess")).toMatchObject([{ mapping: "ECDH-GM", suite: "3DES" }]);
    expect(content.pace).toEqual([{ mapping: "ECDH-GM", suite: "3DES", parameterId: 13 }]);
    expect(group14(content).filter(({ kind }) => kind === "pace")).toHaveLength(2);
  });
});

describe("chip authentication", () => {
  const withKeys = PROFILE_NAMES.filter((name) => PROFILES[name].chipKeys.length > 0);

  test.each(withKeys)("%s shows the public half of every secret that it uses", (profile) => {
    const content = contentOf(profile);
    const shown = keysIn(group14(content)).map((info) => chipKey(info));
    const used = content.chipKeys.filter(({ suites }) => suites.length > 0);
    expect(shown.map((key) => toHex(key?.element ?? new Uint8Array(0)))).toEqual(
      used.map(({ secret }, index) => {
        const group = shown[index]?.group;
        return toHex(group?.times(secret, group.generator) ?? new Uint8Array(1));
      }),
    );
  });

  test.each([
    ["cnie", [{ agreement: "ECDH", suite: "AES-256", keyId: undefined }]],
    ["cie", [{ agreement: "DH", suite: "3DES", keyId: undefined }]],
    ["passport-de", [{ agreement: "ECDH", suite: "AES-128", keyId: 72 }]],
    ["passport-fr", []],
    ["passport-aa", []],
  ] as const)("%s announces its suites", (profile, suites) => {
    const infos = group14(contentOf(profile)).filter(({ kind }) => kind === "chipAuthentication");
    expect(infos).toMatchObject(suites);
    expect(infos).toHaveLength(suites.length);
  });

  test("§12 row 11: two keys on one curve, of which one serves the mapping", () => {
    const content = contentOf("passport-de");
    const { certificates } = documentTrust();
    const { infos } = good(
      checkCardSecurity({
        file: fileOf(content.masterFile, EF_CARD_SECURITY),
        anchors: store({ anchors: certificates }),
        at: AT,
      }),
    );
    expect(keysIn(infos).map(({ keyId }) => keyId)).toEqual(expect.arrayContaining([13, 72]));
    expect(keysIn(group14(content)).map(({ keyId }) => keyId)).toEqual([72]);
    expect(content.chipKeys.find(({ servesMapping }) => servesMapping)?.keyId).toBe(13);
  });

  test("§12 rows 12 and 13: a key without a word on suites, and one for AES-192", () => {
    const unannounced = contentOf("cnie", { fault: "chipKeyUnannounced" });
    expect(group14(unannounced).filter(({ kind }) => kind === "chipAuthentication")).toEqual([]);
    expect(unannounced.chipKeys).toMatchObject([{ suites: ["3DES"] }]);
    const rare = contentOf("cie", { fault: "chipKeyAes192" });
    expect(group14(rare)).toContainEqual(
      expect.objectContaining({ kind: "chipAuthentication", agreement: "DH", suite: "AES-192" }),
    );
  });

  test("§12 row 30: DG14 in an order that writing it anew would change", () => {
    const ordinary = fileOf(contentOf("cnie").application, DG14);
    const odd = fileOf(contentOf("cnie", { fault: "dg14Backwards" }).application, DG14);
    expect(group14(contentOf("cnie", { fault: "dg14Backwards" })).map(({ kind }) => kind)).toEqual(
      group14(contentOf("cnie"))
        .map(({ kind }) => kind)
        .reverse(),
    );
    expect([toHex(odd) === toHex(ordinary), odd.length]).toEqual([false, ordinary.length]);
  });

  test("a copy shows the State's keys and holds others; replaced keys are shown and held", () => {
    const [honest, copied, replaced] = [
      contentOf("cnie"),
      contentOf("cnie", { fault: "copied" }),
      contentOf("cnie", { fault: "replacedKeys" }),
    ].map((content) => ({
      shown: toHex(fileOf(content.application, DG14)),
      held: content.chipKeys.map(({ secret }) => toHex(secret)).join(),
    }));
    expect([copied?.shown === honest?.shown, copied?.held === honest?.held]).toEqual([true, false]);
    expect([replaced?.shown === honest?.shown, replaced?.held === copied?.held]).toEqual([false, true]);
  });

  test("a copy without key files offers no mapping that would need one", () => {
    const content = contentOf("passport-de", { fault: "withoutKeyFiles" });
    expect(content.pace.map(({ mapping }) => mapping)).toEqual(["ECDH-GM"]);
    expect(cardAccess("passport-de", "withoutKeyFiles")).toMatchObject([{ mapping: "ECDH-GM" }]);
    expect(content.masterFile.has(EF_CARD_SECURITY)).toBe(false);
  });

  test("files of keys that are gone leave no keys and no word in EF.COM", () => {
    const content = contentOf("cie", { fault: "withoutKeyFiles" });
    expect([content.application.has(DG14), content.chipKeys]).toEqual([false, []]);
    expect(toHex(fileOf(content.application, 0x011e))).toMatch(/5C056175636B6C$/);
  });
});

describe.runIf(hasOpenssl)("OpenSSL finds in a key of every form", () => {
  const textOf = (plan: Omit<ChipKeyPlan, "suites" | "announced">): string => {
    const secret = chipSecret(plan.parameterId, "a label");
    const [entry] = chipKeyEntries({ ...plan, suites: [], announced: false }, secret);
    // The entry is a SEQUENCE of identifier and SubjectPublicKeyInfo; the identifier takes 11 bytes.
    const start = (entry?.[1] ?? 0) === 0x81 ? 3 : (entry?.[1] ?? 0) === 0x82 ? 4 : 2;
    const info = entry?.subarray(start + 11) ?? new Uint8Array(0);
    return openssl({ input: info }, "pkey", "-pubin", "-inform", "DER", "-noout", "-text").out;
  };

  test.each([12, 13, 14, 15, 16, 17, 18])("curve %i, spelled out", (parameterId) => {
    const text = textOf({ parameterId, form: "explicit" });
    const names: Readonly<Record<number, string>> = {
      12: "prime256v1",
      13: "brainpoolP256r1",
      14: "brainpoolP320r1",
      15: "secp384r1",
      16: "brainpoolP384r1",
      17: "brainpoolP512r1",
      18: "secp521r1",
    };
    const ecdh = createECDH(names[parameterId] ?? "");
    ecdh.setPrivateKey(chipSecret(parameterId, "a label"));
    expect(text).toContain("Field Type: prime-field");
    const shown = /pub:\s+([0-9a-f:\s]+?)\n\S/.exec(text)?.[1]?.replaceAll(/[:\s]/g, "");
    expect(shown).toBe(ecdh.getPublicKey("hex"));
  });

  test.each([
    ["PKCS#3", 2],
    ["X9.42", 1],
  ] as const)("integers after %s", (form, parameterId) => {
    expect(textOf({ parameterId, form })).toMatch(
      /DH Public-Key: \(2048 bit\)|X9\.42 DH Public-Key: \(2048 bit\)/,
    );
  });
});

describe("active authentication", () => {
  test.each([
    ["passport-bac", undefined, "rsa", 1024],
    ["passport-bac", "activeKeyLong", "rsa", 3072],
    ["passport-aa", undefined, "ec", undefined],
    ["passport-us", "unlistedActiveKey", "rsa", 1024],
  ] as const)(
    "%s %s: DG15 shows the public half of what the chip signs with",
    (profile, fault, type, bits) => {
      const content = contentOf(profile, fault === undefined ? {} : { fault });
      const shown = createPublicKey({
        key: Buffer.from(good(parseDg15(fileOf(content.application, DG15)))),
        format: "der",
        type: "spki",
      });
      const held = content.activeKey === undefined ? undefined : createPublicKey(content.activeKey.key);
      expect(shown.asymmetricKeyType).toBe(type);
      expect(shown.asymmetricKeyDetails?.modulusLength).toBe(bits);
      expect(shown.export({ format: "jwk" })).toEqual(held?.export({ format: "jwk" }));
    },
  );

  test("§12 row 17: DER is asked for by a fault, and the hash stands in DG14", () => {
    expect(contentOf("passport-aa").activeKey?.der).toBe(false);
    expect(contentOf("passport-aa", { fault: "activeAnswerDer" }).activeKey?.der).toBe(true);
    expect(group14(contentOf("passport-aa"))).toContainEqual({
      kind: "activeAuthentication",
      signatureAlgorithm: "0.4.0.127.0.7.1.1.4.1.3",
    });
  });

  test("a copy signs with another key", () => {
    const [honest, copy] = [contentOf("passport-bac"), contentOf("passport-bac", { fault: "copied" })];
    expect(copy.activeKey?.key.equals(honest.activeKey?.key ?? copy.activeKey.key)).toBe(false);
  });
});
