/**
 * Which countries a document signer's certificate may name for a document of this issuer: the step from the three
 * letters of the machine readable zone to the two of a certificate. Letters of certificates come in either case.
 * Governing text: ICAO Doc 9303-3 §5 (codes), 9303-12 §7.1.1 (countryName).
 */
import { ALPHA_2 } from "./countries.table.ts";

/** Codes that are not in ISO 3166-1, and States that sign under several names. */
const PARTICULAR: ReadonlyMap<string, readonly string[]> = new Map([
  ["D", ["DE"]],
  ["GBD", ["GB"]],
  ["GBN", ["GB"]],
  ["GBO", ["GB"]],
  ["GBP", ["GB"]],
  ["GBS", ["GB"]],
  // Hong Kong and Macao issue in the name of China, and sign under its name.
  ["CHN", ["CN", "HK", "MO"]],
  ["HKG", ["HK", "CN"]],
  ["MAC", ["MO", "CN"]],
  ["EUE", ["EU"]],
  ["UNO", ["UN"]],
  ["UNA", ["UN"]],
  // Kosovo has no code of ISO 3166-1; both of these are met.
  ["RKS", ["KS", "XK"]],
]);

/**
 * The countries, in capitals, whose certificates may sign a document of `issuer`, an issuer as `parseMrz` gives it. None
 * for a code that belongs to no issuer, such as that of a person without nationality.
 */
export function signerCountries(issuer: string): readonly string[] {
  const particular = PARTICULAR.get(issuer);
  if (particular !== undefined) return particular;
  const country = ALPHA_2.get(issuer);
  return country === undefined ? [] : [country];
}

/** The issuer, as the zone of its documents names it, of a country by its two letters; `undefined` if there is none. */
export function issuerOf(country: string): string | undefined {
  if (country === "DE") return "D";
  return [...ALPHA_2].find(([, letters]) => letters === country)?.[0];
}
