import fc from "fast-check";
import { expect, test } from "vitest";
import { atrHistoricalBytes } from "../../src/app/atr.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";

// PC/SC's example, a contactless card that tells nothing, vicc's own form, a card with contacts and T=0, inverse convention.
test.each([
  ["3B8F8001 804F0CA00000030603000100000000 6A", "804F0CA00000030603000100000000"],
  ["3B80800101", ""],
  ["3B95 13 81 01 80 73 80 01 40 15", "8073800140"],
  ["3B 65 00 00 20 63 CB 68 00", "2063CB6800"],
  ["3F 02 14 50", "1450"],
])("finds the historical bytes of %s", (atr, historical) => {
  const found = atrHistoricalBytes(hex(atr.replaceAll(" ", "")));
  expect(found && toHex(found)).toBe(historical);
});

test.each(["", "3B", "3A00", "3B82", "3B8F80010000", "3B8080", "3BFFFFFFFF", "00"])("%j is none", (atr) => {
  expect(atrHistoricalBytes(hex(atr))).toBeUndefined();
});

test("whatever a card says, it is none or has at most fifteen of them", () => {
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.uint8Array({ maxLength: 40 }).map((rest) => Uint8Array.of(0x3b, ...rest)),
  );
  fc.assert(
    fc.property(anything, (atr) => {
      expect(atrHistoricalBytes(atr)?.length ?? 0).toBeLessThanOrEqual(15);
    }),
  );
});
