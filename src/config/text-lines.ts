/**
 * Text that arrives in pieces, cut into lines for `credential-file.ts`. One piece and one line are held at a
 * time, so neither a long file nor a file without any line end takes memory. RFC 4180, one record per line.
 */

const BYTE_ORDER_MARK = "\uFEFF";

/**
 * The lines of a text without their ends, which are LF or CR LF; a byte order mark is left out. Of a line
 * longer than `mostUnits` UTF-16 code units its beginning is given, at least one unit longer than that.
 */
export function* linesOf(pieces: Iterable<string>, mostUnits: number): Generator<string, void, void> {
  let begun = "";
  let isFirst = true;
  for (const piece of pieces) {
    let start = isFirst && piece.startsWith(BYTE_ORDER_MARK) ? 1 : 0;
    if (piece !== "") isFirst = false;
    for (let end = piece.indexOf("\n", start); end >= 0; end = piece.indexOf("\n", start)) {
      yield withoutReturn(begun + piece.slice(start, end));
      begun = "";
      start = end + 1;
    }
    // A carriage return may still follow the last unit that counts.
    if (begun.length <= mostUnits + 1) begun += piece.slice(start);
  }
  if (begun !== "") yield withoutReturn(begun);
}

const withoutReturn = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line);
