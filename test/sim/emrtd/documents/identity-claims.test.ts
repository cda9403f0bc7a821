/**
 * The documents of the identity sheet, each a virtual document of the State in its zone, opened, read and checked as a gate
 * does it: what comes out is byte for byte what the sheet says, under a State's signature.
 */
import { describe, expect, test } from "vitest";
import { toHex } from "../../../../src/bytes/hex.ts";
import type { LdsFileName } from "../../../../src/emrtd/lds/data-groups.ts";
import type { DetailFields } from "../../../../src/sim/emrtd/documents/detail-files.ts";
import type { WrittenHolder } from "../../../../src/sim/emrtd/documents/document-plan.ts";
import type { ProfileName } from "../../../../src/sim/emrtd/documents/profiles.table.ts";
import { examine } from "../../../emrtd/whole-document.ts";
import { bad, good } from "../../../good.ts";
import claims from "../../../vectors/identity-claims.json" with { type: "json" };

/** A file as the vectors have it: its fields in order, and whole. */
interface Details {
  readonly hex: string;
  readonly fields: DetailFields;
}

const TODAY = { year: 2026, month: 11, day: 20 };
/** Which kind of card to put the zone on; a specimen of Utopia has no kind of its own. */
const PROFILE_OF: Readonly<Record<string, ProfileName>> = { ITA: "cie", FRA: "cnie", UTO: "cnie" };

interface Row {
  readonly id: string;
  readonly profile: ProfileName;
  readonly zone: string;
  readonly dg1: string;
  readonly dg11: Details | undefined;
  readonly dg12: Details | undefined;
  readonly isExpired: boolean;
}

const details = (entry: unknown): Details | undefined => (entry === null ? undefined : (entry as Details));

const ROWS = claims.vectors.map(({ id, in: given, out }): Row => {
  const zone = given.dg1.mrz.join("");
  return {
    ...{ id, zone, dg1: given.dg1.hex, dg11: details(given.dg11), dg12: details(given.dg12) },
    profile: PROFILE_OF[zone.slice(2, 5)] ?? "cie",
    isExpired: out.internal.documentExpired,
  };
});

/** DG11 and DG12 in one of two forms, DG11 on demand. */
function holderOf({ zone, dg11, dg12 }: Row, form: keyof Details, also: "DG11" | "no DG11"): WrittenHolder {
  return {
    mrz: zone,
    ...(dg11 === undefined || also === "no DG11" ? {} : { dg11: dg11[form] }),
    ...(dg12 === undefined ? {} : { dg12: dg12[form] }),
  };
}

const NO_FILE = "";
const UTOPIA = "UTO";

async function read(row: Row, form: keyof Details, also: "DG11" | "no DG11") {
  const holder = holderOf(row, form, also);
  const { result, steps, application } = await examine(
    { card: "emrtd", profile: row.profile, holder },
    { today: TODAY, wanted: ["DG11", "DG12"] },
  );
  expect([application.unexpected, application.tripped]).toEqual([[], []]);
  return { result, done: steps.map(({ kind }) => kind) };
}

test("the sheet has documents of three States, and one that is past its day", () => {
  expect(new Set(ROWS.map(({ zone }) => zone.slice(2, 5)))).toEqual(new Set(["ITA", "FRA", "UTO"]));
  expect(ROWS.filter(({ isExpired }) => isExpired)).toHaveLength(1);
  expect(ROWS).toHaveLength(18);
});

describe.each(ROWS)("$id", (row) => {
  test.each([
    ["by its fields", "fields", "DG11"],
    ["by its files", "hex", "DG11"],
    ["without DG11", "hex", "no DG11"],
  ] as const)("given %s", async (_, form, also) => {
    const { result, done } = await read(row, form, also);
    if (row.isExpired) {
      expect(bad(result)).toEqual({ kind: "documentExpired" });
      return;
    }
    // The country of ICAO's examples signs here, and no gate knows whose its code is.
    if (row.zone.slice(2, 5) === UTOPIA) {
      expect([bad(result), done.includes("signature")]).toEqual([{ kind: "wrongCountry" }, true]);
      return;
    }
    const { files, proofs, signed } = good(result);
    const hexOf = (name: LdsFileName) => toHex(files.get(name) ?? new Uint8Array(0));
    const dg11 = also === "DG11" ? row.dg11?.hex : undefined;
    expect([hexOf("DG1"), hexOf("DG11"), hexOf("DG12")]).toEqual([
      row.dg1,
      dg11 ?? NO_FILE,
      row.dg12?.hex ?? NO_FILE,
    ]);
    expect([...proofs]).toEqual(["cardAccess", "documentSignature", "documentChip"]);
    expect(signed.signerCountry).toBe(row.zone.slice(2, 4));
  });
});

test.each(ROWS.filter(({ zone }) => zone.slice(2, 5) === UTOPIA))(
  "$id reads where a State that is one has issued it",
  async (row) => {
    // No check digit covers the issuer.
    const inFrance = { ...row, zone: row.zone.replace(UTOPIA, "FRA") };
    const { signed, proofs } = good((await read(inFrance, "hex", "DG11")).result);
    expect([signed.signerCountry, proofs.size]).toEqual(["FR", 3]);
    expect(Object.values(signed.mrz.checks)).not.toContain(false);
  },
);

test("a zone of a State that signs nothing here is signed by the profile's own, and refused for it", async () => {
  const [row] = ROWS;
  if (row === undefined) throw new Error("the sheet has documents");
  const holder = { mrz: row.zone.replace("ITA", "XXA") };
  const { result } = await examine({ card: "emrtd", profile: "cie", holder }, { today: TODAY });
  expect(bad(result)).toEqual({ kind: "wrongCountry" });
});
