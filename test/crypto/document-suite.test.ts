import { createCipheriv } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { decryptAes, encryptAes, shortCmac } from "../../src/crypto/aes.ts";
import { pad, unpad } from "../../src/crypto/block-padding.ts";
import { equalInConstantTime } from "../../src/crypto/constant-time.ts";
import { type SuiteName, suite } from "../../src/crypto/document-suite.ts";
import { decryptTripleDes, encryptTripleDes, retailMac } from "../../src/crypto/triple-des.ts";
import bac from "../vectors/bac.json" with { type: "json" };
import keys from "../vectors/mrz-and-keys.json" with { type: "json" };
import sessions from "../vectors/secure-messaging-aes.json" with { type: "json" };

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const ALL: readonly SuiteName[] = ["3DES", "AES-128", "AES-192", "AES-256"];
/** The plain text of NIST SP 800-38A and -38B. */
const PLAIN = hex(
  "6BC1BEE22E409F96E93D7E117393172A AE2D8A571E03AC9C9EB76FAC45AF8E51" +
    "30C81C46A35CE411E5FBC1191A0A52EF F69F2445DF4F9B17AD2B417BE66C3710",
);
const AES_KEYS = {
  "AES-128": hex("2B7E151628AED2A6ABF7158809CF4F3C"),
  "AES-192": hex("8E73B0F7DA0E6452C810F32B809079E562F8EAD2522C6B7B"),
  "AES-256": hex("603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4"),
};

describe("padding method 2", () => {
  test.each([
    ["", 8, "8000000000000000"],
    ["01", 8, "0180000000000000"],
    ["01020304050607", 8, "0102030405060780"],
    ["0102030405060708", 8, "01020304050607088000000000000000"],
    ["80", 16, "80800000000000000000000000000000"],
  ])("of %s to blocks of %i is %s", (data, blockBytes, padded) => {
    expect(toHex(pad(hex(data), blockBytes))).toBe(padded);
  });

  test("comes off again, whatever the data", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), fc.constantFrom(8, 16), (data, blockBytes) => {
        const padded = pad(data, blockBytes);
        expect(padded.length % blockBytes).toBe(0);
        expect(padded.length - data.length).toBeGreaterThan(0);
        expect(padded.length - data.length).toBeLessThanOrEqual(blockBytes);
        expect(unpad(padded, blockBytes)).toEqual(data);
      }),
    );
  });

  test.each([
    ["nothing", ""],
    ["zeros alone", "0000000000000000"],
    ["another mark", "0102030405060701"],
    ["a mark before the last block", "80000000000000000000000000000000"],
  ])("is refused where there is %s", (_, padded) => {
    expect(unpad(hex(padded), 8)).toBeUndefined();
  });
});

describe("AES", () => {
  test.each([
    ["AES-128", "7649ABAC8119B246CEE98E9B12E9197D", "3FF1CAA1681FAC09120ECA307586E1A7"],
    ["AES-192", "4F021DB243BC633D7178183A9FA071E8", "08B0E27988598881D920A9E64F5615CD"],
    ["AES-256", "F58C4C04D6E5F1BA779EABFB5F7BFBD6", "B2EB05E2C39BE9FCDA6C19078C6A9D1B"],
  ] as const)("in CBC mode, NIST SP 800-38A F.2: %s", (name, first, last) => {
    const iv = hex("000102030405060708090A0B0C0D0E0F");
    const key = AES_KEYS[name];
    const encrypted = encryptAes(key, iv, PLAIN);
    expect(toHex(encrypted.subarray(0, 16))).toBe(first);
    expect(toHex(encrypted.subarray(48))).toBe(last);
    expect(decryptAes(key, iv, encrypted)).toEqual(PLAIN);
  });

  test.each([
    ["AES-128", 0, "BB1D6929E9593728"],
    ["AES-128", 16, "070A16B46B4D4144"],
    ["AES-128", 40, "DFA66747DE9AE630"],
    ["AES-128", 64, "51F0BEBF7E3B9D92"],
    ["AES-192", 0, "D17DDF46ADAACDE5"],
    ["AES-192", 16, "9E99A7BF31E71090"],
    ["AES-192", 40, "8A1DE5BE2EB31AAD"],
    ["AES-192", 64, "A1D5DF0EED790F79"],
    ["AES-256", 0, "028962F61B7BF89E"],
    ["AES-256", 16, "28A7023F452E8F82"],
    ["AES-256", 40, "AAF3D8F1DE5640C2"],
    ["AES-256", 64, "E1992190549F6ED5"],
  ] as const)("CMAC, NIST SP 800-38B appendix D: %s over %i bytes begins %s", (name, length, code) => {
    expect(toHex(shortCmac(AES_KEYS[name], PLAIN.subarray(0, length)))).toBe(code);
    expect(toHex(suite(name).mac(AES_KEYS[name], PLAIN.subarray(0, length)))).toBe(code);
  });
});

describe("Triple DES", () => {
  const KEY = hex("0123456789ABCDEFFEDCBA9876543210");

  test.each([
    ["Now is the time for all ", "E9086230CA3BE796"],
    ["Now is the time for it", "5A692CE64F404145"],
  ])("retail MAC with padding method 2, ISO/IEC 9797-1 annex B: %s", (text, code) => {
    expect(toHex(suite("3DES").mac(KEY, ascii(text)))).toBe(code);
    expect(toHex(retailMac(KEY, pad(ascii(text), 8)))).toBe(code);
  });

  test("retail MAC of one block alone is its Triple DES", () => {
    const block = hex("0011223344556677");
    expect(retailMac(KEY, block)).toEqual(encryptTripleDes(KEY, new Uint8Array(8), block));
  });

  test("with two keys is OpenSSL's of three with the first again", () => {
    const data = new Uint8Array(64).map((_, index) => index);
    const iv = hex("1122334455667788");
    const threeKeys = new Uint8Array([...KEY, ...KEY.subarray(0, 8)]);
    const cipher = createCipheriv("des-ede3-cbc", threeKeys, iv).setAutoPadding(false);
    const encrypted = encryptTripleDes(KEY, iv, data);
    expect(encrypted).toEqual(new Uint8Array(cipher.update(data)));
    expect(decryptTripleDes(KEY, iv, encrypted)).toEqual(data);
  });

  test("BAC's cryptogram and code, Doc 9303-11 D.3", () => {
    const { encryptCbc, decryptCbc, mac } = suite("3DES");
    const [enc, code] = [hex(bac.inputs.kEnc), hex(bac.inputs.kMac)];
    expect(toHex(encryptCbc(enc, hex(bac.S)))).toBe(bac.eIfd);
    expect(toHex(mac(code, hex(bac.eIfd)))).toBe(bac.mIfd);
    expect(toHex(decryptCbc(enc, hex(bac.eIc)))).toBe(bac.R);
    expect(toHex(mac(code, hex(bac.eIc)))).toBe(bac.mIc);
  });
});

describe("key derivation", () => {
  test("BAC keys from the seed, Doc 9303-11 D.1 and D.2", () => {
    const seed = hex(keys.bacKeys.kseed);
    expect(toHex(suite("3DES").kdf(seed, 1))).toBe(keys.bacKeys.kEnc);
    expect(toHex(suite("3DES").kdf(seed, 2))).toBe(keys.bacKeys.kMac);
  });

  test("session keys of BAC, Doc 9303-11 D.3", () => {
    expect(toHex(suite("3DES").kdf(hex(bac.kSeed), 1))).toBe(bac.ksEnc);
    expect(toHex(suite("3DES").kdf(hex(bac.kSeed), 2))).toBe(bac.ksMac);
  });

  test.each(sessions.sessions.flatMap((session) => (session.K === undefined ? [] : [session])))(
    "$name",
    ({ name, K = "", ksEnc, ksMac }) => {
      const derived = suite(ALL.find((known) => name.startsWith(known)) ?? "3DES");
      expect(toHex(derived.kdf(hex(K), 1))).toBe(ksEnc);
      expect(toHex(derived.kdf(hex(K), 2))).toBe(ksMac);
    },
  );

  test("keys of the password MRZ", () => {
    const row = keys.paceKpi[0];
    const password = hex(row?.K ?? "");
    expect(toHex(suite("3DES").kdf(password, 3))).toBe(row?.kpi3des);
    expect(toHex(suite("AES-128").kdf(password, 3))).toBe(row?.kpiAes128);
    expect(toHex(suite("AES-192").kdf(password, 3))).toBe(row?.kpiAes192);
    expect(toHex(suite("AES-256").kdf(password, 3))).toBe(row?.kpiAes256);
  });

  test("keys of the password CAN: its ASCII digits", () => {
    const row = keys.paceKpi[1];
    const password = ascii("123456");
    expect(toHex(suite("3DES").kdf(password, 3))).toBe(row?.kpi3DES);
    expect(toHex(suite("AES-128").kdf(password, 3))).toBe(row?.kpiAES128);
    expect(toHex(suite("AES-192").kdf(password, 3))).toBe(row?.kpiAES192);
    expect(toHex(suite("AES-256").kdf(password, 3))).toBe(row?.kpiAES256);
  });

  test.each(ALL)("leaves the secret as it was, and gives keys of the cipher's length: %s", (name) => {
    const secret = new Uint8Array(32).fill(0x5a);
    expect(suite(name).kdf(secret, 1)).toHaveLength(suite(name).keyBytes);
    expect(secret).toEqual(new Uint8Array(32).fill(0x5a));
  });
});

describe("each suite", () => {
  test.each(ALL)("decrypts what it encrypted, under any IV: %s", (name) => {
    const { keyBytes, blockBytes, encryptCbc, decryptCbc } = suite(name);
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    const blocks = fc.integer({ min: 1, max: 9 }).chain((count) => bytes(count * blockBytes));
    fc.assert(
      fc.property(bytes(keyBytes), bytes(blockBytes), blocks, (key, iv, data) => {
        expect(decryptCbc(key, encryptCbc(key, data, iv), iv)).toEqual(data);
        expect(decryptCbc(key, encryptCbc(key, data))).toEqual(data);
      }),
    );
  });
});

test("codes are equal only byte for byte and in length", () => {
  expect(equalInConstantTime(hex("0102"), hex("0102"))).toBe(true);
  expect(equalInConstantTime(hex("0102"), hex("0103"))).toBe(false);
  expect(equalInConstantTime(hex("0102"), hex("010200"))).toBe(false);
});
