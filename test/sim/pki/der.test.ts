import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import {
  bitString,
  contextPrimitive,
  element,
  namedBits,
  oid,
  rawInteger,
  sequence,
  setOf,
  smallInteger,
  time,
  unsignedInteger,
  utf8String,
} from "../../../src/sim/pki/der.ts";
import { hasOpenssl, openssl } from "./openssl.ts";

describe("the encodings of X.690 and RFC 5280", () => {
  test.each([
    ["a length below 128 is one byte", element(0x04, new Uint8Array(0x7f)).subarray(0, 2), "047F"],
    ["a length of 128 needs two", element(0x04, new Uint8Array(0x80)).subarray(0, 3), "048180"],
    ["256 needs three", element(0x04, new Uint8Array(0x100)).subarray(0, 4), "04820100"],
    ["65536 needs four", element(0x04, new Uint8Array(0x1_0000)).subarray(0, 5), "0483010000"],
    ["an integer with b8 set gets a zero in front", unsignedInteger(hex("80")), "02020080"],
    ["zeros in front of an integer are dropped", unsignedInteger(hex("00007F")), "02017F"],
    ["zero keeps one byte", smallInteger(0), "020100"],
    ["a raw integer is left alone, so A1 is -95", rawInteger(hex("A1")), "0201A1"],
    ["2.100.3 (X.690 §8.19.5)", oid("2.100.3"), "0603813403"],
    ["rsaEncryption", oid("1.2.840.113549.1.1.1"), "06092A864886F70D010101"],
    ["a bit string of whole bytes", bitString(hex("0A3B")), "0303000A3B"],
    ["bits 5 and 6 leave one unused", namedBits(5, 6), "03020106"],
    ["bit 0 leaves seven unused", namedBits(0), "03020780"],
    ["no bits", namedBits(), "030100"],
    ["2049 is still a UTCTime", time("20491231235959Z"), `170D${toHex(ascii("491231235959Z"))}`],
    ["2050 is a GeneralizedTime", time("20500101000000Z"), `180F${toHex(ascii("20500101000000Z"))}`],
    ["an implicit tag", contextPrimitive(0, hex("AB")), "8001AB"],
    [
      "a set is sorted by encoding",
      setOf(smallInteger(2), utf8String("a"), smallInteger(1)),
      "31090201010201020C0161",
    ],
    ["a shorter member that begins alike comes first", setOf(hex("0201"), hex("02")), "3103020201"],
  ])("%s", (_name, bytes, text) => {
    expect(toHex(bytes)).toBe(text);
  });
});

test.runIf(hasOpenssl)("whatever tree is written, openssl finds every element at its place", () => {
  const leaf = fc.uint8Array({ maxLength: 300 }).map((content) => element(0x04, content));
  const { tree } = fc.letrec<{ tree: Uint8Array }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "small" },
      leaf,
      fc.array(tie("tree"), { maxLength: 4 }).map((members) => sequence(...members)),
    ),
  }));
  fc.assert(
    fc.property(tree, (bytes) => {
      const { exit, err } = openssl({ input: bytes }, "asn1parse", "-inform", "DER", "-noout");
      expect([exit, err]).toEqual([0, ""]);
    }),
    { numRuns: 20 },
  );
});

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
