/**
 * C40, in which seals of the binary form write text: three values of a basic set in two bytes, other characters behind a
 * shift (ISO/IEC 16022 §5.2.5; ANTS, 2D-Doc specification 3.2.6, 10.3). Characters beyond ASCII are not taken: no
 * seal's header has them.
 */

const VALUES = 40;
const MOST_TRIPLE = VALUES * VALUES * VALUES;
/** Values of the basic set that announce a character of another one. */
const SHIFTS = 3;
/** Fills a last triple that would lack its third value. */
const FILLER = 0;
/** Ends C40 before its time; what follows is the one character that no triple would hold, plus 1. */
const UNLATCH = 0xfe;
const LAST_ASCII = 0x7f;

/** The characters of ASCII from one to another. */
const range = (first: number, last: number): string =>
  String.fromCharCode(...Array.from({ length: last - first + 1 }, (_, index) => first + index));

/** From value 3 on. */
const BASIC = ` ${range(0x30, 0x39)}${range(0x41, 0x5a)}`;
const SHIFTED: readonly string[] = [
  range(0x00, 0x1f),
  `${range(0x21, 0x2f)}${range(0x3a, 0x40)}${range(0x5b, 0x5f)}`,
  range(0x60, LAST_ASCII),
];

/** The text of bytes that are C40 from first to last; `undefined` for any others. */
export function decodeC40(bytes: Uint8Array): string | undefined {
  if (bytes.length % 2 !== 0) return undefined;
  const isUnlatched = bytes.at(-2) === UNLATCH;
  const values = triples(isUnlatched ? bytes.subarray(0, -2) : bytes);
  const text = values && charactersOf(values);
  if (text === undefined || !isUnlatched) return text;
  const code = (bytes.at(-1) ?? 0) - 1;
  return code >= 0 && code <= LAST_ASCII ? text + String.fromCharCode(code) : undefined;
}

function triples(bytes: Uint8Array): readonly number[] | undefined {
  const values: number[] = [];
  for (let at = 0; at < bytes.length; at += 2) {
    const triple = (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0) - 1;
    if (triple < 0 || triple >= MOST_TRIPLE) return undefined;
    values.push(
      Math.floor(triple / (VALUES * VALUES)),
      Math.floor(triple / VALUES) % VALUES,
      triple % VALUES,
    );
  }
  return values;
}

function charactersOf(values: readonly number[]): string | undefined {
  let text = "";
  let shift: number | undefined;
  for (const value of values) {
    if (shift === undefined && value < SHIFTS) {
      shift = value;
      continue;
    }
    const character = shift === undefined ? BASIC.charAt(value - SHIFTS) : SHIFTED[shift]?.charAt(value);
    if (character === undefined || character === "") return undefined;
    text += character;
    shift = undefined;
  }
  return shift === undefined || shift === FILLER ? text : undefined;
}
