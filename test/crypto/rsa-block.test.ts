import { constants, generateKeyPairSync, type KeyObject, privateEncrypt } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import { hex } from "../../src/bytes/hex.ts";
import { judgeResponse, parseRsaPublicKey, type RsaPublicKey } from "../../src/crypto/rsa-block.ts";
import { bad, good } from "../good.ts";
import { flipped } from "../pki/makers.ts";

const pair = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const DER = new Uint8Array(pair.publicKey.export({ type: "pkcs1", format: "der" }));
const KEY = good(parseRsaPublicKey(DER));
const CHALLENGE = new Uint8Array(32).map((_, index) => index * 7);
const MODULUS = DER.slice(9, 265);

/** OpenSSL makes the block of type 1 by itself: what the card's chip does. */
const signed = (challenge: Uint8Array, key: KeyObject = pair.privateKey): Uint8Array =>
  privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, challenge);
const raw = (block: Uint8Array): Uint8Array =>
  privateEncrypt({ key: pair.privateKey, padding: constants.RSA_NO_PADDING }, block);
const judge = (response: Uint8Array, publicKey: RsaPublicKey = KEY) =>
  judgeResponse({ publicKey, challenge: CHALLENGE, response });

/** 256 bytes: `start`, then `padding` until the rest fits, then the end. */
function block(start: string, padding: number, end: Uint8Array): Uint8Array {
  const head = hex(start);
  return concat(head, new Uint8Array(256 - head.length - end.length).fill(padding), end);
}

describe("the answer of a chip", () => {
  test("is proven when it opens to the challenge alone", () => {
    expect(judge(signed(CHALLENGE))).toEqual({ ok: true, value: "proven" });
  });

  test("is proven for challenges of every length that fits", () => {
    for (const length of [1, 5, 8, 12, 16, 40, 51, 245]) {
      const challenge = new Uint8Array(length).fill(0xa5);
      expect(judgeResponse({ publicKey: KEY, challenge, response: signed(challenge) }).ok).toBe(true);
    }
  });

  test.each<[name: string, response: Uint8Array]>([
    ["another challenge", signed(flipped(CHALLENGE, 31))],
    ["the challenge with a zero before it", signed(concat(hex("00"), CHALLENGE))],
    ["the challenge with a byte behind it", signed(concat(CHALLENGE, hex("00")))],
    ["the end of the challenge", signed(CHALLENGE.subarray(16))],
    ["another key", signed(CHALLENGE, generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey)],
    ["a block of type 2", raw(block("0002", 0xff, concat(hex("00"), CHALLENGE)))],
    ["padding of zeros", raw(block("0001", 0x00, concat(hex("00"), CHALLENGE)))],
    [
      "padding that hides a message",
      raw(block(`0001FFFFFFFFFFFFFFFF00${"00".repeat(4)}`, 0x41, concat(hex("00"), CHALLENGE))),
    ],
    ["no separator", raw(block("0001", 0xff, CHALLENGE))],
    ["the challenge in front", raw(concat(hex("0001FFFFFFFFFFFFFFFF00"), CHALLENGE, new Uint8Array(213)))],
    ["the block itself, unsigned", block("0001", 0xff, concat(hex("00"), CHALLENGE))],
    ["zero", new Uint8Array(256)],
    ["one", block("00", 0x00, hex("01"))],
  ])("is refused when it opens to %s", (_, response) => {
    expect(bad(judge(response))).toEqual({ kind: "responseWrong" });
  });

  test.each<[name: string, response: Uint8Array]>([
    ["nothing", new Uint8Array(0)],
    ["a byte less", signed(CHALLENGE).subarray(1)],
    ["a byte more", concat(signed(CHALLENGE), hex("00"))],
  ])("of %s is refused for its length", (_, response) => {
    expect(bad(judge(response))).toEqual({ kind: "responseLength" });
  });

  test.each<[name: string, response: Uint8Array]>([
    ["the modulus itself", MODULUS],
    ["all ones", new Uint8Array(256).fill(0xff)],
  ])("of %s is no signature of any block", (_, response) => {
    expect(bad(judge(response))).toEqual({ kind: "responseWrong" });
  });

  test("with a bit turned anywhere is refused", () => {
    const response = signed(CHALLENGE);
    for (let offset = 0; offset < 256; offset++)
      expect(judge(flipped(response, offset, offset % 8)).ok).toBe(false);
  });

  test("that added the modulus to hide is refused", () => {
    const sum =
      BigInt(`0x${Buffer.from(signed(CHALLENGE)).toString("hex")}`) +
      BigInt(`0x${Buffer.from(MODULUS).toString("hex")}`);
    const text = sum.toString(16);
    if (text.length <= 512) expect(judge(hex(text.padStart(512, "0"))).ok).toBe(false);
  });

  test("a challenge that does not fit is a defect of ours", () => {
    for (const length of [0, 246])
      expect(() =>
        judgeResponse({ publicKey: KEY, challenge: new Uint8Array(length), response: new Uint8Array(256) }),
      ).toThrow();
  });
});

const tlv = (tag: number, value: Uint8Array): Uint8Array =>
  value.length < 0x80
    ? concat(Uint8Array.of(tag, value.length), value)
    : concat(Uint8Array.of(tag, 0x82, value.length >> 8, value.length & 0xff), value);
const keyOf = (modulus: Uint8Array, exponent: Uint8Array): Uint8Array =>
  tlv(0x30, concat(tlv(0x02, modulus), tlv(0x02, exponent)));
const N = concat(hex("00"), MODULUS);

describe("the public key of a chip", () => {
  test("is cut at its own length", () => {
    const padded = new Uint8Array(400);
    padded.set(DER);
    const key = good(parseRsaPublicKey(padded));
    expect(key.der).toEqual(DER);
    expect(key.modulusBytes).toBe(256);
    expect(DER).toHaveLength(270);
  });

  test("may have an exponent of 3, or another odd one", () => {
    for (const exponent of ["03", "010001", "0094F1"])
      expect(parseRsaPublicKey(keyOf(N, hex(exponent))).ok).toBe(true);
  });

  test.each<[name: string, content: Uint8Array, kind: string]>([
    ["nothing", new Uint8Array(0), "keyMalformed"],
    ["zeros", new Uint8Array(270), "keyMalformed"],
    ["a key cut off", DER.subarray(0, 200), "keyMalformed"],
    [
      "another structure",
      new Uint8Array(pair.publicKey.export({ type: "spki", format: "der" })),
      "keyMalformed",
    ],
    ["three numbers", tlv(0x30, concat(tlv(2, N), tlv(2, hex("03")), tlv(2, hex("03")))), "keyMalformed"],
    ["a negative modulus", keyOf(MODULUS.with(0, 0x80), hex("010001")), "keyMalformed"],
    ["a modulus with a zero too many", keyOf(concat(hex("00"), N), hex("010001")), "keyMalformed"],
    ["an empty exponent", keyOf(N, new Uint8Array(0)), "keyMalformed"],
    ["an exponent of 0", keyOf(N, hex("00")), "keyMalformed"],
    ["an exponent of 1", keyOf(N, hex("01")), "keyStrength"],
    ["an exponent of 2", keyOf(N, hex("02")), "keyStrength"],
    ["an even exponent", keyOf(N, hex("010000")), "keyStrength"],
    ["an exponent of 2,000 bits", keyOf(N, concat(hex("01"), new Uint8Array(249), hex("01"))), "keyStrength"],
    ["an even modulus", keyOf(N.with(256, 0x02), hex("010001")), "keyStrength"],
    ["512 bits", keyOf(concat(hex("00"), MODULUS.slice(192).with(0, 0xc1)), hex("010001")), "keyStrength"],
    [
      "2,040 bits",
      keyOf(concat(hex("00"), MODULUS.slice(0, 255).with(254, 1)), hex("010001")),
      "keyStrength",
    ],
    [
      "16,384 bits",
      keyOf(concat(hex("00C1"), new Uint8Array(2_046), hex("01")), hex("010001")),
      "keyStrength",
    ],
  ])("is refused when it is %s", (_, content, kind) => {
    expect(bad(parseRsaPublicKey(content)).kind).toBe(kind);
  });

  test("of 4,096 bits is taken", () => {
    const modulus = concat(hex("00C1"), new Uint8Array(510).fill(0x5a), hex("01"));
    expect(good(parseRsaPublicKey(keyOf(modulus, hex("010001")))).modulusBytes).toBe(512);
  });

  test("of any bytes is answered without a throw", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (content) => void parseRsaPublicKey(content)));
  });
});
