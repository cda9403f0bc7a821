// What becomes of the photograph that `varco read --document --photo FILE` was asked for: only what is signed leaves, once.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keepPhotograph, openPhotographFile } from "../../src/app/commands/photograph.ts";
import type { LdsFileName } from "../../src/emrtd/lds/data-groups.ts";
import { contentOf } from "../../src/sim/emrtd/documents/content-of.ts";
import { portraitFile } from "../../src/sim/emrtd/documents/portrait.ts";
import { PROFILES } from "../../src/sim/emrtd/documents/profiles.table.ts";
import { bad, good } from "../good.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const DG2_NUMBER = 2;
const newFile = (): string => join(temporaryFolder("photograph"), "face");
const dg2 = (): Uint8Array => (contentOf("cnie").application.get(0x0102) ?? new Uint8Array(0)).slice();
const files = (face: Uint8Array) => new Map<LdsFileName, Uint8Array>([["DG2", face]]);
const SIGNED = { verified: new Set([1, DG2_NUMBER]) };

test("is written whole, and wiped where it was read", async () => {
  const file = good(await openPhotographFile(newFile()));
  const face = dg2();
  expect(good(await keepPhotograph({ files: files(face), signed: SIGNED }, file))).toEqual({
    ...{ written: true, file: file.file, format: "JP2", lengthBytes: PROFILES.cnie.face?.lengthBytes },
  });
  await file.close();
  expect(face.every((byte) => byte === 0)).toBe(true);
  expect(Uint8Array.from(readFileSync(file.file))).toEqual(
    PROFILES.cnie.face && portraitFile(PROFILES.cnie.face),
  );
});

test.each([
  ["a State that has signed no photograph", { files: files(dg2()), signed: { verified: new Set([1]) } }],
  ["a document that has none", { files: new Map<LdsFileName, Uint8Array>(), signed: SIGNED }],
] as const)("%s: nothing is written, and no file stays behind", async (_what, document) => {
  const file = good(await openPhotographFile(newFile()));
  expect(good(await keepPhotograph(document, file))).toEqual({ written: false, why: "unsigned" });
  await file.close();
  expect(existsSync(file.file)).toBe(false);
});

test.each([
  ["cut off", (face: Uint8Array) => face.subarray(0, 40)],
  ["of another tag", (face: Uint8Array) => face.fill(0x61, 0, 1)],
])("a file that is %s is malformed, though a State signed it", async (_what, change) => {
  const file = good(await openPhotographFile(newFile()));
  const document = { files: files(change(dg2())), signed: SIGNED };
  expect(good(await keepPhotograph(document, file))).toEqual({ written: false, why: "malformed" });
  await file.close();
});

test("a directory that is not there is told with a remedy", async () => {
  const file = join(newFile(), "deeper");
  expect(bad(await openPhotographFile(file))).toMatchObject({
    ...{ kind: "sinkFailed", file, remedy: "name a file in a directory that you may write" },
  });
});
