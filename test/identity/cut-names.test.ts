import { describe, expect, test } from "vitest";
import { cutNames, hadRoom } from "../../src/identity/cut-names.ts";

const formsOf = (family: string, given: string, positions: number): readonly string[] =>
  cutNames({ family, given }, positions).map((form) =>
    form.given === "" ? form.family : `${form.family}<<${form.given}`,
  );
const words = (name: string): string => name.replaceAll(" ", "<");

const CHAYAPA = ["NILAVADHANANANDA", "CHAYAPA DEJTHAMRONG KRASUANG"] as const;
const ARNPOL = ["NILAVADHANANANDA", "ARNPOL PETCH CHARONGUANG"] as const;
const DINGO = ["BENNELONG WOOLOOMOOLOO WARRANDYTE WARNAMBOOL", "DINGO POTOROO"] as const;

describe("the cut names that the standard prints (Doc 9303-4, -5 and -6 §4.2.3) are among the forms", () => {
  test.each([
    [...CHAYAPA, "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K"],
    [...ARNPOL, "NILAVADHANANANDA<<ARNPOL<PETCH<CHARONGU"],
    [...DINGO, "BENNELONG<WOOLOOMOOLOO<WARRANDYTE<W<<DI"],
    [...DINGO, "BENNELONG<WOOLOOM<WARRAND<WARNAM<<DINGO"],
    [...DINGO, "BENNEL<WOOLOO<WARRAN<WARNAM<<DINGO<POTO"],
    [...CHAYAPA, "NILAVADHANANANDA<<CHAYAPA<DE<K"],
    [...ARNPOL, "NILAVADHANANANDA<<ARNPOL<PE<CH"],
    [...DINGO, "BENNELONG<WOOLOOMOOLOO<W<W<<DI"],
    [...DINGO, "BENNE<WOOLO<WARRA<WARNA<<DIN<P"],
    [...CHAYAPA, "NILAVADHANANANDA<<CHAYAPA<DEJ<K"],
    [...DINGO, "BENNELONG<WOOLOOMOOLOO<W<W<<D<P"],
    [...DINGO, "BENNEL<WOOLO<WARRA<WARNA<<DIN<P"],
  ])("%s, %s: %s", (family, given, printed) => {
    expect(formsOf(words(family), words(given), printed.length)).toContain(printed);
  });

  test.each([
    ["PAPANDROPOULOUS", "JONATHON<ALEC", "PAPANDROPOULOUS<<JONATHON<ALEC"],
    ["PAPANDROPOULOUS", "JONATHON<WARREN<TREVOR", "PAPANDROPOULOUS<<JONATHON<WARREN<TREVOR"],
  ])("a name that just fits is its only form: %s, %s", (family, given, printed) => {
    expect(formsOf(family, given, printed.length)).toEqual([printed]);
  });
});

test("whole words of the family name may be left out", () => {
  const forms = formsOf("MONTECUCCOLI<DEGLI<ERRI<DELLA<ROVERE", "MASSIMILIANO<ALESSANDRO", 30);
  expect(forms).toContain("MONTECUCCOLI<DEGLI<ERRI<<MASSI");
});

describe("whoever stops at the last position may stop on a filler", () => {
  test.each([
    ["behind a word", "ABC", "DEF<GH", 9, "ABC<<DEF<"],
    ["behind a word of the family name", "ABC<DEF", "G", 4, "ABC<"],
    ["behind the family name", "ABCDEFGH", "IJ", 9, "ABCDEFGH<"],
    ["behind the family name and both fillers", "ABCDEFGH", "IJ", 10, "ABCDEFGH<<"],
    ["behind a word of a family name that was shortened first", "ABC<DEFGH", "IJKL", 8, "ABC<<<IJ"],
    ["behind an initial, where not all have room", "ABCDE", "FG<HI<JK", 11, "ABCDE<<F<H<"],
  ])("%s", (_, family, given, positions, form) => {
    expect(formsOf(family, given, positions)).toContain(form);
  });

  test("and on none where a letter had room", () => {
    expect(formsOf("ABC", "DEF<GH", 10).filter((form) => form.endsWith("<"))).toEqual([]);
    expect(formsOf("ABCDEFG", "HI", 10).filter((form) => form.endsWith("<"))).toEqual([]);
  });
});

test("a field has room for a letter more, or has none", () => {
  const [both, family] = [
    { family: "ABC", given: "DEF" },
    { family: "ABC", given: "" },
  ];
  expect([0, 1, 2, 3].map((fillers) => hadRoom(both, fillers))).toEqual([false, false, true, true]);
  expect([0, 1, 2, 3].map((fillers) => hadRoom(family, fillers))).toEqual([false, false, false, true]);
});

test("a name that leaves a position free is not cut", () => {
  expect(formsOf("ROSSI", "MARIO", 30)).toEqual([]);
  expect(formsOf("PAPANDROPOULOUS", "JONATHON<ALEC", 31)).toEqual([]);
  expect(formsOf("ABCDEFGHIJ", "", 11)).toEqual([]);
});

test("a family name that leaves room for a letter stays whole", () => {
  expect(formsOf("ABCDEFG", "HIJ", 10)).toEqual(["ABCDEFG<<H"]);
  expect(formsOf("ABCDEFGH", "IJ", 10)).toEqual(expect.arrayContaining(["ABCDEFG<<I", "ABCDEF<<IJ"]));
});

test("a person of one name has forms of one name", () => {
  expect(formsOf("ABCDEFGHIJKL", "", 10)).toEqual(["ABCDEFGHIJ"]);
});

test("each form fills the field to its last position, with a letter or the filler before the next word there", () => {
  for (const positions of [30, 31, 39])
    for (const [family, given] of [CHAYAPA, ARNPOL, DINGO])
      for (const form of formsOf(words(family), words(given), positions)) {
        expect(form).toHaveLength(positions);
        expect(form).toMatch(/^[A-Z]+(<[A-Z]+)*<?(<<[A-Z]+(<[A-Z]+)*<?)?$/);
      }
});

test("the forms are few, even of names of any length", () => {
  const long = Array.from({ length: 400 }, () => "ABCDEFGHIJKLMNOPQRSTUVWXYZ".repeat(4)).join("<");
  expect(cutNames({ family: long, given: long }, 39).length).toBeLessThan(2_000);
  const initials = Array.from({ length: 4_000 }, () => "A").join("<");
  expect(cutNames({ family: initials, given: initials }, 39).length).toBeLessThan(2_000);
});
