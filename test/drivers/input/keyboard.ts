/**
 * A keyboard as the kernel tells of it, for tests: what a USB keypad or scanner sends, key by key, as `struct input_event`.
 * Codes are those of Linux `input-event-codes.h`, written down here a second time.
 */
import { concat } from "../../../src/bytes/bytes.ts";

export const KEY = {
  escape: 1,
  backspace: 14,
  enter: 28,
  leftControl: 29,
  leftShift: 42,
  rightShift: 54,
  numLock: 69,
  less: 86,
  padEnter: 96,
  rightControl: 97,
  left: 105,
} as const;

const DIGITS = [11, 2, 3, 4, 5, 6, 7, 8, 9, 10];
export const PAD_DIGITS = [82, 79, 80, 81, 75, 76, 77, 71, 72, 73];
const LETTERS = [
  30, 48, 46, 32, 18, 33, 34, 35, 23, 36, 37, 38, 50, 49, 24, 25, 16, 19, 31, 20, 22, 47, 17, 45, 21, 44,
];
const COMMA = 51;
const SLASH = 53;
/** Keys that send a control character while Ctrl is held: `]`, `6` and `-`, the last two with shift on keyboards that have `^` and `_` there. */
const SEPARATOR_KEYS: ReadonlyMap<string, readonly [code: number, isShifted: boolean]> = new Map([
  ["\x1d", [27, false]],
  ["\x1e", [7, true]],
  ["\x1f", [12, true]],
]);

export const PRESS = 1;
export const RELEASE = 0;
export const REPEAT = 2;

const SECONDS = 1_790_000_000n;

/** One event: seconds and microseconds as the program's longs, type, code and value. */
export function event(eventBytes: 16 | 24, type: number, code: number, value: number): Uint8Array {
  const bytes = new Uint8Array(eventBytes);
  const view = new DataView(bytes.buffer);
  if (eventBytes === 24) view.setBigUint64(0, SECONDS, true);
  else view.setUint32(0, Number(SECONDS), true);
  view.setUint32(eventBytes === 24 ? 8 : 4, 654_321, true);
  view.setUint16(eventBytes - 8, type, true);
  view.setUint16(eventBytes - 6, code, true);
  view.setInt32(eventBytes - 4, value, true);
  return bytes;
}

/** What one report of a USB keyboard becomes: the usage (MSC_SCAN), the key, the end of the report. */
export const report = (eventBytes: 16 | 24, code: number, value: number): Uint8Array =>
  concat(event(eventBytes, 4, 4, 0x7001e), event(eventBytes, 1, code, value), event(eventBytes, 0, 0, 0));

/** The kernel's buffer was full. */
export const dropped = (eventBytes: 16 | 24): Uint8Array => event(eventBytes, 0, 3, 0);

/** A key pressed and let go. */
export const stroke = (eventBytes: 16 | 24, code: number): Uint8Array =>
  concat(report(eventBytes, code, PRESS), report(eventBytes, code, RELEASE));

const shifted = (eventBytes: 16 | 24, code: number): Uint8Array =>
  concat(
    report(eventBytes, KEY.leftShift, PRESS),
    stroke(eventBytes, code),
    report(eventBytes, KEY.leftShift, RELEASE),
  );

/** A key while Ctrl is held. */
export const controlled = (
  eventBytes: 16 | 24,
  pressed: Uint8Array,
  control: number = KEY.leftControl,
): Uint8Array => concat(report(eventBytes, control, PRESS), pressed, report(eventBytes, control, RELEASE));

function character(eventBytes: 16 | 24, text: string): Uint8Array {
  const [separator, isShifted] = SEPARATOR_KEYS.get(text) ?? [];
  if (separator !== undefined)
    return controlled(
      eventBytes,
      isShifted === true ? shifted(eventBytes, separator) : stroke(eventBytes, separator),
    );
  if (text === "/") return stroke(eventBytes, SLASH);
  if (text === "\n") return stroke(eventBytes, KEY.enter);
  if (text === "<") return shifted(eventBytes, COMMA);
  if (/[0-9]/.test(text)) return stroke(eventBytes, DIGITS[Number(text)] ?? 0);
  const code = LETTERS[text.toLowerCase().charCodeAt(0) - 0x61] ?? 0;
  return text === text.toLowerCase() ? stroke(eventBytes, code) : shifted(eventBytes, code);
}

/** Digits, letters, `<`, `/`, separators of a seal and line feeds (Enter) as a scanner with a US layout types them. */
export const typed = (eventBytes: 16 | 24, text: string): Uint8Array =>
  concat(...Array.from(text, (each) => character(eventBytes, each)));
