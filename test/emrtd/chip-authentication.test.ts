/** Chip authentication: which way is chosen, how it fails, and what the virtual chip says to it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { writeTlv } from "../../src/bytes/write-tlv.ts";
import { dhGroup } from "../../src/crypto/dh-group.ts";
import { DH_GROUPS } from "../../src/crypto/dh-groups.table.ts";
import { ecGroup } from "../../src/crypto/ec-group.ts";
import type { KeyGroup } from "../../src/crypto/key-group.ts";
import { authenticateChip } from "../../src/emrtd/chip-authentication.ts";
import {
  type ChipAuthenticationProfile,
  chipAuthenticationWays,
} from "../../src/emrtd/chip-authentication-choice.ts";
import { chipKey } from "../../src/emrtd/chip-key.ts";
import { SecureSession } from "../../src/emrtd/secure-messaging.ts";
import { secured } from "../../src/emrtd/secure-messaging-exchange.ts";
import type { SecurityInfo } from "../../src/emrtd/security-infos.ts";
import { err } from "../../src/result.ts";
import {
  type CurveParameters,
  explicitCurveKey,
  namedCurveKey,
  pkcs3Key,
  x942Key,
} from "../../src/sim/pki/public-key-info.ts";
import { bad, good } from "../good.ts";
import { DH, ECDH, givenPair, infosOf, keyInfo, protocolInfo, standardKey } from "./chip-infos.ts";
import { NOBLE } from "./noble-curves.ts";
import { play } from "./play.ts";

const SECRET = hex("0123456789ABCDEF0123456789ABCDEF");
const publicKey = (group: KeyGroup, secret = SECRET): Uint8Array => {
  const key = group.times(secret, group.generator);
  if (key === undefined) throw new Error("no key");
  return key;
};
const P256 = ecGroup("prime256v1");
const BRAINPOOL = ecGroup("brainpoolP256r1");
const MODP = dhGroup("modp2048-256");
const P256_KEY = standardKey(12, P256, publicKey(P256));
const BRAINPOOL_KEY = standardKey(13, BRAINPOOL, publicKey(BRAINPOOL));
const MODP_KEY = standardKey(2, MODP, publicKey(MODP));

/** What a way says in short. */
const told = ({ suite, key, keyId, form }: ChipAuthenticationProfile) =>
  [
    key.group.kind,
    suite,
    form.kind === "keyAgreementTemplate" ? "Set KAT" : "Set AT",
    ...(keyId === undefined ? [] : [keyId]),
  ].join(" ");
const waysOf = (...entries: readonly Uint8Array[]) => chipAuthenticationWays(infosOf(...entries)).map(told);

describe("the choice", () => {
  test.each<[name: string, entries: readonly Uint8Array[], ways: readonly string[]]>([
    [
      "curves go before integers, longer keys before shorter",
      [
        protocolInfo(DH, "04"),
        protocolInfo(ECDH, "02"),
        protocolInfo(ECDH, "04"),
        protocolInfo(ECDH, "03"),
        keyInfo(DH, MODP_KEY),
        keyInfo(ECDH, P256_KEY),
      ],
      ["ECDH AES-256 Set AT", "ECDH AES-192 Set AT", "ECDH AES-128 Set AT", "DH AES-256 Set AT"],
    ],
    [
      "3DES in the form of the standard, then in the other",
      [protocolInfo(DH, "01"), keyInfo(DH, MODP_KEY)],
      ["DH 3DES Set KAT", "DH 3DES Set AT"],
    ],
    [
      "a number parts the keys",
      [
        protocolInfo(ECDH, "02", { keyId: 7 }),
        protocolInfo(ECDH, "04", { keyId: 9 }),
        keyInfo(ECDH, P256_KEY, 7),
        keyInfo(ECDH, BRAINPOOL_KEY, 9),
      ],
      ["ECDH AES-256 Set AT 9", "ECDH AES-128 Set AT 7"],
    ],
    [
      "a sole key needs no number, and gives its own",
      [protocolInfo(ECDH, "02"), keyInfo(ECDH, P256_KEY, 200)],
      ["ECDH AES-128 Set AT 200"],
    ],
    [
      "a key with another number is another key",
      [protocolInfo(ECDH, "02", { keyId: 1 }), keyInfo(ECDH, P256_KEY, 2)],
      [],
    ],
    ["a protocol without a key is none", [protocolInfo(ECDH, "02"), keyInfo(DH, MODP_KEY)], []],
    ["version 2 is not gone", [protocolInfo(ECDH, "02", { version: 2 }), keyInfo(ECDH, P256_KEY)], []],
    ["no entry, no way", [], []],
    [
      "§12 row 12: a key without protocol (France) means 3DES by Set KAT",
      [keyInfo(ECDH, P256_KEY)],
      ["ECDH 3DES Set KAT"],
    ],
    ["§12 row 12: also with integers and a number", [keyInfo(DH, MODP_KEY, 3)], ["DH 3DES Set KAT 3"]],
  ])("%s", (_, entries, ways) => {
    expect(waysOf(...entries)).toEqual(ways);
  });

  test("§12 row 13: the protocol that is named to the chip is the one it announced", () => {
    for (const [arc, suite] of [
      [DH, "03"],
      [ECDH, "02"],
      [ECDH, "04"],
    ] as const) {
      const key = arc === DH ? keyInfo(DH, MODP_KEY) : keyInfo(ECDH, P256_KEY);
      const [way] = chipAuthenticationWays(infosOf(protocolInfo(arc, suite), key));
      expect(way?.form).toEqual({
        kind: "authenticationTemplate",
        protocol: hex(`04007F0007020203${arc}${suite}`),
      });
    }
  });

  test("a DG14 of nothing but keys and protocols is answered in bounded time", () => {
    const keys = Array.from({ length: 150 }, () => keyInfo(DH, MODP_KEY));
    const protocols = Array.from({ length: 200 }, () => protocolInfo(DH, "04"));
    expect(waysOf(...keys, ...protocols)).toHaveLength(8 * 8);
  });
});

describe("every form in which a chip's key is written", () => {
  const curve = NOBLE.brainpoolP256r1.CURVE();
  const parameters: CurveParameters = { ...curve, Gx: curve.Gx, Gy: curve.Gy };
  const row = DH_GROUPS["modp2048-256"];
  const integers = { p: hex(row.p), g: hex(row.g), q: hex(row.q) };

  test.each<[name: string, arc: typeof DH, key: Uint8Array, group: KeyGroup]>([
    ["a standardised curve by its number", ECDH, BRAINPOOL_KEY, BRAINPOOL],
    ["a curve by its name", ECDH, namedCurveKey("1.3.36.3.3.2.8.1.1.7", publicKey(BRAINPOOL)), BRAINPOOL],
    ["a curve spelled out", ECDH, explicitCurveKey(parameters, publicKey(BRAINPOOL)), BRAINPOOL],
    ["standardised integers by their number", DH, MODP_KEY, MODP],
    ["integers as PKCS#3 has them", DH, pkcs3Key(integers, publicKey(MODP)), MODP],
    ["integers as X9.42 has them", DH, x942Key(integers, publicKey(MODP)), MODP],
  ])("%s", (_, arc, spki, group) => {
    const key = keyOf(infosOf(keyInfo(arc, spki)));
    expect(key?.group).toBe(group);
    expect(key?.element).toEqual(publicKey(group));
  });

  test("a number with a leading zero is brought to the length of p", () => {
    let number = publicKey(MODP);
    for (let step = 0; number[0] !== 0; step++) {
      if (step === 5_000) throw new Error("no such number");
      number = MODP.plus(number, MODP.generator) ?? number;
    }
    const spki = pkcs3Key(integers, number);
    expect(keyOf(infosOf(keyInfo(DH, spki)))?.element).toEqual(number);
  });

  test.each<[name: string, arc: typeof DH, key: Uint8Array]>([
    ["a point that is not on the curve", ECDH, standardKey(12, P256, publicKey(BRAINPOOL))],
    ["no point", ECDH, standardKey(12, P256, hex("00"))],
    ["a curve where integers are announced", DH, P256_KEY],
    ["a reserved number", ECDH, standardKey(5, P256, publicKey(P256))],
    ["the number 1", DH, standardKey(2, MODP, hex("01"))],
    ["p - 1, of order two", DH, standardKey(2, MODP, hex(row.p.replace(/97$/, "96")))],
    ["a number longer than p", DH, standardKey(2, MODP, concat(hex("01"), publicKey(MODP)))],
    ["no key at all", ECDH, hex("3000")],
  ])("%s is no key", (_, arc, spki) => {
    expect(keyOf(infosOf(keyInfo(arc, spki)))).toBeUndefined();
  });
});

function keyOf(infos: readonly SecurityInfo[]) {
  const [info] = infos;
  return info?.kind === "chipAuthenticationKey" ? chipKey(info) : undefined;
}

const wayFor = (...entries: readonly Uint8Array[]): ChipAuthenticationProfile => {
  const [way] = chipAuthenticationWays(infosOf(...entries));
  if (way === undefined) throw new Error("no way");
  return way;
};
const BY_TEMPLATE = wayFor(protocolInfo(ECDH, "02", { keyId: 200 }), keyInfo(ECDH, P256_KEY, 200));
const BY_KEY = wayFor(keyInfo(DH, MODP_KEY));
const run = (way: ChipAuthenticationProfile, ...answers: readonly string[]) => {
  const left = [...answers];
  return play(authenticateChip(way, givenPair(SECRET)), () => hex(left.shift() ?? "6F00"));
};

describe("how it ends", () => {
  test("the public key of integers goes out as long as p, in one command", () => {
    const commands: Uint8Array[] = [];
    const agreed = play(authenticateChip(BY_KEY, givenPair(SECRET)), (command) => {
      commands.push(command);
      return hex("9000");
    });
    const body = writeTlv(0x91, publicKey(MODP));
    expect(commands.map(toHex)).toEqual([toHex(concat(hex("002241A6000104"), body))]);
    expect(good(agreed).session.suite).toBe("3DES");
    expect(good(agreed).session.ssc).toBeUndefined();
  });

  test.each(["7C009000", "9000"])("the empty answer %s is one", (answer) => {
    expect(run(BY_TEMPLATE, "9000", answer).ok).toBe(true);
  });

  test.each(["7C0180", "7C00FF", "7C0280009000", "800090", "7C"])("the answer %s is none", (answer) => {
    expect(bad(run(BY_TEMPLATE, "9000", `${answer.replace(/9000$/, "")}9000`))).toEqual({
      kind: "chipAuthenticationMalformed",
      step: "agree",
    });
  });

  test.each([0x6a80, 0x6a88, 0x6982, 0x6f00, 0x6300, 0x6283])("status %i, at either step", (sw) => {
    const status = sw.toString(16);
    const refused = (step: string) => ({ kind: "chipAuthenticationRefused", step, sw });
    expect(bad(run(BY_TEMPLATE, status))).toEqual(refused("set"));
    expect(bad(run(BY_TEMPLATE, "9000", status))).toEqual(refused("agree"));
    expect(bad(run(BY_KEY, status))).toEqual(refused("set"));
  });

  test("§12 row 14: a chip that answers 6F00 in clear has dropped the session with it (Norway)", () => {
    const session = new SecureSession({
      suite: "AES-128",
      ksEnc: new Uint8Array(16).fill(1),
      ksMac: new Uint8Array(16).fill(2),
    });
    const failed = play(secured(session, authenticateChip(BY_TEMPLATE, givenPair(SECRET))), () =>
      hex("6F00"),
    );
    expect(bad(failed)).toEqual({ kind: "sessionDropped", sw: 0x6f00 });
    expect(bad(session.protect({ cla: 0, ins: 0xb0, p1: 0x81, p2: 0, le: 8 }))).toEqual({
      kind: "sessionEnded",
    });
  });

  test("our secret is wiped, however it ends", () => {
    for (const answers of [["9000", "7C009000"], ["6A80"], ["9000", "6F00"]]) {
      const pair = givenPair(SECRET).takePair(P256);
      const left = [...answers];
      void play(authenticateChip(BY_TEMPLATE, { takePair: () => pair }), () => hex(left.shift() ?? "6F00"));
      expect(pair.secret).toEqual(new Uint8Array(SECRET.length));
    }
    const pair = givenPair(SECRET).takePair(P256);
    const left = authenticateChip(BY_TEMPLATE, { takePair: () => pair });
    left.next();
    left.return(err({ kind: "chipAuthenticationRefused", step: "agree", sw: 0 }));
    expect(pair.secret).toEqual(new Uint8Array(SECRET.length));
  });

  test("no answer makes it throw, and none but the right ones leads to keys", () => {
    const answer = fc.uint8Array({ minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(answer, answer, (first, second) => {
        const left = [first, second];
        const outcome = play(
          authenticateChip(BY_TEMPLATE, givenPair(SECRET)),
          () => left.shift() ?? hex("6F00"),
        );
        const isRight = (given: Uint8Array) => ["9000", "7C009000"].includes(toHex(given));
        const hadSuccess = toHex(first.subarray(-2)) === "9000" && isRight(second);
        expect(outcome.ok).toBe(hadSuccess);
      }),
      { numRuns: 300 },
    );
  });
});
