/**
 * How long a file of the card is, told from its first bytes: every file but EF.ATR/INFO and EF.DIR is one data object,
 * and what a card gives behind it is filler. Whoever reads a file asks this after the first answer.
 * Governing text: ICAO Doc 9303-10 §3.6; ISO/IEC 8825-1 §8.1.3.
 */
import { readHeader } from "../../bytes/ber-tlv.ts";

/** The longest object whose length takes two bytes, with its header. Photographs have 10 to 30 thousand bytes. */
export const MAX_FILE_BYTES = 4 + 0xffff;

/**
 * Bytes of the file that begins with `head`, header included, filler behind it not. `undefined` when `head` ends inside
 * the header, has an indefinite length or a tag or length of more than four bytes, or tells more than `MAX_FILE_BYTES`.
 */
export function fileLength(head: Uint8Array): number | undefined {
  const header = readHeader(head);
  if (!header.ok) return undefined;
  const lengthBytes = header.value.contentStart + header.value.lengthBytes;
  return lengthBytes <= MAX_FILE_BYTES ? lengthBytes : undefined;
}
