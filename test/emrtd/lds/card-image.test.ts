import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cardImage } from "../../../src/emrtd/lds/card-image.ts";
import { ascii, bytesOf, codestream, JPEG, joined, jp2, TILE_PART_BYTES } from "./files.ts";

const IMAGES = [
  ["JPEG", "a JPEG with a thumbnail in it", JPEG],
  ["JP2", "a JP2 whose last box tells its length", jp2("told")],
  ["JP2", "a JP2 whose last box goes on to the end", jp2("open")],
  ["JP2", "a JP2 whose last box has a long length", jp2("long")],
  ["JP2", "a JP2 with everything open", jp2("open", codestream(0))],
  ["JPEG 2000 codestream", "a bare codestream", codestream(TILE_PART_BYTES)],
  ["JPEG 2000 codestream", "a bare codestream whose tile-part is open", codestream(0)],
] as const;
const FILLERS = [bytesOf(0), new Uint8Array(9), bytesOf(0xff, 0xff), ascii("end of record")] as const;

describe.each(IMAGES)("%s: %s", (format, _, image) => {
  test("is known by its first bytes, and taken whole", () => {
    expect(cardImage(image)).toEqual({ format, bytes: image });
  });

  test.each(FILLERS)("§12 row 27: what is padded behind it is trimmed: %j", (filler) => {
    expect(cardImage(joined(image, filler))).toEqual({ format, bytes: image });
  });

  test("cut short, it is handed out as far as it goes", () => {
    for (let length = 12; length < image.length; length++) {
      const cut = image.subarray(0, length);
      const found = cardImage(cut);
      expect(found?.format).toBe(format);
      expect(found && cut.length - found.bytes.length).toBe(0);
    }
  });

  test("with any byte wrong, it is some part of itself or nothing", () => {
    fc.assert(
      fc.property(fc.nat(image.length - 1), fc.nat(255), (at, byte) => {
        const wrong = image.slice();
        wrong[at] = byte;
        const found = cardImage(wrong);
        expect(found === undefined || found.bytes.length <= image.length).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

test.each([
  ["nothing", bytesOf()],
  ["a BMP", ascii("BM123456789012")],
  ["a PNG", bytesOf(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)],
  ["the first two bytes of a JPEG", bytesOf(0xff, 0xd8)],
  ["a wavelet fingerprint", bytesOf(0xff, 0xa0, 0xff, 0xa8)],
])("%s is no image of a document", (_, bytes) => {
  expect(cardImage(bytes)).toBeUndefined();
});

test("bytes made to be walked for long are walked once", () => {
  const jpeg = joined(bytesOf(0xff, 0xd8), new Uint8Array(65_000).fill(0xff));
  const stream = joined(codestream(0).subarray(0, 20), new Uint8Array(65_000).fill(0xff));
  for (const bytes of [jpeg, stream]) expect(cardImage(bytes)?.bytes.length).toBe(bytes.length);
});
