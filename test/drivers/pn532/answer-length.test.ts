import { expect, test } from "vitest";
import { wantedAnswerBytes } from "../../../drivers/pn532/answer-length.ts";
import { hex } from "../../../src/bytes/hex.ts";

test.each([
  ["header alone", "00A40000", 2],
  ["short Le", "00B0810CDF", 0xdf + 2],
  ["short Le for all there is", "00B0810000", undefined],
  ["data without Le", "00A4040C03A1B2C3", 2],
  ["data with Le", "00A4040003A1B2C310", 18],
  ["data with Le for all there is", "00A4040003A1B2C300", undefined],
  ["extended Le", "00B000000007D0", 2_002],
  ["extended Le for all there is", "00B00000000000", undefined],
  ["extended data without Le", "00D60000000003A1B2C3", 2],
  ["extended data with Le", "80EC0000000003A1B2C30100", 258],
  ["data longer than it says", "00A4040C02A1B2C3D4", undefined],
  ["extended data shorter than it says", "00D60000000009A1B2C3", undefined],
])("%s", (_, command, expected) => {
  expect(wantedAnswerBytes(hex(command))).toBe(expected);
});
