import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Block, decodeBlock, encodeBlock, otherNumber } from "../../../drivers/pn532/iso-dep-block.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";

const iBlock = (number: 0 | 1, chaining: boolean, data: string): Block => ({
  kind: "iBlock",
  number,
  chaining,
  data: hex(data),
});

describe("blocks of ISO/IEC 14443-4 §7.1", () => {
  test.each<readonly [string, string, Block]>([
    ["I-block 0", "02 9000", iBlock(0, false, "9000")],
    ["I-block 1", "03 9000", iBlock(1, false, "9000")],
    ["I-block 0 with chaining", "12 61", iBlock(0, true, "61")],
    ["I-block 1 with chaining", "13 61", iBlock(1, true, "61")],
    ["I-block without data", "02", iBlock(0, false, "")],
    ["R(ACK) 0", "A2", { kind: "rAck", number: 0 }],
    ["R(ACK) 1", "A3", { kind: "rAck", number: 1 }],
    ["R(NAK) 0", "B2", { kind: "rNak", number: 0 }],
    ["R(NAK) 1", "B3", { kind: "rNak", number: 1 }],
    ["S(WTX) of the least time", "F2 01", { kind: "wtx", multiplier: 1 }],
    ["S(WTX) of the most time", "F2 3B", { kind: "wtx", multiplier: 59 }],
    ["S(DESELECT)", "C2", { kind: "deselect" }],
  ])("%s is %s, both ways", (_, text, block) => {
    expect(decodeBlock(hex(text))).toEqual(block);
    expect(toHex(encodeBlock(block))).toBe(text.replaceAll(" ", ""));
  });

  test.each([
    ["low power", "F2 47"],
    ["middling power", "F2 87"],
    ["full power", "F2 C7"],
  ])("the power level in S(WTX) is not heeded, and a grant goes without it: %s", (_, text) => {
    const block = decodeBlock(hex(text));
    expect(block).toEqual({ kind: "wtx", multiplier: 7 });
    expect(toHex(encodeBlock({ kind: "wtx", multiplier: 7 }))).toBe("F207");
  });

  test.each([
    ["nothing at all", "", "empty"],
    ["an I-block with CID", "0A 00 9000", "cardNumber"],
    ["an I-block with NAD", "06 00 9000", "nodeAddress"],
    ["an I-block with CID and NAD", "0E 00 00 9000", "cardNumber"],
    ["an I-block without its fixed bit 2", "00 9000", "reserved"],
    ["an I-block with bit 6", "22 9000", "reserved"],
    ["R(ACK) with CID", "AA 00", "cardNumber"],
    ["R(NAK) with CID", "BA 00", "cardNumber"],
    ["an R-block with the bit that is NAD in I-blocks", "A6 00", "reserved"],
    ["an R-block without its fixed bit 2", "A0", "reserved"],
    ["an R-block without its fixed bit 6", "82", "reserved"],
    ["R(ACK) with data", "A2 00", "length"],
    ["S(DESELECT) with CID", "CA 00", "cardNumber"],
    ["S(DESELECT) with data", "C2 00", "length"],
    ["S(WTX) with CID", "FA 00 01", "cardNumber"],
    ["S(WTX) without its multiplier", "F2", "length"],
    ["S(WTX) with two bytes", "F2 01 01", "length"],
    ["S(WTX) of no time", "F2 00", "multiplier"],
    ["S(WTX) of no time, at full power", "F2 C0", "multiplier"],
    ["S(WTX) with the first reserved multiplier", "F2 3C", "multiplier"],
    ["S(WTX) with the last reserved multiplier", "F2 3F", "multiplier"],
    ["S(PARAMETERS), which was not agreed on", "F0", "reserved"],
    ["an S-block of neither kind", "D2 01", "reserved"],
    ["an S-block with the number bit", "C3", "reserved"],
    ["an S-block with the bit that is NAD in I-blocks", "C6", "reserved"],
    ["PPS", "D0 11 00", "reserved"],
    ["a block of the type that is not used", "42", "reserved"],
  ])("%s is invalid", (_, text, why) => {
    expect(decodeBlock(hex(text))).toEqual({ kind: "invalid", why });
  });

  test("the two numbers follow each other", () => {
    expect([otherNumber(0), otherNumber(1)]).toEqual([1, 0]);
  });

  test("of all first bytes that stand alone, these are blocks", () => {
    const sound = Array.from({ length: 256 }, (_, pcb) => Uint8Array.of(pcb))
      .filter((bytes) => decodeBlock(bytes).kind !== "invalid")
      .map(toHex);
    expect(sound).toEqual(["02", "03", "12", "13", "A2", "A3", "B2", "B3", "C2"]);
  });

  test("any bytes are a block that encodes to the same, but for the power level, or invalid", () => {
    const first = fc.constantFrom(0x02, 0x03, 0x12, 0x13, 0xa2, 0xa3, 0xb2, 0xb3, 0xc2, 0xf2);
    const likely = fc.tuple(first, fc.uint8Array({ maxLength: 260 }));
    const block = likely.map(([pcb, rest]) => Uint8Array.of(pcb, ...rest));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 4 }), block), (bytes) => {
        const decoded = decodeBlock(bytes);
        if (decoded.kind === "invalid") return;
        const again = encodeBlock(decoded);
        if (decoded.kind === "wtx") expect(again).toEqual(Uint8Array.of(0xf2, (bytes[1] ?? 0) & 0x3f));
        else expect(toHex(again)).toBe(toHex(bytes));
      }),
    );
  });
});
