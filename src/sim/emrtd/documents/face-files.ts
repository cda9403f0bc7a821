/**
 * DG2 with one face, as ISO/IEC 19794-5 records it and as ISO/IEC 39794-5 does, and DG7 with a signature's image. The
 * defects of real issuers are asked for by name. ICAO Doc 9303-10 §4.7.2 and §4.7.7.
 */
import { concat } from "../../../bytes/bytes.ts";
import { hex } from "../../../bytes/hex.ts";
import { element } from "../../pki/der.ts";
import { number16, number32, tlv } from "../../tlv.ts";
import { type Portrait, portraitFile } from "./portrait.ts";

/** What is wrong with a DG2 that is to be read all the same. */
export type FaceOddity =
  /** The record counts one byte too few, or eight. */
  | "length off by 1"
  | "length off by 8"
  /** Zeros behind the end of the picture, counted as part of it. */
  | "trailing bytes"
  /** A record with a header of a face and no picture behind it. */
  | "no image"
  /** No biometric object at all. */
  | "no face";

export interface FacePlan extends Portrait {
  readonly record: "19794-5" | "39794-5";
  readonly oddity?: FaceOddity;
}

const FACES = 1;
const HEADER_19794 = hex("81 01 02 82 01 00 87 02 01 01 88 02 00 08");
const HEADER_39794 = hex("81 01 02 82 01 00 87 02 01 01 88 02 00 2A");

/** DG2, tag 75. */
export function faceFile(plan: FacePlan): Uint8Array {
  const { record, oddity } = plan;
  if (oddity === "no face") return tlv(0x75, tlv(0x7f61, hex("02 01 00")));
  const trailing = new Uint8Array(oddity === "trailing bytes" ? 5 : 0);
  const image = oddity === "no image" ? new Uint8Array(0) : concat(portraitFile(plan), trailing);
  const [header, data] =
    record === "19794-5"
      ? [HEADER_19794, tlv(0x5f2e, faceRecord(plan, image))]
      : [HEADER_39794, tlv(0x7f2e, faceBlock(plan, image))];
  const instance = tlv(0x7f60, tlv(0xa1, header), data);
  return tlv(0x75, tlv(0x7f61, tlv(0x02, Uint8Array.of(FACES)), instance));
}

/** `FAC` and version `010`, each with a zero behind. */
const RECORD_FORMAT = hex("46414300 30313000");
const RECORD_HEADER_BYTES = 14;
const FEATURE_POINTS = concat(...[1, 2].map((eye) => Uint8Array.of(1, 12, eye, 0, 0, 100 * eye, 1, 40)));
const SHORT_BY: Partial<Record<FaceOddity, number>> = { "length off by 1": 1, "length off by 8": 8 };

/** A facial record with two feature points, the eyes. */
function faceRecord({ format, width, height, oddity = "no image" }: FacePlan, image: Uint8Array): Uint8Array {
  const information = hex("0002 00 FF FF 000000 0000 000000 000000");
  const properties = concat(
    hex("01"),
    Uint8Array.of(format === "JPEG" ? 0 : 1),
    number16(width),
    number16(height),
    hex("01 02 0000 0000"),
  );
  const faceBytes = 4 + information.length + FEATURE_POINTS.length + properties.length + image.length;
  const shortBy = SHORT_BY[oddity] ?? 0;
  return concat(
    RECORD_FORMAT,
    number32(RECORD_HEADER_BYTES + faceBytes - shortBy),
    number16(FACES),
    number32(faceBytes - shortBy),
    information,
    FEATURE_POINTS,
    properties,
    image,
  );
}

const GENERATION_AND_YEAR = hex("80 01 03 81 02 07 E3");
const FORMAT_CODES = { JPEG: 2, JPEG2000: 3 } as const;

/** FaceImageDataBlock with one two-dimensional representation, inside the tag that the data group puts around it. */
function faceBlock({ format, width, height }: FacePlan, image: Uint8Array): Uint8Array {
  const size = tlv(0xa7, tlv(0x80, number16(width)), tlv(0x81, number16(height)));
  const information = tlv(0xa1, tlv(0xa0, tlv(0x80, Uint8Array.of(FORMAT_CODES[format]))), size);
  const flat = tlv(0xa0, tlv(0x80, image), information);
  const representation = element(0x30, hex("80 01 00"), tlv(0xa1, tlv(0xa0, flat)));
  return tlv(0xa1, tlv(0x65, tlv(0xa0, GENERATION_AND_YEAR), tlv(0xa1, representation)));
}

/** DG7, tag 67: one image of a signature. */
export const signatureImageFile = (image: Portrait): Uint8Array =>
  tlv(0x67, tlv(0x02, Uint8Array.of(1)), tlv(0x5f43, portraitFile(image)));
