/**
 * The files of every virtual document, which writers of their own made, read by the readers of files: what a document
 * was made to say is what is read, and a State's oddity changes nothing of it.
 */
import { describe, expect, test } from "vitest";
import { equalBytes } from "../../../src/bytes/bytes.ts";
import { toHex } from "../../../src/bytes/hex.ts";
import { parseAtrInfo } from "../../../src/emrtd/lds/atr-info.ts";
import { announcedGroups, parseCom } from "../../../src/emrtd/lds/com.ts";
import {
  DATA_GROUPS,
  type DataGroupName,
  LDS_FILES,
  type LdsFileName,
} from "../../../src/emrtd/lds/data-groups.ts";
import { parseDg1 } from "../../../src/emrtd/lds/dg1.ts";
import { parseDg2 } from "../../../src/emrtd/lds/dg2.ts";
import { parseDg7 } from "../../../src/emrtd/lds/dg7.ts";
import { parseDg11 } from "../../../src/emrtd/lds/dg11.ts";
import { parseDg12 } from "../../../src/emrtd/lds/dg12.ts";
import { parseDg13 } from "../../../src/emrtd/lds/dg13.ts";
import { parseDg14 } from "../../../src/emrtd/lds/dg14.ts";
import { parseDg15 } from "../../../src/emrtd/lds/dg15.ts";
import { parseDg16 } from "../../../src/emrtd/lds/dg16.ts";
import { parseDir } from "../../../src/emrtd/lds/dir.ts";
import { fileLength } from "../../../src/emrtd/lds/file-length.ts";
import type { Result } from "../../../src/result.ts";
import type { ChipContent } from "../../../src/sim/emrtd/content.ts";
import { contentOf } from "../../../src/sim/emrtd/documents/content-of.ts";
import { PERSONS, type PersonName } from "../../../src/sim/emrtd/documents/holders.table.ts";
import { portraitFile } from "../../../src/sim/emrtd/documents/portrait.ts";
import { PROFILES, type ProfileName } from "../../../src/sim/emrtd/documents/profiles.table.ts";
import { PROFILE_NAMES } from "../../../src/sim/emrtd/parse-emrtd-spec.ts";
import { good } from "../../good.ts";

const PERSON_NAMES = Object.keys(PERSONS).filter((name): name is PersonName => name in PERSONS);

const fileOf = (content: ChipContent, name: LdsFileName): Uint8Array => {
  const { place, fid } = LDS_FILES[name];
  return (place === "application" ? content.application : content.masterFile).get(fid) ?? new Uint8Array(0);
};
const groupsOf = (content: ChipContent): readonly DataGroupName[] =>
  DATA_GROUPS.filter((name) => content.application.has(LDS_FILES[name].fid));

const PARSERS: Readonly<Record<DataGroupName, (file: Uint8Array) => Result<unknown, unknown>>> = {
  DG1: parseDg1,
  DG2: parseDg2,
  DG7: parseDg7,
  DG11: parseDg11,
  DG12: parseDg12,
  DG13: parseDg13,
  DG14: parseDg14,
  DG15: parseDg15,
  DG16: parseDg16,
};

describe.each(PROFILE_NAMES)("%s", (profile) => {
  const content = contentOf(profile);
  const { face, issuingAuthority, zone, largestApdus } = PROFILES[profile];

  test("every file tells its length, and every group is read", () => {
    const groups = groupsOf(content);
    for (const name of [...groups, "COM", "SOD"] as const) {
      const file = fileOf(content, name);
      expect(fileLength(file.subarray(0, 6))).toBe(file.length);
    }
    for (const name of groups) expect(PARSERS[name](fileOf(content, name)).ok).toBe(true);
    expect(announcedGroups(good(parseCom(fileOf(content, "COM"))))).toEqual(groups);
  });

  test("the zone is of this kind of document, with every check digit right", () => {
    const mrz = good(parseDg1(fileOf(content, "DG1")));
    expect(mrz).toMatchObject(zone);
    expect(Object.values(mrz.checks)).not.toContain(false);
  });

  test("the face is found, whole and no longer", () => {
    const bytes = portraitFile(face);
    const [found, ...others] = good(parseDg2(fileOf(content, "DG2")));
    const format = face.format === "JPEG" ? "JPEG" : "JP2";
    expect(others).toEqual([]);
    expect(found).toMatchObject({ kind: "image", encoding: `ISO ${face.record}`, image: { format } });
    expect(found?.kind === "image" && equalBytes(found.image.bytes, bytes)).toBe(true);
  });

  test("EF.ATR/INFO and EF.DIR", () => {
    expect(parseAtrInfo(fileOf(content, "AtrInfo"))).toEqual({
      extendedLength: largestApdus !== undefined,
      maxCommandBytes: largestApdus?.command,
      maxResponseBytes: largestApdus?.response,
    });
    expect(parseDir(fileOf(content, "Dir")).map(toHex)).toEqual(["A0000002471001"]);
  });

  if (content.application.has(LDS_FILES.DG12.fid))
    test("who issued it, and when", () => {
      expect(good(parseDg12(fileOf(content, "DG12")))).toMatchObject({
        issuingAuthority,
        dateOfIssue: { year: 2024, month: 3, day: 1 },
      });
    });
});

describe("every holder, on a card and, where the number has room, on a passport", () => {
  const withFillers = (text: string) => text.replaceAll("<", " ");

  test.each(PERSON_NAMES)("%s", (holder) => {
    const person = PERSONS[holder];
    const profiles: readonly ProfileName[] =
      person.documentNumber.length > 9 ? ["cie"] : ["cie", "passport-nl"];
    for (const profile of profiles) {
      const content = contentOf(profile, { holder });
      const mrz = good(parseDg1(fileOf(content, "DG1")));
      const { names } = mrz;
      expect(mrz.documentNumber).toBe(person.documentNumber);
      expect(mrz.dateOfBirth).toBe(person.birth);
      expect(mrz.nationality).toBe(person.nationality ?? PROFILES[profile].zone.issuer);
      expect(mrz.optionalData[0]).toBe(person.optional ?? "");
      expect(withFillers(person.familyNames).startsWith(names.primary)).toBe(true);
      expect(withFillers(person.givenNames).startsWith(names.secondary)).toBe(true);
      const isCut =
        `${names.primary} ${names.secondary}`.trim().length <
        withFillers(`${person.familyNames} ${person.givenNames}`).trim().length;
      expect(mrz.namesMayBeCut).toBe(isCut);
      expect(good(parseDg11(fileOf(content, "DG11"))).personalNumber).toBe(person.details["5F10"]);
    }
  });
});

describe("what States do", () => {
  const ALIAS = [{ primary: "SPECIMEN", secondary: "ALIAS" }];
  const plain = contentOf("cie");
  const odd = (fault: NonNullable<NonNullable<Parameters<typeof contentOf>[1]>["fault"]>) =>
    contentOf("cie", { fault });
  const faces = (content: ChipContent) => good(parseDg2(fileOf(content, "DG2")));

  test.each(["faceShortBy1", "faceShortBy8", "faceTrailing"] as const)("§12 row 27: %s", (fault) => {
    expect(fileOf(odd(fault), "DG2")).not.toEqual(fileOf(plain, "DG2"));
    expect(faces(plain)).toMatchObject([{ kind: "image" }]);
    expect(faces(odd(fault))).toEqual(faces(plain));
  });

  test("§12 row 28: a face without image, and no face", () => {
    expect(faces(odd("faceWithoutImage"))).toEqual([{ kind: "absent", why: "empty" }]);
    expect(faces(odd("faceAbsent"))).toEqual([]);
  });

  test.each(["otherNamesBare", "templateListed"] as const)("§12 row 29: %s", (fault) => {
    const expected = good(parseDg11(fileOf(plain, "DG11")));
    expect(good(parseDg11(fileOf(odd(fault), "DG11")))).toEqual({ ...expected, otherNames: ALIAS });
  });

  test.each(["datesPacked", "fieldsEmpty"] as const)("§12 row 29: %s", (fault) => {
    for (const name of ["DG11", "DG12"] as const) {
      const parse = PARSERS[name];
      expect(good(parse(fileOf(odd(fault), name)))).toEqual(good(parse(fileOf(plain, name))));
    }
    expect(fileOf(odd(fault), "DG11")).not.toEqual(fileOf(plain, "DG11"));
  });

  test("§12 row 30: DG14 in another order is read as it stands", () => {
    const infos = good(parseDg14(fileOf(plain, "DG14"))).map(({ kind }) => kind);
    const backwards = good(parseDg14(fileOf(odd("dg14Backwards"), "DG14"))).map(({ kind }) => kind);
    expect(backwards).toEqual(infos.toReversed());
  });

  test("§12 row 31: unknown tags in EF.COM", () => {
    const announced = (content: ChipContent) => announcedGroups(good(parseCom(fileOf(content, "COM"))));
    expect(announced(odd("comUnknownTags"))).toEqual(announced(plain));
  });

  test("§12 row 35: several records in EF.DIR", () => {
    const identifiers = parseDir(fileOf(odd("directorySeveral"), "Dir")).map(toHex);
    expect(identifiers).toHaveLength(3);
    expect(identifiers).toContain("A0000002471001");
  });
});
