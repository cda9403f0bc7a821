import { describe, expect, test } from "vitest";
import {
  ACTIVATION_WAITING_MS,
  extendedWaitingMs,
  FRAME_WAITING_MARGIN_MS,
  frameWaitingMs,
  soundExponent,
} from "../../../drivers/pn532/frame-waiting.ts";

const LONGEST_MS = 4950;

describe("frame waiting time (ISO/IEC 14443-4 §7.2)", () => {
  test.each([
    [0, 0.302],
    [4, 4.83],
    [8, 77.3],
    [14, 4949.0],
  ])("of FWI %i is %d ms", (exponent, waitMs) => {
    expect(frameWaitingMs(exponent)).toBeCloseTo(waitMs, 1);
  });

  test("of the reserved FWI 15 is that of FWI 4", () => {
    expect([soundExponent(14), soundExponent(15)]).toEqual([14, 4]);
  });

  test("margin and activation have times of their own", () => {
    expect(FRAME_WAITING_MARGIN_MS).toBeCloseTo(3.625, 3);
    expect(ACTIVATION_WAITING_MS).toBeCloseTo(4.833, 3);
  });
});

describe("time granted by S(WTX) (§7.3)", () => {
  test.each([
    [0, 1, 0.302],
    [0, 59, 17.82],
    [4, 7, 33.83],
    [8, 59, 4562.4],
  ])("FWI %i with multiplier %i is %d ms", (exponent, multiplier, waitMs) => {
    expect(extendedWaitingMs(exponent, multiplier)).toBeCloseTo(waitMs, 1);
  });

  test.each([
    [9, 59],
    [13, 3],
    [14, 1],
    [14, 59],
  ])("FWI %i with multiplier %i is no more than FWI 14 alone", (exponent, multiplier) => {
    const waitMs = extendedWaitingMs(exponent, multiplier);
    expect(waitMs).toBe(frameWaitingMs(14));
    expect(waitMs).toBeLessThan(LONGEST_MS);
  });
});
