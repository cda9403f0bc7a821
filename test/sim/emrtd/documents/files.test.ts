// The files of the virtual documents, read with the gate's own readers: what was put in comes out, in every profile.
import { describe, expect, test } from "vitest";
import { readTlv } from "../../../../src/bytes/ber-tlv.ts";
import { toHex } from "../../../../src/bytes/hex.ts";
import { parseAtrInfo } from "../../../../src/emrtd/lds/atr-info.ts";
import { parseCom } from "../../../../src/emrtd/lds/com.ts";
import { parseDg1 } from "../../../../src/emrtd/lds/dg1.ts";
import { parseDg2 } from "../../../../src/emrtd/lds/dg2.ts";
import { parseDg7 } from "../../../../src/emrtd/lds/dg7.ts";
import { parseDg11 } from "../../../../src/emrtd/lds/dg11.ts";
import { parseDg12 } from "../../../../src/emrtd/lds/dg12.ts";
import { parseDg16 } from "../../../../src/emrtd/lds/dg16.ts";
import { parseDir } from "../../../../src/emrtd/lds/dir.ts";
import type { ChipContent } from "../../../../src/sim/emrtd/content.ts";
import type { ContentFault } from "../../../../src/sim/emrtd/documents/content-faults.ts";
import { contentOf } from "../../../../src/sim/emrtd/documents/content-of.ts";
import type { DetailValue } from "../../../../src/sim/emrtd/documents/detail-files.ts";
import { portraitFile } from "../../../../src/sim/emrtd/documents/portrait.ts";
import { PROFILES, type ProfileName } from "../../../../src/sim/emrtd/documents/profiles.table.ts";
import { PROFILE_NAMES } from "../../../../src/sim/emrtd/parse-emrtd-spec.ts";
import { good } from "../../../good.ts";
import claims from "../../../vectors/identity-claims.json" with { type: "json" };

const TRAVEL_APPLICATION = "A0000002471001";
const EF = { com: 0x011e, sod: 0x011d, dir: 0x2f00, atrInfo: 0x2f01 } as const;
const TAGS: Readonly<Record<number, string>> = {
  1: "61",
  2: "75",
  3: "63",
  7: "67",
  11: "6B",
  12: "6C",
  13: "6D",
  14: "6E",
  15: "6F",
  16: "70",
};

function file({ application }: ChipContent, id: number): Uint8Array {
  const found = application.get(id);
  if (found === undefined) throw new Error(`no file ${id.toString(16)}`);
  return found;
}

const group = (content: ChipContent, number: number): Uint8Array => file(content, 0x0100 + number);
const inMasterFile = (content: ChipContent, id: number): Uint8Array =>
  content.masterFile.get(id) ?? new Uint8Array(0);

describe.each(PROFILE_NAMES)("%s", (profile) => {
  const plan = PROFILES[profile];
  const content = contentOf(profile);

  test("has its files, each one object with the tag of its kind", () => {
    const ids = [EF.com, ...plan.groups.map((number) => 0x0100 + number), EF.sod];
    expect([...content.application.keys()]).toEqual(ids);
    for (const number of plan.groups) {
      const bytes = group(content, number);
      const object = good(readTlv(bytes));
      expect([toHex(bytes.subarray(0, 1)), object.end]).toEqual([TAGS[number], bytes.length]);
    }
  });

  test("is of the size that was seen", () => {
    const sizes = [...content.application.values()].map(({ length }) => length);
    expect(group(content, 2).length).toBeGreaterThan(9_999);
    expect(group(content, 2).length).toBeLessThan(30_000);
    expect(file(content, EF.sod).length).toBeGreaterThan(1_000);
    expect(file(content, EF.sod).length).toBeLessThan(2_500);
    expect(Math.max(...sizes)).toBeLessThan(0x8000);
  });

  test("DG1 holds a zone that is right, and its key", () => {
    const mrz = good(parseDg1(group(content, 1)));
    expect(mrz).toMatchObject({ format: plan.zone.format, documentCode: plan.zone.documentCode });
    expect(mrz.issuer).toBe(plan.zone.issuer);
    expect(Object.values(mrz.checks)).toEqual([true, true, true, true, true]);
    expect(content.mrzInformation).toContain(mrz.documentNumber);
    expect(content.mrzInformation).toContain(mrz.dateOfExpiry);
  });

  test("DG2 holds the portrait, and its end is found", () => {
    const encoding = plan.face.record === "19794-5" ? "ISO 19794-5" : "ISO 39794-5";
    const format = plan.face.format === "JPEG" ? "JPEG" : "JP2";
    expect(good(parseDg2(group(content, 2)))).toEqual([
      { kind: "image", encoding, image: { format, bytes: portraitFile(plan.face) } },
    ]);
    expect(portraitFile(plan.face)).toHaveLength(plan.face.lengthBytes);
  });

  test("the master file tells of the application and of the lengths", () => {
    expect(parseDir(inMasterFile(content, EF.dir)).map(toHex)).toEqual([TRAVEL_APPLICATION]);
    expect(parseAtrInfo(inMasterFile(content, EF.atrInfo))).toEqual({
      extendedLength: content.extendedLength,
      maxCommandBytes: plan.largestApdus?.command,
      maxResponseBytes: plan.largestApdus?.response,
    });
  });

  test("EF.COM lists what is there", () => {
    const { tags, ldsVersion, leftovers } = { leftovers: [], ...good(parseCom(file(content, EF.com))) };
    expect(tags?.map((tag) => toHex(Uint8Array.of(tag)))).toEqual(plan.groups.map((number) => TAGS[number]));
    expect([ldsVersion, leftovers]).toEqual(["0107", []]);
  });
});

test("details of person, issue and persons to notify are read back", () => {
  const content = contentOf("passport-nl");
  expect(good(parseDg11(group(content, 11)))).toMatchObject({
    personalNumber: "SPCNMR85L52F205L",
    dateOfBirth: { year: 1985, month: 7, day: 12 },
    placeOfBirth: ["MILANO", "MI"],
  });
  expect(good(parseDg12(group(content, 12)))).toMatchObject({
    issuingAuthority: "BURG. VAN SPECIMEN",
    dateOfIssue: { year: 2024, month: 3, day: 1 },
  });
  expect(good(parseDg16(group(contentOf("passport-im"), 16)))).toMatchObject([
    { recordedOn: { year: 2024, month: 3, day: 1 }, address: ["1 SPECIMEN STREET", "SPECIMEN"] },
  ]);
  expect(good(parseDg7(group(contentOf("passport-bac"), 7)))).toMatchObject([{ format: "JPEG" }]);
});

/** DG11 or DG12 of a vector, of which some holders have none. */
interface Details {
  readonly hex: string;
  readonly fields: Readonly<Record<string, DetailValue>>;
}
const details = (entry: unknown): Details | undefined => (entry === null ? undefined : (entry as Details));

test.each(claims.vectors)(
  "$id: a holder given by zone and fields has the files of the vector",
  ({ in: given }) => {
    const [dg11, dg12] = [details(given.dg11), details(given.dg12)];
    const holder = {
      mrz: given.dg1.mrz.join(""),
      ...(dg11 === undefined ? {} : { dg11: dg11.fields }),
      ...(dg12 === undefined ? {} : { dg12: dg12.fields }),
    };
    const { application } = contentOf("cie", { holder });
    const hexOf = (number: number) => toHex(application.get(0x0100 + number) ?? new Uint8Array(0));
    expect([1, 11, 12].map(hexOf)).toEqual([given.dg1.hex, dg11?.hex ?? "", dg12?.hex ?? ""]);
  },
);

/** Changes that are seen in the files alone, each on a profile of its own. */
const read = (profile: ProfileName, fault: ContentFault): ChipContent => contentOf(profile, { fault });

describe("real-world defects", () => {
  test("§12 row 27: a record that counts one byte too few, or eight, still gives its picture whole", () => {
    const whole = group(contentOf("cnie"), 2);
    for (const fault of ["faceShortBy1", "faceShortBy8"] as const) {
      const bytes = group(read("cnie", fault), 2);
      expect(bytes).toHaveLength(whole.length);
      expect(good(parseDg2(bytes))).toMatchObject([{ image: { bytes: portraitFile(PROFILES.cnie.face) } }]);
    }
  });

  test("§12 row 27: bytes behind the picture's end are no part of it", () => {
    const bytes = group(read("passport-im", "faceTrailing"), 2);
    expect(bytes).toHaveLength(group(contentOf("passport-im"), 2).length + 5);
    expect(good(parseDg2(bytes))).toMatchObject([
      { image: { bytes: portraitFile(PROFILES["passport-im"].face) } },
    ]);
  });

  test("§12 row 28: DG2 without a picture", () => {
    expect(good(parseDg2(group(read("cnie", "faceWithoutImage"), 2)))).toEqual([
      { kind: "absent", why: "empty" },
    ]);
    expect(good(parseDg2(group(read("passport-im", "faceWithoutImage"), 2)))).toEqual([
      { kind: "absent", why: "empty" },
    ]);
    expect(good(parseDg2(group(read("cnie", "faceAbsent"), 2)))).toEqual([]);
  });

  test("§12 row 29: another name bare or in a listed template, packed dates, empty fields", () => {
    const personOf = (fault: ContentFault) => good(parseDg11(group(read("cie", fault), 11)));
    expect(personOf("otherNamesBare").otherNames).toHaveLength(1);
    expect(personOf("templateListed").otherNames).toHaveLength(1);
    expect(personOf("datesPacked").dateOfBirth).toEqual({ year: 1985, month: 7, day: 12 });
    expect(personOf("fieldsEmpty").personalNumber).toBe("SPCNMR85L52F205L");
    expect(good(parseDg12(group(read("cie", "datesPacked"), 12))).dateOfIssue).toEqual({
      year: 2024,
      month: 3,
      day: 1,
    });
    expect(toHex(group(read("cie", "templateListed"), 11))).toContain("5C0B5F0E5F105F2B5F115F42A05F0E");
    expect(toHex(group(contentOf("cie"), 11))).toContain("5C0A5F0E5F105F2B5F115F425F0E");
  });

  test("§12 row 31: unknown tags in EF.COM and beside its list", () => {
    const { tags } = good(parseCom(file(read("cnie", "comUnknownTags"), EF.com)));
    expect(tags).toEqual([0x61, 0x75, 0x63, 0x6e, 0x7a, 0x42]);
  });

  test("§12 row 35: EF.DIR with several records", () => {
    const found = parseDir(inMasterFile(read("cnie", "directorySeveral"), EF.dir)).map(toHex);
    expect(found).toHaveLength(3);
    expect(found[1]).toBe(TRAVEL_APPLICATION);
  });

  test("§12 row 36: a number in which O and 0 are told apart by nobody", () => {
    expect(contentOf("passport-bac").mrzInformation).toMatch(/^O0O1203B0\d/);
  });
});
