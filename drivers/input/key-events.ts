/**
 * From what Linux says of a keyboard to characters: `struct input_event`, one after the other, cut anywhere. Pure; the
 * device is read in `event-device.ts`.
 * Governing text: Linux `Documentation/input/input.rst` §Event interface, `event-codes.rst` (EV_SYN, EV_KEY).
 */
import {
  BACKSPACE,
  KEYS,
  LEFT_CONTROL,
  LEFT_SHIFT,
  RIGHT_CONTROL,
  RIGHT_SHIFT,
  WITH_CONTROL,
} from "./key-map.table.ts";

/**
 * Bytes of an event, all numbers little-endian: the time, two longs; type and code, 16 bits each; value, 32 bits. A long
 * is that of the program, not that of the kernel: 24 bytes in all with 64 bits, 16 with 32.
 */
export type EventBytes = 16 | 24;

const BYTES_BEHIND_TIME = 8;

const EV_SYN = 0;
const EV_KEY = 1;
const SYN_REPORT = 0;
const SYN_DROPPED = 3;
const RELEASED = 0;
const PRESSED = 1;
const REPEATED = 2;

const SHIFTS: ReadonlySet<number> = new Set([LEFT_SHIFT, RIGHT_SHIFT]);
const CONTROLS: ReadonlySet<number> = new Set([LEFT_CONTROL, RIGHT_CONTROL]);

/** Who hears what was typed. */
export interface Typist {
  type(character: number): void;
  /** Keystrokes are missing here. */
  lose(): void;
}

/** Decodes the events of one opening of a device, whose keys were all up at its beginning. */
export class KeyEvents {
  readonly #typist: Typist;
  readonly #timeBytes: number;
  /** The event under way. */
  readonly #event: Uint8Array;
  readonly #view: DataView;
  #held = 0;
  /** Keys that change what others mean, and are held. */
  #modifiers: ReadonlySet<number> = new Set();
  /** After a loss, up to the next report: what stands between belongs to no state that could be told. */
  #isAdrift = false;

  constructor(eventBytes: EventBytes, typist: Typist) {
    this.#typist = typist;
    this.#timeBytes = eventBytes - BYTES_BEHIND_TIME;
    this.#event = new Uint8Array(eventBytes);
    this.#view = new DataView(this.#event.buffer);
  }

  /** Takes bytes as they were read, any number of them. Whoever read them wipes them. */
  push(bytes: Uint8Array): void {
    for (const byte of bytes) {
      this.#event[this.#held] = byte;
      this.#held += 1;
      if (this.#held < this.#event.length) continue;
      this.#held = 0;
      this.#hear();
      this.#event.fill(0);
    }
  }

  #hear(): void {
    const type = this.#view.getUint16(this.#timeBytes, true);
    const code = this.#view.getUint16(this.#timeBytes + 2, true);
    if (type === EV_SYN) this.#synchronise(code);
    else if (type === EV_KEY && !this.#isAdrift)
      this.#key(code, this.#view.getInt32(this.#timeBytes + 4, true));
  }

  #synchronise(code: number): void {
    if (code === SYN_REPORT) this.#isAdrift = false;
    if (code !== SYN_DROPPED) return;
    this.#isAdrift = true;
    // Which keys are down could be asked only by an ioctl. Up is what they are soon.
    this.#modifiers = new Set();
    this.#typist.lose();
  }

  #key(code: number, value: number): void {
    if (SHIFTS.has(code) || CONTROLS.has(code)) {
      this.#modify(code, value);
      return;
    }
    // A finger that rests on a digit means it once; one on backspace means all of it.
    const isTyped = value === PRESSED || (value === REPEATED && code === BACKSPACE);
    const character = isTyped ? this.#characterOf(code) : undefined;
    if (character !== undefined) this.#typist.type(character);
  }

  #characterOf(code: number): number | undefined {
    const separator = this.#holdsAny(CONTROLS) ? WITH_CONTROL.get(code) : undefined;
    if (separator !== undefined) return separator;
    const key = KEYS.get(code);
    return this.#holdsAny(SHIFTS) ? key?.shifted : key?.plain;
  }

  #holdsAny(keys: ReadonlySet<number>): boolean {
    return [...this.#modifiers].some((code) => keys.has(code));
  }

  #modify(code: number, value: number): void {
    const others = [...this.#modifiers].filter((modifier) => modifier !== code);
    this.#modifiers = new Set(value === RELEASED ? others : [...others, code]);
  }
}
