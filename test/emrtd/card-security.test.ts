/** EF.CardSecurity: its signature, the key that it lends to chip authentication mapping, and what it says of PACE. */
import { describe, expect, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import { hex } from "../../src/bytes/hex.ts";
import { writeTlv } from "../../src/bytes/write-tlv.ts";
import { ecGroup } from "../../src/crypto/ec-group.ts";
import { type CardSecurityFailure, checkCardSecurity, checkPaceWay } from "../../src/emrtd/card-security.ts";
import { checkChipMapping } from "../../src/emrtd/pace-cam.ts";
import { choosePace } from "../../src/emrtd/pace-profile.ts";
import { parseSecurityInfos } from "../../src/emrtd/security-infos.ts";
import { ok } from "../../src/result.ts";
import { countrySigner, documentSigner } from "../../src/sim/pki/document-authorities.ts";
import { bad, good } from "../good.ts";
import { AT, certificateOf, flipped } from "../pki/makers.ts";
import camVectors from "../vectors/pace-cam.json" with { type: "json" };
import { ECDH, infosOf, keyInfo, standardKey } from "./chip-infos.ts";
import { signedObject, TRUSTED, trusting } from "./document-makers.ts";
import { cardAccess, paceInfo } from "./pace-settings.ts";

const SECURITY_OBJECT = "0.4.0.127.0.7.3.2.1";
const GROUP = ecGroup("brainpoolP256r1");
const key = (point: string, keyId?: number) => keyInfo(ECDH, standardKey(13, GROUP, hex(point)), keyId);

const [APPENDIX, GERMAN] = camVectors.cases;
if (APPENDIX?.staticPublicKeyIc === undefined || GERMAN?.publicKeys === undefined)
  throw new Error("no vectors");
const INFOS = writeTlv(0x31, paceInfo("0602", 13), key(APPENDIX.staticPublicKeyIc));
const germanSigner = { authority: "DE-2021", kind: "brainpoolP256r1" } as const;
const file = (fields: Partial<Parameters<typeof signedObject>[0]> = {}) =>
  signedObject({ contentType: SECURITY_OBJECT, content: INFOS, ...germanSigner, ...fields });
const HONEST = file();
const check = (bytes: Uint8Array, anchors = TRUSTED) => checkCardSecurity({ file: bytes, anchors, at: AT });

describe("EF.CardSecurity", () => {
  test("gives its infos, and tells who vouches for them", () => {
    const proof = good(check(concat(HONEST, new Uint8Array(100))));
    expect(proof).toEqual({
      infos: good(parseSecurityInfos(INFOS)),
      signer: certificateOf(documentSigner(germanSigner).certificate).fingerprint,
      anchor: certificateOf(countrySigner("DE-2021").certificate).fingerprint,
      signerCountry: "DE",
      warnings: ["crlMissing"],
      defects: [],
    });
  });

  const impostor = documentSigner({ ...germanSigner, owner: "impostor" });
  test.each<[name: string, bytes: Uint8Array, expected: CardSecurityFailure]>([
    ["no bytes", new Uint8Array(0), { kind: "malformed", part: "cardSecurity" }],
    ["the infos alone", INFOS, { kind: "malformed", part: "signedData" }],
    ["a list of hashes", file({ contentType: "2.23.136.1.1.1" }), { kind: "wrongContentType" }],
    [
      "a digest of other infos",
      file({ messageDigest: new Uint8Array(32) }),
      { kind: "messageDigestMismatch" },
    ],
    ["a broken signature", flipped(HONEST, HONEST.length - 1), { kind: "signatureInvalid" }],
    ["a chain of an attacker's", file({ signer: impostor }), { kind: "noTrustAnchor" }],
    [
      "an expired signer",
      file({ signer: documentSigner({ ...germanSigner, state: "expired" }) }),
      { kind: "signerExpired" },
    ],
    ["no infos", file({ content: hex("3000") }), { kind: "malformed", part: "securityInfos" }],
  ])("%s", (_, bytes, expected) => {
    expect(bad(check(bytes))).toEqual(expected);
  });

  test("of a State that is not trusted is none", () => {
    expect(bad(check(HONEST, trusting("FR-2020")))).toEqual({ kind: "noTrustAnchor" });
  });

  test("with a bit turned anywhere is refused, or says the same", () => {
    const { infos, signer } = good(check(HONEST));
    for (let at = 0; at < HONEST.length; at += 3) {
      const outcome = check(flipped(HONEST, at, at % 8));
      if (outcome.ok) expect([outcome.value.infos, outcome.value.signer]).toEqual([infos, signer]);
    }
  }, 120_000);
});

describe("chip authentication mapping by a signed key", () => {
  const mapping = {
    group: GROUP,
    parameterId: 13,
    chipKey: hex(APPENDIX.mapIcPub),
    chipData: hex(APPENDIX.chipAuthenticationData),
  };

  test("the worked example proves its chip by the key of the signed file", () => {
    expect(checkChipMapping(mapping, good(check(HONEST)).infos)).toEqual({ ok: true, value: "proven" });
    const product = GROUP.times(mapping.chipData, hex(APPENDIX.staticPublicKeyIc ?? ""));
    expect(product).toEqual(mapping.chipKey);
  });

  test("another chip's key, signed as well, refutes it", () => {
    const other = GERMAN.publicKeys?.[0]?.key ?? "";
    const { infos } = good(check(file({ content: writeTlv(0x31, key(other)) })));
    expect(bad(checkChipMapping(mapping, infos))).toEqual({ kind: "chipKeyMismatch" });
  });

  test("§12 row 11: of two keys on the curve the one that is numbered as the parameters counts (Germany)", () => {
    const recorded = {
      ...mapping,
      chipKey: hex(GERMAN.mapIcPub),
      chipData: hex(GERMAN.chipAuthenticationData),
    };
    const entries = (GERMAN.publicKeys ?? []).map(({ keyId, key: point }) => key(point, keyId));
    for (const content of [entries, entries.toReversed()]) {
      const { infos } = good(check(file({ content: writeTlv(0x31, ...content) })));
      expect(checkChipMapping(recorded, infos).ok).toBe(true);
    }
    const renumbered = (GERMAN.publicKeys ?? []).map(({ key: point }, index) => key(point, 80 + index));
    expect(bad(checkChipMapping(recorded, infosOf(...renumbered)))).toEqual({ kind: "chipKeyMissing" });
  });
});

describe("PACE as announced and as signed", () => {
  const infos = (...entries: readonly Uint8Array[]) => good(parseSecurityInfos(cardAccess(...entries)));
  const [strong, weak] = [paceInfo("0204", 13), paceInfo("0201", 13)];
  const signedKey = key(APPENDIX.staticPublicKeyIc ?? "");

  const wayOf = (...entries: readonly Uint8Array[]) => choosePace(infos(...entries));

  test("is well when it is the one that the signed infos lead to, whatever else stands in either", () => {
    expect(checkPaceWay(wayOf(strong, weak), infos(signedKey, weak, strong))).toEqual(ok(undefined));
    expect(checkPaceWay(wayOf(strong, weak), infos(strong))).toEqual(ok(undefined));
    expect(checkPaceWay(wayOf(strong), infos(weak, strong))).toEqual(ok(undefined));
  });

  test("cannot be judged where nothing is signed, as in older documents", () => {
    expect(checkPaceWay(wayOf(strong), infos(signedKey))).toEqual(ok(undefined));
    expect(checkPaceWay(undefined, infos())).toEqual(ok(undefined));
  });

  test("is judged by the gate's own preference", () => {
    const integrated = paceInfo("0404", 13);
    const way = choosePace(infos(strong, integrated), ["ECDH-IM"]);
    expect(checkPaceWay(way, infos(strong, integrated), ["ECDH-IM"])).toEqual(ok(undefined));
    expect(bad(checkPaceWay(way, infos(strong, integrated)))).toEqual({ kind: "paceWithheld" });
  });

  test.each<[name: string, announced: readonly Uint8Array[]]>([
    ["the stronger way is not announced", [weak]],
    ["nothing is announced, and BAC was done", []],
    ["the stronger way is announced with other parameters", [weak, paceInfo("0204", 12)]],
  ])("%s: somebody took it away", (_, announced) => {
    expect(bad(checkPaceWay(wayOf(...announced), infos(weak, strong)))).toEqual({ kind: "paceWithheld" });
  });
});
