// `varco read --document` on the virtual board with virtual documents, and with a card that connects from outside; the trust
// store filled by its own command.

import { existsSync, readFileSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readCommand } from "../../src/app/commands/read.ts";
import { simCardCommand } from "../../src/app/commands/sim-card.ts";
import { trustImportCommand } from "../../src/app/commands/trust-import.ts";
import type { BoardServer } from "../../src/sim/board-server.ts";
import type { CardSpec } from "../../src/sim/cards/make-card.ts";
import { contentOf } from "../../src/sim/emrtd/documents/content-of.ts";
import { PERSONS } from "../../src/sim/emrtd/documents/holders.table.ts";
import { portraitFile } from "../../src/sim/emrtd/documents/portrait.ts";
import { PROFILES } from "../../src/sim/emrtd/documents/profiles.table.ts";
import type { EmrtdSpec } from "../../src/sim/emrtd/emrtd-spec.ts";
import { documentTrust } from "../../src/sim/pki/document-trust.ts";
import { type CommandWorld, commandWorld, NODE } from "./command-world.ts";

const { anna, olga, max } = PERSONS;
const BY_CAN = { flags: new Set(["document", "can"]), secret: anna.can };
const BY_MRZ = { flags: new Set(["document", "mrz"]) };
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

async function put(spec: Omit<EmrtdSpec, "card"> | CardSpec) {
  server = await world.startBoard();
  return server.board.place(NODE, "card" in spec ? spec : { card: "emrtd", latency: "none", ...spec });
}

/** A zone whose document number does not have the check digit 9. */
const zone = (checkDigit: string): string =>
  `P<UTOERIKSSON<<ANNA<MARIA${"<".repeat(19)}L898902C3${checkDigit}UTO7408122F1204159ZE184226B<<<<<10`;

/** What stands on the document and must not be said. */
const PERSONAL = [anna, olga, max].flatMap(({ documentNumber, familyNames, givenNames, can, birth }) => [
  documentNumber,
  familyNames.split("<")[0] ?? "",
  givenNames.split("<")[0] ?? "",
  can,
  birth,
]);

function expectNobodyNamed(lines: readonly string[]): void {
  for (const secret of PERSONAL) expect(lines.join("\n")).not.toContain(secret);
}

describe("a document that is what it seems", () => {
  test("is told step by step, with times and sizes, and of whom it is not", async () => {
    await put({ profile: "cnie" });
    const { exit, out, err } = await world.run(readCommand, BY_CAN);
    expect(exit).toBe(0);
    expect(
      out.map((line) =>
        line
          .trim()
          .replace(/ +[\d.]+ ms$/, "")
          .replace(/\d+ bytes/, "n bytes"),
      ),
    ).toEqual([
      "link at 424 kbit/s, frames of n bytes by the reader's ISO-DEP engine",
      "access by PACE, ECDH-GM, AES-256",
      "DG1, n bytes",
      "DG14, n bytes",
      "agreement with the chip's key",
      "SOD, n bytes",
      "signature of a trusted State",
      "chip authentication",
      "what was signed, and dates",
      expect.stringMatching(
        /^authentic ID of FRA, its chip is no copy; proofs: cardAccess, documentSignature, documentChip;/,
      ),
    ]);
    expectNobodyNamed([...out, ...err]);
  });

  test("is told to programs", async () => {
    await put({ profile: "passport-de" });
    const { exit, out } = await world.run(readCommand, {
      flags: new Set(["document", "mrz", "json"]),
      secret: `${max.documentNumber} ${max.birth} ${max.expiry}`,
    });
    expect(exit).toBe(0);
    expect(JSON.parse(out[0] ?? "")).toMatchObject({
      result: "authentic",
      issuer: "D",
      documentCode: "P",
      chip: "chipAuthenticationMapping",
      proofs: ["cardAccess", "documentSignature", "documentChip"],
      link: { kbits: 424, isoDep: "firmware", frameBytes: 64 },
      steps: [
        { kind: "access", protocol: "PACE", mapping: "ECDH-CAM", suite: "AES-128" },
        { kind: "file", file: "DG1" },
        { kind: "file", file: "DG14" },
        { kind: "file", file: "SOD" },
        { kind: "signature" },
        { kind: "chipAuthenticationMapping" },
        { kind: "data" },
      ],
    });
    expectNobodyNamed(out);
  });

  test("is read through the reader's chip in pieces, where its keys are longer than a frame", async () => {
    await put({ profile: "cie" });
    const { exit, out } = await world.run(readCommand, BY_CAN);
    expect(exit).toBe(0);
    expect(out[1]).toMatch(/access by PACE, DH-GM, 3DES/);
    expect(out.at(-1)).toMatch(/^authentic C of ITA, its chip is no copy/);
  });

  test("is opened by its whole zone, too", async () => {
    await put({ profile: "cnie" });
    const zone = contentOf("cnie").application.get(0x0101)?.subarray(5) ?? new Uint8Array(0);
    const secret = String.fromCharCode(...zone);
    expect((await world.run(readCommand, { ...BY_MRZ, secret })).exit).toBe(0);
  });

  test("is opened although a zero was typed as a letter O", async () => {
    await put({ profile: "passport-nl" });
    const secret = `${anna.documentNumber.replaceAll("0", "o")} ${anna.birth} ${anna.expiry}`;
    expect((await world.run(readCommand, { ...BY_MRZ, secret })).exit).toBe(0);
  });

  test("is opened by BAC where that is allowed, and says that it may be a copy", async () => {
    await put({ profile: "passport-us" });
    const secret = `${anna.documentNumber} ${anna.birth} ${anna.expiry}`;
    const refused = await world.run(readCommand, { ...BY_MRZ, secret });
    expect(refused).toMatchObject({ exit: 1 });
    expect(refused.out.at(-1)).toContain("noAccessProtocol");
    const { exit, out } = await world.run(readCommand, {
      flags: new Set(["document", "mrz", "bac"]),
      secret,
    });
    expect(exit).toBe(0);
    expect(out.at(-1)).toMatch(
      /^authentic P of USA, its chip has no means to prove itself, so it may be a copy/,
    );
  });
});

describe("a document that is not is refused, with what to do", () => {
  test.each([
    [
      "unknownAuthority",
      /no country that is trusted here stands behind the signer \(noTrustAnchor\); import/,
    ],
    ["copied", /a copy \(chipRefuted\); keep it in view/],
    ["tamperedDg1", /not the one that its State signed \(dataGroupChanged\)/],
    ["documentExpired", /has expired \(documentExpired\)/],
  ] as const)("%s", async (fault, words) => {
    await put({ profile: "cnie", fault });
    const { exit, out, err } = await world.run(readCommand, BY_CAN);
    expect(exit).toBe(1);
    expect(out.at(-1)).toMatch(words);
    expectNobodyNamed([...out, ...err]);
  });

  test("a wrong password", async () => {
    await put({ profile: "cnie" });
    const { exit, out } = await world.run(readCommand, { ...BY_CAN, secret: "000000" });
    expect(exit).toBe(1);
    expect(out.at(-1)).toMatch(/does not know this password/);
  });

  test("a card without commands", async () => {
    await put({ card: "transit", uid: "11223344" });
    const { exit, err } = await world.run(readCommand, BY_CAN);
    expect(exit).toBe(1);
    expect(err).toContain("this is no identity card: its chip takes no commands");
  });
});

describe("the photograph", () => {
  const DG2 = "travel/0102";
  const file = (): string => join(world.folder, "face.jp2");
  const withPhoto = (more: typeof BY_CAN | typeof BY_MRZ = BY_CAN) => ({ ...more, texts: { photo: file() } });

  test("is written as it is into a new file for its owner alone, once its State's signature holds", async () => {
    const { emrtd } = await put({ profile: "cnie" });
    const { exit, out, err } = await world.run(readCommand, withPhoto());
    expect(exit).toBe(0);
    const { face } = PROFILES.cnie;
    expect(Uint8Array.from(readFileSync(file()))).toEqual(face && portraitFile(face));
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(emrtd?.filesRead).toContain(DG2);
    expect(out.some((line) => /^ {2}DG2, \d+ bytes/.test(line))).toBe(true);
    expect(out.at(-1)).toMatch(
      /^photograph \(JP2, 13785 bytes\) in .*face\.jp2, .* personal data: delete it/,
    );
    expectNobodyNamed([...out, ...err]);
  });

  test("is told of to programs", async () => {
    await put({ profile: "passport-de" });
    const secret = `${max.documentNumber} ${max.birth} ${max.expiry}`;
    const flags = new Set(["document", "mrz", "json"]);
    const { out } = await world.run(readCommand, { ...withPhoto(), flags, secret });
    const lengthBytes = readFileSync(file()).length;
    expect(JSON.parse(out[0] ?? "")).toMatchObject({ photo: { written: true, file: file(), lengthBytes } });
  });

  test("is not read by whoever does not ask for it", async () => {
    const { emrtd } = await put({ profile: "cnie" });
    expect((await world.run(readCommand, BY_CAN)).exit).toBe(0);
    expect(emrtd?.filesRead).not.toContain(DG2);
  });

  test.each([
    ["of another person than the State signed for", "tamperedDg2", /\(dataGroupChanged\)/],
    ["of which the record has none", "faceWithoutImage", /no photograph was written: there is none/],
    ["in a file of nothing that is a face", "faceAbsent", /no photograph was written: there is none/],
  ] as const)("%s is not written, and no file stays behind", async (_what, fault, words) => {
    await put({ profile: "cnie", fault });
    const { exit, out } = await world.run(readCommand, withPhoto());
    expect(exit).toBe(1);
    expect(out.at(-1)).toMatch(words);
    expect(existsSync(file())).toBe(false);
  });

  test("leaves no file behind a wrong password", async () => {
    await put({ profile: "cnie" });
    expect((await world.run(readCommand, { ...withPhoto(), secret: "000000" })).exit).toBe(1);
    expect(existsSync(file())).toBe(false);
  });

  test("overwrites nothing, and says so before the card is asked for", async () => {
    await writeFile(file(), "another");
    const { exit, out, err } = await world.run(readCommand, withPhoto());
    expect([exit, out]).toEqual([3, []]);
    expect(err).toEqual([`${file()} cannot be written: it exists already: name a new file`]);
    expect(readFileSync(file(), "utf8")).toBe("another");
  });
});

describe("wrong usage", () => {
  const document = ["document"];
  test.each([
    ["no password", document, {}, "", /either --can or --mrz/],
    ["two", [...document, "can", "mrz"], {}, "", /either --can or --mrz/],
    ["five digits", [...document, "can"], {}, "12345", /six digits/],
    ["nothing typed", [...document, "can"], {}, undefined, /nothing was typed/],
    ["a misread zone", [...document, "mrz"], {}, "P<UTOERIKSSON", /misread/],
    ["a date of five digits", [...document, "mrz"], {}, "AB123 85071 440229", /dates are YYMMDD/],
    ["no port", [...document, "can"], { "vpcd-listen": "many" }, "123456", /takes a port/],
    ["a port of six digits", [...document, "can"], { "vpcd-listen": "655360" }, "123456", /takes a port/],
    [
      "two readers",
      [...document, "can"],
      { "vpcd-listen": "0", door: "lane-1" },
      "123456",
      /takes the place/,
    ],
    ["a serial port", [...document, "can"], { hsu: "/dev/ttyS0" }, "123456", /by --door, not by --hsu/],
    ["--can without --document", ["can"], {}, "", /--can goes with --document/],
    ["--photo without --document", [], { photo: "face.jpg" }, "", /--photo goes with --document/],
    ["six digits for the zone", [...document, "mrz"], {}, "123456", /give --can in place of --mrz/],
    ["a zone for six digits", [...document, "can"], {}, "P<UTOERIKSSON", /six digits/],
    ["a zone with a wrong check digit", [...document, "mrz"], {}, zone("9"), /misread \(checkDigit\)/],
  ] as const)("%s", async (_what, flags, texts, secret, words) => {
    const typed = secret === undefined ? {} : { secret };
    const { exit, err } = await world.run(readCommand, { flags: new Set(flags), texts, ...typed });
    expect(exit).toBe(2);
    expect(err.join("\n")).toMatch(words);
  });
});

test("states that cannot be written are told with a remedy", async () => {
  const states = join(world.folder, "missing", "states.pem");
  const { exit, out, err } = await world.run(simCardCommand, { texts: { states } });
  expect([exit, out]).toEqual([3, []]);
  expect(err).toEqual([`${states} cannot be written: name a file in a directory that you may write`]);
});

test("a card that connects from outside is read like any other", async () => {
  const ending = new AbortController();
  const served: Promise<unknown>[] = [];
  const { exit, out } = await world.run(readCommand, {
    ...BY_CAN,
    texts: { "vpcd-listen": "0" },
    told: (line) => {
      const vpcd = /127\.0\.0\.1:\d+/.exec(line)?.[0];
      const texts = { profile: "cnie", seed: "1" };
      if (vpcd !== undefined)
        served.push(world.run(simCardCommand, { texts: { ...texts, vpcd } }, ending.signal));
    },
  });
  ending.abort();
  await Promise.all(served);
  expect(exit).toBe(0);
  expect(out.at(-1)).toMatch(/^authentic ID of FRA/);
});
