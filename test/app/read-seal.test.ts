// `varco read --seal`: what a technician is told of a seal in a file, check by check, and of whom it is not.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { readCommand } from "../../src/app/commands/read.ts";
import { PERSONS } from "../../src/sim/emrtd/documents/holders.table.ts";
import { documentSeal, type SealOptions } from "../../src/sim/seal/document-seal.ts";
import vectors from "../vectors/2ddoc.json" with { type: "json" };
import { type CommandWorld, commandWorld } from "./command-world.ts";
import { trustSealers } from "./seal-files.ts";

const { anna } = PERSONS;
const PERSONAL = [anna.documentNumber, anna.familyNames, "ANNA", "MARIA", "12071985", "1985"];

const CHECKS = ["real", "dated", "known", "signature", "trusted", "identityTitle"] as const;

let world: CommandWorld;
beforeEach(async () => {
  world = await commandWorld();
});

async function told(seal: string, flags: readonly string[] = []) {
  const file = await world.write("seal.txt", seal);
  const { exit, out, err } = await world.run(readCommand, { texts: { seal: file }, flags: new Set(flags) });
  for (const fact of PERSONAL) expect([...out, ...err].join("\n")).not.toContain(fact);
  return { exit, out, err };
}
async function json(options: SealOptions = {}): Promise<object> {
  const { exit, out } = await told(documentSeal(anna, options), ["json"]);
  const report: unknown = JSON.parse(out[0] ?? "");
  return { exit, ...(typeof report === "object" ? report : {}) };
}

test("a right one is told with header, fields and every check, and of whom it is not", async () => {
  await trustSealers(world);
  const { exit, out } = await told(`${documentSeal(anna, { birth: "1985-07-12" })}\r\n`);
  expect({ exit, out }).toEqual({
    exit: 0,
    out: [
      "  text form, version 4; document type 07, perimeter 01, of FR",
      "  authority FR05, signer 0001",
      "  document dated 2025-05-19, signed on 2025-05-19",
      "  fields 60 62 65 66 67 68 6C 69",
      "  ok      it is no seal for laboratories",
      "  ok      it says on which past day it was signed",
      "  ok      the signer that it names is known here",
      "  ok      the signature is that signer's, over every character",
      "  ok      an authority that is trusted here stands behind the signer on that day",
      "  ok      it is the seal of an identity card",
      "authentic seal of ID of FR, which anybody may have copied: it proves what a document says, not that it is here; proofs: seal",
    ],
  });
});

test("a refused one is told as far as it goes", async () => {
  await trustSealers(world);
  const { exit, out } = await told(documentSeal(anna, { fault: "tampered" }));
  expect(exit).toBe(1);
  expect(out.slice(4)).toEqual([
    "  ok      it is no seal for laboratories",
    "  ok      it says on which past day it was signed",
    "  ok      the signer that it names is known here",
    "  FAILED  the signature is that signer's, over every character (signatureInvalid)",
    "  -       an authority that is trusted here stands behind the signer on that day",
    "  -       it is the seal of an identity card",
    "REFUSED: the signature is wrong: the seal was altered, or made by somebody else (signatureInvalid); keep it in view, compare it with its holder, and report it",
  ]);
});

test("to programs, the same as one object", async () => {
  await trustSealers(world);
  expect(await json()).toMatchObject({
    ...{ exit: 0, result: "authentic", documentKind: "ID", issuingCountry: "FR", proofs: ["seal"] },
    ...{ form: "text", version: 4, authorityId: "FR05", certificateId: "0001", documentType: "07" },
    ...{ documentDate: "2025-05-19", signatureDate: "2025-05-19", signatureBytes: 64, cutFields: [] },
    fields: ["60", "62", "65", "66", "67", "68", "6C"],
    checks: CHECKS.map((check) => ({ check, result: "passed" })),
  });
});

describe("each refusal names its check", () => {
  test.each<[SealOptions["fault"], string, (typeof CHECKS)[number]]>([
    ["testAuthority", "testAuthority", "real"],
    ["future", "signatureDateFuture", "dated"],
    ["inventedAuthority", "authorityUnknown", "known"],
    ["unlistedSigner", "signerUnknown", "known"],
    ["wrongKey", "signatureInvalid", "signature"],
    ["expiredSigner", "signerExpired", "trusted"],
    ["revokedSigner", "signerRevoked", "trusted"],
    ["otherType", "noIdentityTitle", "identityTitle"],
  ])("%s: %s, by the check %s", async (fault, reason, check) => {
    await trustSealers(world);
    const failedAt = CHECKS.indexOf(check);
    expect(await json({ fault })).toMatchObject({
      ...{ exit: 1, result: "refused", reason },
      checks: CHECKS.map((each, index) =>
        index === failedAt
          ? { check: each, result: "failed", found: reason }
          : { check: each, result: index < failedAt ? "passed" : "notReached" },
      ),
    });
  });
});

test("before anything was imported it says which authority and signer are wanted", async () => {
  const { exit, out } = await told(documentSeal(anna));
  expect(exit).toBe(1);
  expect(out).toContain("  authority FR05, signer 0001");
  expect(out.at(-1)).toContain("(authorityUnknown); import the newest list of seals' authorities");
});

test("a specimen of the specification is known by its header, and for the laboratory's", async () => {
  const [specimen] = vectors.signed;
  const { exit, out } = await told(specimen?.text ?? "", ["json"]);
  expect(exit).toBe(1);
  expect(JSON.parse(out[0] ?? "")).toMatchObject({
    ...{ reason: "testAuthority", version: 3, documentType: "01", authorityId: "FR00" },
  });
});

test("the binary form is taken from a file as it is, its last byte whatever it may be", async () => {
  const file = join(world.folder, "seal.bin");
  // Marker, version, FRA, FR01 and signer 12345, both days 2016-10-05, type 07, perimeter 0101, one field, a signature.
  const header = "dc047ba77b9d200f2d0a9961b09961b0070101";
  const signature = `ff40${"0a".repeat(64)}`;
  await writeFile(file, Buffer.from(`${header}0102abcd${signature}`, "hex"));
  const { out } = await world.run(readCommand, { texts: { seal: file }, flags: new Set(["json"]) });
  expect(JSON.parse(out[0] ?? "")).toMatchObject({ result: "refused", form: "binary", signatureBytes: 64 });
});

describe("what is none", () => {
  test.each([
    ["nothing", "", "noSeal"],
    ["a line end", "\r\n", "noSeal"],
    ["a zone", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "noSeal"],
    ["one that breaks off", documentSeal(anna).slice(0, 70), "sealSignature"],
  ])("%s", async (_, text, reason) => {
    const { exit, out } = await told(text, ["json"]);
    expect(exit).toBe(1);
    expect(JSON.parse(out[0] ?? "")).toMatchObject({ result: "refused", reason });
  });

  test("a file that is not there, or far too long, is no seal to be judged", async () => {
    const missing = await world.run(readCommand, { texts: { seal: join(world.folder, "nothing") } });
    expect(missing).toMatchObject({ exit: 3, out: [] });
    expect(missing.err[0]).toContain("ENOENT");
    const file = await world.write("long.txt", "7".repeat(10_000));
    expect((await world.run(readCommand, { texts: { seal: file } })).err[0]).toContain("too large");
    expect(await readFile(file, "utf8")).toHaveLength(10_000);
  });

  test.each([
    ["a reader", { texts: { door: "lane-1" } }],
    ["a document", { flags: new Set(["document"]) }],
    ["a line", { texts: { hsu: "/dev/ttyUSB0" } }],
  ])("goes with %s", async (_, { texts = {}, ...other }: { texts?: object; flags?: Set<string> }) => {
    const { exit, err } = await world.run(readCommand, { texts: { seal: "-", ...texts }, ...other });
    expect({ exit, err }).toEqual({ exit: 2, err: [expect.stringContaining("does not go with --seal")] });
  });
});
