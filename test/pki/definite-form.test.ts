import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { CARD_OBJECT, parseAsn1 } from "../../src/pki/asn1.ts";
import { definiteForm } from "../../src/pki/definite-form.ts";
import { ber } from "../../src/sim/pki/ber.ts";
import { context, element, octetString, oid, sequence, smallInteger } from "../../src/sim/pki/der.ts";
import { good } from "../good.ts";

const LIMITS = { ...CARD_OBJECT, maxBytes: 200_000 };
const definite = (bytes: Uint8Array) => definiteForm(good(parseAsn1(bytes, LIMITS)));
const text = (bytes: Uint8Array | undefined) => bytes && toHex(bytes);

describe("definite form", () => {
  test.each<[name: string, written: Uint8Array, expected: Uint8Array]>([
    ["a sequence", ber.sequence(smallInteger(5)), sequence(smallInteger(5))],
    ["an empty one", ber.sequence(), sequence()],
    [
      "one in the other",
      ber.context(0, ber.sequence(smallInteger(5)), oid("1.2.3")),
      context(0, sequence(smallInteger(5)), oid("1.2.3")),
    ],
    [
      "a string in pieces",
      ber.octetString(new Uint8Array(150).fill(7)),
      octetString(new Uint8Array(150).fill(7)),
    ],
    [
      "a definite one around an indefinite",
      sequence(ber.sequence(smallInteger(5))),
      sequence(sequence(smallInteger(5))),
    ],
    [
      "a long length beside an indefinite one",
      concat(hex("3080"), hex("0281020101"), hex("0000")),
      sequence(hex("02020101")),
    ],
  ])("of %s", (_, written, expected) => {
    expect(text(definite(written))).toBe(text(expected));
  });

  test("what is definite already stays byte for byte, lengths too long and sets out of order with it", () => {
    const written = element(0x31, oid("2.5.4.6"), hex("0281020101"), oid("1.2.3"));
    expect(text(definite(written))).toBe(text(written));
  });

  test("an order that is not DER's stays", () => {
    const members = [oid("2.5.4.6"), oid("1.2.3")];
    expect(text(definite(ber.setOf(...members)))).toBe(text(element(0x31, ...members)));
  });

  test("what is too long to be written anew, or has tags of several bytes, is not", () => {
    expect(definite(ber.sequence(octetString(new Uint8Array(66_000))))).toBeUndefined();
    expect(definite(concat(hex("BF8101"), hex("80"), smallInteger(1), hex("0000")))).toBeUndefined();
  });

  test("no well-formed bytes make it throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 60 }), (bytes) => {
        const parsed = parseAsn1(concat(hex("3080"), bytes, hex("0000")), CARD_OBJECT);
        if (parsed.ok) void definiteForm(parsed.value);
      }),
      { numRuns: 2_000 },
    );
  });
});
