/**
 * Portraits of nobody: files with the markers and boxes of JPEG (ITU-T T.81 annex B) and JPEG 2000 (ITU-T T.800 annexes
 * A and I) and noise in place of a picture. They are recognised, measured and cut like real ones; there is nothing to see.
 */
import { concat } from "../../../bytes/bytes.ts";
import { hex } from "../../../bytes/hex.ts";
import { ascii } from "../../pki/der.ts";
import { SeededRandom } from "../../seeded-random.ts";
import { number16, number32 } from "../../tlv.ts";

export interface Portrait {
  readonly format: "JPEG" | "JPEG2000";
  readonly width: number;
  readonly height: number;
  /** Of the whole file. */
  readonly lengthBytes: number;
}

/** The file of a portrait; the same facts always give the same bytes. */
export const portraitFile = (portrait: Portrait): Uint8Array =>
  portrait.format === "JPEG" ? jpeg(portrait) : jpeg2000(portrait);

/** FF would begin a marker. */
function noise(lengthBytes: number): Uint8Array {
  return new SeededRandom(lengthBytes).bytes(lengthBytes).map((byte) => (byte === 0xff ? 0xfe : byte));
}

/** A marker segment, whose length counts itself. */
const segment = (marker: number, ...contents: readonly Uint8Array[]): Uint8Array => {
  const content = concat(...contents);
  return concat(Uint8Array.of(0xff, marker), number16(content.length + 2), content);
};

function jpeg({ width, height, lengthBytes }: Portrait): Uint8Array {
  const head = concat(
    hex("FF D8"),
    segment(0xe0, ascii("JFIF"), hex("00 01 01 01 01 2C 01 2C 00 00")),
    segment(0xdb, hex("00"), new Uint8Array(64).fill(16)),
    segment(0xc0, hex("08"), number16(height), number16(width), hex("01 01 11 00")),
    segment(0xc4, hex("00"), counts(12, 4), upTo(12)),
    segment(0xc4, hex("10"), counts(4, 3), upTo(4)),
    segment(0xda, hex("01 01 00 00 3F 00")),
  );
  const tail = hex("FF D9");
  return concat(head, noise(lengthBytes - head.length - tail.length), tail);
}

/** How many codes of a Huffman table have each length from 1 to 16 bits: all of one length. */
const counts = (codes: number, bits: number): Uint8Array => {
  const list = new Uint8Array(16);
  list[bits - 1] = codes;
  return list;
};
const upTo = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, index) => index);

const box = (type: string, ...contents: readonly Uint8Array[]): Uint8Array => {
  const content = concat(...contents);
  return concat(number32(content.length + 8), ascii(type), content);
};

const BOX_HEADER_BYTES = 8;

function jpeg2000(portrait: Portrait): Uint8Array {
  const { width, height, lengthBytes } = portrait;
  const head = concat(
    box("jP  ", hex("0D 0A 87 0A")),
    box("ftyp", ascii("jp2 "), new Uint8Array(4), ascii("jp2 ")),
    box(
      "jp2h",
      box("ihdr", number32(height), number32(width), hex("0003 07 07 00 00")),
      box("colr", hex("01 00 00"), number32(SRGB)),
    ),
  );
  return concat(head, box("jp2c", codestream(portrait, lengthBytes - head.length - BOX_HEADER_BYTES)));
}

const SRGB = 16;
const COMPONENT = hex("07 01 01");

function codestream({ width, height }: Portrait, lengthBytes: number): Uint8Array {
  const size = concat(number32(width), number32(height), new Uint8Array(8));
  const head = concat(
    hex("FF 4F"),
    segment(0x51, number16(0), size, size, number16(3), COMPONENT, COMPONENT, COMPONENT),
    segment(0x52, hex("00 00 0001 01 05 04 04 00 01")),
    segment(0x5c, hex("40"), new Uint8Array(16).fill(0x48)),
  );
  const tail = hex("FF D9");
  const tileBytes = lengthBytes - head.length - tail.length;
  const tile = concat(segment(0x90, number16(0), number32(tileBytes), hex("00 01")), hex("FF 93"));
  return concat(head, tile, noise(tileBytes - tile.length), tail);
}
