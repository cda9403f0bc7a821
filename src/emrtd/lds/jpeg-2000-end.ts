/**
 * Where a JPEG 2000 ends: in a JP2 file the boxes are walked to the one with the codestream, in a codestream the tile-parts,
 * by the lengths they tell. Governing text: ISO/IEC 15444-1 A.4 (codestream), I.4 (boxes).
 */
import { readUint16, readUint32 } from "./read-uint.ts";

const BOX_HEADER_BYTES = 8;
const LONG_BOX_HEADER_BYTES = 16;
/** Box type `jp2c`. */
const CODESTREAM_BOX = 0x6a703263;
/** Values of a box's length: it goes on to the end of the file, or the length stands in eight bytes behind the type. */
const TO_THE_END = 0;
const LONG_LENGTH = 1;
const START_OF_TILE_PART = 0xff90;
const END_OF_CODESTREAM = 0xffd9;
const FIRST_MARKER = 0xff00;
const MARKER = 0xff;
const MARKER_BYTES = 2;
/** Where, behind its marker, a tile-part's header has the tile-part's length. */
const TILE_PART_LENGTH_OFFSET = 6;
const TILE_PART_HEADER_BYTES = 12;

/** Offset behind the codestream's box of a JP2 file; `undefined` if the bytes end or go wrong before. */
export function endOfJp2(bytes: Uint8Array): number | undefined {
  // Every round goes on by a box's header at least, so the rounds are bounded by the bytes.
  for (let at = 0; at < bytes.length; ) {
    const length = readUint32(bytes, at);
    const isCodestream = readUint32(bytes, at + 4) === CODESTREAM_BOX;
    if (isCodestream && length === TO_THE_END) {
      const start = at + BOX_HEADER_BYTES;
      const end = endOfCodestream(bytes.subarray(start));
      return end === undefined ? undefined : start + end;
    }
    const end = endOfBox(bytes, at, length);
    if (end === undefined || end > bytes.length) return undefined;
    if (isCodestream) return end;
    at = end;
  }
  return undefined;
}

/** Offset behind the box at `at`, which tells this length. */
function endOfBox(bytes: Uint8Array, at: number, length: number | undefined): number | undefined {
  if (length !== LONG_LENGTH) return (length ?? 0) >= BOX_HEADER_BYTES ? at + (length ?? 0) : undefined;
  const isTooLong = readUint32(bytes, at + BOX_HEADER_BYTES) !== 0;
  const longLength = readUint32(bytes, at + BOX_HEADER_BYTES + 4);
  if (isTooLong || longLength === undefined || longLength < LONG_BOX_HEADER_BYTES) return undefined;
  return at + longLength;
}

/** Offset behind the end marker of the codestream that `bytes` begin with; `undefined` if they end or go wrong before it. */
export function endOfCodestream(bytes: Uint8Array): number | undefined {
  // Every round goes on by a marker at least, so the rounds are bounded by the bytes.
  for (let at = MARKER_BYTES; at < bytes.length; ) {
    const marker = readUint16(bytes, at) ?? 0;
    if (marker === END_OF_CODESTREAM) return at + MARKER_BYTES;
    const partBytes = marker === START_OF_TILE_PART ? tilePartBytes(bytes, at) : segmentBytes(bytes, at);
    if (marker < FIRST_MARKER || partBytes === undefined) return undefined;
    at += partBytes;
  }
  return undefined;
}

function segmentBytes(bytes: Uint8Array, at: number): number | undefined {
  const lengthBytes = readUint16(bytes, at + MARKER_BYTES);
  return lengthBytes === undefined ? undefined : MARKER_BYTES + lengthBytes;
}

/** The last tile-part may leave its length open, and then goes on to the end marker. */
function tilePartBytes(bytes: Uint8Array, at: number): number | undefined {
  const lengthBytes = readUint32(bytes, at + TILE_PART_LENGTH_OFFSET);
  const partBytes = lengthBytes === TO_THE_END ? lastEndMarker(bytes) - at : (lengthBytes ?? 0);
  return partBytes < TILE_PART_HEADER_BYTES ? undefined : partBytes;
}

/** Offset of the last end marker, which no data of a codestream look like; -1 if there is none. */
function lastEndMarker(bytes: Uint8Array): number {
  let at = bytes.length;
  do at = bytes.lastIndexOf(MARKER, at - 1);
  while (at > 0 && readUint16(bytes, at) !== END_OF_CODESTREAM);
  return at;
}
