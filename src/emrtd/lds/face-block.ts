/**
 * The face block of ISO/IEC 39794-5, which documents may hold since 2025 in place of the older record: ASN.1 in DER, of
 * which one path leads to the image. Members beside the path are optional in many combinations, so each step looks
 * for its tag among its neighbours. Governing text: ISO/IEC 39794-5 Annex A in ICAO's application profile; ICAO Doc
 * 9303-10 §4.7.2.
 */
import { readTlvs, type Tlv } from "../../bytes/ber-tlv.ts";

/** FaceImageDataBlock, [APPLICATION 5]. */
const FACE_BLOCK = 0x65;
const SEQUENCE = 0x30;
/** In the data group the block stands inside of this; without it in the standard itself. */
const WRAPPER = 0xa1;
const REPRESENTATIONS = 0xa1;
/** From a representation: the image, of the base kind, in two dimensions. */
const TO_IMAGE_BLOCK = [0xa1, 0xa0, 0xa0] as const;
const IMAGE = 0x80;
/** One is the rule. */
const MAX_REPRESENTATIONS = 16;

/**
 * The bytes of every image in the block, in its order; a representation without one, such as of a shape in space, gives
 * none. `undefined` for bytes that are no such block, and for more than sixteen representations.
 */
export function imagesOfFaceBlock(data: Uint8Array): readonly Uint8Array[] | undefined {
  const block = inside(inside(data, WRAPPER) ?? data, FACE_BLOCK);
  const representations = block && inside(block, REPRESENTATIONS);
  const found = representations && objects(representations);
  if (found === undefined || found.length > MAX_REPRESENTATIONS) return undefined;
  return found.filter(({ tag }) => tag === SEQUENCE).flatMap(({ value }) => imageOf(value) ?? []);
}

function imageOf(representation: Uint8Array): Uint8Array | undefined {
  let block: Uint8Array | undefined = representation;
  for (const tag of TO_IMAGE_BLOCK) block = block && inside(block, tag);
  return block && inside(block, IMAGE);
}

/** Content of the first object with this tag in a row of objects. */
const inside = (bytes: Uint8Array, tag: number): Uint8Array | undefined =>
  objects(bytes)?.find((object) => object.tag === tag)?.value;

function objects(bytes: Uint8Array): readonly Tlv[] | undefined {
  const read = readTlvs(bytes);
  return read.ok ? read.value : undefined;
}
