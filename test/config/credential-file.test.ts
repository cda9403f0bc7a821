// The list that an operator brings, as a spreadsheet or a membership program writes it. Numbers are invented.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { credentialRows } from "../../src/config/credential-file.ts";
import { validityEnd, validityStart } from "../../src/config/validity.ts";

const HEADER = "kind,identifier,group,from,until,reference";
const parse = (text: string, hexIdentifiers: "accepted" | "refused" = "refused") => [
  ...credentialRows([text], { hexIdentifiers }),
];
const rowsOf = (text: string) => parse(text).map((checked) => (checked.ok ? checked.value : checked.error));
const digits = (text: string) => new TextEncoder().encode(text);
const utc = (year: number, month: number, day: number, hour = 0) => Date.UTC(year, month - 1, day, hour);

describe("good rows", () => {
  test("a full row; the day in until is wholly included, in UTC", () => {
    expect(rowsOf(`${HEADER}\nnis,000000000017,members,2026-09-01,2027-06-30,M-1042\n`)).toEqual([
      {
        row: 2,
        kind: "nis",
        identifier: digits("000000000017"),
        group: "members",
        validFrom: utc(2026, 9, 1),
        validUntil: utc(2027, 7, 1),
        reference: "M-1042",
      },
    ]);
  });

  test("only identifier and group are required, in any order of columns", () => {
    expect(rowsOf("group,identifier\nstaff,123456789012")).toEqual([
      { row: 2, kind: "nis", identifier: digits("123456789012"), group: "staff" },
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
    expect(rowsOf(text)).toMatchObject([{ kind: "nis", identifier: digits("123456789012"), group: "staff" }]);
  });

  test("a quoted reference may hold the separator and doubled quotes", () => {
    expect(rowsOf('identifier,group,reference\n123456789012,staff,"desk ""A"", 2"')).toMatchObject([
      { reference: 'desk "A", 2' },
    ]);
  });

  test("24 hex digits of ASCII digits, only when asked for", () => {
    const text = "identifier,group\n303030303030303030303137,staff";
    expect(parse(text, "accepted")).toMatchObject([
      { ok: true, value: { identifier: digits("000000000017") } },
    ]);
    expect(parse(text)[0]?.ok).toBe(false);
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
      { row: 3, kind: "nis", identifier: digits("999999999999"), group: "staff" },
    ]);
  });

  test.each([
    ["an empty file", ""],
    ["no header", "123456789012,members"],
    ["an unknown column", "identifier,group,name\n123456789012,members,x"],
    ["a column twice", "identifier,group,group\n123456789012,members,members"],
    ["no group column", "identifier\n123456789012"],
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
    fc.property(noise, fc.constantFrom("", `${HEADER}\n`, "identifier;group\n"), (text, header) => {
      expect(parse(header + text).length).toBeLessThan(100);
    }),
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
