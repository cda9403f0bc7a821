/**
 * Files of a document, written for these tests by an encoder of their own, so that no reader is judged by itself:
 * data objects, machine readable zones with their check digits, pictures that are nothing but their frame, faces.
 */
export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
export const bytesOf = (...numbers: readonly number[]): Uint8Array => Uint8Array.from(numbers);
export const joined = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

/** A number as so many bytes, big-endian. */
export const bigEndian = (number: number, bytes: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, index) => Math.floor(number / 256 ** (bytes - 1 - index)) % 256);

/** A data object; a tag above FF has two bytes. */
export function tlv(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const value = joined(...content);
  const size = value.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return joined(bigEndian(tag, tag > 0xff ? 2 : 1), bytesOf(...length), value);
}

/** Two decimal digits to the byte. */
export const packed = (digits: string): Uint8Array =>
  Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** The digit of Doc 9303-3 §4.9, by its words: each character's value times 7, 3, 1, 7, 3, 1 …, the sum's last digit. */
export function digitOf(text: string): string {
  const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const value = (character: string) => (character === "<" ? 0 : alphabet.indexOf(character));
  const sum = [...text].reduce(
    (total, character, index) => total + value(character) * Number("731"[index % 3]),
    0,
  );
  return String(sum % 10);
}

export interface ZoneFields {
  readonly format: "TD1" | "TD2" | "TD3";
  readonly documentCode: string;
  readonly issuer: string;
  readonly documentNumber: string;
  readonly nationality: string;
  readonly names: string;
  readonly dateOfBirth: string;
  readonly sex: string;
  readonly dateOfExpiry: string;
  readonly optionalData: readonly string[];
}

const filled = (text: string, width: number): string => text.padEnd(width, "<").slice(0, width);
const withDigit = (text: string): string => text + digitOf(text);

/** The field of the number, its check digit, and what a long number leaves for the optional field to begin with. */
function numberField(documentNumber: string, mayBeLong: boolean): readonly [field: string, rest: string] {
  if (!mayBeLong || documentNumber.length <= 9) return [withDigit(filled(documentNumber, 9)), ""];
  return [`${documentNumber.slice(0, 9)}<`, `${documentNumber.slice(9)}${digitOf(documentNumber)}<`];
}

/** A zone of any of the three sizes, its check digits worked out, its lines joined. */
export function zoneOf(fields: ZoneFields): string {
  const [number, rest] = numberField(fields.documentNumber, fields.format !== "TD3");
  const [first = "", second = ""] = fields.optionalData;
  const code = filled(fields.documentCode, 2) + filled(fields.issuer, 3);
  const birth = withDigit(fields.dateOfBirth);
  const expiry = withDigit(fields.dateOfExpiry);
  const nationality = filled(fields.nationality, 3);
  if (fields.format === "TD1") {
    const upper = number + filled(rest + first, 15);
    const optional = filled(second, 11);
    const composite = digitOf(upper + birth + expiry + optional);
    const middle = `${birth}${fields.sex}${expiry}${nationality}${optional}${composite}`;
    return code + upper + middle + filled(fields.names, 30);
  }
  const isTd2 = fields.format === "TD2";
  const optional = isTd2 ? filled(rest + first, 7) : withDigit(filled(first, 14));
  const composite = digitOf(number + birth + expiry + optional);
  const lower = `${number}${nationality}${birth}${fields.sex}${expiry}${optional}${composite}`;
  return code + filled(fields.names, isTd2 ? 31 : 39) + lower;
}

/** A JPEG of segments without an image: a thumbnail with an end marker of its own in APP1, then one scan. */
export const JPEG = bytesOf(
  ...[0xff, 0xd8, 0xff, 0xe1, 0x00, 0x08, 0xff, 0xd8, 0xff, 0xd9, 0x00, 0x00],
  ...[0xff, 0xff, 0xda, 0x00, 0x04, 0x01, 0x02],
  ...[0x11, 0xff, 0x00, 0x22, 0xff, 0xd3, 0x33, 0xff, 0xd9],
);

/** A codestream: SIZ cut to its frame, one tile-part with this length field, end marker. */
export const codestream = (tilePartBytes: number): Uint8Array =>
  joined(
    bytesOf(0xff, 0x4f, 0xff, 0x51, 0x00, 0x04, 0x00, 0x00),
    bytesOf(0xff, 0x90, 0x00, 0x0a, 0x00, 0x00),
    bigEndian(tilePartBytes, 4),
    bytesOf(0x00, 0x01, 0xff, 0x93, 0x55, 0x66, 0xff, 0xd9),
  );
/** The tile-part of `codestream`, from its marker to the end marker. */
export const TILE_PART_BYTES = 16;

const box = (type: string, content: Uint8Array): Uint8Array =>
  joined(bigEndian(8 + content.length, 4), ascii(type), content);
const JP2_START = joined(
  box("jP  ", bytesOf(0x0d, 0x0a, 0x87, 0x0a)),
  box("ftyp", ascii("jp2 \0\0\0\0jp2 ")),
  box("jp2h", bytesOf(1, 2, 3)),
);

/** A JP2 file around a codestream; the last box's length may be left open, or be of the long form. */
export function jp2(length: "told" | "open" | "long", stream = codestream(TILE_PART_BYTES)): Uint8Array {
  if (length === "told") return joined(JP2_START, box("jp2c", stream));
  const lengths = length === "open" ? [0] : [1, stream.length + 16];
  const [short = 0, long] = lengths;
  const longField = long === undefined ? bytesOf() : bigEndian(long, 8);
  return joined(JP2_START, bigEndian(short, 4), ascii("jp2c"), longField, stream);
}

/** A face record of ISO/IEC 19794-5:2005; `off` is added to the record's length, and to that of the last face. */
export function faceRecord(images: readonly Uint8Array[], off = 0, points = 0): Uint8Array {
  const faces = images.map((image, index) => {
    const length = 20 + 8 * points + 12 + image.length + (index === images.length - 1 ? off : 0);
    const header = joined(bigEndian(length, 4), bigEndian(points, 2), new Uint8Array(14));
    return joined(header, new Uint8Array(8 * points), new Uint8Array(12), image);
  });
  const body = joined(...faces);
  const length = 14 + body.length + off;
  return joined(ascii("FAC\u0000010\u0000"), bigEndian(length, 4), bigEndian(images.length, 2), body);
}

/** A face block of ISO/IEC 39794-5 with these representations. */
export const faceBlock = (...representations: readonly Uint8Array[]): Uint8Array =>
  tlv(0xa1, tlv(0x65, tlv(0xa0, bytesOf(0x80, 1, 3)), tlv(0xa1, ...representations)));
export const representation = (image: Uint8Array): Uint8Array =>
  tlv(
    0x30,
    bytesOf(0x80, 1, 0),
    tlv(0xa1, tlv(0xa0, tlv(0xa0, tlv(0x80, image), tlv(0xa1, tlv(0xa0, bytesOf(0x80, 1, 2)))))),
  );

/** DG2 with one biometric template for each data object. */
export function dg2(...dataObjects: readonly Uint8Array[]): Uint8Array {
  const header = tlv(0xa1, bytesOf(0x87, 2, 1, 1, 0x88, 2, 0, 8));
  const templates = dataObjects.map((data) => tlv(0x7f60, header, data));
  return tlv(0x75, tlv(0x7f61, bytesOf(2, 1, dataObjects.length), ...templates));
}
