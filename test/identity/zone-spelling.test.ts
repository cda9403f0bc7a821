import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commonLetters, zoneSpelling } from "../../src/identity/zone-spelling.ts";

describe("names as the zone spells them", () => {
  test.each([
    ["Müller-Weiß", "MUELLER<WEISS", "MULLER<WEISS"],
    ["Ägidius Ötzi", "AEGIDIUS<OETZI", "AGIDIUS<OTZI"],
    ["D'Angelo", "DANGELO", "DANGELO"],
    ["O’Brien", "OBRIEN", "OBRIEN"],
    ["Niccolò José", "NICCOLO<JOSE", "NICCOLO<JOSE"],
    ["Łukasz Żółć", "LUKASZ<ZOLC", "LUKASZ<ZOLC"],
    ["Åse Bjørn Æble", "AASE<BJOERN<AEBLE", "AASE<BJOERN<AEBLE"],
    ["Þórður Ðeik", "THORDUR<DEIK", "THORDUR<DEIK"],
    ["Işıl İnönü", "ISIL<INOENUE", "ISIL<INONU"],
    ["Peña", "PENA", "PENA"],
    ["Œuvrard Ĳsbrand Đorđe", "OEUVRARD<IJSBRAND<DORDE", "OEUVRARD<IJSBRAND<DORDE"],
    ["STRAẞE Straße", "STRASSE<STRASSE", "STRASSE<STRASSE"],
    [" Rossi  –  Bianchi / Verdi ", "ROSSI<BIANCHI<VERDI", "ROSSI<BIANCHI<VERDI"],
    ["J.R. 3rd", "JR<RD", "JR<RD"],
    ["A\u030Asa", "AASA", "AASA"],
    ["Иванов", "", ""],
    ["", "", ""],
  ])("%s", (name, twoLetters, oneLetter) => {
    expect(zoneSpelling(name, "twoLetters")).toBe(twoLetters);
    expect(zoneSpelling(name, "oneLetter")).toBe(oneLetter);
  });

  test("whatever the name, words of capitals with one filler between", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (name) => {
        expect(zoneSpelling(name, "twoLetters")).toMatch(/^([A-Z]+(<[A-Z]+)*)?$/);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("letters that all spellings share", () => {
  test.each([
    ["MUELLER", "MULLER"],
    ["MULLER", "MULLER"],
    ["AABERG", "ABERG"],
    ["SMITH<JONES", "SMITHJONES"],
    ["ROSSI", "ROSSI"],
  ])("of %s are %s", (spelling, letters) => {
    expect(commonLetters(spelling)).toBe(letters);
  });

  test("each marked letter spelt by either way leads to the same", () => {
    const either = fc.constantFrom(
      ...(["AE A", "OE O", "UE U", "AA A"].map((ways) => ways.split(" ")) as [string, string][]),
    );
    const plain = fc.constantFrom(..."ABEORSUZ").map((letter): [string, string] => [letter, letter]);
    const name = fc.array(fc.tuple(fc.oneof(either, plain), fc.boolean()), { maxLength: 12 });
    fc.assert(
      fc.property(name, (letters) => {
        const mixed = letters.map(([[long, short], isLong]) => (isLong ? long : short)).join("");
        const short = letters.map(([[, way]]) => way).join("");
        expect(commonLetters(mixed)).toBe(commonLetters(short));
      }),
      { numRuns: 2_000 },
    );
  });

  test("names that differ in more than that stay apart", () => {
    const names = [
      "ROSSI",
      "ROSI",
      "ROSSINI",
      "RUSSO",
      "MILLER",
      "MULLER",
      "MALLER",
      "MOLLER",
      "LI",
      "LEE",
      "LE",
    ];
    expect(new Set(names.map(commonLetters)).size).toBe(names.length);
  });
});
