import fc from "fast-check";
import { expect, test } from "vitest";
import { hex } from "../../../src/bytes/hex.ts";
import { announcesExtendedLength, parseAtrInfo } from "../../../src/emrtd/lds/atr-info.ts";
import cie from "../../vectors/cie-virtual.json" with { type: "json" };

const SILENT = { extendedLength: undefined, maxCommandBytes: undefined, maxResponseBytes: undefined };

test.each([
  ["lengths of two bytes", "4301B8 47039401F0 7F6608 02020400 02020800", true, 1024, 2048],
  ["lengths of three bytes", "47039401C0 7F660A 0203010000 0203010000", true, 65_536, 65_536],
  ["filler behind", "47039401C0 7F6608 02020104 02020102 0000000000", true, 260, 258],
  ["filler of ones", "470394018 0 FFFFFFFF", false, undefined, undefined],
  ["no extended length", "470394 0180", false, undefined, undefined],
  ["lengths and no capabilities", "7F6608 02020400 02020800", undefined, 1024, 2048],
  ["capabilities of two bytes", "4702 9401", undefined, undefined, undefined],
  ["one length only", "7F6604 02020400", undefined, 1024, undefined],
  ["lengths of nothing", "7F6608 02020000 02020000", undefined, undefined, undefined],
  ["an absurd length", "7F660A 02040FFFFFFF 02020400", undefined, undefined, 1024],
])("%s", (_, file, extendedLength, maxCommandBytes, maxResponseBytes) => {
  expect(parseAtrInfo(hex(file))).toEqual({ extendedLength, maxCommandBytes, maxResponseBytes });
});

test("the stand-in of an IAS-ECC card: no extended length", () => {
  const file = "4301B8 460440701410 4703940180 4F0BF04961734563635F6F6F74 780806062B8122F87802 82029000";
  expect(parseAtrInfo(hex(file))).toEqual({ ...SILENT, extendedLength: false });
});

test("the one that the virtual CIE's was made after, historical bytes in front", () => {
  const file = hex(cie.ef_atr_2f01_example);
  expect(parseAtrInfo(file)).toEqual({ ...SILENT, extendedLength: false });
});

test.each([
  ["80 73 9621E0", true],
  ["80 31 00 73 840140", true],
  ["00 73 0000C0 829000", true],
  ["80 73 962180", false],
  ["80 72 9621", false],
  ["80 73 9621", false],
  ["80 31 E0", false],
  ["10 73 9621E0", false],
  ["", false],
  ["80", false],
])("historical bytes %s promise longer lengths: %s", (bytes, promised) => {
  expect(announcesExtendedLength(hex(bytes))).toBe(promised);
});

test("any bytes are an account, if an empty one", () => {
  expect(parseAtrInfo(hex(""))).toEqual(SILENT);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (file) => {
      const { maxCommandBytes = 1, maxResponseBytes = 1 } = parseAtrInfo(file);
      for (const number of [maxCommandBytes, maxResponseBytes])
        expect(number > 0 && number < 0x1000000).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});
