import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAts } from "../../../drivers/pn532/ats.ts";
import { frameWaitingMs } from "../../../drivers/pn532/frame-waiting.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";

describe("answer to select", () => {
  test("of a DESFire card: FWI 8, historical byte 80", () => {
    const ats = parseAts(hex("067577810280"));
    expect([ats.frameWaitingExponent, toHex(ats.historicalBytes)]).toEqual([8, "80"]);
    expect(frameWaitingMs(ats.frameWaitingExponent)).toBeCloseTo(77.3, 1);
  });

  test.each([
    ["nothing at all", "", 4, ""],
    ["TL alone", "01", 4, ""],
    ["TL 0", "00 FF FF", 4, ""],
    ["no interface bytes", "05 05 31 32 33", 4, "313233"],
    ["TB without TA", "04 25 A1 31", 10, "31"],
    ["TC alone", "04 45 02 31", 4, "31"],
    ["TB announced but cut off", "02 25", 4, ""],
    ["FWI 15, which is reserved", "03 25 F0", 4, ""],
    ["FWI 14, the longest", "03 25 E0", 14, ""],
    ["FSCI 15", "02 0F", 4, ""],
    ["TL beyond the bytes", "20 75 77 81 02 80", 8, "80"],
    ["bytes beyond TL", "05 75 77 81 02 80 99", 8, ""],
  ])("with %s", (_, text, exponent, historical) => {
    const ats = parseAts(hex(text));
    expect([ats.frameWaitingExponent, toHex(ats.historicalBytes)]).toEqual([exponent, historical]);
  });

  test("any bytes give a waiting time below 5 s, and no throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 260 }), (bytes) => {
        const ats = parseAts(bytes);
        expect(frameWaitingMs(ats.frameWaitingExponent)).toBeLessThan(4950);
        expect(ats.historicalBytes.length).toBeLessThanOrEqual(Math.max(0, bytes.length - 2));
      }),
    );
  });
});
