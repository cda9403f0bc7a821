// The list that an operator brings, as a spreadsheet or a membership program writes it. Numbers are invented.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { credentialRows, repeatedHolder, sharedName } from "../../src/config/credential-file.ts";
import { validityEnd, validityStart } from "../../src/config/validity.ts";

const HEADER = "kind,identifier,group,from,until,reference";
const parse = (text: string, hexIdentifiers: "accepted" | "refused" = "refused") => [
  ...credentialRows([text], { hexIdentifiers }),
];
const rowsOf = (text: string) => parse(text).map((checked) => (checked.ok ? checked.value : checked.error));
const ascii = (text: string) => new TextEncoder().encode(text);
/** What a row with a number alone names. */
const number = (text: string) => [{ kind: "nis", bytes: ascii(text) }];
const utc = (year: number, month: number, day: number, hour = 0) => Date.UTC(year, month - 1, day, hour);

describe("good rows", () => {
  test("a full row; the day in until is wholly included, in UTC", () => {
    expect(rowsOf(`${HEADER}\nnis,000000000017,members,2026-09-01,2027-06-30,M-1042\n`)).toEqual([
      {
        row: 2,
        identifiers: number("000000000017"),
        group: "members",
        validFrom: utc(2026, 9, 1),
        validUntil: utc(2027, 7, 1),
        reference: "M-1042",
      },
    ]);
  });

  test("only identifier and group are required, in any order of columns", () => {
    expect(rowsOf("group,identifier\nstaff,123456789012")).toEqual([
      { row: 2, identifiers: number("123456789012"), group: "staff" },
    ]);
  });

  test.each([
    ["a byte order mark", `\uFEFFidentifier,group\n123456789012,staff\n`],
    ["lines ending in CR LF", "identifier,group\r\n123456789012,staff\r\n"],
    ["semicolons, as spreadsheets of many countries write", "identifier;group\n123456789012;staff\n"],
    ["quoted fields", 'identifier,"group"\n"123456789012","staff"\n'],
    ["blanks round fields and blank lines", "identifier, group\n\n 123456789012 , staff \n\n"],
    ["no line end at the end", "identifier,group\n123456789012,staff"],
  ])("%s", (_, text) => {
    expect(rowsOf(text)).toMatchObject([{ identifiers: number("123456789012"), group: "staff" }]);
  });

  test("a quoted reference may hold the separator and doubled quotes", () => {
    expect(rowsOf('identifier,group,reference\n123456789012,staff,"desk ""A"", 2"')).toMatchObject([
      { reference: 'desk "A", 2' },
    ]);
  });

  test("24 hex digits of ASCII digits, only when asked for", () => {
    const text = "identifier,group\n303030303030303030303137,staff";
    expect(parse(text, "accepted")).toMatchObject([
      { ok: true, value: { identifiers: number("000000000017") } },
    ]);
    expect(parse(text)[0]?.ok).toBe(false);
  });
});

describe("holders who are named otherwise", () => {
  const named = (header: string, row: string) =>
    parse(`${header},group\n${row},members`).map((checked) =>
      checked.ok
        ? checked.value.identifiers.map(({ kind, bytes }) => `${kind} ${new TextDecoder().decode(bytes)}`)
        : checked.error.reason,
    )[0];

  test.each([
    ["issuer,document_number", "ITA,CA 31415-ab", ["doc ITACA31415AB"]],
    ["document_number,issuer", "C01X0006H,DEU", ["doc D<<C01X0006H"]],
    ["fiscal_code", "bncgnn85c21f205h", ["cf BNCGNN85C21F205H"]],
    ["family_name,given_name,birth_date", "D'Angelo,Niccolò,1985-03-21", ["name DANGELO<NICCOLO<19850321"]],
    ["family_name,birth_date", "Suharto,1921-06-08", ["name SUHARTO<<19210608"]],
  ])("by %s", (header, row, expected) => {
    expect(named(header, row)).toEqual(expected);
  });

  test("by everything that is known: the surest comes first, empty fields name nobody", () => {
    const header = "family_name,given_name,birth_date,fiscal_code,issuer,document_number,identifier";
    expect(named(header, "Bianchi,Ada,1985-03-21,BNCGNN85C21F205H,ITA,CA31415AB,000000000017")).toEqual([
      "nis 000000000017",
      "doc ITACA31415AB",
      "cf BNCGNN85C21F205H",
      "name BIANCHI<ADA<19850321",
    ]);
    expect(named(header, ",,,,ITA,CA31415AB,")).toEqual(["doc ITACA31415AB"]);
  });

  test("by a long name: each way in which a document may have cut it is a further identifier", () => {
    const found = named(
      "family_name,given_name,birth_date",
      "Bianchi Verdi,Giovanni Mariano Luigi,1985-03-21",
    );
    expect(found).toContain("name BIANCHIVERDI<GIOVANNIMARIAN<19850321<30");
    expect(found?.length).toBeGreaterThan(2);
  });

  test.each([
    ["issuer,document_number", ",CA31415AB", /^issuer, document_number: /],
    ["issuer,document_number", "ITA,", /^document_number: it goes with issuer$/],
    ["issuer,document_number", "ITA,CA3141?", /^issuer, document_number: /],
    ["fiscal_code", "BNCGNN85C21F205", /^fiscal_code: 16 characters/],
    ["fiscal_code", "BNCGNN85C21F205A", /^fiscal_code: its last letter/],
    ["family_name,birth_date", "Bianchi,", /^birth_date: /],
    ["family_name,birth_date", "Bianchi,1985-02-30", /^birth_date: /],
    ["family_name,birth_date", ",1985-02-03", /^family_name/],
    ["family_name,birth_date", "Мария,1985-02-03", /^family_name/],
    ["issuer,document_number,fiscal_code", ",,", /^nobody is named/],
  ])("by %s that is %s: refused without showing it", (header, row, reason) => {
    expect(named(header, row)).toMatch(reason);
    for (const value of row.split(",")) if (value.length > 3) expect(named(header, row)).not.toContain(value);
  });

  test("the same holder twice is told by rows; of namesakes what to do", () => {
    expect(repeatedHolder({ row: 3, firstRow: 2, kind: "doc" })).toEqual({
      row: 3,
      reason: "the same identifier as row 2",
    });
    expect(repeatedHolder({ row: 3, firstRow: 2, kind: "name" }).reason).toMatch(
      /a document number .* tells/,
    );
    expect(sharedName({ row: 3, firstRow: 2, kind: "name" }).reason).toMatch(
      /row 2 by one name, which meets neither/,
    );
  });
});

describe("bad rows, by row number and reason", () => {
  const IDENTIFIER =
    "identifier: exactly 12 digits (a spreadsheet may have cut leading zeros or written an exponent)";
  const GROUP = "group: 1 to 63 of a-z, 0-9 and -, not beginning with -";
  const day = (column: string) => `${column}: a day as YYYY-MM-DD, or an instant as YYYY-MM-DDThh:mm:ssZ`;
  test.each([
    ["leading zeros lost", "nis,17,members,,,", IDENTIFIER],
    ["an exponent", "nis,1.23457E+11,members,,,", IDENTIFIER],
    ["letters", "nis,12345678901a,members,,,", IDENTIFIER],
    ["thirteen digits", "nis,1234567890123,members,,,", IDENTIFIER],
    ["no group", "nis,123456789012,,,,", GROUP],
    ["a group with capitals", "nis,123456789012,Members,,,", GROUP],
    ["another kind", "doc,123456789012,members,,,", "kind: only nis is known"],
    ["a date of another country", "nis,123456789012,members,01/09/2026,,", day("from")],
    ["a date that does not exist", "nis,123456789012,members,,2027-02-29,", day("until")],
    ["an end before its start", "nis,123456789012,members,2027-01-02,2027-01-01,", "until: not before from"],
    ["a long reference", `nis,123456789012,members,,,${"x".repeat(65)}`, "reference: at most 64 characters"],
    ["a field too few", "nis,123456789012,members,,", "5 fields where the header has 6"],
    ["a field too many", "nis,123456789012,members,,,,", "7 fields where the header has 6"],
    [
      "an open quote",
      'nis,123456789012,members,,,"x',
      "a quote that is not closed, or in the middle of a field",
    ],
    [
      "a quote in the middle",
      'nis,123456789012,members,,,x"y"',
      "a quote that is not closed, or in the middle of a field",
    ],
    ["an endless line", `nis,123456789012,members,,,${"x".repeat(2000)}`, "longer than 1024 characters"],
  ])("%s", (_, line, reason) => {
    expect(rowsOf(`${HEADER}\n${line}\nnis,999999999999,staff,,,`)).toEqual([
      { row: 2, reason },
      { row: 3, identifiers: number("999999999999"), group: "staff" },
    ]);
  });

  test.each([
    ["an empty file", ""],
    ["no header", "123456789012,members"],
    ["an unknown column", "identifier,group,name\n123456789012,members,x"],
    ["a column twice", "identifier,group,group\n123456789012,members,members"],
    ["no group column", "identifier\n123456789012"],
    ["no column that names anybody", "group,reference\nmembers,M-1"],
    ["half of a document", "issuer,group\nITA,members"],
    ["half of a document beside a whole name", "identifier,issuer,group\n123456789012,ITA,members"],
    ["a name without its date", "family_name,given_name,group\nBianchi,Ada,members"],
    ["a kind of nothing", "kind,fiscal_code,group\nnis,BNCGNN85C21F205H,members"],
  ])("%s gives one problem, of row 1", (_, text) => {
    expect(rowsOf(text)).toMatchObject([{ row: 1 }]);
  });

  test("never shows a value, whichever field the identifier slipped into", () => {
    const fields = ["nis", "members", "2026-09-01", "2027-06-30", "M-1"];
    for (let at = 0; at <= fields.length; at++) {
      const line = [...fields.slice(0, at), "987654321098", ...fields.slice(at)];
      for (const row of parse(`${HEADER}\n${line.join(",")}\n${line.slice(1).join(",")}`)) {
        if (!row.ok) expect(JSON.stringify(row.error)).not.toContain("98765");
      }
    }
  });
});

test("two hundred thousand rows are read", () => {
  const lines = Array.from({ length: 200_000 }, (_, number) => `${String(number).padStart(12, "0")},members`);
  let good = 0;
  for (const row of credentialRows([`identifier,group\n${lines.join("\n")}`], { hexIdentifiers: "refused" }))
    if (row.ok) good++;
  expect(good).toBe(200_000);
});

test("no text makes it throw or loop", () => {
  const noise = fc.stringMatching(/^[0-9a,;"\r\n -]{0,80}$/);
  fc.assert(
    fc.property(
      noise,
      fc.constantFrom("", `${HEADER}\n`, "identifier;group\n", "family_name,birth_date,group\n"),
      (text, header) => {
        expect(parse(header + text).length).toBeLessThan(100);
      },
    ),
  );
});

describe("validity", () => {
  test.each([
    ["2026-11-22", utc(2026, 11, 22), utc(2026, 11, 23)],
    ["2028-02-29", utc(2028, 2, 29), utc(2028, 3, 1)],
    ["1970-01-01", 0, utc(1970, 1, 2)],
    ["2026-12-31", utc(2026, 12, 31), utc(2027, 1, 1)],
    ["2026-11-22T18:00:00Z", utc(2026, 11, 22, 18), utc(2026, 11, 22, 18)],
    ["2026-11-22T18:00+02:00", utc(2026, 11, 22, 16), utc(2026, 11, 22, 16)],
    ["2026-11-22T18:00:00.5-01:00", utc(2026, 11, 22, 19) + 500, utc(2026, 11, 22, 19) + 500],
  ])("%s", (text, start, end) => {
    expect(validityStart(text)).toBe(start);
    expect(validityEnd(text)).toBe(end);
  });

  test.each([
    "",
    "2026-1-1",
    "2026-13-01",
    "2026-00-10",
    "2026-04-31",
    "2027-02-29",
    "2026-11-22T24:00Z",
    "2026-11-22T18:00",
    "20261122",
    "tomorrow",
  ])("%j is no time", (text) => {
    expect(validityStart(text)).toBeUndefined();
    expect(validityEnd(text)).toBeUndefined();
  });

  test("every day agrees with the platform's calendar", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date("0001-01-01"), max: new Date("9998-12-31"), noInvalidDate: true }),
        (date) => {
          const text = date.toISOString();
          expect(validityStart(text)).toBe(date.getTime());
          expect(validityStart(text.slice(0, 10))).toBe(Date.parse(text.slice(0, 10)));
        },
      ),
    );
  });
});
