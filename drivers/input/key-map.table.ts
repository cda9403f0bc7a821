/**
 * What the keys of a keyboard mean, by the kernel's key codes: the US layout, which scanners have unless they are told
 * otherwise, with the `<` of European keyboards and the keys of number pads and telephones besides.
 * Governing text: Linux `input-event-codes.h`.
 */
import { CHARACTER } from "./entry-collector.ts";

interface Key {
  readonly plain: number;
  readonly shifted: number;
}

/** Keys side by side have codes one after the other: first code, characters without and with shift. */
const ROWS: readonly (readonly [firstCode: number, plain: string, shifted: string])[] = [
  [2, "1234567890-=", "!@#$%^&*()_+"],
  [16, "qwertyuiop[]", "QWERTYUIOP{}"],
  [30, "asdfghjkl;'`", 'ASDFGHJKL:"~'],
  [43, "\\zxcvbnm,./", "|ZXCVBNM<>?"],
  // Space.
  [57, " ", " "],
  // The number pad. Its asterisk stands apart.
  [55, "*", "*"],
  [71, "789-456+1230.", "789-456+1230."],
  [98, "/", "/"],
  // The key between left shift and Z, which a US keyboard lacks.
  [86, "<", ">"],
  // Telephone keys.
  [512, "0123456789*#", "0123456789*#"],
];

const same = (character: number): Key => ({ plain: character, shifted: character });

/** Keys without a character, such as lamps and arrows, are missing and mean nothing. */
export const KEYS: ReadonlyMap<number, Key> = new Map([
  [1, same(CHARACTER.escape)],
  [14, same(CHARACTER.backspace)],
  [15, same(0x09)],
  [28, same(CHARACTER.carriageReturn)],
  [96, same(CHARACTER.carriageReturn)],
  ...ROWS.flatMap(([firstCode, plain, shifted]) =>
    Array.from(plain, (character, index): readonly [number, Key] => [
      firstCode + index,
      { plain: character.charCodeAt(0), shifted: shifted.charCodeAt(index) },
    ]),
  ),
]);

/**
 * Keys that mean a separator of a seal while Ctrl is held, with shift or without: `]`, `6` with `^` on it, `-` with `_` on it.
 * So scanners send control characters for which a keyboard has no key of their own (ASCII, column 1 from column 5).
 */
export const WITH_CONTROL: ReadonlyMap<number, number> = new Map([
  [27, CHARACTER.groupSeparator],
  [7, CHARACTER.recordSeparator],
  [12, CHARACTER.unitSeparator],
]);

export const LEFT_CONTROL = 29;
export const RIGHT_CONTROL = 97;
export const LEFT_SHIFT = 42;
export const RIGHT_SHIFT = 54;
export const BACKSPACE = 14;
