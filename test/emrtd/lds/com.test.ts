import { expect, test } from "vitest";
import { hex } from "../../../src/bytes/hex.ts";
import { announcedGroups, parseCom } from "../../../src/emrtd/lds/com.ts";
import { bad, good } from "../../good.ts";
import cie from "../../vectors/cie-virtual.json" with { type: "json" };
import { ascii, bytesOf, tlv } from "./files.ts";

const com = (tags: string) =>
  tlv(0x60, tlv(0x5f01, ascii("0107")), tlv(0x5f36, ascii("040000")), tlv(0x5c, hex(tags)));

test("versions and tags", () => {
  const data = good(parseCom(com("61756E")));
  expect(data).toEqual({
    ldsVersion: "0107",
    unicodeVersion: "040000",
    tags: [0x61, 0x75, 0x6e],
    unknown: [],
    undecodable: [],
  });
  expect(announcedGroups(data)).toEqual(["DG1", "DG2", "DG14"]);
});

test("the virtual CIE's, which lists fingerprints too", () => {
  const data = good(parseCom(hex(cie.mrtd.ef_com)));
  expect(data).toMatchObject({ ldsVersion: "0107", unicodeVersion: "040000", unknown: [] });
  expect(data.tags).toEqual([0x61, 0x75, 0x63, 0x6b, 0x6c, 0x6e]);
  expect(announcedGroups(data)).toEqual(["DG1", "DG2", "DG11", "DG12", "DG14"]);
});

test("§12 row 31: unknown tags, also of two bytes, and a tag cut off, are passed over", () => {
  // 7F61 is one tag and no announcement of DG1, whose tag is 61.
  const data = good(parseCom(com("75 7F61 63 76 42 6C 5F")));
  expect(announcedGroups(data)).toEqual(["DG2", "DG12"]);
  expect(data.tags).toEqual([0x75, 0x7f61, 0x63, 0x76, 0x42, 0x6c]);
});

test("anything may be missing", () => {
  const data = good(parseCom(tlv(0x60, tlv(0x5f40, bytesOf(1)))));
  expect(announcedGroups(data)).toEqual([]);
  expect(data).toMatchObject({ unknown: [{ tag: 0x5f40 }], undecodable: [] });
});

test("another file is refused", () => {
  expect(bad(parseCom(tlv(0x61)))).toEqual({ kind: "ldsMalformed", file: "COM", why: "tag" });
  expect(bad(parseCom(tlv(0x60, bytesOf(0x5c, 9))))).toEqual({
    kind: "ldsMalformed",
    file: "COM",
    why: "structure",
  });
});
