/**
 * The guard before the ASN.1 parser: walks the tags and lengths of hostile bytes without building anything, so that
 * depth, number of elements and every length are known to be sound before a tree is made. Takes definite and
 * indefinite lengths (ITU-T X.690 §8.1); does not recurse, so no depth of nesting can harm it.
 */
import { err, ok, type Result } from "../result.ts";

export interface Asn1Limits {
  readonly maxBytes: number;
  readonly maxElements: number;
}

/** Where and why bytes are no ASN.1, or more of it than is taken. */
export interface Asn1Error {
  readonly kind: "asn1";
  readonly why: "tooLong" | "tooDeep" | "tooMany" | "truncated" | "overrun" | "unsupported" | "malformed";
  readonly offset: number;
}

/** The deepest honest object, a document's signed object with a certificate's extensions, has 16 levels. */
const MAX_DEPTH = 32;
const MAX_TAG_BYTES = 4;
const MAX_LENGTH_BYTES = 4;
/** Identifiers have a dozen bytes; to the parser each of theirs is an object, and a file of them holds everybody up for a second. */
const MAX_IDENTIFIER_BYTES = 64;
const TAG_IDENTIFIER = 0x06;
const isLongIdentifier = (tag: number | undefined, lengthBytes: number): boolean =>
  tag === TAG_IDENTIFIER && lengthBytes > MAX_IDENTIFIER_BYTES;
const CONSTRUCTED = 0x20;
const LONG_TAG = 0x1f;
const INDEFINITE = 0x80;

interface Header {
  readonly constructed: boolean;
  readonly contentStart: number;
  /** `undefined` for the indefinite form, which ends with two zero bytes. */
  readonly lengthBytes: number | undefined;
}

/** An open constructed element: where it ends at the latest, and whether end-of-contents bytes end it. */
interface Level {
  readonly end: number;
  readonly indefinite: boolean;
}

/** How far the walk has come, and what it is inside of. */
interface Walk {
  readonly bytes: Uint8Array;
  readonly open: Level[];
  offset: number;
}

/**
 * Walks the first element of `bytes` with all that is in it and returns its length in bytes, header included.
 * Errors: `tooLong`, `tooDeep` and `tooMany` for more than the limits; `truncated` when the bytes end too early;
 * `overrun` when a part reaches over the end of its whole; `unsupported` for a tag or length of more than four
 * bytes or a primitive of indefinite length.
 */
export function scanAsn1(bytes: Uint8Array, limits: Asn1Limits): Result<number, Asn1Error> {
  if (bytes.length > limits.maxBytes) return err({ kind: "asn1", why: "tooLong", offset: limits.maxBytes });
  const walk: Walk = { bytes, open: [], offset: 0 };
  for (let elements = 0; elements < limits.maxElements; elements++) {
    const why = enter(walk);
    if (why !== undefined) return err({ kind: "asn1", why, offset: walk.offset });
    leave(walk);
    if (walk.open.length === 0) return ok(walk.offset);
  }
  return err({ kind: "asn1", why: "tooMany", offset: walk.offset });
}

/** Reads one header and moves to its content if it is constructed, else behind it. */
function enter(walk: Walk): Asn1Error["why"] | undefined {
  const { bytes, open, offset } = walk;
  const end = open.at(-1)?.end ?? bytes.length;
  const header = readHeader(bytes, offset, end);
  if (typeof header === "string") return header;
  const { constructed, contentStart, lengthBytes } = header;
  const next = contentStart + (lengthBytes ?? 0);
  if (next > end) return end === bytes.length ? "truncated" : "overrun";
  if (isLongIdentifier(bytes[offset], next - contentStart)) return "unsupported";
  walk.offset = constructed ? contentStart : next;
  const indefinite = lengthBytes === undefined;
  if (constructed) open.push({ end: indefinite ? end : next, indefinite });
  return open.length > MAX_DEPTH ? "tooDeep" : undefined;
}

/** Leaves every level that ends here, stepping over end-of-contents bytes. */
function leave(walk: Walk): void {
  const { bytes, open } = walk;
  for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
    const at = walk.offset;
    const isMarked = level.indefinite && at + 2 <= level.end && bytes[at] === 0 && bytes[at + 1] === 0;
    if (!isMarked && (level.indefinite || at !== level.end)) return;
    if (isMarked) walk.offset += 2;
    open.pop();
  }
}

function readHeader(bytes: Uint8Array, start: number, end: number): Header | Asn1Error["why"] {
  const tag = bytes[start] ?? 0;
  const tagEnd = endOfTag(bytes, start);
  if (tagEnd === undefined) return "unsupported";
  const first = bytes[tagEnd];
  if (first === undefined || tagEnd >= end) return "truncated";
  // Universal tag 0 belongs to end-of-contents bytes, and none are due here.
  if (tag === 0) return "malformed";
  const constructed = (tag & CONSTRUCTED) !== 0;
  if (first < INDEFINITE) return { constructed, contentStart: tagEnd + 1, lengthBytes: first };
  if (first === INDEFINITE)
    return constructed ? { constructed, contentStart: tagEnd + 1, lengthBytes: undefined } : "unsupported";
  const count = first - INDEFINITE;
  if (count > MAX_LENGTH_BYTES) return "unsupported";
  if (tagEnd + 1 + count > end) return "truncated";
  let lengthBytes = 0;
  for (const byte of bytes.subarray(tagEnd + 1, tagEnd + 1 + count)) lengthBytes = lengthBytes * 256 + byte;
  return { constructed, contentStart: tagEnd + 1 + count, lengthBytes };
}

/** The offset behind the tag, which may lie behind the end of the bytes; `undefined` for a tag of absurd length. */
function endOfTag(bytes: Uint8Array, start: number): number | undefined {
  if (((bytes[start] ?? 0) & LONG_TAG) !== LONG_TAG) return start + 1;
  for (let at = start + 1; at < start + MAX_TAG_BYTES; at++) if ((bytes[at] ?? 0) < 0x80) return at + 1;
  return undefined;
}
