import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { ACK_FRAME, encodeResponse } from "../../src/sim/frame-codec.ts";
import {
  behindJunk,
  damagedBy,
  FRAME_FAULTS,
  inExtendedForm,
  ofLength,
  truncated,
  withoutPreamble,
  withPreamble,
} from "../../src/sim/frame-faults.ts";
import { SeededRandom } from "../../src/sim/seeded-random.ts";

const VERSION = hex("0000FF06FAD50332010607E800");

describe("damage, byte by byte", () => {
  test.each([
    ["more preamble", withPreamble(ACK_FRAME, 2), "00000000FF00FF00"],
    ["no preamble", withoutPreamble(ACK_FRAME), "00FF00FF00"],
    ["junk", behindJunk(ACK_FRAME, hex("A5")), "A50000FF00FF00"],
    ["the extended form", inExtendedForm(VERSION), "0000FFFFFF0006FAD50332010607E800"],
    ["no packet at all", ofLength(VERSION, 0), "0000FF00000000"],
    ["a packet of TFI alone", ofLength(VERSION, 1), "0000FF01FFD52B00"],
    ["the beginning alone", truncated(VERSION, 4), "0000FF06"],
  ])("%s", (_, seen, expected) => {
    expect(toHex(seen)).toBe(expected);
  });

  test("a packet longer than the firmware's limit says so in a head that is right", () => {
    const frame = ofLength(VERSION, 266);
    expect([toHex(frame.subarray(0, 9)), frame.length]).toEqual(["0000FFFFFF010AF5D5", 276]);
  });
});

test("each kind changes any frame of the chip, never throws, and is small enough for the chip's buffer", () => {
  const codes = fc.integer({ min: 0, max: 0x60 });
  fc.assert(
    fc.property(codes, fc.uint8Array({ maxLength: 263 }), fc.integer(), (code, data, seed) => {
      for (const content of ["ack", "response"] as const) {
        const frame = content === "ack" ? ACK_FRAME : encodeResponse(code, data);
        for (const kind of FRAME_FAULTS[content]) {
          const seen = damagedBy(kind, frame, new SeededRandom(seed));
          // The extended form of what needs it is the frame itself.
          if (kind !== "needlesslyExtended") expect(seen).not.toEqual(frame);
          expect(seen.length).toBeLessThanOrEqual(320);
        }
      }
    }),
  );
});
