/**
 * DG7, pictures of the holder's signature as it is printed. Governing text: ICAO Doc 9303-10 §4.7.7.
 */
import { ok, type Result } from "../../result.ts";
import { type CardImage, cardImage } from "./card-image.ts";
import { fileObjects, type LdsMalformed } from "./lds-object.ts";

const SIGNATURE_IMAGE = 0x5f43;

/** Reads `67 L {02 01 n, 5F43 L image…}`: the images, save those that are neither JPEG nor JPEG 2000. */
export function parseDg7(file: Uint8Array): Result<readonly CardImage[], LdsMalformed> {
  const objects = fileObjects("DG7", file);
  if (!objects.ok) return objects;
  const images = objects.value.filter(({ tag }) => tag === SIGNATURE_IMAGE);
  return ok(images.flatMap(({ value }) => cardImage(value) ?? []));
}
