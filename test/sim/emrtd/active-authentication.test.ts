/** The chip's side of active authentication: blocks as published, and signatures that OpenSSL's RSA and ECDSA accept. */
import { constants, createPublicKey, generateKeyPairSync, publicDecrypt, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import { parseBase64Url } from "../../../src/bytes/base64url.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { representative } from "../../../src/sim/emrtd/active-authentication.ts";
import type { ChipFault } from "../../../src/sim/emrtd/chip-faults.ts";
import type { ActiveKey } from "../../../src/sim/emrtd/content.ts";
import { numberOf } from "../../../src/sim/emrtd/numbers.ts";
import vectors from "../../vectors/active-authentication.json" with { type: "json" };
import { SELECT_APPLICATION, Talk } from "./ends.ts";
import { chipOf, faultyChip, SMALL } from "./small-document.ts";

const HASHES = ["sha1", "sha224", "sha256", "sha384", "sha512"] as const;
const TRAILER_BYTES = { sha1: 1, sha224: 2, sha256: 2, sha384: 2, sha512: 2 } as const;
const DIGEST_BYTES = { sha1: 20, sha224: 28, sha256: 32, sha384: 48, sha512: 64 } as const;
const hashNamed = (text: string) => HASHES.find((name) => text.includes(name)) ?? "sha1";

const BLOCKS = [
  ...vectors.cases.flatMap(({ name, recovered, rndIfd }) =>
    recovered === undefined ? [] : [{ name, hash: hashNamed(name), rndIfd, block: recovered }],
  ),
  ...vectors.decodeExamples.map(({ hash, rndIfd, F, trailer }) => ({
    name: `trailer ${trailer}`,
    hash: hashNamed(hash),
    rndIfd,
    block: F,
  })),
];

test.each(BLOCKS)("the block of $name is put together as published", ({ hash, rndIfd, block }) => {
  const whole = hex(block);
  const chosen = whole.subarray(1, whole.length - DIGEST_BYTES[hash] - TRAILER_BYTES[hash]);
  expect(toHex(representative(hash, chosen, hex(rndIfd)))).toBe(block);
});

const rsa = (modulusLength: number) => generateKeyPairSync("rsa", { modulusLength }).privateKey;
const KEYS = { 1024: rsa(1024), 1031: rsa(1031), 2048: rsa(2048), 3072: rsa(3072) };
const CHALLENGE = hex("0123456789ABCDEF");

function answered(activeKey: ActiveKey, { fault, le = 256 }: { fault?: ChipFault; le?: number } = {}) {
  const content = { ...SMALL, activeKey };
  const chip = fault === undefined ? chipOf(content) : faultyChip(content, fault);
  const talk = Talk.byPace(chip);
  talk.ask(SELECT_APPLICATION);
  return talk.ask({ cla: 0, ins: 0x88, p1: 0, p2: 0, data: CHALLENGE, le });
}

/** The block that the signature holds. */
const recovered = ({ key }: ActiveKey, signature: Uint8Array): string =>
  toHex(publicDecrypt({ key: createPublicKey(key), padding: constants.RSA_NO_PADDING }, signature));

const blockOf = (hash: ActiveKey["hash"], block: string): string => {
  const whole = hex(block);
  const chosen = whole.subarray(1, whole.length - DIGEST_BYTES[hash] - TRAILER_BYTES[hash]);
  return toHex(representative(hash, chosen, CHALLENGE));
};

describe("RSA", () => {
  test.each(HASHES)("signs with %s", (hash) => {
    const activeKey = { key: KEYS[1024], hash };
    const { data } = answered(activeKey);
    const block = recovered(activeKey, data);
    expect(block).toMatch(/^6A/);
    expect(blockOf(hash, block)).toBe(block);
  });

  test("of a length that is no whole number of bytes leaves the first byte empty", () => {
    const activeKey = { key: KEYS[1031], hash: "sha256" } as const;
    const block = recovered(activeKey, answered(activeKey).data);
    expect(block).toMatch(/^006A/);
    expect(blockOf("sha256", block.slice(2))).toBe(block.slice(2));
  });

  test("gives the block one byte shorter, or the other sign, where told to", () => {
    const activeKey = { key: KEYS[2048], hash: "sha1" } as const;
    expect(recovered(activeKey, answered(activeKey, { fault: "activeShort", le: 65_536 }).data)).toMatch(
      /^006A.*BC$/,
    );
    const other = answered(activeKey, { fault: "activeComplement", le: 65_536 }).data;
    const modulus = numberOf(parseBase64Url(KEYS[2048].export({ format: "jwk" }).n ?? "") ?? hex(""));
    const block = (modulus - numberOf(hex(recovered(activeKey, other)))).toString(16).toUpperCase();
    expect(block).toMatch(/^6A.*BC$/);
  });

  test("answers all challenges as one, where told to", () => {
    const activeKey = { key: KEYS[1024], hash: "sha1" } as const;
    const block = recovered(activeKey, answered(activeKey, { fault: "activeReplay" }).data);
    expect(blockOf("sha1", block)).not.toBe(block);
  });
});

describe.each([
  ["prime256v1", "sha256"],
  ["secp384r1", "sha384"],
  ["brainpoolP256r1", "sha1"],
] as const)("ECDSA on %s with %s", (namedCurve, hash) => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve });

  test.each([
    ["plain", false, "ieee-p1363"],
    ["DER", true, "der"],
  ] as const)("%s", (_, der, dsaEncoding) => {
    const { data } = answered({ key: privateKey, hash, der });
    expect(verify(hash, CHALLENGE, { key: publicKey, dsaEncoding }, data)).toBe(true);
  });
});

describe("refused", () => {
  const activeKey = { key: KEYS[1024], hash: "sha1" } as const;

  test("is a challenge of another length", () => {
    const talk = Talk.byPace(chipOf({ ...SMALL, activeKey }));
    expect(talk.ask({ cla: 0, ins: 0x88, p1: 0, p2: 0, data: hex("00"), le: 256 }).sw).toBe(0x6700);
    expect(talk.ask({ cla: 0, ins: 0x88, p1: 0, p2: 1, data: CHALLENGE, le: 256 }).sw).toBe(0x6a86);
  });

  test("is every challenge by a chip without a key, and that somebody asked is noted", () => {
    const chip = chipOf(SMALL);
    const talk = Talk.byPace(chip);
    expect(talk.ask({ cla: 0, ins: 0x88, p1: 0, p2: 0, data: CHALLENGE, le: 256 }).sw).toBe(0x6a88);
    expect(chip.unexpected).toEqual(["00880000"]);
  });
});
