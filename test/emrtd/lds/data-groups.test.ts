import { expect, test } from "vitest";
import { DATA_GROUPS, dataGroupOfTag, LDS_FILES } from "../../../src/emrtd/lds/data-groups.ts";

/** The table of the document sheet, 5: tags of DG1 to DG16 in their order. */
const TAGS = "61 75 63 76 65 66 67 68 69 6A 6B 6C 6D 6E 6F 70".split(" ");
const READ = [1, 2, 7, 11, 12, 13, 14, 15, 16];

test.each(READ)("DG%i has its number, its identifiers and its tag", (number) => {
  const tag = Number.parseInt(TAGS[number - 1] ?? "", 16);
  const name = dataGroupOfTag(tag);
  expect(name).toBe(`DG${number}`);
  expect(name && LDS_FILES[name]).toEqual({
    name,
    place: "application",
    fid: 0x0100 + number,
    sfi: number,
    tag,
  });
});

test("the other files have those of the table", () => {
  const row = ({ place, fid, sfi, tag }: (typeof LDS_FILES)["SOD"]) => [place, fid, sfi, tag];
  expect(row(LDS_FILES.COM)).toEqual(["application", 0x011e, 0x1e, 0x60]);
  expect(row(LDS_FILES.SOD)).toEqual(["application", 0x011d, 0x1d, 0x77]);
  expect(row(LDS_FILES.CardAccess)).toEqual(["masterFile", 0x011c, 0x1c, 0x31]);
  expect(row(LDS_FILES.CardSecurity)).toEqual(["masterFile", 0x011d, 0x1d, 0x30]);
  expect(row(LDS_FILES.Dir)).toEqual(["masterFile", 0x2f00, 0x1e, undefined]);
  expect(row(LDS_FILES.AtrInfo)).toEqual(["masterFile", 0x2f01, 0x01, undefined]);
});

test("fingers and irises have no name, number or tag here, and no file has their identifiers", () => {
  expect(DATA_GROUPS).toHaveLength(READ.length);
  for (const number of [3, 4]) {
    expect(dataGroupOfTag(Number.parseInt(TAGS[number - 1] ?? "", 16))).toBeUndefined();
    for (const { fid, sfi } of Object.values(LDS_FILES)) {
      expect(fid).not.toBe(0x0100 + number);
      expect(sfi).not.toBe(number);
    }
  }
});
