/**
 * Exports of the ICAO public key directory: LDIF (RFC 2849) of tens of megabytes, in which master lists, document
 * signers and revocation lists are base64 values folded over many lines. Read in pieces; one value is held at a time.
 */
import { parseBase64 } from "./base64.ts";

export type LdifValue =
  | { readonly kind: "masterList" | "certificate" | "revocationList"; readonly der: Uint8Array }
  /** A value of one of these kinds that is no base64 or too long; `line` is where it begins, counted from 1. */
  | { readonly kind: "malformed"; readonly line: number };

type WantedKind = Exclude<LdifValue["kind"], "malformed">;

/** Attributes by their name in lower case; exports of different years write them with and without the option. */
const WANTED: Readonly<Record<string, WantedKind>> = {
  pkdmasterlistcontent: "masterList",
  cscamasterlistdata: "masterList",
  usercertificate: "certificate",
  cacertificate: "certificate",
  certificaterevocationlist: "revocationList",
};
/** Base64 of 16 MB, fifteen times the largest master list. */
const MAX_VALUE_UNITS = 24_000_000;
/** `name:: base64` or `name;binary:: base64`, also with the blank left out. */
const ATTRIBUTE = /^([A-Za-z]{1,64})(?:;binary)?:: ?(.*)$/s;

/** A value whose lines are still being collected. */
interface OpenValue {
  readonly kind: WantedKind;
  readonly line: number;
  readonly pieces: string[];
  units: number;
}

/** The values of these kinds in an LDIF file that comes in pieces of any size; everything else is passed over. */
export function* ldifValues(chunks: Iterable<Uint8Array>): Generator<LdifValue, void, void> {
  let open: OpenValue | undefined;
  let number = 0;
  for (const line of lines(chunks)) {
    number++;
    if (line.startsWith(" ")) {
      if (open !== undefined) collect(open, line.slice(1));
      continue;
    }
    if (open !== undefined) yield closed(open);
    open = opened(line, number);
  }
  if (open !== undefined) yield closed(open);
}

function opened(line: string, number: number): OpenValue | undefined {
  const [, name = "", value = ""] = ATTRIBUTE.exec(line) ?? [];
  const kind = WANTED[name.toLowerCase()];
  if (kind === undefined) return undefined;
  const open: OpenValue = { kind, line: number, pieces: [], units: 0 };
  collect(open, value);
  return open;
}

/** Adds to a value, but holds no more of it than the bound. */
function collect(open: OpenValue, piece: string): void {
  open.units += piece.length;
  if (open.units <= MAX_VALUE_UNITS) open.pieces.push(piece);
}

function closed({ kind, line, pieces, units }: OpenValue): LdifValue {
  const der = units <= MAX_VALUE_UNITS ? parseBase64(pieces.join("").trimEnd()) : undefined;
  return der === undefined ? { kind: "malformed", line } : { kind, der };
}

/** Lines without their ends; of a line that is longer than any value, only the beginning. */
function* lines(chunks: Iterable<Uint8Array>): Generator<string, void, void> {
  const decoder = new TextDecoder("latin1");
  let begun = "";
  for (const chunk of chunks) {
    const [first = "", ...rest] = decoder.decode(chunk).split("\n");
    begun = joined(begun, first);
    for (const next of rest) {
      yield begun.endsWith("\r") ? begun.slice(0, -1) : begun;
      begun = next;
    }
  }
  if (begun !== "") yield begun;
}

const joined = (begun: string, more: string): string =>
  begun.length > MAX_VALUE_UNITS ? begun : begun + more;
