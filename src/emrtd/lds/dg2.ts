/**
 * DG2, the holder's face: biometric templates, each with a record of the older standard or a block of the newer one, and
 * in it as a rule one image. The image is handed out as it is; that a document has none is an answer, not an error.
 * Governing text: ICAO Doc 9303-10 §4.7.2; document sheet, 5.3 and 12, rows 27 and 28.
 */
import type { Tlv } from "../../bytes/ber-tlv.ts";
import { err, ok, type Result } from "../../result.ts";
import { type CardImage, cardImage } from "./card-image.ts";
import { imagesOfFaceBlock } from "./face-block.ts";
import { imagesOfFaceRecord, isFaceRecord } from "./face-record.ts";
import { contentOf, fileObjects, type LdsMalformed, objectsIn } from "./lds-object.ts";

export type FaceEncoding = "ISO 19794-5" | "ISO 39794-5";

export type Face =
  | { readonly kind: "image"; readonly encoding: FaceEncoding; readonly image: CardImage }
  /**
   * `empty`: the template or its record holds no image. `malformed`: it is neither a record nor a block, or its lengths
   * do not fit. `unknownFormat`: the image is neither JPEG nor JPEG 2000.
   */
  | { readonly kind: "absent"; readonly why: "empty" | "malformed" | "unknownFormat" };

const TEMPLATES = 0x7f61;
const TEMPLATE = 0x7f60;
/** Two tags for the same, of which a card may take either whatever it holds. */
const DATA_TAGS: readonly number[] = [0x5f2e, 0x7f2e];

/**
 * Reads `75 L 7F61 L {02 01 n, 7F60 L {A1 header, 5F2E|7F2E data}…}`: the faces of all templates in their order, most
 * recent first, and for a template without an image its absence. No template, no face.
 */
export function parseDg2(file: Uint8Array): Result<readonly Face[], LdsMalformed> {
  const outer = fileObjects("DG2", file);
  if (!outer.ok) return outer;
  const group = contentOf(outer.value, TEMPLATES);
  if (group === undefined) return err({ kind: "ldsMalformed", file: "DG2", why: "structure" });
  const objects = objectsIn("DG2", group);
  if (!objects.ok) return objects;
  return ok(objects.value.filter(({ tag }) => tag === TEMPLATE).flatMap(facesOfTemplate));
}

function facesOfTemplate({ value }: Tlv): readonly Face[] {
  const objects = objectsIn("DG2", value);
  if (!objects.ok) return [{ kind: "absent", why: "malformed" }];
  const data = objects.value.find(({ tag }) => DATA_TAGS.includes(tag))?.value;
  if (data === undefined || data.length === 0) return [{ kind: "absent", why: "empty" }];
  const encoding = isFaceRecord(data) ? "ISO 19794-5" : "ISO 39794-5";
  const images = encoding === "ISO 19794-5" ? imagesOfFaceRecord(data) : imagesOfFaceBlock(data);
  if (images === undefined) return [{ kind: "absent", why: "malformed" }];
  if (images.length === 0) return [{ kind: "absent", why: "empty" }];
  return images.map((image) => face(encoding, image));
}

function face(encoding: FaceEncoding, bytes: Uint8Array): Face {
  if (bytes.length === 0) return { kind: "absent", why: "empty" };
  const image = cardImage(bytes);
  return image === undefined ? { kind: "absent", why: "unknownFormat" } : { kind: "image", encoding, image };
}
