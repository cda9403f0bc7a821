/**
 * EF.DIR of the master file: the applications on the card, one template for each, several in one file (document sheet, 12,
 * row 35). Governing text: ISO/IEC 7816-4 §12.3.1; ICAO Doc 9303-10 §3.11.2.
 */
import { readLeadingTlvs } from "../../bytes/ber-tlv.ts";
import { contentOf } from "./lds-object.ts";

const APPLICATION_TEMPLATE = 0x61;
const APPLICATION_IDENTIFIER = 0x4f;

/** Reads `{61 L {4F L identifier, …}…}` up to filler or the end: the identifiers, in the order of the file. */
export function parseDir(file: Uint8Array): readonly Uint8Array[] {
  const templates = readLeadingTlvs(file).filter(({ tag }) => tag === APPLICATION_TEMPLATE);
  return templates.flatMap(({ value }) => contentOf(readLeadingTlvs(value), APPLICATION_IDENTIFIER) ?? []);
}
