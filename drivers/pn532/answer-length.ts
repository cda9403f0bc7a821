/**
 * How long an answer a command APDU asks for: a hint by which the host reads an answer of the chip whole, and no more than
 * that. Pure. Governing document: ISO/IEC 7816-4 §5.1 (length fields).
 */

const HEADER_BYTES = 4;
const STATUS_BYTES = 2;
/** Behind a zero the lengths have two bytes. */
const EXTENDED = 0x00;
const EXTENDED_LENGTH_BYTES = 3;

/** Status words included; `undefined` where Le asks for all there is, or the length fields make no sense. */
export function wantedAnswerBytes(command: Uint8Array): number | undefined {
  const body = command.subarray(HEADER_BYTES);
  const le = body.length > 1 && body[0] === EXTENDED ? extendedLe(body) : shortLe(body);
  return le === undefined || le === 0 ? undefined : (le === "none" ? 0 : le) + STATUS_BYTES;
}

type Le = number | "none" | undefined;

function shortLe(body: Uint8Array): Le {
  if (body.length === 0) return "none";
  const [first = 0] = body;
  if (body.length === 1) return first;
  const dataEnd = 1 + first;
  if (body.length === dataEnd) return "none";
  return body.length === dataEnd + 1 ? body[dataEnd] : undefined;
}

/** `00 Le Le`, or `00 Lc Lc`, the data, and two bytes of Le or none. */
function extendedLe(body: Uint8Array): Le {
  if (body.length === EXTENDED_LENGTH_BYTES) return wordAt(body, 1);
  const dataEnd = EXTENDED_LENGTH_BYTES + wordAt(body, 1);
  if (body.length === dataEnd) return "none";
  return body.length === dataEnd + 2 ? wordAt(body, dataEnd) : undefined;
}

const wordAt = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
