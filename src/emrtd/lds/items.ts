/**
 * The items of a data group that is a list of optional objects, as DG11 and DG12 are: each object by the reader for its
 * tag. Items may be empty, unknown or badly written, and none of that costs the others; what could not be read is kept
 * as it stands. The list of tags in front is not consulted, because some States write it wrongly.
 * Governing text: ICAO Doc 9303-10 §4.7.11, §4.7.12; identity claims sheet, 3.
 */
import { readTlvs, type Tlv } from "../../bytes/ber-tlv.ts";
import { digitsOf, longDate, type PartialDate } from "./dates.ts";
import { type Names, namesIn } from "./names.ts";

/**
 * Adds what the content of one object says to the items read before it, which an empty object leaves as they are;
 * `undefined` for a content that is not what the tag promises.
 */
export type ItemReader<T> = (value: Uint8Array, items: T) => T | undefined;

/** Objects that gave no item, as they stand. */
export interface Leftovers {
  /** With tags that are not known. */
  readonly unknown: readonly Tlv[];
  /** With known tags and a content that could not be read. */
  readonly undecodable: readonly Tlv[];
}

/** Reads every object by its tag; of two with the same tag the later stands. */
export function readItems<T extends object>(
  objects: readonly Tlv[],
  readers: ReadonlyMap<number, ItemReader<T>>,
  none: T,
): T & Leftovers {
  let items = none;
  const unknown: Tlv[] = [];
  const undecodable: Tlv[] = [];
  for (const object of objects) {
    const read = readers.get(object.tag);
    const more = read?.(object.value, items);
    if (more !== undefined) items = more;
    else (read === undefined ? unknown : undecodable).push(object);
  }
  return { ...items, unknown, undecodable };
}

/** The list of the tags that follow: passed over, because what follows is read whatever the list says. */
export const TAG_LIST = 0x5c;
export const skipped = <T extends object>(_value: Uint8Array, items: T): T => items;

/** The item `key`, from the content of its object and the items read before; none when the object is empty. */
export const item =
  <T extends object, K extends keyof T>(
    key: K,
    parse: (value: Uint8Array, items: T) => T[K] | undefined,
  ): ItemReader<T> =>
  (value, items) => {
    if (isEmpty(value)) return items;
    const parsed = parse(value, items);
    return parsed === undefined ? undefined : { ...items, [key]: parsed };
  };

/**
 * The repeated objects of a template that counts them, `A0 {02 n, tag …}`: each by its reader, the rest passed over.
 * The count is not consulted, for the objects can be counted. One that cannot be read leaves the whole template unread.
 */
export const inTemplate =
  <T extends object>(tag: number, read: ItemReader<T>): ItemReader<T> =>
  (value, items) => {
    const objects = readTlvs(value);
    if (!objects.ok) return undefined;
    let all: T | undefined = items;
    for (const object of objects.value)
      if (object.tag === tag && all !== undefined) all = read(object.value, all);
    return all;
  };

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });
const REPLACEMENT = "\uFFFD";
const BLANK = 0x20;
const FILLER = 0x3c;
const DATE_DIGITS = 8;

/** Text in UTF-8; `undefined` for bytes that are none. */
export function textOf(value: Uint8Array): string | undefined {
  const text = DECODER.decode(value);
  return text.includes(REPLACEMENT) ? undefined : text;
}

/** Text that fillers divide, such as town and province; no number of components is promised. */
export const componentsOf = (value: Uint8Array): readonly string[] | undefined =>
  textOf(value)
    ?.split("<")
    .map((component) => component.trim());

export function namesOf(value: Uint8Array): Names | undefined {
  const text = textOf(value);
  return text === undefined ? undefined : namesIn(text);
}

/** The name that `value` holds, behind those before it. */
export function namesAfter(before: readonly Names[], value: Uint8Array): readonly Names[] | undefined {
  const names = namesOf(value);
  return names === undefined ? undefined : [...before, names];
}

/** Eight digits, or four bytes of two. */
export function dateOf(value: Uint8Array): PartialDate | undefined {
  const digits = digitsOf(value, DATE_DIGITS);
  return digits === undefined ? undefined : longDate(digits);
}

/** Whether an object holds nothing, or nothing but fillers, as some States' do. */
const isEmpty = (value: Uint8Array): boolean => value.every((byte) => byte === FILLER || byte === BLANK);
