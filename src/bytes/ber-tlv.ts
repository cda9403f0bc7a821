/**
 * A reader of BER-TLV data objects (ISO/IEC 8825-1 §8.1 as used by ISO/IEC 7816-4 §6.3) that survives any
 * input: every length is checked against the bytes there are, nothing throws, nothing recurses.
 * Indefinite lengths are refused; cards do not use them.
 */
import { err, ok, type Result } from "../result.ts";

export interface Tlv {
  /** Tag bytes read as one big-endian number: `0x53`, `0x7F49`, `0x5F0E`. */
  readonly tag: number;
  /** Content, a view into the input. */
  readonly value: Uint8Array;
  /** Offset of the byte behind the object. */
  readonly end: number;
}

export type TlvError =
  /** The input ends inside a tag, a length or a content. */
  | { readonly kind: "truncated"; readonly offset: number }
  /** A tag of more than four bytes, or a length in indefinite form or of more than four bytes. */
  | { readonly kind: "unsupported"; readonly offset: number };

/** More objects than this in one template is an attack, not a card. */
const MAX_OBJECTS = 1_024;
/** Zero bytes may stand before, between and behind objects. */
const FILLER_TAG = 0x00;
const MAX_TAG_BYTES = 4;
const MAX_LENGTH_BYTES = 4;

/** Tag and length of an object whose content need not be there yet. */
export interface TlvHeader {
  readonly tag: number;
  /** Offset of the content. */
  readonly contentStart: number;
  /** Of the content. */
  readonly lengthBytes: number;
}

/** Reads the header at `offset`; the content may lie behind the end of the bytes. */
export function readHeader(bytes: Uint8Array, offset = 0): Result<TlvHeader, TlvError> {
  const tag = readTag(bytes, offset);
  if (!tag.ok) return tag;
  const length = readLength(bytes, tag.value.end);
  if (!length.ok) return length;
  const { number: lengthBytes, end: contentStart } = length.value;
  return ok({ tag: tag.value.number, contentStart, lengthBytes });
}

/** Reads the data object at `offset`. Bytes behind it are none of its business. */
export function readTlv(bytes: Uint8Array, offset = 0): Result<Tlv, TlvError> {
  const header = readHeader(bytes, offset);
  if (!header.ok) return header;
  const { tag, contentStart, lengthBytes } = header.value;
  const end = contentStart + lengthBytes;
  if (end > bytes.length) return err({ kind: "truncated", offset });
  return ok({ tag, value: bytes.subarray(contentStart, end), end });
}

/** Reads data objects until the input is used up. */
export function readTlvs(bytes: Uint8Array): Result<readonly Tlv[], TlvError> {
  const objects: Tlv[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    if (objects.length === MAX_OBJECTS) return err({ kind: "unsupported", offset });
    const object = readTlv(bytes, offset);
    if (!object.ok) return object;
    objects.push(object.value);
    offset = object.value.end;
  }
  return ok(objects);
}

/** Reads data objects up to the first filler, or whatever else is no object; for files that say nowhere how long they are. */
export function readLeadingTlvs(bytes: Uint8Array): readonly Tlv[] {
  const objects: Tlv[] = [];
  for (let offset = 0; objects.length < MAX_OBJECTS; ) {
    const object = readTlv(bytes, offset);
    if (!object.ok || object.value.tag === FILLER_TAG) break;
    objects.push(object.value);
    offset = object.value.end;
  }
  return objects;
}

/** Tags one after another, the content of a tag list (ISO/IEC 7816-4 §8.5.1), up to one that is cut off or too long. */
export function readTagList(bytes: Uint8Array): readonly number[] {
  const tags: number[] = [];
  for (let offset = 0; tags.length < MAX_OBJECTS; ) {
    const tag = readTag(bytes, offset);
    if (!tag.ok) break;
    tags.push(tag.value.number);
    offset = tag.value.end;
  }
  return tags;
}

interface Field {
  readonly number: number;
  readonly end: number;
}

/** Low five bits all set: further tag bytes follow, each but the last with bit 8 set. */
function readTag(bytes: Uint8Array, offset: number): Result<Field, TlvError> {
  let tag = bytes[offset];
  if (tag === undefined) return err({ kind: "truncated", offset });
  let end = offset + 1;
  if ((tag & 0x1f) !== 0x1f) return ok({ number: tag, end });
  for (;;) {
    const byte = bytes[end];
    if (byte === undefined) return err({ kind: "truncated", offset });
    if (end - offset === MAX_TAG_BYTES) return err({ kind: "unsupported", offset });
    tag = tag * 256 + byte;
    end += 1;
    if ((byte & 0x80) === 0) return ok({ number: tag, end });
  }
}

/** One byte below 80, else 81 to 84 followed by that many bytes, big-endian. */
function readLength(bytes: Uint8Array, offset: number): Result<Field, TlvError> {
  const first = bytes[offset];
  if (first === undefined) return err({ kind: "truncated", offset });
  if (first < 0x80) return ok({ number: first, end: offset + 1 });
  const count = first & 0x7f;
  if (count === 0 || count > MAX_LENGTH_BYTES) return err({ kind: "unsupported", offset });
  let length = 0;
  for (let index = 1; index <= count; index++) {
    const byte = bytes[offset + index];
    if (byte === undefined) return err({ kind: "truncated", offset });
    length = length * 256 + byte;
  }
  return ok({ number: length, end: offset + 1 + count });
}
