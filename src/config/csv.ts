/**
 * One line of comma- or semicolon-separated values to its fields (RFC 4180, one record per line). Spreadsheets
 * of countries with a decimal comma write semicolons, so the separator is the caller's.
 */

/** The fields, trimmed and unquoted; `undefined` when a quote is not closed or stands inside a bare field. */
export function splitCsvLine(line: string, separator: string): readonly string[] | undefined {
  const fields: string[] = [];
  let at = 0;
  while (at <= line.length) {
    const field = line[at] === '"' ? quotedField(line, at, separator) : bareField(line, at, separator);
    if (field === undefined) return undefined;
    fields.push(field.value.trim());
    at = field.end + 1;
  }
  return fields;
}

interface Field {
  readonly value: string;
  /** Offset of the separator behind the field, or of the end of the line. */
  readonly end: number;
}

function bareField(line: string, start: number, separator: string): Field | undefined {
  const found = line.indexOf(separator, start);
  const end = found < 0 ? line.length : found;
  const value = line.slice(start, end);
  return value.includes('"') ? undefined : { value, end };
}

/** A quoted field; inside it a doubled quote is one quote. */
function quotedField(line: string, start: number, separator: string): Field | undefined {
  let value = "";
  let from = start + 1;
  for (;;) {
    const quote = line.indexOf('"', from);
    if (quote < 0) return undefined;
    value += line.slice(from, quote);
    const end = quote + 1;
    if (end === line.length || line[end] === separator) return { value, end };
    if (line[end] !== '"') return undefined;
    value += '"';
    from = end + 1;
  }
}
