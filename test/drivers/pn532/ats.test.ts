import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAts } from "../../../drivers/pn532/ats.ts";
import { frameWaitingMs } from "../../../drivers/pn532/frame-waiting.ts";
import { hex, toHex } from "../../../src/bytes/hex.ts";

const FRAME_SIZES = [16, 24, 32, 40, 48, 64, 96, 128, 256];

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

  test.each([
    ["a DESFire card, FSCI 5", "06 75 77 81 02 80", 64, 0.604],
    ["FSCI 0, the smallest", "02 00", 16, 0],
    ["FSCI 1", "02 01", 24, 0],
    ["FSCI 2", "02 02", 32, 0],
    ["FSCI 3", "02 03", 40, 0],
    ["FSCI 4", "02 04", 48, 0],
    ["FSCI 6", "02 06", 96, 0],
    ["FSCI 7", "02 07", 128, 0],
    ["FSCI 8, the largest", "02 08", 256, 0],
    ["FSCI 9, of later editions", "02 09", 256, 0],
    ["FSCI 12, of later editions", "02 0C", 256, 0],
    ["FSCI 13, which is reserved", "02 0D", 32, 0],
    ["FSCI 15, which is reserved", "02 0F", 32, 0],
    ["nothing at all", "", 32, 0],
    ["TL alone", "01", 32, 0],
    ["TL 0", "00 78 80", 32, 0],
    ["SFGI 0, which asks for no guard", "03 28 40", 256, 0],
    ["SFGI 1 behind TA", "04 38 33 41", 256, 0.604],
    ["SFGI 8", "03 28 48", 256, 77.3],
    ["SFGI 14, the longest", "03 28 4E", 256, 4949.0],
    ["SFGI 15, which is reserved", "03 28 4F", 256, 0],
    ["TB announced but cut off", "02 28", 256, 0],
  ])("of %s: frames and guard time", (_, text, frameBytes, guardMs) => {
    const ats = parseAts(hex(text));
    expect(ats.cardFrameBytes).toBe(frameBytes);
    expect(ats.guardMs).toBeCloseTo(guardMs, 1);
  });

  test("any bytes give times below 5 s and a frame size of the standard, and no throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 260 }), (bytes) => {
        const ats = parseAts(bytes);
        expect(frameWaitingMs(ats.frameWaitingExponent)).toBeLessThan(4950);
        expect(ats.guardMs).toBeLessThan(4950);
        expect(FRAME_SIZES).toContain(ats.cardFrameBytes);
        expect(ats.historicalBytes.length).toBeLessThanOrEqual(Math.max(0, bytes.length - 2));
      }),
    );
  });
});
