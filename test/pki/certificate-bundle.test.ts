// Bundles of certificates as a certificate store answers with them, saved without their header.
import fc from "fast-check";
import { expect, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import { bundleBoundary, readCertificateBundle } from "../../src/pki/certificate-bundle.ts";
import { authority } from "../../src/sim/pki/authority.ts";
import { ascii } from "./makers.ts";

const CERTIFICATES = [1, 2].map(
  (generation) => authority("self-made").countrySigner(generation === 1 ? 1 : 2).certificate,
);
const HEADER = "Content-Type: application/pkix-cert\r\nContent-Transfer-Encoding: binary\r\n";

/** A multipart body; what stands before the first boundary is the caller's. */
const bundle = (
  parts: readonly Uint8Array[],
  { boundary = "End", before = "", header = HEADER } = {},
): Uint8Array =>
  concat(
    ascii(`${before}--${boundary}`),
    ...parts.map((part) => concat(ascii(`\r\n${header}\r\n`), part, ascii(`\r\n--${boundary}`))),
    ascii("--\r\n"),
  );
const read = (bytes: Uint8Array) => {
  const boundary = bundleBoundary(bytes);
  return boundary === undefined ? undefined : readCertificateBundle(bytes, boundary);
};
const ders = (bytes: Uint8Array) => read(bytes)?.certificates.map(({ der }) => der);

test.each([
  ["as it is", {}],
  ["behind an empty line", { before: "\r\n" }],
  ["with a long boundary", { boundary: "----=_Part_0_1234567890.1700000000000'()+,./:?" }],
  ["with parts that have no header", { header: "" }],
])("all certificates are read: %s", (_, how) => {
  expect(ders(bundle(CERTIFICATES, how))).toEqual(CERTIFICATES);
  expect(read(bundle([], how))).toEqual({ certificates: [], skipped: 0 });
});

test("a damaged part does not hide the others, and is counted", () => {
  const [one = new Uint8Array(0), two = new Uint8Array(0)] = CERTIFICATES;
  const cut = bundle([one.subarray(0, 100), two, ascii("nothing")]);
  expect(read(cut)).toMatchObject({ skipped: 2 });
  expect(ders(cut)).toEqual([two]);
});

test("what stands behind the last boundary, or is not ended by one, is no part", () => {
  const [one = new Uint8Array(0)] = CERTIFICATES;
  const open = concat(bundle([one]), ascii(HEADER), ascii("\r\n"), one);
  expect(ders(open)).toEqual([one]);
});

test.each([
  ["PEM", "-----BEGIN CERTIFICATE-----\r\nMII"],
  ["hyphens alone", "--\r\n"],
  ["a boundary without end", `--${"x".repeat(71)}\r\n`],
  ["a boundary with a blank", "--En d\r\n"],
  ["text", "dn: cn=1\r\n--End\r\n"],
  ["nothing", ""],
])("%s is no bundle", (_, text) => {
  expect(bundleBoundary(ascii(text))).toBeUndefined();
});

test("no bytes behind a boundary make it throw", () => {
  const [one = new Uint8Array(0)] = CERTIFICATES;
  const piece = fc.oneof(
    fc.constantFrom(ascii("\r\n--End"), ascii("\r\n\r\n"), one),
    fc.uint8Array({ maxLength: 20 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const found = read(concat(ascii("--End\r\n"), ...pieces));
      expect(found?.certificates.every(({ der }) => der.length === one.length)).toBe(true);
    }),
    { numRuns: 300 },
  );
});
