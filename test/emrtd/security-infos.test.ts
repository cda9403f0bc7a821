/** What is read out of EF.CardAccess and DG14, and which way of PACE is chosen from it. */
import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readTlv } from "../../src/bytes/ber-tlv.ts";
import { concat } from "../../src/bytes/bytes.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { writeTlv } from "../../src/bytes/write-tlv.ts";
import { DH_GROUPS } from "../../src/crypto/dh-groups.table.ts";
import { groupOfAlgorithm, standardGroup } from "../../src/emrtd/domain-parameters.ts";
import { choosePace } from "../../src/emrtd/pace-profile.ts";
import { parseSecurityInfos } from "../../src/emrtd/security-infos.ts";
import { CARD_OBJECT, parseAsn1, rawBytes } from "../../src/pki/asn1.ts";
import { cardAccess, PACE_ARC, paceInfo } from "./pace-settings.ts";

const infosOf = (...entries: readonly Uint8Array[]) => {
  const infos = parseSecurityInfos(cardAccess(...entries));
  if (!infos.ok) throw new Error("the test's file does not parse");
  return infos.value;
};
const CHIP_ARC = "04007F00070202";
const entry = (oid: string, ...rest: readonly Uint8Array[]) =>
  writeTlv(0x30, writeTlv(0x06, hex(oid)), ...rest);
const number = (value: number) => writeTlv(0x02, Uint8Array.of(value));
const integer = (digits: string) => writeTlv(0x02, hex(`00${digits}`));

describe("the entries", () => {
  test("of a CIE", () => {
    expect(parseSecurityInfos(hex("31143012060A04007F00070202040101020102020102"))).toEqual({
      ok: true,
      value: [{ kind: "pace", mapping: "DH-GM", suite: "3DES", version: 2, parameterId: 2 }],
    });
  });

  test("of a document with everything", () => {
    const spki = generateKeyPairSync("ec", { namedCurve: "brainpoolP256r1" }).publicKey.export({
      format: "der",
      type: "spki",
    });
    const infos = infosOf(
      paceInfo("0602", 13),
      entry(`${CHIP_ARC}030204`, number(1), number(7)),
      entry(`${CHIP_ARC}0102`, spki, number(7)),
      entry("678108010105", number(1), hex("060804007F0007010104")),
      entry(`${CHIP_ARC}02`, number(1)),
      entry("678108010D", hex("0400")),
    );
    expect(infos.map(({ kind }) => kind)).toEqual([
      "pace",
      "chipAuthentication",
      "chipAuthenticationKey",
      "activeAuthentication",
      "unknown",
      "unknown",
    ]);
    expect(infos[1]).toEqual({
      kind: "chipAuthentication",
      agreement: "ECDH",
      suite: "AES-256",
      version: 1,
      keyId: 7,
    });
    const [, , key] = infos;
    expect(key?.kind === "chipAuthenticationKey" && toHex(rawBytes(key.publicKey))).toBe(toHex(spki));
    expect(infos[4]).toEqual({ kind: "unknown", protocol: "0.4.0.127.0.7.2.2.2" });
  });

  test("that are not what they promise are kept as unknown", () => {
    const infos = infosOf(
      entry(`${PACE_ARC}0205`, number(2), number(13)),
      entry(`${PACE_ARC}0502`, number(2), number(13)),
      entry(`${PACE_ARC}0202`, hex("0500")),
      entry(`${PACE_ARC}0202`, hex("0201FF")),
      entry(`${PACE_ARC}0202`, hex("02050100000000")),
      entry(`${CHIP_ARC}030302`, number(1)),
      entry(`${CHIP_ARC}0102`),
      entry("678108010105", number(1)),
      hex("3000"),
      hex("0500"),
      hex("020101"),
    );
    expect(infos.map(({ kind }) => kind)).toEqual(infos.map(() => "unknown"));
    expect(infos).toHaveLength(11);
  });

  test("are ended by the set's length, whatever filler is behind it", () => {
    expect(parseSecurityInfos(concat(cardAccess(paceInfo("0202", 13)), hex("0000FFFF"))).ok).toBe(true);
  });

  test.each(["", "31", "3105", "3003020101", "310302", "FF".repeat(40)])("are not found in %s", (file) => {
    expect(parseSecurityInfos(hex(file))).toEqual({ ok: false, error: { kind: "securityInfosMalformed" } });
  });

  test("of hostile bytes are refused or unknown, and nothing throws", () => {
    const honest = cardAccess(
      paceInfo("0202", 13),
      entry(`${PACE_ARC}02`, hex("300C060704007F0007010202010D"), number(99)),
      entry(`${CHIP_ARC}030204`, number(1)),
    );
    fc.assert(
      fc.property(fc.nat(honest.length - 1), fc.nat(255), fc.nat(honest.length), (at, byte, cut) => {
        const bytes = honest.slice(0, Math.max(cut, at + 1));
        bytes[at] = byte;
        const infos = parseSecurityInfos(bytes);
        if (infos.ok) choosePace(infos.value);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("the choice", () => {
  const chosen = (...entries: readonly Uint8Array[]) => {
    const profile = choosePace(infosOf(...entries));
    return profile && `${profile.mapping} ${profile.suite} ${profile.parameterId}`;
  };

  test("ranks mappings first, then keys", () => {
    const all = ["0101", "0104", "0301", "0402", "0404", "0201", "0203", "0602"];
    const entries = all.map((arcs) => paceInfo(arcs, Number(arcs[1]) % 2 === 1 ? 2 : 13));
    expect(chosen(...entries)).toBe("ECDH-CAM AES-128 13");
    expect(chosen(...entries.slice(0, 7))).toBe("ECDH-GM AES-192 13");
    expect(chosen(...entries.slice(0, 5))).toBe("ECDH-IM AES-256 13");
    expect(chosen(...entries.slice(0, 3))).toBe("DH-IM 3DES 2");
    expect(chosen(...entries.slice(0, 2))).toBe("DH-GM AES-256 2");
  });

  test("follows the gate's own order, and takes nothing that is not in it", () => {
    const infos = infosOf(paceInfo("0204", 13), paceInfo("0404", 13));
    expect(choosePace(infos, ["ECDH-IM", "ECDH-GM"])?.mapping).toBe("ECDH-IM");
    expect(choosePace(infos, ["DH-GM"])).toBeUndefined();
  });

  test("passes over what cannot be done", () => {
    expect(chosen(paceInfo("0202", 3), paceInfo("0202", 19), paceInfo("0202", 31))).toBeUndefined();
    expect(chosen(paceInfo("0202", 2))).toBeUndefined();
    expect(chosen(paceInfo("0102", 13))).toBeUndefined();
    expect(chosen(paceInfo("0402", 10))).toBeUndefined();
    expect(chosen(paceInfo("0601", 13))).toBeUndefined();
    expect(chosen(paceInfo("0202"))).toBeUndefined();
    expect(chosen(entry(`${PACE_ARC}0202`, number(1), number(13)))).toBeUndefined();
    expect(chosen(hex("300D060804007F0007020202020101"))).toBeUndefined();
    expect(chosen()).toBeUndefined();
  });

  test("knows when a card offers one way only", () => {
    expect(choosePace(infosOf(paceInfo("0101", 2)))?.isOnlyOne).toBe(true);
    expect(choosePace(infosOf(paceInfo("0101", 2), paceInfo("0202", 99)))?.isOnlyOne).toBe(false);
  });

  test("finds parameters that the card spells out, by their number or by having none", () => {
    const standard = hex("300C060704007F0007010202010D");
    const parameters = (id?: number) =>
      entry(`${PACE_ARC}02`, standard, ...(id === undefined ? [] : [number(id)]));
    expect(chosen(paceInfo("0202", 64), parameters(64))).toBe("ECDH-GM AES-128 64");
    expect(chosen(paceInfo("0202"), parameters())).toBe("ECDH-GM AES-128 undefined");
    expect(chosen(paceInfo("0202", 64), parameters(65))).toBeUndefined();
    expect(chosen(paceInfo("0402", 64), parameters(64))).toBeUndefined();
  });
});

describe("a group", () => {
  const algorithmOf = (der: Uint8Array) => {
    const parsed = parseAsn1(der, CARD_OBJECT);
    return parsed.ok ? groupOfAlgorithm(parsed.value) : undefined;
  };
  const ofKey = (spki: Uint8Array) => {
    const outer = readTlv(spki);
    return outer.ok ? algorithmOf(outer.value.value) : undefined;
  };

  test.each([
    [8, "prime192v1"],
    [9, "brainpoolP192r1"],
    [10, "secp224r1"],
    [11, "brainpoolP224r1"],
    [12, "prime256v1"],
    [13, "brainpoolP256r1"],
    [14, "brainpoolP320r1"],
    [15, "secp384r1"],
    [16, "brainpoolP384r1"],
    [17, "brainpoolP512r1"],
    [18, "secp521r1"],
  ])("%i is %s, by name and spelled out", (id, namedCurve) => {
    for (const paramEncoding of ["named", "explicit"] as const) {
      const { publicKey } = generateKeyPairSync("ec", { namedCurve, paramEncoding });
      const group = ofKey(publicKey.export({ format: "der", type: "spki" }));
      expect(group).toBeDefined();
      expect(group).toBe(standardGroup(id));
    }
  });

  test("of integers is known by p and g, in the form of PKCS#3 and of X9.42", () => {
    const { p, g, q } = DH_GROUPS["modp2048-256"];
    const pkcs3 = entry("2A864886F70D010301", writeTlv(0x30, integer(p), integer(g)));
    const x942 = entry("2A8648CE3E0201", writeTlv(0x30, integer(p), integer(g), integer(q)));
    const otherG = entry("2A8648CE3E0201", writeTlv(0x30, integer(p), integer("05"), integer(q)));
    expect(algorithmOf(pkcs3)).toBe(standardGroup(2));
    expect(algorithmOf(x942)).toBe(standardGroup(2));
    expect(algorithmOf(otherG)).toBeUndefined();
  });

  test("that is unknown, or a known one with one number changed, is none", () => {
    expect(
      ofKey(
        generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey.export({
          format: "der",
          type: "spki",
        }),
      ),
    ).toBeUndefined();
    const { publicKey } = generateKeyPairSync("ec", {
      namedCurve: "brainpoolP256t1",
      paramEncoding: "explicit",
    });
    expect(ofKey(publicKey.export({ format: "der", type: "spki" }))).toBeUndefined();
    for (const reserved of [3, 7, 19, 31, 255]) expect(standardGroup(reserved)).toBeUndefined();
    expect(algorithmOf(hex("300C060704007F0007010202017F"))).toBeUndefined();
    expect(algorithmOf(hex("3000"))).toBeUndefined();
    expect(algorithmOf(entry("2A8648CE3D0201"))).toBeUndefined();
    expect(algorithmOf(entry("2A8648CE3D0201", hex("3000")))).toBeUndefined();
    expect(algorithmOf(entry("2A864886F70D010301", hex("3000")))).toBeUndefined();
  });
});
