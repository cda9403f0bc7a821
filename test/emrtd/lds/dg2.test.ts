import { describe, expect, test } from "vitest";
import { hex } from "../../../src/bytes/hex.ts";
import { parseDg2 } from "../../../src/emrtd/lds/dg2.ts";
import { bad, good } from "../../good.ts";
import foreign from "../../vectors/face-block-39794-5.json" with { type: "json" };
import {
  ascii,
  bytesOf,
  codestream,
  dg2,
  faceBlock,
  faceRecord,
  JPEG,
  joined,
  jp2,
  representation,
  TILE_PART_BYTES,
  tlv,
} from "./files.ts";

const RECORD = 0x5f2e;
const BLOCK = 0x7f2e;
const facesOf = (file: Uint8Array) => good(parseDg2(file));
const ofRecord = (record: Uint8Array) => facesOf(dg2(tlv(RECORD, record)));
const ofBlock = (block: Uint8Array) => facesOf(dg2(tlv(BLOCK, block)));
const image = (encoding: string, format: string, bytes: Uint8Array) => ({
  kind: "image",
  encoding,
  image: { format, bytes },
});
const OLD_JPEG = image("ISO 19794-5", "JPEG", JPEG);
const absent = (why: string) => ({ kind: "absent", why });

describe("a record of ISO/IEC 19794-5", () => {
  test.each([
    ["JPEG", JPEG],
    ["JP2", jp2("told")],
    ["JPEG 2000 codestream", codestream(TILE_PART_BYTES)],
  ] as const)("with a %s, with feature points or without", (format, bytes) => {
    const face = image("ISO 19794-5", format, bytes);
    expect(ofRecord(faceRecord([bytes]))).toEqual([face]);
    expect(ofRecord(faceRecord([bytes], 0, 5))).toEqual([face]);
  });

  test("with two faces", () => {
    const second = codestream(TILE_PART_BYTES);
    expect(ofRecord(faceRecord([JPEG, second]))).toEqual([
      OLD_JPEG,
      image("ISO 19794-5", "JPEG 2000 codestream", second),
    ]);
  });

  test.each([-1, -8, 1, 8])("§12 row 27: its lengths may be off by %i", (off) => {
    expect(ofRecord(faceRecord([JPEG], off))).toEqual([OLD_JPEG]);
  });

  test.each([-9, 9, 1_000])("but not by %i", (off) => {
    expect(ofRecord(faceRecord([JPEG], off))).toEqual([absent("malformed")]);
  });

  test("§12 row 27: bytes behind the image are trimmed", () => {
    expect(ofRecord(faceRecord([joined(jp2("open"), new Uint8Array(30))]))).toEqual([
      image("ISO 19794-5", "JP2", jp2("open")),
    ]);
  });

  test("is taken by what it is, whichever of the two tags it has", () => {
    expect(ofBlock(faceRecord([JPEG]))).toEqual([OLD_JPEG]);
  });

  test.each([
    ["more points than bytes", [18, 0xff, 0xff]],
    ["a first face longer than all", [14, 0x00, 0xff]],
    ["more faces than any document has", [12, 0x00, 0x11]],
    ["a second face that is not there", [12, 0x00, 0x02]],
  ] as const)("with %s is malformed", (_, [at, ...bytes]) => {
    const record = faceRecord([JPEG]);
    record.set(bytes, at);
    expect(ofRecord(record)).toEqual([absent("malformed")]);
  });
});

describe("a block of ISO/IEC 39794-5", () => {
  test("inside its wrapper, as documents have it, or without", () => {
    const block = faceBlock(representation(jp2("open")));
    const face = image("ISO 39794-5", "JP2", jp2("open"));
    expect(ofBlock(block)).toEqual([face]);
    expect(ofBlock(block.subarray(2))).toEqual([face]);
    expect(facesOf(dg2(tlv(RECORD, block)))).toEqual([face]);
  });

  test.each(foreign.files)("ICAO's own example with $name", ({ head, tail }) => {
    const image = new Uint8Array(foreign.imageBytes);
    image.set(jp2("told"));
    expect(facesOf(joined(hex(head), image, hex(tail)))).toEqual([
      { kind: "image", encoding: "ISO 39794-5", image: { format: "JP2", bytes: jp2("told") } },
    ]);
  });

  test("with two representations, the first of a shape in space", () => {
    const shape = tlv(0x30, bytesOf(0x80, 1, 0), tlv(0xa1, tlv(0xa0, tlv(0xa1, bytesOf(0x80, 0)))));
    expect(ofBlock(faceBlock(shape, representation(JPEG)))).toEqual([image("ISO 39794-5", "JPEG", JPEG)]);
    expect(ofBlock(faceBlock(shape))).toEqual([absent("empty")]);
  });

  test.each([
    ["zeros", new Uint8Array(40)],
    ["no representations", tlv(0xa1, tlv(0x65, bytesOf(0xa0, 0)))],
    ["a block of fingers", tlv(0xa1, tlv(0x64, tlv(0xa1, representation(JPEG))))],
    [
      "more representations than any document has",
      faceBlock(...Array.from({ length: 17 }, () => representation(JPEG))),
    ],
    ["a record of a later version of the old standard", faceRecord([JPEG]).with(5, 0x33)],
  ])("%s are malformed", (_, block) => {
    expect(ofBlock(block)).toEqual([absent("malformed")]);
  });
});

describe("§12 row 28: a document without image", () => {
  test("no template", () => {
    expect(facesOf(dg2())).toEqual([]);
    expect(facesOf(tlv(0x75, tlv(0x7f61)))).toEqual([]);
  });

  test.each([
    ["no data in the template", dg2(bytesOf())],
    ["empty data", dg2(tlv(RECORD))],
    ["a record of no faces", dg2(tlv(RECORD, faceRecord([])))],
    ["a face without image", dg2(tlv(RECORD, faceRecord([bytesOf()])))],
    ["a block without representations", dg2(tlv(BLOCK, faceBlock()))],
  ])("%s", (_, file) => {
    expect(facesOf(file)).toEqual([absent("empty")]);
  });

  test("an image nobody knows", () => {
    expect(ofRecord(faceRecord([ascii("BM, a bitmap")]))).toEqual([absent("unknownFormat")]);
    expect(ofBlock(faceBlock(representation(ascii("BM, a bitmap"))))).toEqual([absent("unknownFormat")]);
  });

  test("a template that is none costs nothing of the next", () => {
    const broken = bytesOf(0x5f, 0x2e, 0x82);
    expect(facesOf(dg2(broken, tlv(RECORD, faceRecord([JPEG]))))).toEqual([absent("malformed"), OLD_JPEG]);
  });
});

test.each([
  ["nothing", bytesOf(), "length"],
  ["another group", tlv(0x63, tlv(0x7f61)), "tag"],
  ["no group of templates", tlv(0x75, tlv(0x02, bytesOf(1))), "structure"],
  ["a group that is longer than the file", tlv(0x75, bytesOf(0x7f, 0x61, 0x05)), "structure"],
  ["templates that are no objects", tlv(0x75, tlv(0x7f61, bytesOf(0x7f))), "structure"],
])("%s is refused", (_, file, why) => {
  expect(bad(parseDg2(file))).toEqual({ kind: "ldsMalformed", file: "DG2", why });
});
