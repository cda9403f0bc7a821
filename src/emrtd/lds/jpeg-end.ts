/**
 * Where a JPEG ends. Its end marker may occur inside, in a thumbnail, so the segments are walked by their lengths, and
 * only the scans between them are searched. Governing text: ISO/IEC 10918-1 B.1.1, B.2.1.
 */
import { readUint16 } from "./read-uint.ts";

const MARKER = 0xff;
const END_OF_IMAGE = 0xd9;
const START_OF_SCAN = 0xda;
/** A byte FF of a scan's data is followed by this. */
const STUFFED = 0x00;
const FIRST_RESTART = 0xd0;
const LAST_RESTART = 0xd7;
const MARKER_BYTES = 2;

/** Offset behind the end marker of the JPEG that `bytes` begin with; `undefined` if they end or go wrong before it. */
export function endOfJpeg(bytes: Uint8Array): number | undefined {
  // Every round goes on by a marker at least, so the rounds are bounded by the bytes.
  for (let at = MARKER_BYTES; bytes[at] === MARKER; ) {
    const code = bytes[at + 1];
    if (code === END_OF_IMAGE) return at + MARKER_BYTES;
    if (code === MARKER) {
      // Markers may have filler before them.
      at += 1;
      continue;
    }
    const lengthBytes = readUint16(bytes, at + MARKER_BYTES);
    if (lengthBytes === undefined) return undefined;
    const end = at + MARKER_BYTES + lengthBytes;
    at = code === START_OF_SCAN ? endOfScan(bytes, end) : end;
  }
  return undefined;
}

/** Offset of the first marker behind a scan's data that does not belong to it. */
function endOfScan(bytes: Uint8Array, start: number): number {
  for (let at = bytes.indexOf(MARKER, start); at >= 0; at = bytes.indexOf(MARKER, at + 1)) {
    const code = bytes[at + 1] ?? STUFFED;
    const isOfScan = code === STUFFED || (code >= FIRST_RESTART && code <= LAST_RESTART);
    if (!isOfScan) return at;
  }
  return bytes.length;
}
