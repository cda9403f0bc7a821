/**
 * Makes hostile files and answers out of honest ones: bytes changed as anywhere, and data objects removed, doubled,
 * exchanged, renamed, emptied, nested, grafted from other files and told a false length. Half of the time the lengths around
 * the change are made right again, so that it is met by whoever reads what is inside.
 */
import { concat, equalBytes } from "../../src/bytes/bytes.ts";
import type { SeededRandom } from "../../src/sim/seeded-random.ts";

/** The longest file that a document has, and a little more. */
export const MAX_HOSTILE_BYTES = 34_000;
const MAX_EDITS = 3;
const MAX_CHANCE_BYTES = 96;
/** Seldom deeper than any parser should follow. */
const NESTINGS = [4, 4, 4, 4, 40, 40, 400];
const CONSTRUCTED = 0x20;
const OCTET_STRING = 0x04;
/** Tags, lengths and values at which something changes. */
const TELLING = [
  ...[0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x1f, 0x30, 0x31, 0x3c, 0x5f, 0x61, 0x6e],
  ...[0x77, 0x7f, 0x80, 0x81, 0x82, 0x84, 0x86, 0x87, 0x8a, 0x8e, 0x99, 0xa0, 0xa3, 0xbc, 0xcc, 0xff],
];
/** Lengths as they are written. */
const FALSE_LENGTHS = [
  [0x00],
  [0x7f],
  [0x80],
  [0x81, 0x00],
  [0x81, 0xff],
  [0x82, 0xff, 0xff],
  [0x84, 0x7f, 0xff, 0xff, 0xff],
  [0x84, 0xff, 0xff, 0xff, 0xff],
  [0x88, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01],
] as const;

/** A data object that can be changed; `parts` are its content where that is made of objects. */
interface Item {
  tag: Uint8Array;
  value: Uint8Array;
  parts: Item[] | undefined;
  /** In place of the right one. */
  falseLength?: Uint8Array;
}

/** One hostile file; the same for the same corpus and state of `random`. */
export function makeFile(corpus: readonly Uint8Array[], random: SeededRandom): Uint8Array {
  if (random.chance(1 / 64)) return random.bytes(random.below(MAX_CHANCE_BYTES));
  return mutated(random.pick(corpus), corpus, random).subarray(0, MAX_HOSTILE_BYTES);
}

/** These bytes with one to three changes; never the same as before. */
export function mutated(bytes: Uint8Array, others: readonly Uint8Array[], random: SeededRandom): Uint8Array {
  let changed = bytes;
  for (let left = 1 + random.below(MAX_EDITS); left > 0; left--) {
    const ofObjects = random.chance(0.5);
    changed = ofObjects ? editObjects(changed, others, random) : random.pick(BYTE_EDITS)(changed, random);
  }
  return equalBytes(changed, bytes) ? concat(bytes, random.bytes(1)) : changed;
}

type ByteEdit = (bytes: Uint8Array, random: SeededRandom) => Uint8Array;

const BYTE_EDITS: readonly ByteEdit[] = [
  (bytes, random) => withByte(bytes, random, (byte) => byte ^ (1 << random.below(8))),
  (bytes, random) => withByte(bytes, random, () => random.pick(TELLING)),
  (bytes, random) => bytes.slice(0, random.below(bytes.length + 1)),
  (bytes, random) => concat(bytes, random.bytes(1 + random.below(16))),
  (bytes, random) => {
    const from = place(bytes, random);
    return concat(bytes.subarray(0, from), bytes.subarray(from + 1 + random.below(8)));
  },
  (bytes, random) => {
    const at = place(bytes, random);
    return concat(bytes.subarray(0, at), random.bytes(1 + random.below(8)), bytes.subarray(at));
  },
  (bytes, random) => {
    const at = place(bytes, random);
    return concat(bytes.subarray(0, at), bytes.subarray(place(bytes, random), at), bytes.subarray(at));
  },
];

/** Anywhere; every other time in the head, where the structure of long files is. */
const place = (bytes: Uint8Array, random: SeededRandom): number =>
  random.below(Math.max(1, random.chance(0.5) ? Math.min(64, bytes.length) : bytes.length));

function withByte(bytes: Uint8Array, random: SeededRandom, change: (byte: number) => number): Uint8Array {
  const changed = bytes.slice();
  const at = place(bytes, random);
  if (at < changed.length) changed[at] = change(changed[at] ?? 0);
  return changed;
}

function editObjects(bytes: Uint8Array, others: readonly Uint8Array[], random: SeededRandom): Uint8Array {
  const items = itemsOf(bytes);
  if (items === undefined || items.length === 0) return random.pick(BYTE_EDITS)(bytes, random);
  const rows = rowsOf(items);
  const row = random.pick(rows);
  const index = random.below(row.length);
  const item = row[index];
  if (item === undefined) return bytes;
  random.pick(OBJECT_EDITS)({ row, index, item, others, random });
  return encoded(items);
}

interface Place {
  readonly row: Item[];
  readonly index: number;
  readonly item: Item;
  readonly others: readonly Uint8Array[];
  readonly random: SeededRandom;
}

type ObjectEdit = (place: Place) => void;

const OBJECT_EDITS: readonly ObjectEdit[] = [
  ({ row, index }) => void row.splice(index, 1),
  ({ row, index, item }) => void row.splice(index, 0, item),
  ({ row, index, item, random }) => {
    const other = random.below(row.length);
    const exchanged = row[other];
    if (exchanged !== undefined) [row[index], row[other]] = [exchanged, item];
  },
  ({ item, random }) => {
    item.tag = Uint8Array.of(random.chance(0.5) ? random.pick(TELLING) : (item.tag[0] ?? 0) ^ CONSTRUCTED);
  },
  ({ item }) => emptied(item),
  ({ item, random }) => {
    item.falseLength = Uint8Array.from(random.pick(FALSE_LENGTHS));
  },
  ({ item, random }) => {
    const length = contentOf(item).length + (random.chance(0.5) ? 1 : -1);
    item.falseLength = lengthField(Math.max(0, length));
  },
  // The right length in more bytes than it takes: the same to a lenient reader.
  ({ item, random }) => {
    const { length } = contentOf(item);
    const zeros = random.chance(0.5) ? [0x83, 0x00] : [0x84, 0x00, 0x00];
    item.falseLength = Uint8Array.of(...zeros, (length >> 8) & 0xff, length & 0xff);
  },
  ({ item, random }) => {
    const content = contentOf(item);
    item.value = random.pick(BYTE_EDITS)(content, random);
    item.parts = undefined;
  },
  ({ item, random }) => {
    item.value = random.bytes(random.below(40));
    item.parts = undefined;
  },
  ({ item, random }) => {
    let content = contentOf(item);
    for (let depth = random.below(random.pick(NESTINGS)); depth > 0; depth--)
      content = concat(Uint8Array.of(0x30), lengthField(content.length), content);
    item.value = content;
    item.parts = undefined;
  },
  ({ row, index, others, random }) => {
    const stranger = itemsOf(random.pick(others));
    if (stranger === undefined || stranger.length === 0) return;
    row[index] = random.pick(random.pick(rowsOf(stranger)));
  },
];

function emptied(item: Item): void {
  item.value = new Uint8Array(0);
  item.parts = undefined;
}

/** The objects that the bytes are; `undefined` when they are none, or more than that. */
function itemsOf(bytes: Uint8Array): Item[] | undefined {
  const items: Item[] = [];
  for (let at = 0; at < bytes.length; ) {
    const head = headAt(bytes, at);
    if (head === undefined || head.end > bytes.length) return undefined;
    const value = bytes.subarray(head.start, head.end);
    const [first = 0] = head.tag;
    const mayHaveParts = (first & CONSTRUCTED) !== 0 || first === OCTET_STRING;
    const parts = mayHaveParts && value.length > 0 ? itemsOf(value) : undefined;
    items.push({ tag: head.tag, value, parts });
    at = head.end;
  }
  return items;
}

/** Data objects with every length in as few bytes as it takes; `undefined` for what is none. */
export function inShortestForm(bytes: Uint8Array): Uint8Array | undefined {
  const items = itemsOf(bytes);
  return items && encoded(items);
}

function headAt(
  bytes: Uint8Array,
  at: number,
): { readonly tag: Uint8Array; readonly start: number; readonly end: number } | undefined {
  const isLong = ((bytes[at] ?? 0) & 0x1f) === 0x1f;
  const tag = bytes.subarray(at, at + (isLong ? 2 : 1));
  const first = bytes[at + tag.length] ?? 0;
  const count = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || count > 4 || tag.length === 0) return undefined;
  const start = at + tag.length + 1 + count;
  const long = bytes.subarray(start - count, start).reduce((number, byte) => number * 256 + byte, 0);
  return { tag, start, end: start + (count === 0 ? first : long) };
}

/** All rows of objects, at whatever depth; none is empty. */
function rowsOf(items: Item[], rows: Item[][] = []): Item[][] {
  rows.push(items);
  for (const { parts } of items) if (parts !== undefined) rowsOf(parts, rows);
  return rows;
}

const encoded = (items: readonly Item[]): Uint8Array =>
  concat(
    ...items.map((item) => {
      const content = contentOf(item);
      return concat(item.tag, item.falseLength ?? lengthField(content.length), content);
    }),
  );

const contentOf = ({ parts, value }: Item): Uint8Array => (parts === undefined ? value : encoded(parts));

function lengthField(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  return length <= 0xff
    ? Uint8Array.of(0x81, length)
    : Uint8Array.of(0x82, (length >> 8) & 0xff, length & 0xff);
}
