import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readHeader, readLeadingTlvs, readTagList, readTlv, readTlvs } from "../../src/bytes/ber-tlv.ts";
import { concat } from "../../src/bytes/bytes.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";

/** An encoder of its own, so that the reader is not judged by itself. Tags of up to three bytes. */
function encode(tag: readonly number[], value: Uint8Array): Uint8Array {
  const n = value.length;
  const length = n < 0x80 ? [n] : n < 0x100 ? [0x81, n] : [0x82, n >> 8, n & 0xff];
  return Uint8Array.from([...tag, ...length, ...value]);
}

const number = (tag: readonly number[]) => tag.reduce((sum, byte) => sum * 256 + byte, 0);
const anyTag = fc.constantFrom([0x53], [0x5a], [0x7c], [0x5f, 0x0e], [0x7f, 0x49], [0x5f, 0x81, 0x02]);

describe("objects that the card documents print", () => {
  test("the answer to an odd READ BINARY: 53 0C and twelve digits", () => {
    const answer = hex("530C 313233343536373839303132");
    expect(readTlv(answer)).toMatchObject({ ok: true, value: { tag: 0x53, end: 14 } });
  });

  test("EF.SN_ICC of the CIE: 5A 0A and a ten-byte number", () => {
    const object = readTlv(hex("5A0A9380001234567890123F"));
    expect(object.ok && toHex(object.value.value)).toBe("9380001234567890123F");
  });

  test("EF.ATR stand-in of an IAS-ECC card, object by object up to its status indicator", () => {
    const file = hex(
      "43 01 B8 46 04 40701410 47 03 940180 4F 0B F04961734563635F6F6F74 78 08 0606 2B8122F87802 82 02 9000",
    );
    const objects = readTlvs(file);
    expect(objects.ok && objects.value.map((object) => object.tag)).toEqual([
      0x43, 0x46, 0x47, 0x4f, 0x78, 0x82,
    ]);
  });

  test("two-byte tags and lengths in the 81 and 82 forms", () => {
    expect(readTlv(encode([0x7f, 0x49], new Uint8Array(130)))).toMatchObject({
      ok: true,
      value: { tag: 0x7f49, end: 134 },
    });
    expect(readTlv(encode([0x5f, 0x0e], new Uint8Array(300)))).toMatchObject({
      ok: true,
      value: { tag: 0x5f0e, end: 305 },
    });
  });
});

test("what was written is what is read", () => {
  const objects = fc.array(fc.tuple(anyTag, fc.uint8Array({ maxLength: 400 })), { maxLength: 8 });
  fc.assert(
    fc.property(objects, (list) => {
      const read = readTlvs(concat(...list.map(([tag, value]) => encode(tag, value))));
      expect(read.ok && read.value.map(({ tag, value }) => [tag, toHex(value)])).toEqual(
        list.map(([tag, value]) => [number(tag), toHex(value)]),
      );
    }),
  );
});

describe("a header alone", () => {
  test.each([
    ["75 82 3AE7", 0x75, 4, 15_079],
    ["5F1F 5A", 0x5f1f, 3, 90],
    ["61 84 FFFFFFFF", 0x61, 6, 0xffffffff],
  ])(
    "%s tells the content's place and length, be it there or not",
    (bytes, tag, contentStart, lengthBytes) => {
      expect(readHeader(hex(bytes))).toEqual({ ok: true, value: { tag, contentStart, lengthBytes } });
    },
  );
});

describe("files that say nowhere how long they are", () => {
  test.each([
    ["zeros", "6102AABB 4F01CC 00000000"],
    ["ones", "6102AABB 4F01CC FFFFFFFF"],
    ["an object that is cut", "6102AABB 4F01CC 6105AA"],
    ["nothing", "6102AABB 4F01CC"],
  ])("are read up to %s", (_what, bytes) => {
    expect(readLeadingTlvs(hex(bytes)).map(({ tag, end }) => [tag, end])).toEqual([
      [0x61, 4],
      [0x4f, 7],
    ]);
  });

  test("give what a stricter reader gives, as far as both go", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const strict = readTlvs(bytes);
        const lenient = readLeadingTlvs(bytes);
        if (strict.ok) expect(strict.value.slice(0, lenient.length)).toEqual(lenient);
      }),
    );
  });
});

test.each([
  ["5F0E 5F10 A0 5F2B", [0x5f0e, 0x5f10, 0xa0, 0x5f2b]],
  ["61 75 5F", [0x61, 0x75]],
  ["61 5F8181818101 75", [0x61]],
  ["", []],
])("the tag list %s", (bytes, tags) => {
  expect(readTagList(hex(bytes))).toEqual(tags);
});

test("no input makes the reader throw, loop or read past the end", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(220), (bytes, offset) => {
      const one = readTlv(bytes, offset);
      if (one.ok) expect(one.value.end).toBeLessThanOrEqual(bytes.length);
      readTlvs(bytes);
    }),
    { numRuns: 2_000 },
  );
});

describe("refusals", () => {
  test.each([
    ["nothing", "", "truncated"],
    ["a tag alone", "53", "truncated"],
    ["a tag cut in half", "7F", "truncated"],
    ["a length cut in half", "5382 01", "truncated"],
    ["less content than announced", "530C3132", "truncated"],
    ["a content of four gigabytes", "5384FFFFFFFF00", "truncated"],
    ["an indefinite length", "5380 0000", "unsupported"],
    ["a length of five bytes", "5385 0000000001 00", "unsupported"],
    ["a tag of five bytes", "5F8181818101 00", "unsupported"],
  ])("%s", (_what, bytes, kind) => {
    expect(readTlv(hex(bytes))).toMatchObject({ ok: false, error: { kind } });
  });

  test("more objects than any template has", () => {
    expect(readTlvs(new Uint8Array(4_096))).toMatchObject({ ok: false, error: { kind: "unsupported" } });
  });
});
