import { describe, expect, test } from "vitest";
import { hex } from "../../../src/bytes/hex.ts";
import { parseDg12 } from "../../../src/emrtd/lds/dg12.ts";
import { bad, good } from "../../good.ts";
import cie from "../../vectors/cie-virtual.json" with { type: "json" };
import claims from "../../vectors/identity-claims.json" with { type: "json" };
import { ascii, bytesOf, JPEG, jp2, packed, tlv } from "./files.ts";

const dg12 = (...objects: readonly Uint8Array[]) => tlv(0x6c, ...objects);
const NOTHING_LEFT = { unknown: [], undecodable: [] };
const text = (tag: number, content: string) => tlv(tag, ascii(content));

test("every item", () => {
  const file = dg12(
    tlv(0x5c, hex("5F195F265F1A5F1B5F1C5F1D5F1E5F555F56")),
    text(0x5f19, "COMUNE DI ROMA"),
    text(0x5f26, "20220510"),
    tlv(0xa0, tlv(0x02, bytesOf(1)), text(0x5f1a, "ROSSI<<ANNA")),
    text(0x5f1b, "NONE"),
    text(0x5f1c, "NO EXIT"),
    tlv(0x5f1d, JPEG),
    tlv(0x5f1e, jp2("told")),
    text(0x5f55, "20220510143000"),
    text(0x5f56, "N-4962"),
  );
  expect(good(parseDg12(file))).toEqual({
    issuingAuthority: "COMUNE DI ROMA",
    dateOfIssue: { year: 2022, month: 5, day: 10 },
    otherPersons: [{ primary: "ROSSI", secondary: "ANNA" }],
    endorsements: "NONE",
    taxOrExitRequirements: "NO EXIT",
    frontImage: { format: "JPEG", bytes: JPEG },
    rearImage: { format: "JP2", bytes: jp2("told") },
    personalizedAt: "20220510143000",
    personalizationSystem: "N-4962",
    ...NOTHING_LEFT,
  });
});

test("the virtual CIE's", () => {
  const dateOfIssue = { year: 2025, month: 4, day: 1 };
  expect(good(parseDg12(hex(cie.mrtd.dg12)))).toEqual({ dateOfIssue, ...NOTHING_LEFT });
});

const withDg12 = claims.vectors.flatMap(({ id, in: { dg12: group }, out }) =>
  group ? [{ id, group, out }] : [],
);
test.each(withDg12)("the document $id of the claims' examples", ({ group, out }) => {
  const { issuingAuthority, dateOfIssue } = good(parseDg12(hex(group.hex)));
  const fields: Readonly<Record<string, unknown>> = group.fields;
  expect(issuingAuthority).toBe(fields["5F19"]);
  const [year, month, day] = (out.claims.document_details.date_of_issuance ?? "").split("-").map(Number);
  expect(dateOfIssue).toEqual({ year, month, day });
});

describe("§12 row 29", () => {
  test("a packed date of issue (TW), and a packed time", () => {
    const file = dg12(tlv(0x5f26, packed("20220204")), tlv(0x5f55, packed("20220204235959")));
    expect(good(parseDg12(file))).toEqual({
      dateOfIssue: { year: 2022, month: 2, day: 4 },
      personalizedAt: "20220204235959",
      ...NOTHING_LEFT,
    });
  });

  test("empty items", () => {
    expect(good(parseDg12(dg12(tlv(0x5f19), tlv(0x5f26), tlv(0x5f1d), tlv(0x5f55))))).toEqual(NOTHING_LEFT);
  });
});

test("what cannot be read is put aside, and costs nothing else", () => {
  const file = dg12(
    text(0x5f26, "2022-5-1"),
    tlv(0x5f1b, bytesOf(0xc3)),
    text(0x5f55, "noon"),
    tlv(0x5f60, bytesOf(7)),
    text(0x5f19, "FRA"),
  );
  const { undecodable, unknown, ...items } = good(parseDg12(file));
  expect(items).toEqual({ issuingAuthority: "FRA" });
  expect(undecodable.map(({ tag }) => tag)).toEqual([0x5f26, 0x5f1b, 0x5f55]);
  expect(unknown).toMatchObject([{ tag: 0x5f60, value: bytesOf(7) }]);
});

test("another file is refused", () => {
  expect(bad(parseDg12(tlv(0x6b)))).toEqual({ kind: "ldsMalformed", file: "DG12", why: "tag" });
});
