/**
 * Characters in, entries out: the part that keypads and scanners share, whatever wire they come by. Enter ends an entry;
 * the lines of a machine readable zone, which scanners send one by one, become one entry; a seal (2D-Doc, text form) is one
 * line with control characters in it. What is collected stands in one buffer of a fixed size, wiped as soon as it was handed
 * over or given up.
 * Governing text: ICAO Doc 9303-5, 9303-6, 9303-4 §4.2 (three lines of 30 characters, two of 36 or 44); ANTS, 2D-Doc 3.2.6.
 */
import type { Clock } from "../../src/ports/clock.ts";
import type { EntryEvent } from "../../src/ports/entry.ts";
import { after, type Millis } from "../../src/time/time.ts";
import { Waker } from "../../src/time/waker.ts";

export const CHARACTER = {
  startOfText: 0x02,
  endOfText: 0x03,
  backspace: 0x08,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  escape: 0x1b,
  /** What stands between the fields of a seal, behind a value that was cut, and before its signature. */
  groupSeparator: 0x1d,
  recordSeparator: 0x1e,
  unitSeparator: 0x1f,
  delete: 0x7f,
} as const;

/** A zone has 90 characters and three line ends, the seal of an identity card 285 at most; longer labels mean nothing here. */
export const MAX_ENTRY_BYTES = 512;
/** Lines of a zone follow each other at once. USB adapters hand bytes over every 16 ms, slow scanners pause a little. */
export const BETWEEN_LINES_MS = 300;
/** Who has typed half a number and gone leaves nothing to the next person. */
export const UNFINISHED_MS = 10_000;

/** Shorter ones, such as six digits, are no line of a zone and need not wait for another. */
const LEAST_LINE_OF_ZONE = 20;
/** Characters of a whole zone, so that nothing more can follow. */
const WHOLE_ZONES: readonly number[] = [72, 88, 90];

const HASH = 0x23;
const ASTERISK = 0x2a;

const ENDS: ReadonlySet<number> = new Set([
  CHARACTER.carriageReturn,
  CHARACTER.lineFeed,
  CHARACTER.endOfText,
  // A keypad of twelve keys has no other Enter, and no zone has this character.
  HASH,
]);
const ERASES: ReadonlySet<number> = new Set([CHARACTER.backspace, CHARACTER.delete]);
const CLEARS: ReadonlySet<number> = new Set([
  CHARACTER.escape,
  // What such a keypad has for starting anew.
  ASTERISK,
]);
const KEYPAD_KEYS: ReadonlySet<number> = new Set([HASH, ASTERISK]);

export interface EntryCollectorParts {
  readonly clock: Clock;
  readonly listener: (event: EntryEvent) => void;
  /** Where entries are collected, `MAX_ENTRY_BYTES` long; tests look into it. */
  readonly text?: Uint8Array;
}

/** `DC` and two digits, its version: how a seal begins, and no first line of a zone, which are the letters A, C, I, P and V. */
const SEAL_MARK: readonly number[] = [0x44, 0x43];
const SEAL_MARK_CHARACTERS = 4;
const [ZERO, NINE] = [0x30, 0x39] as const;

/** Takes one character at a time, in the order of typing, and never more than it has room for. */
export class EntryCollector {
  readonly #clock: Clock;
  readonly #waker: Waker;
  readonly #listener: (event: EntryEvent) => void;
  readonly #text: Uint8Array;
  #length = 0;
  /** Where the line under way begins; before it stand whole lines, each with its line feed. */
  #lineStart = 0;
  /** What comes up to the next Enter belongs to an entry that was given up. */
  #isDiscarding = false;
  /** When what stands here is waited for no longer. */
  #dueAt: Millis | undefined;
  #isAttending = false;

  constructor({ clock, listener, text = new Uint8Array(MAX_ENTRY_BYTES) }: EntryCollectorParts) {
    this.#clock = clock;
    this.#waker = new Waker(clock);
    this.#listener = listener;
    this.#text = text;
  }

  /**
   * One character, or a control character: carriage return, line feed, ETX or `#` end the line, backspace and delete take
   * one character back, escape or `*` all of them; STX means nothing. In a seal `#` and `*` are characters like any other.
   */
  type(character: number): void {
    if (KEYPAD_KEYS.has(character) && this.#isSeal()) this.#append(character);
    else if (ENDS.has(character)) this.#endLine();
    else if (CLEARS.has(character)) this.clear();
    else if (ERASES.has(character)) this.#erase();
    else if (character !== CHARACTER.startOfText) this.#append(character);
  }

  /** Keystrokes are missing: what stands here is no entry, and neither is what still comes of it. */
  lose(): void {
    this.#giveUp("keysLost");
  }

  /** Wipes what was entered and not ended, and waits for nothing. */
  clear(): void {
    this.#isDiscarding = false;
    this.#wipe();
    this.#dueAt = undefined;
    // Nobody goes on waiting for what is no more.
    if (this.#isAttending) this.#waker.wake();
  }

  #append(character: number): void {
    if (!this.#isDiscarding && this.#length === MAX_ENTRY_BYTES) this.#giveUp("entryTooLong");
    if (!this.#isDiscarding) {
      this.#text[this.#length] = character;
      this.#length += 1;
    }
    this.#wait(this.#lineStart > 0 ? BETWEEN_LINES_MS : UNFINISHED_MS);
  }

  #erase(): void {
    if (this.#length === this.#lineStart) return;
    this.#length -= 1;
    this.#text[this.#length] = 0;
    this.#wait(this.#lineStart > 0 ? BETWEEN_LINES_MS : UNFINISHED_MS);
  }

  #endLine(): void {
    if (this.#isDiscarding) {
      this.clear();
      return;
    }
    const lineLength = this.#length - this.#lineStart;
    // The second half of a line end, or an Enter too many.
    if (lineLength === 0) return;
    if (this.#isSeal()) {
      this.#handOverSeal();
      return;
    }
    if (lineLength < LEAST_LINE_OF_ZONE || this.#isWholeZone() || this.#length === MAX_ENTRY_BYTES) {
      this.#handOver(this.#length, this.#length);
      return;
    }
    this.#text[this.#length] = CHARACTER.lineFeed;
    this.#length += 1;
    this.#lineStart = this.#length;
    this.#wait(BETWEEN_LINES_MS);
    this.#waker.wake();
  }

  #isWholeZone(): boolean {
    let characters = 0;
    for (const character of this.#text.subarray(0, this.#length))
      if (character !== CHARACTER.lineFeed) characters += 1;
    return WHOLE_ZONES.includes(characters);
  }

  /**
   * Whether the line under way is a seal's, as far as it is there. Behind other lines it may also be one of a zone whose
   * number begins like a seal, which has no control characters.
   */
  #isSeal(): boolean {
    const line = this.#text.subarray(this.#lineStart, this.#length);
    if (line.length < SEAL_MARK_CHARACTERS || !SEAL_MARK.every((mark, index) => line[index] === mark))
      return false;
    const isVersioned = line.subarray(SEAL_MARK.length, SEAL_MARK_CHARACTERS).every(isDigit);
    return isVersioned && (this.#lineStart === 0 || line.includes(CHARACTER.unitSeparator));
  }

  /** Lines that stand before it, and wait for one more of their zone, are an entry of their own. */
  #handOverSeal(): void {
    if (this.#lineStart > 0) this.#handOver(this.#lineStart - 1, this.#lineStart);
    this.#handOver(this.#length, this.#length);
  }

  /** Gives away what stands before `end`; what stands from `restAt` on is begun anew. */
  #handOver(end: number, restAt: number): void {
    const entry = this.#text.slice(0, end);
    const restLength = this.#length - restAt;
    this.#text.copyWithin(0, restAt, this.#length);
    this.#text.fill(0, restLength);
    this.#length = restLength;
    this.#lineStart = 0;
    this.#dueAt = undefined;
    if (restLength > 0) this.#wait(UNFINISHED_MS);
    this.#listener({ kind: "entry", entry });
  }

  #giveUp(why: "entryTooLong" | "keysLost"): void {
    const isTold = this.#isDiscarding;
    this.#wipe();
    this.#isDiscarding = true;
    this.#wait(UNFINISHED_MS);
    if (!isTold) this.#listener({ kind: "lost", why });
  }

  #wipe(): void {
    this.#text.fill(0);
    this.#length = 0;
    this.#lineStart = 0;
  }

  #wait(durationMs: number): void {
    this.#dueAt = after(this.#clock.monotonicMs(), durationMs);
    if (!this.#isAttending) void this.#attend();
  }

  /** One sleep at a time, as long as there is something to wait for; a key that moves the end moves no timer. */
  async #attend(): Promise<void> {
    this.#isAttending = true;
    while (this.#dueAt !== undefined) {
      const leftMs = this.#dueAt - this.#clock.monotonicMs();
      if (leftMs > 0) await this.#waker.sleep(leftMs);
      else this.#expire();
    }
    this.#isAttending = false;
  }

  #expire(): void {
    if (this.#lineStart > 0) {
      this.#handOver(this.#lineStart - 1, this.#lineStart);
      return;
    }
    const isTold = this.#isDiscarding;
    this.clear();
    if (!isTold) this.#listener({ kind: "lost", why: "entryUnfinished" });
  }
}

const isDigit = (character: number): boolean => character >= ZERO && character <= NINE;
