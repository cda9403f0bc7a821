import { expect, test } from "vitest";
import { parseDg7 } from "../../../src/emrtd/lds/dg7.ts";
import { bad, good } from "../../good.ts";
import { ascii, bytesOf, JPEG, joined, jp2, tlv } from "./files.ts";

const dg7 = (...images: readonly Uint8Array[]) =>
  tlv(0x67, tlv(0x02, bytesOf(images.length)), ...images.map((image) => tlv(0x5f43, image)));

test("the signatures, each without what is padded behind it", () => {
  expect(good(parseDg7(dg7(joined(JPEG, bytesOf(0, 0)), jp2("told"))))).toEqual([
    { format: "JPEG", bytes: JPEG },
    { format: "JP2", bytes: jp2("told") },
  ]);
});

test("what is no image is left out", () => {
  expect(good(parseDg7(dg7(ascii("BM"), JPEG, bytesOf())))).toEqual([{ format: "JPEG", bytes: JPEG }]);
  expect(good(parseDg7(dg7()))).toEqual([]);
});

test("another file is refused", () => {
  expect(bad(parseDg7(tlv(0x65)))).toEqual({ kind: "ldsMalformed", file: "DG7", why: "tag" });
  expect(bad(parseDg7(tlv(0x67, bytesOf(2))))).toEqual({
    kind: "ldsMalformed",
    file: "DG7",
    why: "structure",
  });
});
