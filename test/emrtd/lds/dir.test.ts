import { expect, test } from "vitest";
import { hex, toHex } from "../../../src/bytes/hex.ts";
import { parseDir } from "../../../src/emrtd/lds/dir.ts";

const TRAVEL = "A0000002471001";
const identifiers = (file: string) => parseDir(hex(file)).map(toHex);

test("§12 row 35: several applications in one file, to its end", () => {
  const file = `61094F07${TRAVEL} 61094F07A0000002472001 61094F07A0000002472002 61094F07A0000002472003`;
  expect(identifiers(file)).toEqual([TRAVEL, "A0000002472001", "A0000002472002", "A0000002472003"]);
});

test.each([
  ["one, with a label before it", `610E5003654944 4F07${TRAVEL}`],
  ["filler of zeros behind", `61094F07${TRAVEL} 000000000000`],
  ["filler of ones behind", `61094F07${TRAVEL} FFFFFFFFFFFF`],
  ["other objects between", `5F500131 61094F07${TRAVEL} 6104500258 58`],
  ["a last record that is cut", `61094F07${TRAVEL} 61094F07A000`],
])("%s", (_, file) => {
  expect(identifiers(file)).toEqual([TRAVEL]);
});

test.each(["", "00", "61", "6103500141", "FFFF"])("none in %j", (file) => {
  expect(identifiers(file)).toEqual([]);
});
