/**
 * The list of credentials that an operator brings: CSV with a header row, in UTF-8, with or without byte
 * order mark, lines ending in LF or CR LF. Columns in any order: `group` is required, and the columns of one way at
 * least to name a holder, see `listed-holder.ts`; `kind` (nis), `from`, `until` and `reference` may be left out. Rows are
 * given one at a time and the file may have a million, so nothing is collected here: a holder who is there twice is
 * found by whoever collects. A problem names row and column, never a value: in a shifted row any field may be the
 * identifier.
 */
import type { IdentifierKind } from "../ports/journal.ts";
import { err, ok, type Result } from "../result.ts";
import type { Instant } from "../time/time.ts";
import { splitCsvLine } from "./csv.ts";
import { type HolderIdentifiers, type HolderOptions, identifiersOf } from "./listed-holder.ts";
import { linesOf } from "./text-lines.ts";
import { validityEnd, validityStart } from "./validity.ts";

/** One good row; `row` counts as in `RowProblem`. */
export interface CredentialRow {
  readonly row: number;
  /** To be wiped by whoever makes the pseudonyms. */
  readonly identifiers: HolderIdentifiers;
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

const COLUMNS = [
  "kind",
  "identifier",
  "issuer",
  "document_number",
  "fiscal_code",
  "family_name",
  "given_name",
  "birth_date",
  "group",
  "from",
  "until",
  "reference",
] as const;
type Column = (typeof COLUMNS)[number];
type Fields = Readonly<Partial<Record<Column, string>>>;

/** Far longer than any honest row; a longer line is a file of another kind. */
const LONGEST_LINE = 1024;
const MOST_ROWS = 2_000_000;
const LONGEST_REFERENCE = 64;
/** Of each way to name a holder the columns that it cannot do without. */
const WAYS: readonly (readonly Column[])[] = [
  ["identifier"],
  ["issuer", "document_number"],
  ["fiscal_code"],
  ["family_name", "birth_date"],
];
/** Columns that mean something beside another alone. */
const BESIDE: readonly (readonly [Column, Column])[] = [
  ["kind", "identifier"],
  ["issuer", "document_number"],
  ["document_number", "issuer"],
  ["family_name", "birth_date"],
  ["birth_date", "family_name"],
  ["given_name", "family_name"],
];
const GROUP = /^[a-z0-9][a-z0-9-]{0,62}$/;

/**
 * Every row of the file in order, good or bad; a header that cannot be used is the only result. The text comes
 * in pieces of any size. Never throws.
 */
export function* credentialRows(
  pieces: Iterable<string>,
  options: HolderOptions,
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

/** Two rows that name one holder. */
export interface RepeatedRow {
  readonly row: number;
  readonly firstRow: number;
  /** By what the second is known. */
  readonly kind: IdentifierKind;
}

/** A second row for a holder is refused: which of the two was meant cannot be known. */
export function repeatedHolder({ row, firstRow, kind }: RepeatedRow): RowProblem {
  const reason = `the same identifier as row ${firstRow}`;
  return { row, reason: kind === "name" ? `${reason}: documents show both alike; ${BETTER_NAMED}` : reason };
}

/** Holders who differ, but whose documents may show both by one name, if it is long: told, not refused. */
export function sharedName({ row, firstRow }: RepeatedRow): RowProblem {
  const reason = `some documents would show this holder and the one of row ${firstRow} by one name, which meets neither`;
  return { row, reason: `${reason}; ${BETTER_NAMED}` };
}

const BETTER_NAMED = "a document number or fiscal code tells them apart";

interface Header {
  readonly separator: string;
  readonly columns: readonly Column[];
}

function parseHeader(line: string): Result<Header, string> {
  if (line.length > LONGEST_LINE) return err(HEADER_FORM);
  const separator = line.includes(";") ? ";" : ",";
  const names = splitCsvLine(line, separator) ?? [];
  const columns = names.filter(isColumn);
  const whole = columns.length === names.length && new Set(columns).size === columns.length;
  return whole && isComplete(new Set(columns)) ? ok({ separator, columns }) : err(HEADER_FORM);
}

const HEADER_FORM = `the first row names the columns: group, and ${WAYS.map((way) => way.join(" and ")).join(", or ")}; given_name, kind, from, until and reference if wanted`;

const isComplete = (columns: ReadonlySet<Column>): boolean =>
  columns.has("group") &&
  WAYS.some((way) => way.every((column) => columns.has(column))) &&
  BESIDE.every(([column, other]) => !columns.has(column) || columns.has(other));

const isColumn = (name: string): name is Column => COLUMNS.some((column) => column === name);

function parseRow(
  line: string,
  { separator, columns }: Header,
  options: HolderOptions,
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

function toCredential(fields: Fields, options: HolderOptions): Result<Omit<CredentialRow, "row">, string> {
  const { kind = "", group = "", from = "", until = "", reference = "" } = fields;
  if (kind !== "" && kind !== "nis") return err("kind: only nis is known");
  const identifiers = identifiersOf(fields, options);
  if (!identifiers.ok) return identifiers;
  if (!GROUP.test(group)) return err("group: 1 to 63 of a-z, 0-9 and -, not beginning with -");
  if (reference.length > LONGEST_REFERENCE) return err(`reference: at most ${LONGEST_REFERENCE} characters`);
  const validity = parseValidity(from, until);
  if (!validity.ok) return validity;
  return ok({
    identifiers: identifiers.value,
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
