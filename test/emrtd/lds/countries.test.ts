import { describe, expect, test } from "vitest";
import { ALPHA_2 } from "../../../src/emrtd/lds/countries.table.ts";
import { issuerOf, signerCountries } from "../../../src/emrtd/lds/countries.ts";

test.each([
  ["ITA", ["IT"]],
  ["FRA", ["FR"]],
  ["CHE", ["CH"]],
  ["USA", ["US"]],
  ["ROU", ["RO"]],
  ["SRB", ["RS"]],
  ["MNE", ["ME"]],
  ["TWN", ["TW"]],
  ["PRT", ["PT"]],
  ["PRK", ["KP"]],
])("documents of %s are signed by %j", (issuer, countries) => {
  expect(signerCountries(issuer)).toEqual(countries);
});

describe("§12 row 26: codes that are not those of ISO 3166-1", () => {
  test.each([
    ["D", ["DE"]],
    ["DEU", ["DE"]],
    ["GBR", ["GB"]],
    ["GBD", ["GB"]],
    ["GBN", ["GB"]],
    ["GBO", ["GB"]],
    ["GBP", ["GB"]],
    ["GBS", ["GB"]],
    ["CHN", ["CN", "HK", "MO"]],
    ["HKG", ["HK", "CN"]],
    ["MAC", ["MO", "CN"]],
    ["EUE", ["EU"]],
    ["UNO", ["UN"]],
    ["UNA", ["UN"]],
    ["RKS", ["KS", "XK"]],
  ])("%s: %j", (issuer, countries) => {
    expect(signerCountries(issuer)).toEqual(countries);
  });
});

test.each(["XXA", "XXB", "XXX", "UTO", "", "I", "ita", "IT", "ITAL", "__proto__"])(
  "%j issues nothing",
  (issuer) => {
    expect(signerCountries(issuer)).toEqual([]);
  },
);

test("the table has every country once, under two letters that the Unicode data know", () => {
  const names = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
  const countries = [...ALPHA_2.values()];
  expect(countries).toHaveLength(249);
  expect(new Set(countries).size).toBe(249);
  expect(countries.filter((country) => names.of(country) === undefined)).toEqual([]);
  expect([...ALPHA_2.keys()].filter((code) => !/^[A-Z]{3}$/.test(code))).toEqual([]);
});

test("an issuer is found by the two letters of its country, and signs under them", () => {
  expect(["FR", "IT", "DE", "GB"].map(issuerOf)).toEqual(["FRA", "ITA", "D", "GBR"]);
  for (const letters of ALPHA_2.values()) expect(signerCountries(issuerOf(letters) ?? "")).toContain(letters);
  for (const none of ["", "XX", "fr", "FRA"]) expect(issuerOf(none)).toBeUndefined();
});
