import { expect, test } from "vitest";
import { parseDg16 } from "../../../src/emrtd/lds/dg16.ts";
import { bad, good } from "../../good.ts";
import { ascii, bytesOf, packed, tlv } from "./files.ts";

const text = (tag: number, content: string) => tlv(tag, ascii(content));
const dg16 = (...people: readonly Uint8Array[]) =>
  tlv(0x70, tlv(0x02, bytesOf(people.length)), ...people.map((person, index) => tlv(0xa1 + index, person)));
const NOTHING_LEFT = { unknown: [], undecodable: [] };
const both = (...objects: readonly Uint8Array[]) => Uint8Array.from(objects.flatMap((object) => [...object]));

test("the persons, in their order, with what is known of each", () => {
  const first = both(
    text(0x5f50, "20020101"),
    text(0x5f51, "SMITH<<CHARLES<R"),
    text(0x5f52, "19525551212"),
    text(0x5f53, "123 MAPLE RD<ANYTOWN<MN"),
  );
  const second = both(tlv(0x5f50, packed("20020315")), text(0x5f51, "BROWN<<MARY"), tlv(0x5f52));
  expect(good(parseDg16(dg16(first, second)))).toEqual([
    {
      recordedOn: { year: 2002, month: 1, day: 1 },
      name: { primary: "SMITH", secondary: "CHARLES R" },
      telephone: "19525551212",
      address: ["123 MAPLE RD", "ANYTOWN", "MN"],
      ...NOTHING_LEFT,
    },
    {
      recordedOn: { year: 2002, month: 3, day: 15 },
      name: { primary: "BROWN", secondary: "MARY" },
      ...NOTHING_LEFT,
    },
  ]);
});

test("a person who is no row of objects is left out, unknown tags are kept", () => {
  expect(good(parseDg16(dg16(bytesOf(0x5f), tlv(0x5f60, bytesOf(9)))))).toMatchObject([
    { unknown: [{ tag: 0x5f60, value: bytesOf(9) }], undecodable: [] },
  ]);
  expect(good(parseDg16(dg16()))).toEqual([]);
});

test("another file is refused", () => {
  expect(bad(parseDg16(tlv(0x6f)))).toEqual({ kind: "ldsMalformed", file: "DG16", why: "tag" });
});
