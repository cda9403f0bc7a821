import fc from "fast-check";
import { expect, test } from "vitest";
import { hex } from "../../../src/bytes/hex.ts";
import { fileLength, MAX_FILE_BYTES } from "../../../src/emrtd/lds/file-length.ts";
import { joined, tlv } from "./files.ts";

test.each([
  ["DG1 of a card", "615D 5F1F 5A", 95],
  ["DG1 of a passport", "615B 5F1F 58", 93],
  ["EF.CardAccess", "3114 3012", 22],
  ["DG14", "6E81FF", 258],
  ["DG2", "75823AE7 7F61", 15_083],
  ["the longest file", "7582FFFF", MAX_FILE_BYTES],
  ["a length with a needless zero", "7583003AE7", 15_084],
  ["nothing", "6B00", 2],
])("the head of %s tells its length", (_, head, length) => {
  expect(fileLength(hex(head))).toBe(length);
});

test.each([
  ["nothing", ""],
  ["a tag", "61"],
  ["a length that is not all there", "75823A"],
  ["more than any file holds", "7583010000"],
  ["gigabytes", "7584FFFFFFFF"],
  ["an indefinite length", "7780 3080"],
])("the head with %s tells none", (_, head) => {
  expect(fileLength(hex(head))).toBeUndefined();
});

test("six bytes are enough for any file, and what is behind it does not count", () => {
  const contents = fc.nat(3_000).map((size) => new Uint8Array(size));
  const filler = fc.uint8Array({ maxLength: 40 });
  fc.assert(
    fc.property(fc.constantFrom(0x61, 0x75, 0x77), contents, filler, (tag, content, behind) => {
      const file = tlv(tag, content);
      expect(fileLength(joined(file, behind))).toBe(file.length);
      expect(fileLength(joined(file, new Uint8Array(4)).subarray(0, 6))).toBe(file.length);
    }),
  );
});

test("any bytes tell a length within the bound, or none", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (head) => {
      const length = fileLength(head);
      if (length !== undefined) expect(length >= 2 && length <= MAX_FILE_BYTES).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
