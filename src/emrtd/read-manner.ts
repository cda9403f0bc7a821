/**
 * How a chip wants its files read: so many bytes at a time, and by short identifier or by selection. A reading finds out as it
 * goes and falls back for good; what an authentic document needed is remembered for those that look like it, so that
 * the next of its kind costs no vain command. What a forgery would have us remember is not.
 * Governing text: eMRTD sheet, 4.5 and 9.
 */
import { toHex } from "../bytes/hex.ts";
import { type AtrInfo, announcesExtendedLength } from "./lds/atr-info.ts";
import {
  LARGEST_EXTENDED_READ,
  LARGEST_SHORT_READ,
  largestRead,
  smallerRead,
} from "./secure-messaging-sizes.ts";

/** Plain data: what one reading ends with and the next of the family begins with. */
export interface Manner {
  /** Most bytes of a file that are asked for at once. */
  readonly readBytes: number;
  /** Short identifiers did not work: files are selected first, for one command more each. */
  readonly bySelection: boolean;
}

const ORDINARY: Manner = { readBytes: LARGEST_SHORT_READ, bySelection: false };

/** The suite whose answers carry the least in a given number of bytes. */
const LEAST_ROOM = "AES-128";
const STATUS_WORD_BYTES = 2;

/** The manner of one card, kept over several attempts at it: it goes down only, once the chip's limits are known. */
export class ReadManner {
  #manner: Manner;
  /** As much as is asked for has come once: the chip can give it. */
  #isTried = false;
  #isAsking = false;
  /** The chip takes lengths of three bytes, and nobody has asked yet how long its answers may be. */
  #limits: "unknown" | "known";

  constructor(beginning: Manner = ORDINARY, limits: "unknown" | "known" = "known") {
    this.#manner = beginning;
    this.#limits = limits;
  }

  /** Whether EF.ATR/INFO is worth a command. */
  get wantsLimits(): boolean {
    return this.#limits === "unknown";
  }

  /** What that file said, if there is one: larger reads, where the chip names how much it can give at once. */
  learnLimits(info: AtrInfo | undefined): void {
    this.#limits = "known";
    const { extendedLength, maxResponseBytes = 0 } = info ?? {};
    if (extendedLength === false) return;
    const most = largestRead(LEAST_ROOM, maxResponseBytes - STATUS_WORD_BYTES);
    const readBytes = Math.min(most, LARGEST_EXTENDED_READ);
    if (readBytes > this.#manner.readBytes) this.#manner = { ...this.#manner, readBytes };
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

  /** A read is on its way; `answered` tells that it came. */
  asking(): void {
    this.#isAsking = true;
  }

  /** The read that was on its way has been answered with so many bytes. */
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

  /** How to begin with a document: as its family ended, or as its historical bytes promise. */
  mannerFor(historicalBytes: Uint8Array): ReadManner {
    const known = this.#manners.get(toHex(historicalBytes));
    return new ReadManner(
      known,
      known === undefined && announcesExtendedLength(historicalBytes) ? "unknown" : "known",
    );
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
