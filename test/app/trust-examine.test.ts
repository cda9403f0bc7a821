// What files can do to the examination: nothing but be refused, or bring what was signed.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { examineDirectory } from "../../src/app/commands/directory-examine.ts";
import { type ExamineContext, examineList, examinePlain } from "../../src/app/commands/trust-examine.ts";
import { openTrustFile } from "../../src/app/commands/trust-file.ts";
import { parseCertificate } from "../../src/pki/certificate.ts";
import { good } from "../good.ts";
import { NOON } from "../journal/temporary-journal.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { csca, ldif, masterList } from "./trust-files.ts";

const CONTEXT: ExamineContext = {
  held: {
    seal: "",
    anchors: [],
    revocationLists: [],
    signers: [],
    sealers: [],
    sealerRevocationLists: [],
    sources: [],
  },
  pinned: [good(parseCertificate(csca("self-made")))],
  testAuthorities: "refused",
  certificatesOf: "countrySigners",
  sealerNames: undefined,
  confirmed: undefined,
  at: NOON,
};
const folder = temporaryFolder("examine");

function fileWith(content: Uint8Array | string): string {
  const file = join(folder, "file");
  writeFileSync(file, content);
  return file;
}

test("a master list with any bit changed is refused, or brings exactly what was signed", () => {
  const list = masterList([csca("self-made", 1), csca("foreign")]);
  const signed = good(examineList(list, CONTEXT)).lists[0]?.anchors;
  expect(signed).toHaveLength(2);
  let refused = 0;
  const bit = fc.tuple(fc.nat(list.length - 1), fc.nat(7));
  fc.assert(
    fc.property(bit, ([at, power]) => {
      const examined = examineList(
        list.map((byte, index) => (index === at ? byte ^ (1 << power) : byte)),
        CONTEXT,
      );
      if (examined.ok) expect(examined.value.lists[0]?.anchors).toEqual(signed);
      else refused++;
    }),
    { numRuns: 300 },
  );
  // Outside what is signed: headers, the list of digest algorithms, how letters of the signer's name are written.
  expect(refused).toBeGreaterThan(270);
});

test("a certificate with any bit changed is refused", () => {
  const der = csca("self-made");
  const bit = fc.tuple(fc.nat(der.length - 1), fc.nat(7));
  fc.assert(
    fc.property(bit, ([at, power]) => {
      const other = der.map((byte, index) => (index === at ? byte ^ (1 << power) : byte));
      expect(examinePlain(other, CONTEXT).ok).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test("no bytes make the recognition or the examination throw", async () => {
  const starts = fc.constantFrom(
    "",
    "0",
    "-----BEGIN CERTIFICATE-----\n",
    "dn: c=IT\n",
    "<html",
    "PK\x03\x04",
  );
  const content = fc
    .tuple(starts, fc.uint8Array({ maxLength: 400 }))
    .map(([start, rest]) => Buffer.concat([Buffer.from(start, "latin1"), rest]));
  const property = fc.asyncProperty(content, async (bytes) => {
    const file = openTrustFile(fileWith(bytes));
    if (!file.ok) return;
    const read = good(file.value.content());
    expect(examinePlain(read, CONTEXT).ok).toBe(false);
    expect(examineList(read, CONTEXT).ok).toBe(false);
    const found = await examineDirectory(file.value, CONTEXT, async () => "go on");
    expect(found).toMatchObject({ ok: true, value: { byHand: [], lists: [], revocationLists: [] } });
    file.value.close();
  });
  await fc.assert(property, { numRuns: 300 });
});

test("blank lines without end before the first entry are passed over in no time", () => {
  const file = openTrustFile(fileWith(`${"\n \n".repeat(20_000)}${ldif(["cn", new Uint8Array(1)])}`));
  expect(file.ok).toBe(true);
  if (file.ok) file.value.close();
});
