// `varco read --document --seal`: a virtual identity card and the seal on its back, held against each other group by group, and
// what a technician is told where one of the two is not of the other, or not right by itself.
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readCommand } from "../../src/app/commands/read.ts";
import { trustImportCommand } from "../../src/app/commands/trust-import.ts";
import type { BoardServer } from "../../src/sim/board-server.ts";
import { PERSONS } from "../../src/sim/emrtd/documents/holders.table.ts";
import type { EmrtdSpec } from "../../src/sim/emrtd/emrtd-spec.ts";
import { documentTrust } from "../../src/sim/pki/document-trust.ts";
import { documentSeal, type SealOptions } from "../../src/sim/seal/document-seal.ts";
import { type CommandWorld, commandWorld, NODE } from "./command-world.ts";
import { trustSealers } from "./seal-files.ts";

const { anna } = PERSONS;
/** What stands on card and seal and must not be said. */
const PERSONAL = [anna.documentNumber, anna.familyNames, "ANNA", "MARIA", anna.can, anna.birth, "12071985"];
const AGREED = {
  number: "agrees",
  issuer: "agrees",
  kind: "agrees",
  name: "agrees",
  sex: "agrees",
  nationality: "agrees",
  birthDate: "notInSeal",
};

let world: CommandWorld;
let server: BoardServer | undefined;

beforeEach(async () => {
  world = await commandWorld();
  const { certificates } = documentTrust();
  const files = certificates.map((_, index) => join(world.folder, `csca-${index}.cer`));
  for (const [index, file] of files.entries()) await writeFile(file, certificates[index] ?? "");
  expect(await world.run(trustImportCommand, { positionals: files })).toMatchObject({ exit: 0 });
});

afterEach(async () => {
  await server?.close();
  server = undefined;
});

interface Shown {
  readonly seal?: string;
  readonly card?: Omit<EmrtdSpec, "card">;
  readonly flags?: readonly string[];
  readonly texts?: Readonly<Record<string, string>>;
}

async function read({
  seal = documentSeal(anna),
  card = { profile: "cnie" },
  flags = [],
  texts,
}: Shown = {}) {
  server = await world.startBoard();
  server.board.place(NODE, { card: "emrtd", latency: "none", ...card });
  const file = await world.write("seal.txt", `${seal}\r\n`);
  const { exit, out, err } = await world.run(readCommand, {
    ...{ texts: { seal: file, ...texts }, flags: new Set(["document", "can", ...flags]), secret: anna.can },
  });
  for (const fact of PERSONAL) expect([...out, ...err].join("\n")).not.toContain(fact);
  return { exit, out, err };
}

async function json(shown: Shown): Promise<object> {
  const { exit, out } = await read({ ...shown, flags: ["json"] });
  const report: unknown = JSON.parse(out[0] ?? "");
  return { exit, ...(typeof report === "object" ? report : {}) };
}
const withSeal = (options: SealOptions): Promise<object> => json({ seal: documentSeal(anna, options) });

describe("seal and chip of one card", () => {
  test("are told one after the other, then what they agree on, and of whom they are not", async () => {
    await trustSealers(world);
    const { exit, out } = await read();
    expect(exit).toBe(0);
    const [document, ...seal] = out.slice(out.findIndex((line) => line.startsWith("authentic ID")));
    expect(document).toMatch(/^authentic ID of FRA, its chip is no copy;/);
    expect(seal).toEqual([
      "the seal:",
      "  text form, version 4; document type 07, perimeter 01, of FR",
      "  authority FR05, signer 0001",
      "  document dated 2025-05-19, signed on 2025-05-19",
      "  fields 60 62 65 66 67 68 6C",
      "  ok      it is no seal for laboratories",
      "  ok      it says on which past day it was signed",
      "  ok      the signer that it names is known here",
      "  ok      the signature is that signer's, over every character",
      "  ok      an authority that is trusted here stands behind the signer on that day",
      "  ok      it is the seal of an identity card",
      "  agrees  document number",
      "  agrees  State",
      "  agrees  kind of document",
      "  agrees  names, as far as seal and chip have room for them",
      "  agrees  sex",
      "  agrees  nationality",
      "  -       date of birth, which the seal does not say",
      "authentic seal of this document; proofs: cardAccess, documentSignature, documentChip, seal",
    ]);
  });

  test("are one object for programs, with the proofs of both", async () => {
    await trustSealers(world);
    expect(await withSeal({ birth: "1985-07-12" })).toMatchObject({
      ...{ exit: 0, result: "authentic", issuer: "FRA", documentCode: "ID" },
      proofs: ["cardAccess", "documentSignature", "documentChip", "seal"],
      seal: {
        ...{ result: "authentic", form: "text", authorityId: "FR05", certificateId: "0001" },
        signatureDate: "2025-05-19",
        agreement: { ...AGREED, birthDate: "agrees" },
      },
    });
  });

  test("and the photograph is written beside both", async () => {
    await trustSealers(world);
    const photo = join(world.folder, "face.jp2");
    const { exit, out } = await read({ texts: { photo } });
    expect([exit, existsSync(photo)]).toEqual([0, true]);
    expect(out.some((line) => line.startsWith("photograph"))).toBe(true);
  });
});

describe("a seal of another card, or of another's data", () => {
  test.each<[NonNullable<SealOptions["fault"]>, string, Partial<Record<keyof typeof AGREED, string>>]>([
    ["otherNumber", "sealNumberDiffers", { number: "differs" }],
    ["otherIssuer", "sealIssuerDiffers", { issuer: "differs" }],
    ["otherKind", "sealKindDiffers", { kind: "differs" }],
    ["otherFamilyName", "sealNameDiffers", { name: "differs" }],
    ["otherGivenName", "sealNameDiffers", { name: "differs" }],
    ["otherSex", "sealSexDiffers", { sex: "differs" }],
    ["otherNationality", "sealNationalityDiffers", { nationality: "differs" }],
  ])("%s: %s, by the name that a lane has for it", async (fault, reason, differing) => {
    await trustSealers(world);
    expect(await withSeal({ fault })).toMatchObject({
      ...{ exit: 1, result: "refused", reason, chip: "chipAuthentication" },
      proofs: ["cardAccess", "documentSignature", "documentChip"],
      seal: { result: "refused", reason, agreement: { ...AGREED, ...differing } },
    });
  });

  test("every group that differs is told, the first of them as the reason", async () => {
    await trustSealers(world);
    const seal = documentSeal(PERSONS.max, { birth: "1985-07-13" });
    const { exit, out } = await read({ seal });
    expect(exit).toBe(1);
    expect(out.filter((line) => line.includes("DIFFERS"))).toEqual([
      "  DIFFERS document number",
      "  DIFFERS names, as far as seal and chip have room for them",
      "  DIFFERS sex",
      "  DIFFERS date of birth",
    ]);
    expect(out.at(-1)).toBe(
      "REFUSED: the seal is of another document than the chip (sealNumberDiffers); show the seal of this card; if it is printed on this very card, keep it in view, compare it with its holder, and report it",
    );
  });
});

describe("a seal that is not right by itself is compared with nothing", () => {
  test.each<[NonNullable<SealOptions["fault"]>, string]>([
    ["tampered", "sealSignatureInvalid"],
    ["wrongKey", "sealSignatureInvalid"],
    ["cutOff", "sealMalformed"],
    ["expiredSigner", "sealSignerExpired"],
    ["revokedSigner", "sealSignerRevoked"],
    ["unlistedSigner", "sealSignerUnknown"],
    ["inventedAuthority", "sealAuthorityUnknown"],
    ["testAuthority", "sealTestAuthority"],
    ["otherType", "sealOtherKind"],
    ["future", "sealSignatureDateFuture"],
  ])("%s: %s", async (fault, reason) => {
    await trustSealers(world);
    const told = await withSeal({ fault });
    expect(told).toMatchObject({ exit: 1, result: "refused", reason, issuer: "FRA", seal: { reason } });
    expect(told).not.toHaveProperty("seal.agreement");
  });

  test("before the makers of seals were imported its authority is unknown, and the document is told as ever", async () => {
    const { exit, out } = await read();
    expect(exit).toBe(1);
    expect(out).toContainEqual(expect.stringMatching(/^authentic ID of FRA/));
    expect(out.at(-1)).toMatch(/\(sealAuthorityUnknown\); import the newest list/);
  });

  test("a bill by a signer whom nobody knows is another kind of paper, as it is for a lane", async () => {
    const seal = documentSeal(anna, { fault: "otherType" });
    const { out } = await read({ seal });
    expect(out.at(-1)).toBe(
      "REFUSED: the seal is not of an identity card (sealOtherKind); show the seal of an identity card",
    );
  });
});

describe("a document that is refused", () => {
  test("is so for its own reason, and its seal is told without a comparison", async () => {
    await trustSealers(world);
    const card = { profile: "cnie", fault: "copied" } as const;
    const { exit, out } = await read({ card });
    expect(exit).toBe(1);
    expect(out).toContainEqual(expect.stringMatching(/^REFUSED: .* a copy \(chipRefuted\)/));
    expect(out.at(-1)).toBe("authentic seal, which was not compared: the document was refused");
  });

  test("has its own reason for programs, too, where the seal is refused as well", async () => {
    await trustSealers(world);
    const seal = documentSeal(anna, { fault: "tampered" });
    const told = await json({ seal, card: { profile: "cnie", fault: "copied" } });
    expect(told).toMatchObject({
      ...{ exit: 1, result: "refused", reason: "chipRefuted" },
      seal: { result: "refused", reason: "sealSignatureInvalid" },
    });
  });
});

describe("before the card is asked for", () => {
  test("a file that is not there is told", async () => {
    const { exit, out, err } = await read({ texts: { seal: join(world.folder, "nothing") } });
    expect([exit, out]).toEqual([3, []]);
    expect(err.join("\n")).toContain("the seal cannot be read (ENOENT)");
  });

  test("standard input is left to the digits or the zone", async () => {
    const { exit, err } = await read({ texts: { seal: "-" } });
    expect(exit).toBe(2);
    expect(err.join("\n")).toContain("name a file");
  });
});
