/**
 * The data objects in what a reader sends, as the chip takes them apart: tags of one byte, definite lengths, no object
 * inside another but for the template of GENERAL AUTHENTICATE. Governing text: ISO/IEC 7816-4 §6.3.
 */

export interface DataObject {
  readonly tag: number;
  readonly value: Uint8Array;
  /** Where its tag stands. */
  readonly startsAt: number;
}

/** Longest form of a length that fits an APDU: 82 and two bytes. */
const MAX_LENGTH_BYTES = 2;
const INDEFINITE = 0x80;

/** All of them one after another; nothing when the last does not end where the bytes end. */
export function dataObjects(bytes: Uint8Array): readonly DataObject[] | undefined {
  const objects: DataObject[] = [];
  let startsAt = 0;
  while (startsAt < bytes.length) {
    const extent = extentAt(bytes, startsAt + 1);
    if (extent === undefined || extent.end > bytes.length) return undefined;
    const { valueAt, end } = extent;
    objects.push({ tag: bytes[startsAt] ?? 0, value: bytes.subarray(valueAt, end), startsAt });
    startsAt = end;
  }
  return objects;
}

/** Where the value begins and ends whose length stands at `at`: one byte below 80, or 81 or 82 and as many bytes. */
function extentAt(
  bytes: Uint8Array,
  at: number,
): { readonly valueAt: number; readonly end: number } | undefined {
  const first = bytes[at] ?? INDEFINITE;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (first === INDEFINITE || lengthBytes > MAX_LENGTH_BYTES) return undefined;
  const valueAt = at + 1 + lengthBytes;
  const long = bytes.subarray(at + 1, valueAt).reduce((sum, byte) => sum * 256 + byte, 0);
  return { valueAt, end: valueAt + (lengthBytes === 0 ? first : long) };
}

/** The objects by their tags; nothing when there are others than `allowed`, one twice, or bytes that are no object. */
export function objectsByTag(
  bytes: Uint8Array,
  allowed: readonly number[],
): ReadonlyMap<number, Uint8Array> | undefined {
  const objects = dataObjects(bytes);
  if (objects === undefined || objects.some(({ tag }) => !allowed.includes(tag))) return undefined;
  const byTag = new Map(objects.map(({ tag, value }) => [tag, value]));
  return byTag.size === objects.length ? byTag : undefined;
}

/** What the template 7C of GENERAL AUTHENTICATE holds; nothing when the command's data is anything but one of those. */
export function dynamicData(
  data: Uint8Array,
  allowed: readonly number[],
): ReadonlyMap<number, Uint8Array> | undefined {
  const template = objectsByTag(data, [0x7c])?.get(0x7c);
  return template === undefined ? undefined : objectsByTag(template, allowed);
}
