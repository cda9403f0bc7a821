import { expect, test } from "vitest";
import { parseDg13 } from "../../../src/emrtd/lds/dg13.ts";
import { bad, good } from "../../good.ts";
import { bytesOf, joined, tlv } from "./files.ts";

test("whatever is in it comes out, without filler behind it", () => {
  const content = bytesOf(0xff, 0x00, 0x80, 0x7f);
  expect(good(parseDg13(joined(tlv(0x6d, content), bytesOf(0, 0))))).toEqual(content);
  expect(good(parseDg13(tlv(0x6d)))).toEqual(bytesOf());
});

test("another file, and one that is cut, are refused", () => {
  expect(bad(parseDg13(tlv(0x6e)))).toEqual({ kind: "ldsMalformed", file: "DG13", why: "tag" });
  expect(bad(parseDg13(bytesOf(0x6d, 0x01)))).toEqual({ kind: "ldsMalformed", file: "DG13", why: "length" });
});
