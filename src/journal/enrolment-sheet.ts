/**
 * Many enrolments at once, kept in flat memory until all are known to be good, and given back as rows in the order of
 * their keys, in which a database takes them several times as fast; in that order a holder who is there twice is seen
 * too. A million take some 80 MB, none of it on the JavaScript heap, and an alias 36 bytes; it grows by small blocks.
 */
import type { IdentifierKind } from "../ports/journal.ts";
import type { Enrolment, EnrolmentRow } from "./credential-rows.ts";

/** A key: pseudonym 32 bytes; number of its entry u32. */
const KEY = { entry: 32 } as const;
const KEY_BYTES = 36;
const PSEUDONYM_BYTES = 32;
/** An entry: number of its first key, terms, row and place of its texts u32; their lengths u8, `NO_TEXT` for none. */
const ENTRY = { firstKey: 0, terms: 4, row: 8, text: 12, tag: 16, reference: 17 } as const;
const ENTRY_BYTES = 18;
const TEXT_BLOCK_BYTES = 1_048_576;
const LONGEST_TEXT_BYTES = 254;
const NO_TEXT = 255;
/** 31 bits of a key and its number share the 53 bits of a double. */
const MOST_KEYS = 2 ** 22;

/** Somebody who shares a pseudonym with one before him, by the rows of the list that was read. */
export interface Repetition {
  readonly row: number;
  readonly firstRow: number;
  /** By what he is known. */
  readonly kind: IdentifierKind;
  /** What they share: one of them is known by it, or it is an alias of both, which then meets neither. */
  readonly shared: "holder" | "alias";
}

/** What many enrolments have in common: each combination is kept once. */
type Terms = Omit<Enrolment, "pseudonym" | "aliases" | "displayTag" | "reference">;

export class EnrolmentSheet {
  readonly #keys = new Records(KEY_BYTES);
  readonly #entries = new Records(ENTRY_BYTES);
  readonly #texts: Uint8Array[] = [];
  readonly #terms: Terms[] = [];
  readonly #termsNumbers = new Map<string, number>();
  /** Bytes taken of the newest block of texts. */
  #textEnd = TEXT_BLOCK_BYTES;

  /** How many were added. */
  get count(): number {
    return this.#entries.count;
  }

  /** How many rows they make, one for each key. */
  get rowCount(): number {
    return this.#keys.count;
  }

  /** Takes one more, which stands in `row` of its list. Returns false, with nothing changed, beyond 4,194,304 keys. */
  add(entry: Enrolment, row: number): boolean {
    const { pseudonym, aliases = [] } = entry;
    if (this.#keys.count + 1 + aliases.length > MOST_KEYS) return false;
    const number = this.#entries.count;
    const { view, offset } = this.#entries.add();
    view.setUint32(offset + ENTRY.firstKey, this.#keys.count);
    view.setUint32(offset + ENTRY.terms, this.#termsNumber(entry));
    view.setUint32(offset + ENTRY.row, row);
    const tag = ENCODER.encode(entry.displayTag);
    const reference = ENCODER.encode(entry.reference ?? "");
    view.setUint32(offset + ENTRY.text, this.#addTexts(tag, reference));
    view.setUint8(offset + ENTRY.tag, tag.length);
    view.setUint8(offset + ENTRY.reference, entry.reference === undefined ? NO_TEXT : reference.length);
    for (const each of [pseudonym, ...aliases]) {
      const key = this.#keys.add();
      bytesOf(key).set(each.subarray(0, PSEUDONYM_BYTES));
      key.view.setUint32(key.offset + KEY.entry, number);
    }
    return true;
  }

  /**
   * All rows, by rising pseudonym, and of one pseudonym in the order in which they came. Left out are aliases of more than
   * one holder: which of them is meant cannot be known.
   */
  *inKeyOrder(): Generator<EnrolmentRow, void, void> {
    for (const group of this.#groups())
      if (group.length === 1 || !this.#isAliasOfMany(group)) for (const index of group) yield this.#at(index);
  }

  /** Every enrolment that shares a pseudonym with one before it, once for what is worse. */
  *repetitions(): Generator<Repetition, void, void> {
    const told = { holder: new Uint8Array(this.count), alias: new Uint8Array(this.count) };
    for (const group of this.#groups()) {
      const [first, ...others] = group;
      if (first === undefined || others.length === 0) continue;
      const shared = this.#isAliasOfMany(group) ? "alias" : "holder";
      for (const index of others) {
        const entry = this.#entryOf(index);
        if (entry === this.#entryOf(first) || told[shared][entry] === 1) continue;
        told[shared][entry] = 1;
        const { kind } = this.#termsOf(entry);
        yield { row: this.#row(index), firstRow: this.#row(first), kind, shared };
      }
    }
  }

  #isAliasOfMany(group: readonly number[]): boolean {
    return group.every((index) => this.#firstKeyOf(this.#entryOf(index)) !== index);
  }

  /** Numbers of keys in key order, those of equal keys together: sorted as doubles by 31 bits, and by hand where those are equal. */
  *#groups(): Generator<readonly number[], void, void> {
    const keys = new Float64Array(this.#keys.count);
    for (let index = 0; index < keys.length; index++) {
      const { view, offset } = this.#keys.at(index);
      keys[index] = (view.getUint32(offset) >>> 1) * MOST_KEYS + index;
    }
    keys.sort();
    const alike: number[] = [];
    let prefix = -1;
    for (const key of keys) {
      const isAlike = Math.floor(key / MOST_KEYS) === prefix;
      if (!isAlike) yield* this.#equal(alike.splice(0));
      prefix = Math.floor(key / MOST_KEYS);
      alike.push(key % MOST_KEYS);
    }
    yield* this.#equal(alike);
  }

  /** Sorted, and cut where a key differs from the one before. */
  *#equal(indices: number[]): Generator<readonly number[], void, void> {
    if (indices.length < 2) return yield* indices.length === 0 ? [] : [indices];
    let group: number[] = [];
    for (const index of indices.sort((left, right) => this.#compare(left, right))) {
      const [before] = group;
      if (before !== undefined && this.#compare(before, index) !== 0) {
        yield group;
        group = [];
      }
      group.push(index);
    }
    yield group;
  }

  #at(index: number): EnrolmentRow {
    const pseudonym = bytesOf(this.#keys.at(index)).slice();
    const entry = this.#entryOf(index);
    const firstKey = this.#firstKeyOf(entry);
    const terms = this.#termsOf(entry);
    const texts = this.#textsOf(entry);
    if (firstKey === index) return { pseudonym, ...terms, ...texts };
    return { pseudonym, ...terms, ...texts, entry: bytesOf(this.#keys.at(firstKey)).slice() };
  }

  #entryOf(index: number): number {
    const { view, offset } = this.#keys.at(index);
    return view.getUint32(offset + KEY.entry);
  }

  #firstKeyOf(entry: number): number {
    const { view, offset } = this.#entries.at(entry);
    return view.getUint32(offset + ENTRY.firstKey);
  }

  #row(index: number): number {
    const { view, offset } = this.#entries.at(this.#entryOf(index));
    return view.getUint32(offset + ENTRY.row);
  }

  #termsOf(entry: number): Terms {
    const { view, offset } = this.#entries.at(entry);
    const terms = this.#terms[view.getUint32(offset + ENTRY.terms)];
    if (terms === undefined) throw new Error("an entry names terms that are there");
    return terms;
  }

  #textsOf(entry: number): Pick<Enrolment, "displayTag" | "reference"> {
    const { view, offset } = this.#entries.at(entry);
    const place = view.getUint32(offset + ENTRY.text);
    const texts = this.#texts[Math.floor(place / TEXT_BLOCK_BYTES)];
    if (texts === undefined) throw new Error("an entry names texts that are there");
    const start = place % TEXT_BLOCK_BYTES;
    const tagEnd = start + view.getUint8(offset + ENTRY.tag);
    const length = view.getUint8(offset + ENTRY.reference);
    const displayTag = DECODER.decode(texts.subarray(start, tagEnd));
    if (length === NO_TEXT) return { displayTag };
    return { displayTag, reference: DECODER.decode(texts.subarray(tagEnd, tagEnd + length)) };
  }

  #termsNumber({ kind, keyId, group, enabled, validFrom, validUntil }: Enrolment): number {
    const name = JSON.stringify([kind, keyId, group, enabled, validFrom ?? null, validUntil ?? null]);
    const known = this.#termsNumbers.get(name);
    if (known !== undefined) return known;
    this.#termsNumbers.set(name, this.#terms.length);
    const from = validFrom === undefined ? {} : { validFrom };
    const until = validUntil === undefined ? {} : { validUntil };
    return this.#terms.push({ kind, keyId, group, enabled, ...from, ...until }) - 1;
  }

  /** Both texts of one enrolment lie side by side in one block. */
  #addTexts(tag: Uint8Array, reference: Uint8Array): number {
    if (Math.max(tag.length, reference.length) > LONGEST_TEXT_BYTES) throw new Error("a text is too long");
    if (this.#textEnd + tag.length + reference.length > TEXT_BLOCK_BYTES) {
      this.#texts.push(new Uint8Array(TEXT_BLOCK_BYTES));
      this.#textEnd = 0;
    }
    const start = this.#textEnd;
    const block = this.#texts.at(-1);
    block?.set(tag, start);
    block?.set(reference, start + tag.length);
    this.#textEnd += tag.length + reference.length;
    return (this.#texts.length - 1) * TEXT_BLOCK_BYTES + start;
  }

  #compare(left: number, right: number): number {
    const [one, other] = [this.#keys.at(left), this.#keys.at(right)];
    for (let at = 0; at < PSEUDONYM_BYTES; at += 4) {
      const order = one.view.getUint32(one.offset + at) - other.view.getUint32(other.offset + at);
      if (order !== 0) return order;
    }
    return 0;
  }
}

/** Where a record lies. */
interface Place {
  readonly view: DataView;
  readonly offset: number;
}

const RECORDS_IN_BLOCK = 8_192;

/** Records of one size, numbered from 0, in blocks. */
class Records {
  readonly #recordBytes: number;
  readonly #blocks: DataView[] = [];
  #count = 0;

  constructor(recordBytes: number) {
    this.#recordBytes = recordBytes;
  }

  get count(): number {
    return this.#count;
  }

  /** The place of one more record. */
  add(): Place {
    if (this.#count % RECORDS_IN_BLOCK === 0)
      this.#blocks.push(new DataView(new ArrayBuffer(RECORDS_IN_BLOCK * this.#recordBytes)));
    return this.at(this.#count++);
  }

  at(index: number): Place {
    const view = this.#blocks[Math.floor(index / RECORDS_IN_BLOCK)];
    if (view === undefined) throw new Error("a record lies in a block");
    return { view, offset: (index % RECORDS_IN_BLOCK) * this.#recordBytes };
  }
}

const bytesOf = ({ view, offset }: Place): Uint8Array => new Uint8Array(view.buffer, offset, PSEUDONYM_BYTES);

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });
