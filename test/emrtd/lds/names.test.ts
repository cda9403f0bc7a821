import fc from "fast-check";
import { expect, test } from "vitest";
import { namesIn, splitNames } from "../../../src/emrtd/lds/names.ts";

test.each([
  ["ERIKSSON<<ANNA<MARIA<<<<<", "ERIKSSON", "ANNA MARIA"],
  ["SINGH<<<<<<<", "SINGH", ""],
  ["SINGH", "SINGH", ""],
  ["<<ANNA", "", "ANNA"],
  ["VON<DER<HEIDE<<A<<B", "VON DER HEIDE", "A B"],
  ["D'ANGELO<<MARIA<DELL'ASSUNTA", "D'ANGELO", "MARIA DELL'ASSUNTA"],
  [" MÜLLER-WEIß <<  NICCOLÒ  JOSÉ ", "MÜLLER-WEIß", "NICCOLÒ JOSÉ"],
  ["赵彬", "赵彬", ""],
])("%s is %j and %j", (written, primary, secondary) => {
  expect(splitNames(written)).toEqual({ primary, secondary });
});

test.each(["", "<<", "<<<<<<<", " << "])("%j is nobody's name", (written) => {
  expect(namesIn(written)).toBeUndefined();
});

test("no name has a filler, a double blank, or a blank at its ends", () => {
  const written = fc.string({ unit: fc.constantFrom("<", " ", "A", "É", "\t"), maxLength: 40 });
  fc.assert(
    fc.property(written, (text) => {
      for (const name of Object.values(splitNames(text))) {
        expect(name).not.toMatch(/<|\s\s|^\s|\s$/);
      }
    }),
  );
});
