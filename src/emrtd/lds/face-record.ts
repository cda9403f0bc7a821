/**
 * The face record of ISO/IEC 19794-5:2005, as most documents hold it: a header, then for each face what is known of it,
 * feature points and the image. Only the image is taken: what a record says of sex, hair and eyes nobody asked for.
 * Lengths told are off by one on British and by eight on New Zealand passports, so a few bytes of difference are let pass.
 * Governing text: ISO/IEC 19794-5:2005 §5; ICAO Doc 9303-10 §4.7.2; document sheet, 5.3 and 12, row 27.
 */
import { equalBytes } from "../../bytes/bytes.ts";
import { hex } from "../../bytes/hex.ts";
import { readUint16, readUint32 } from "./read-uint.ts";

/** `FAC` and the version `010`, each ended by a zero. */
const FORMAT = hex("46414300 30313000");
const RECORD_LENGTH_OFFSET = 8;
const FACES_OFFSET = 12;
const RECORD_HEADER_BYTES = 14;
/** Of a face: its length, then the number of its feature points. */
const POINTS_OFFSET = 4;
const FACE_HEADER_BYTES = 20;
const POINT_BYTES = 8;
const IMAGE_HEADER_BYTES = 12;
/** By so much lengths told may differ from those found. */
const TOLERANCE_BYTES = 8;
/** One face is the rule. */
const MAX_FACES = 16;

/** Whether these bytes are such a record, sound or not. */
export const isFaceRecord = (data: Uint8Array): boolean =>
  equalBytes(FORMAT, data.subarray(0, FORMAT.length));

/**
 * The bytes of every image in the record, in its order, with what may be padded behind them. `undefined` for lengths that do not
 * fit together, and for more than sixteen faces.
 */
export function imagesOfFaceRecord(data: Uint8Array): readonly Uint8Array[] | undefined {
  const recordBytes = readUint32(data, RECORD_LENGTH_OFFSET);
  const faces = readUint16(data, FACES_OFFSET);
  if (faces === undefined || faces > MAX_FACES || !isNear(recordBytes, data.length)) return undefined;
  const images: Uint8Array[] = [];
  let start = RECORD_HEADER_BYTES;
  for (let face = 1; face <= faces; face++) {
    const end = endOfFace(data, start, face === faces);
    const points = readUint16(data, start + POINTS_OFFSET);
    if (end === undefined || points === undefined) return undefined;
    const image = start + FACE_HEADER_BYTES + points * POINT_BYTES + IMAGE_HEADER_BYTES;
    if (image > end) return undefined;
    images.push(data.subarray(image, end));
    start = end;
  }
  return images;
}

/** The last face has the record to its end; the others must tell their lengths rightly. */
function endOfFace(data: Uint8Array, start: number, isLast: boolean): number | undefined {
  const faceBytes = readUint32(data, start);
  if (faceBytes === undefined) return undefined;
  const end = start + faceBytes;
  if (isLast) return isNear(end, data.length) ? data.length : undefined;
  return end <= data.length ? end : undefined;
}

const isNear = (told: number | undefined, found: number): boolean =>
  told !== undefined && Math.abs(told - found) <= TOLERANCE_BYTES;
