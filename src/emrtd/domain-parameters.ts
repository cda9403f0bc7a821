/**
 * The groups in which documents agree on keys, by the number that ICAO gives them or by the parameters that a card spells
 * out. What a card spells out is only looked up: the program reckons in no group that it does not know.
 * Governing text: ICAO Doc 9303-11 §9.5.1; BSI TR-03110-3 A.2.1.1; RFC 5480 §2.1, RFC 3279 §2.3.
 */
import { toHex } from "../bytes/hex.ts";
import { CURVES, type CurveName } from "../crypto/curves.table.ts";
import { dhGroup } from "../crypto/dh-group.ts";
import { DH_GROUPS, type DhGroupName } from "../crypto/dh-groups.table.ts";
import { ecGroup } from "../crypto/ec-group.ts";
import type { KeyGroup } from "../crypto/key-group.ts";
import { children, type Element, integerBytes, octets, oid } from "../pki/asn1.ts";

const DH_BY_ID: ReadonlyMap<number, DhGroupName> = new Map([
  [0, "modp1024-160"],
  [1, "modp2048-224"],
  [2, "modp2048-256"],
]);
const CURVE_BY_ID: ReadonlyMap<number, CurveName> = new Map([
  [8, "prime192v1"],
  [9, "brainpoolP192r1"],
  [10, "secp224r1"],
  [11, "brainpoolP224r1"],
  [12, "prime256v1"],
  [13, "brainpoolP256r1"],
  [14, "brainpoolP320r1"],
  [15, "secp384r1"],
  [16, "brainpoolP384r1"],
  [17, "brainpoolP512r1"],
  [18, "secp521r1"],
]);
const CURVE_BY_OID: ReadonlyMap<string, CurveName> = new Map([
  ["1.2.840.10045.3.1.1", "prime192v1"],
  ["1.3.36.3.3.2.8.1.1.3", "brainpoolP192r1"],
  ["1.3.132.0.33", "secp224r1"],
  ["1.3.36.3.3.2.8.1.1.5", "brainpoolP224r1"],
  ["1.2.840.10045.3.1.7", "prime256v1"],
  ["1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1"],
  ["1.3.36.3.3.2.8.1.1.9", "brainpoolP320r1"],
  ["1.3.132.0.34", "secp384r1"],
  ["1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1"],
  ["1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1"],
  ["1.3.132.0.35", "secp521r1"],
]);
const STANDARD_PARAMETERS = "0.4.0.127.0.7.1.2";
const EC_PUBLIC_KEY = "1.2.840.10045.2.1";
/** PKCS#3 `{ p, g, … }` and X9.42 `{ p, g, q, … }`. */
const DH_KEYS: ReadonlySet<string> = new Set(["1.2.840.113549.1.3.1", "1.2.840.10046.2.1"]);

/** The group of a standardised parameter number: 0 to 2 and 8 to 18; `undefined` for the reserved ones. */
export function standardGroup(parameterId: number): KeyGroup | undefined {
  const dh = DH_BY_ID.get(parameterId);
  if (dh !== undefined) return dhGroup(dh);
  const curve = CURVE_BY_ID.get(parameterId);
  return curve === undefined ? undefined : ecGroup(curve);
}

/**
 * The group that an AlgorithmIdentifier names: by number, by the name of a curve, or by parameters spelled out in full.
 * `undefined` when it is none of the known ones.
 */
export function groupOfAlgorithm(algorithm: Element | undefined): KeyGroup | undefined {
  const [name, parameters] = children(algorithm);
  const kind = oid(name);
  if (kind === STANDARD_PARAMETERS) return standardGroup(Number(`0x0${unsignedHex(parameters)}`));
  if (kind === EC_PUBLIC_KEY) return curveOf(parameters);
  return DH_KEYS.has(kind) ? integersOf(parameters) : undefined;
}

function curveOf(parameters: Element | undefined): KeyGroup | undefined {
  const named = CURVE_BY_OID.get(oid(parameters));
  if (named !== undefined) return ecGroup(named);
  const [, field, coefficients, base, order] = children(parameters);
  const p = unsignedHex(children(field)[1]);
  const n = unsignedHex(order);
  const [a, b] = children(coefficients).map(fieldElement);
  const x = toHex(octets(base)?.subarray(1, 1 + p.length / 2) ?? new Uint8Array(0));
  // A generator may come compressed, and its other half is settled by nothing else than a sign.
  for (const [name, row] of curves()) {
    const found = same(row.p, p) && same(row.n, n) && same(row.a, a) && same(row.b, b) && same(row.gx, x);
    if (found) return ecGroup(name);
  }
  return undefined;
}

function integersOf(parameters: Element | undefined): KeyGroup | undefined {
  const [p, g] = children(parameters).map(unsignedHex);
  for (const name of DH_BY_ID.values()) {
    const row = DH_GROUPS[name];
    if (same(row.p, p) && same(row.g, g)) return dhGroup(name);
  }
  return undefined;
}

function* curves() {
  for (const name of CURVE_BY_ID.values()) yield [name, CURVES[name]] as const;
}

/** Coefficients are octet strings, which some signers write without leading zeros. */
const fieldElement = (element: Element): string => withoutZeros(toHex(octets(element) ?? new Uint8Array(0)));

const unsignedHex = (element: Element | undefined): string => withoutZeros(toHex(integerBytes(element)));

const withoutZeros = (digits: string): string => digits.replace(/^(?:00)+/, "");

const same = (known: string, written: string | undefined): boolean =>
  written !== undefined && withoutZeros(known) === withoutZeros(written);
