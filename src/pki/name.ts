/**
 * Names of issuers and subjects (X.501). States spell one name in several ways: other case, other string types, doubled
 * blanks, parts in another order; so names are compared as folded sets of pairs. A name only proposes a certificate,
 * the signature decides (ICAO Doc 9303-12 §7.1.1).
 */
import { children, type Element, oid, text } from "./asn1.ts";

export interface Name {
  /** For comparing and as a key of a table: equal for every spelling of the name. */
  readonly key: string;
  /** For people, such as `C=IT, O=Ministry of Interior, CN=eIdentityCardSigner`; no control characters. */
  readonly text: string;
  /** Two letters in upper case as the name gives them, "" if it gives none. */
  readonly country: string;
  /** As the name gives it; "" if it gives none, or more than one. */
  readonly commonName: string;
  /** True if the name says that it belongs to a test, such as `Italian Country Signer CA - TEST`. */
  readonly isTest: boolean;
}

const COUNTRY = "2.5.4.6";
const COMMON_NAME = "2.5.4.3";
/** Labels of RFC 4514 §3; any other attribute shows its object identifier. */
const LABELS: Readonly<Record<string, string>> = {
  [COMMON_NAME]: "CN",
  "2.5.4.5": "serialNumber",
  [COUNTRY]: "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
};
/** Rather one name too many: a test authority that is not known for one vouches for cards at a real gate. */
const OF_A_TEST = /(?<!con)test(?!ament)/i;
/** More than this of one value is no name any more. */
const MAX_VALUE_UNITS = 256;

/** Reads `SEQUENCE OF SET OF SEQUENCE { type, value }`; `undefined` if an attribute has another shape. */
export function readName(element: Element): Name | undefined {
  const pairs: (readonly [type: string, value: string])[] = [];
  for (const attribute of children(element).flatMap(children)) {
    const [type, content] = children(attribute);
    const value = text(content);
    if (oid(type) === "" || value === undefined) return undefined;
    pairs.push([oid(type), printable(value)]);
  }
  const commonNames = pairs.filter(([type]) => type === COMMON_NAME);
  const folded = pairs.map(([type, value]) => `${type}=${value.toLowerCase()}`);
  return {
    key: [...new Set(folded)].sort().join(", "),
    text: pairs.map(([type, value]) => `${LABELS[type] ?? type}=${value}`).join(", "),
    country: pairs.find(([type]) => type === COUNTRY)?.[1].toUpperCase() ?? "",
    commonName: commonNames.length === 1 ? (commonNames[0]?.[1] ?? "") : "",
    isTest: pairs.some(([, value]) => OF_A_TEST.test(value)),
  };
}

const printable = (value: string): string =>
  value
    .slice(0, MAX_VALUE_UNITS)
    .replaceAll(/[\p{C}\s]+/gu, " ")
    .trim();
