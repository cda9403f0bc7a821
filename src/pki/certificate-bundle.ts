/**
 * Files in which authorities of visible seals publish the certificates of their signers: the answer of a certificate store,
 * a body of type multipart/mixed with one certificate in DER in each part (RFC 4387 §2.2, RFC 2046 §5.1). What is saved
 * of it has no header any more, so that the first line is the boundary.
 */
import { type Certificate, parseCertificate } from "./certificate.ts";

export interface CertificateBundle {
  readonly certificates: readonly Certificate[];
  /** How many parts are no certificate. */
  readonly skipped: number;
}

/** More than this no authority has given out in ten years. */
const MAX_PARTS = 10_000;
/** A line end that may stand before it, two hyphens, and up to 70 signs of the boundary. */
const FIRST_LINE = /^(?:\r\n)?--([\w'()+,./:=?-]{1,70})\r\n/;
const FIRST_LINE_BYTES = 80;
const PEM = /^-----BEGIN /;

/** The boundary at the beginning of a bundle; `undefined` for any other file. */
export function bundleBoundary(bytes: Uint8Array): string | undefined {
  const beginning = String.fromCharCode(...bytes.subarray(0, FIRST_LINE_BYTES));
  return PEM.test(beginning) ? undefined : FIRST_LINE.exec(beginning)?.[1];
}

/** Reads a bundle that begins with its boundary; a damaged part does not hide the others. */
export function readCertificateBundle(bytes: Uint8Array, boundary: string): CertificateBundle {
  const certificates: Certificate[] = [];
  let skipped = 0;
  for (const part of parts(bytes, boundary)) {
    const certificate = parseCertificate(part);
    if (certificate.ok) certificates.push(certificate.value);
    else skipped++;
  }
  return { certificates, skipped };
}

/** The bodies of the parts, what stands in front of the first boundary and behind the last one left out. */
function* parts(bytes: Uint8Array, boundary: string): Generator<Uint8Array, void, void> {
  const delimiter = ascii(`\r\n--${boundary}`);
  const first = ascii(`--${boundary}`);
  let at = indexOf(bytes, first, 0) + first.length;
  for (let count = 0; count < MAX_PARTS; count++) {
    const end = indexOf(bytes, delimiter, at);
    if (end < 0) return;
    const part = bytes.subarray(at, end);
    const headerEnd = indexOf(part, EMPTY_LINE, 0);
    yield headerEnd < 0 ? part.subarray(0, 0) : part.subarray(headerEnd + EMPTY_LINE.length);
    at = end + delimiter.length;
  }
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
/** Ends the header of a part. */
const EMPTY_LINE = ascii("\r\n\r\n");

/** Where a pattern stands next; -1 if it does not. */
function indexOf(bytes: Uint8Array, pattern: Uint8Array, from: number): number {
  const [start = 0] = pattern;
  for (let at = bytes.indexOf(start, from); at >= 0; at = bytes.indexOf(start, at + 1))
    if (pattern.every((byte, index) => bytes[at + index] === byte)) return at;
  return -1;
}
