/**
 * JSON Canonicalization Scheme (RFC 8785): one text for one value, so that a hash over it can be
 * recomputed by anybody from the parsed message.
 */
import type { Json } from "../ports/journal.ts";

/** With the `u` flag a proper pair is one code point, so this meets only halves. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Canonical text: no white space, members sorted by UTF-16 code units, ECMAScript numbers and strings.
 * Throws on what I-JSON cannot carry (a number that is not finite, half of a surrogate pair): events are
 * made by the program, so that is a defect.
 */
export function canonicalJson(value: Json): string {
  if (typeof value === "number" && !Number.isFinite(value)) throw new Error("JSON has no such number");
  if (typeof value === "string") return canonicalString(value);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, member]) => `${canonicalString(name)}:${canonicalJson(member)}`).join(",")}}`;
}

function canonicalString(text: string): string {
  const json = JSON.stringify(text);
  // Of all characters only half of a pair is written so, save for texts that say so themselves.
  if (json.includes("\\ud") && LONE_SURROGATE.test(text))
    throw new Error("JSON text must be well-formed Unicode");
  return json;
}

/** `Array.isArray` does not narrow a readonly array. */
const isArray = (value: Json): value is readonly Json[] => Array.isArray(value);
