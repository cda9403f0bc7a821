/**
 * How a chip wants its files read: so many bytes at a time, and by short identifier or by selection. A reading finds out as it
 * goes and falls back for good; what an authentic document needed is remembered for those that look like it, so that
 * the next of its kind costs no vain command. What a forgery would have us remember is not.
 * Governing text: eMRTD sheet, 4.5 and 9.
 */
import { toHex } from "../bytes/hex.ts";
import { LARGEST_SHORT_READ, smallerRead } from "./secure-messaging-sizes.ts";

/** Plain data: what one reading ends with and the next of the family begins with. */
export interface Manner {
  /** Most bytes of a file that are asked for at once. */
  readonly readBytes: number;
  /** Short identifiers did not work: files are selected first, for one command more each. */
  readonly bySelection: boolean;
}

const ORDINARY: Manner = { readBytes: LARGEST_SHORT_READ, bySelection: false };

/** The manner of one card, kept over several attempts at it: it goes down only. */
export class ReadManner {
  #manner: Manner;
  /** As much as is asked for has come once: the chip can give it. */
  #isTried = false;
  #isAsking = false;

  constructor(beginning: Manner = ORDINARY) {
    this.#manner = beginning;
  }

  get now(): Manner {
    return this.#manner;
  }

  /** From now on less at once; false when it is at the least already. */
  askLess(): boolean {
    const readBytes = smallerRead(this.#manner.readBytes);
    if (readBytes === undefined) return false;
    this.#manner = { ...this.#manner, readBytes };
    this.#isTried = false;
    return true;
  }

  /** A read is on its way, and */
  asking(): void {
    this.#isAsking = true;
  }

  /** has been answered with so many bytes. */
  answered(lengthBytes: number): void {
    this.#isAsking = false;
    this.#isTried ||= lengthBytes === this.#manner.readBytes;
  }

  /** Whether the reading broke off at a read of a size that has not worked yet: the chip may have died of it. */
  get mayHaveAskedTooMuch(): boolean {
    return this.#isAsking && !this.#isTried;
  }

  /** From now on every file is selected. */
  select(): void {
    this.#manner = { ...this.#manner, bySelection: true };
  }
}

/** Kinds of documents whose manner is remembered; a gate meets some dozens. */
const MAX_FAMILIES = 64;

/** What was learnt, by the historical bytes of the ATS. */
export class DocumentFamilies {
  readonly #manners = new Map<string, Manner>();

  mannerFor(historicalBytes: Uint8Array): Manner {
    return this.#manners.get(toHex(historicalBytes)) ?? ORDINARY;
  }

  /** To be told of documents whose signature was found right only. */
  remember(historicalBytes: Uint8Array, manner: Manner): void {
    const family = toHex(historicalBytes);
    const oldest = this.#manners.keys().next();
    if (!this.#manners.has(family) && this.#manners.size >= MAX_FAMILIES && oldest.done !== true)
      this.#manners.delete(oldest.value);
    this.#manners.set(family, manner);
  }
}
