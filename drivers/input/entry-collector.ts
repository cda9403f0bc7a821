/**
 * Characters in, entries out: the part that keypads and scanners share, whatever wire they come by. Enter ends an entry;
 * the lines of a machine readable zone, which scanners send one by one, become one entry. What is collected stands in one
 * buffer of a fixed size, wiped as soon as it was handed over or given up.
 * Governing text: ICAO Doc 9303-5, 9303-6, 9303-4 §4.2 (three lines of 30 characters, two of 36 or 44).
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
  delete: 0x7f,
} as const;

/** A zone has 90 characters and three line ends; labels with more text than that open no document. */
export const MAX_ENTRY_BYTES = 256;
/** Lines of a zone follow each other at once. USB adapters hand bytes over every 16 ms, slow scanners pause a little. */
export const BETWEEN_LINES_MS = 300;
/** Who has typed half a number and gone leaves nothing to the next person. */
export const UNFINISHED_MS = 10_000;

/** Shorter ones, such as six digits, are no line of a zone and need not wait for another. */
const LEAST_LINE_OF_ZONE = 20;
/** Characters of a whole zone, so that nothing more can follow. */
const WHOLE_ZONES: readonly number[] = [72, 88, 90];

const ENDS: ReadonlySet<number> = new Set([
  CHARACTER.carriageReturn,
  CHARACTER.lineFeed,
  CHARACTER.endOfText,
  // A keypad of twelve keys has no other Enter, and no zone has this character.
  0x23,
]);
const ERASES: ReadonlySet<number> = new Set([CHARACTER.backspace, CHARACTER.delete]);
const CLEARS: ReadonlySet<number> = new Set([
  CHARACTER.escape,
  // The asterisk: what such a keypad has for starting anew.
  0x2a,
]);

export interface EntryCollectorParts {
  readonly clock: Clock;
  readonly listener: (event: EntryEvent) => void;
  /** Where entries are collected, `MAX_ENTRY_BYTES` long; tests look into it. */
  readonly text?: Uint8Array;
}

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
   * one character back, escape or `*` all of them; STX means nothing.
   */
  type(character: number): void {
    if (ENDS.has(character)) this.#endLine();
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
