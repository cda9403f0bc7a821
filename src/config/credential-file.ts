/**
 * The list of credentials that an operator brings: CSV with a header row, in UTF-8, with or without byte
 * order mark, lines ending in LF or CR LF. Columns in any order: `identifier` and `group` are required,
 * `kind` (nis), `from`, `until` and `reference` may be left out. Rows are given one at a time and the file
 * may have a million, so nothing is collected here: a card that is there twice is found by whoever collects.
 * A problem names row and column, never a value: in a shifted row any field may be the identifier.
 */
import { parseHex } from "../bytes/hex.ts";
import { err, ok, type Result } from "../result.ts";
import type { Instant } from "../time/time.ts";
import { splitCsvLine } from "./csv.ts";
import { linesOf } from "./text-lines.ts";
import { validityEnd, validityStart } from "./validity.ts";

/** One good row; `row` counts as in `RowProblem`. */
export interface CredentialRow {
  readonly row: number;
  readonly kind: "nis";
  /** Twelve ASCII digits, to be wiped by whoever makes the pseudonym. */
  readonly identifier: Uint8Array;
  readonly group: string;
  /** Inclusive. */
  readonly validFrom?: Instant;
  /** Exclusive; a day given as `until` is wholly included, in UTC. */
  readonly validUntil?: Instant;
  readonly reference?: string;
}

/** Why a row cannot be taken; `row` counts lines of the file from 1, the header being row 1. */
export interface RowProblem {
  readonly row: number;
  readonly reason: string;
}

export interface CredentialFileOptions {
  /** Numbers may also be written as 24 hex digits of their ASCII codes, as some enrolment tools export them. */
  readonly hexIdentifiers: "accepted" | "refused";
}

const COLUMNS = ["kind", "identifier", "group", "from", "until", "reference"] as const;
type Column = (typeof COLUMNS)[number];
type Fields = Readonly<Partial<Record<Column, string>>>;

/** Far longer than any honest row; a longer line is a file of another kind. */
const LONGEST_LINE = 1024;
const MOST_ROWS = 2_000_000;
const LONGEST_REFERENCE = 64;
const ENCODER = new TextEncoder();
const GROUP = /^[a-z0-9][a-z0-9-]{0,62}$/;

/**
 * Every row of the file in order, good or bad; a header that cannot be used is the only result. The text comes
 * in pieces of any size. Never throws.
 */
export function* credentialRows(
  pieces: Iterable<string>,
  options: CredentialFileOptions,
): Generator<Result<CredentialRow, RowProblem>, void, void> {
  const lines = linesOf(pieces, LONGEST_LINE);
  const header = parseHeader(lines.next().value ?? "");
  if (!header.ok) return yield err({ row: 1, reason: header.error });
  let row = 1;
  for (const line of lines) {
    row++;
    if (row > MOST_ROWS) return yield err({ row, reason: `more than ${MOST_ROWS} rows: divide the file` });
    if (line.trim() === "") continue;
    const parsed = parseRow(line, header.value, options);
    yield parsed.ok ? ok({ row, ...parsed.value }) : err({ row, reason: parsed.error });
  }
}

/** A second row for a card is refused: which of the two was meant cannot be known. */
export function repeatedCard({
  row,
  firstRow,
}: {
  readonly row: number;
  readonly firstRow: number;
}): RowProblem {
  return { row, reason: `the same identifier as row ${firstRow}` };
}

interface Header {
  readonly separator: string;
  readonly columns: readonly Column[];
}

function parseHeader(line: string): Result<Header, string> {
  const expected = `the first row names the columns: ${COLUMNS.join(",")} (identifier and group are required)`;
  if (line.length > LONGEST_LINE) return err(expected);
  const separator = line.includes(";") ? ";" : ",";
  const names = splitCsvLine(line, separator) ?? [];
  const columns = names.filter(isColumn);
  const whole = columns.length === names.length && new Set(columns).size === columns.length;
  return whole && columns.includes("identifier") && columns.includes("group")
    ? ok({ separator, columns })
    : err(expected);
}

const isColumn = (name: string): name is Column => COLUMNS.some((column) => column === name);

function parseRow(
  line: string,
  { separator, columns }: Header,
  options: CredentialFileOptions,
): Result<Omit<CredentialRow, "row">, string> {
  if (line.length > LONGEST_LINE) return err(`longer than ${LONGEST_LINE} characters`);
  const values = splitCsvLine(line, separator);
  if (values === undefined) return err("a quote that is not closed, or in the middle of a field");
  if (values.length !== columns.length)
    return err(`${values.length} fields where the header has ${columns.length}`);
  const fields: Partial<Record<Column, string>> = {};
  for (const [index, column] of columns.entries()) fields[column] = values[index] ?? "";
  return toCredential(fields, options);
}

function toCredential(
  fields: Fields,
  options: CredentialFileOptions,
): Result<Omit<CredentialRow, "row">, string> {
  const { kind = "", identifier = "", group = "", from = "", until = "", reference = "" } = fields;
  if (kind !== "" && kind !== "nis") return err("kind: only nis is known");
  const digits = identifierDigits(identifier, options);
  if (digits === undefined) return err(`identifier: ${identifierForm(options)}`);
  if (!GROUP.test(group)) return err("group: 1 to 63 of a-z, 0-9 and -, not beginning with -");
  if (reference.length > LONGEST_REFERENCE) return err(`reference: at most ${LONGEST_REFERENCE} characters`);
  const validity = parseValidity(from, until);
  if (!validity.ok) return validity;
  return ok({
    kind: "nis",
    identifier: digits,
    group,
    ...validity.value,
    ...(reference === "" ? {} : { reference }),
  });
}

/** The two ends of validity as an import row or a command line gives them; empty text is an open end. */
export function parseValidity(
  from: string,
  until: string,
): Result<{ readonly validFrom?: Instant; readonly validUntil?: Instant }, string> {
  const validFrom = from === "" ? undefined : validityStart(from);
  const validUntil = until === "" ? undefined : validityEnd(until);
  const form = "a day as YYYY-MM-DD, or an instant as YYYY-MM-DDThh:mm:ssZ";
  if (from !== "" && validFrom === undefined) return err(`from: ${form}`);
  if (until !== "" && validUntil === undefined) return err(`until: ${form}`);
  if (validFrom !== undefined && validUntil !== undefined && validUntil <= validFrom) {
    return err("until: not before from");
  }
  return ok({
    ...(validFrom === undefined ? {} : { validFrom }),
    ...(validUntil === undefined ? {} : { validUntil }),
  });
}

function identifierForm({ hexIdentifiers }: CredentialFileOptions): string {
  const plain = "exactly 12 digits (a spreadsheet may have cut leading zeros or written an exponent)";
  return hexIdentifiers === "accepted" ? `${plain}, or 24 hex digits of their ASCII codes` : plain;
}

function identifierDigits(text: string, { hexIdentifiers }: CredentialFileOptions): Uint8Array | undefined {
  if (/^\d{12}$/.test(text)) return ENCODER.encode(text);
  return hexIdentifiers === "accepted" && /^(?:3\d){12}$/.test(text) ? parseHex(text) : undefined;
}
