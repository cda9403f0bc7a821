/**
 * Pictures out of a chip: which of the three formats one is, told from its first bytes and not from what the record
 * around it says, and where it ends, because chips pad behind it. Nothing is decoded here.
 * Governing text: ICAO Doc 9303-10 §4.7.2; ISO/IEC 10918-1 B.1, 15444-1 A.4 and I.4; document sheet, 12, row 27.
 */
import { equalBytes } from "../../bytes/bytes.ts";
import { hex } from "../../bytes/hex.ts";
import { endOfCodestream, endOfJp2 } from "./jpeg-2000-end.ts";
import { endOfJpeg } from "./jpeg-end.ts";

export type ImageFormat = "JPEG" | "JP2" | "JPEG 2000 codestream";

export interface CardImage {
  readonly format: ImageFormat;
  /** A view into the file, without what is padded behind the image. */
  readonly bytes: Uint8Array;
}

interface Signature {
  readonly format: ImageFormat;
  readonly start: Uint8Array;
  /** Offset behind the end marker; `undefined` if none is found. */
  readonly endOf: (bytes: Uint8Array) => number | undefined;
}

const SIGNATURES: readonly Signature[] = [
  { format: "JPEG", start: hex("FFD8FF"), endOf: endOfJpeg },
  { format: "JP2", start: hex("0000000C6A5020200D0A870A"), endOf: endOfJp2 },
  { format: "JPEG 2000 codestream", start: hex("FF4FFF51"), endOf: endOfCodestream },
];

/** The image that `bytes` begin with; whole when its end is not found. `undefined` for any other bytes. */
export function cardImage(bytes: Uint8Array): CardImage | undefined {
  const signature = SIGNATURES.find(({ start }) => equalBytes(start, bytes.subarray(0, start.length)));
  if (signature === undefined) return undefined;
  return { format: signature.format, bytes: bytes.subarray(0, signature.endOf(bytes)) };
}
