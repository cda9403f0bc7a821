/**
 * Many enrolments at once, kept in flat memory until all are known to be good, and given back in the order of
 * their keys, in which a database takes them several times as fast; in that order a holder who is there twice
 * is seen too. A million take some 70 MB, none of it on the JavaScript heap, and it grows by small blocks.
 */
import type { Enrolment } from "./credential-rows.ts";

/** A record: pseudonym 32 bytes; terms, row and place of its texts u32; their lengths u8, `NO_TEXT` for none. */
const AT = { terms: 32, row: 36, text: 40, tag: 44, reference: 45 } as const;
const RECORD_BYTES = 46;
const PSEUDONYM_BYTES = 32;
const RECORDS_IN_BLOCK = 8_192;
const TEXT_BLOCK_BYTES = 1_048_576;
const LONGEST_TEXT_BYTES = 254;
const NO_TEXT = 255;
/** 32 bits of a key and the number of its record share the 53 bits of a double. */
const MOST_RECORDS = 2 ** 21;

/** A holder who was enrolled before, by the rows of the list that was read. */
export interface Repetition {
  readonly row: number;
  readonly firstRow: number;
}

/** What many enrolments have in common: each combination is kept once. */
type Terms = Omit<Enrolment, "pseudonym" | "displayTag" | "reference">;

export class EnrolmentSheet {
  readonly #blocks: DataView[] = [];
  readonly #texts: Uint8Array[] = [];
  readonly #terms: Terms[] = [];
  readonly #termsNumbers = new Map<string, number>();
  /** Bytes taken of the newest block of texts. */
  #textEnd = TEXT_BLOCK_BYTES;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Takes one more, which stands in `row` of its list. Throws beyond 2,097,152: lists are shorter. */
  add(entry: Enrolment, row: number): void {
    if (this.#count === MOST_RECORDS) throw new Error("a sheet has at most 2,097,152 enrolments");
    if (this.#count % RECORDS_IN_BLOCK === 0)
      this.#blocks.push(new DataView(new ArrayBuffer(RECORDS_IN_BLOCK * RECORD_BYTES)));
    const { block, offset } = this.#place(this.#count++);
    bytesOf(block, offset).set(entry.pseudonym.subarray(0, PSEUDONYM_BYTES));
    block.setUint32(offset + AT.terms, this.#termsNumber(entry));
    block.setUint32(offset + AT.row, row);
    const tag = ENCODER.encode(entry.displayTag);
    const reference = ENCODER.encode(entry.reference ?? "");
    block.setUint32(offset + AT.text, this.#addTexts(tag, reference));
    block.setUint8(offset + AT.tag, tag.length);
    block.setUint8(offset + AT.reference, entry.reference === undefined ? NO_TEXT : reference.length);
  }

  /** All of them, by rising pseudonym, and of one pseudonym in the order in which they came. */
  *inKeyOrder(): Generator<Enrolment, void, void> {
    for (const index of this.#order()) yield this.#at(index);
  }

  /** Every enrolment of a holder after the first, by rising pseudonym. */
  *repetitions(): Generator<Repetition, void, void> {
    let first: number | undefined;
    for (const index of this.#order()) {
      if (first !== undefined && this.#compare(first, index) === 0)
        yield { row: this.#row(index), firstRow: this.#row(first) };
      else first = index;
    }
  }

  /** Numbers of records in key order: sorted as doubles by 32 bits of their keys, and by hand where those are equal. */
  *#order(): Generator<number, void, void> {
    const keys = new Float64Array(this.#count);
    for (let index = 0; index < keys.length; index++) {
      const { block, offset } = this.#place(index);
      keys[index] = block.getUint32(offset) * MOST_RECORDS + index;
    }
    keys.sort();
    const alike: number[] = [];
    let prefix = -1;
    for (const key of keys) {
      const isAlike = Math.floor(key / MOST_RECORDS) === prefix;
      if (!isAlike) yield* this.#sorted(alike.splice(0));
      prefix = Math.floor(key / MOST_RECORDS);
      alike.push(key % MOST_RECORDS);
    }
    yield* this.#sorted(alike);
  }

  #sorted(indices: number[]): readonly number[] {
    return indices.length < 2 ? indices : indices.sort((left, right) => this.#compare(left, right));
  }

  #at(index: number): Enrolment {
    const { block, offset } = this.#place(index);
    const terms = this.#terms[block.getUint32(offset + AT.terms)];
    const place = block.getUint32(offset + AT.text);
    const texts = this.#texts[Math.floor(place / TEXT_BLOCK_BYTES)];
    if (terms === undefined || texts === undefined) throw new Error("a record names what it was given");
    const start = place % TEXT_BLOCK_BYTES;
    const tagEnd = start + block.getUint8(offset + AT.tag);
    const length = block.getUint8(offset + AT.reference);
    const reference =
      length === NO_TEXT ? {} : { reference: DECODER.decode(texts.subarray(tagEnd, tagEnd + length)) };
    return {
      pseudonym: bytesOf(block, offset).slice(),
      displayTag: DECODER.decode(texts.subarray(start, tagEnd)),
      ...terms,
      ...reference,
    };
  }

  #row(index: number): number {
    const { block, offset } = this.#place(index);
    return block.getUint32(offset + AT.row);
  }

  #place(index: number): { readonly block: DataView; readonly offset: number } {
    const block = this.#blocks[Math.floor(index / RECORDS_IN_BLOCK)];
    if (block === undefined) throw new Error("a record lies in a block");
    return { block, offset: (index % RECORDS_IN_BLOCK) * RECORD_BYTES };
  }

  #termsNumber({ keyId, group, enabled, validFrom, validUntil }: Enrolment): number {
    const name = JSON.stringify([keyId, group, enabled, validFrom ?? null, validUntil ?? null]);
    const known = this.#termsNumbers.get(name);
    if (known !== undefined) return known;
    this.#termsNumbers.set(name, this.#terms.length);
    const from = validFrom === undefined ? {} : { validFrom };
    const until = validUntil === undefined ? {} : { validUntil };
    return this.#terms.push({ keyId, group, enabled, ...from, ...until }) - 1;
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
    const [one, other] = [this.#place(left), this.#place(right)];
    for (let at = 0; at < PSEUDONYM_BYTES; at += 4) {
      const order = one.block.getUint32(one.offset + at) - other.block.getUint32(other.offset + at);
      if (order !== 0) return order;
    }
    return 0;
  }
}

const bytesOf = (block: DataView, offset: number): Uint8Array =>
  new Uint8Array(block.buffer, offset, PSEUDONYM_BYTES);

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });
