/**
 * SubjectPublicKeyInfo in the forms that States write: curves by name or spelled out, groups of integers after PKCS#3 or
 * X9.42, and the bare number of a standardised group (RFC 5480 §2.1, RFC 3279 §2.3.3, BSI TR-03110-3 A.2.1.1).
 */
import { concat } from "../../bytes/bytes.ts";
import { bitString, octetString, oid, sequence, smallInteger, unsignedInteger } from "./der.ts";

/** y² = x³ + a·x + b modulo p, with a base point of order n; the names are those of @noble/curves. */
export interface CurveParameters {
  readonly p: bigint;
  readonly a: bigint;
  readonly b: bigint;
  readonly Gx: bigint;
  readonly Gy: bigint;
  readonly n: bigint;
}

const EC_PUBLIC_KEY = oid("1.2.840.10045.2.1");
const PRIME_FIELD = oid("1.2.840.10045.1.1");
const DH_PKCS3 = oid("1.2.840.113549.1.3.1");
const DH_X942 = oid("1.2.840.10046.2.1");
const STANDARD_PARAMETERS = oid("0.4.0.127.0.7.1.2");
const EC_PARAMETERS_VERSION = 1;
const COFACTOR = 1;
const UNCOMPRESSED = Uint8Array.of(0x04);

/** `point` is uncompressed; the curve goes by its object identifier. */
export const namedCurveKey = (curve: string, point: Uint8Array): Uint8Array =>
  sequence(sequence(EC_PUBLIC_KEY, oid(curve)), bitString(point));

/** `point` is uncompressed; the curve is spelled out, as almost all States do (ICAO Doc 9303-12 §4.4.2). */
export const explicitCurveKey = (curve: CurveParameters, point: Uint8Array): Uint8Array =>
  sequence(explicitGroup(curve), bitString(point));

/** AlgorithmIdentifier of keys on a curve that is spelled out. */
export const explicitGroup = (curve: CurveParameters): Uint8Array =>
  sequence(EC_PUBLIC_KEY, explicitParameters(curve));

function explicitParameters({ p, a, b, Gx, Gy, n }: CurveParameters): Uint8Array {
  const fieldBytes = magnitude(p).length;
  const field = (value: bigint) => padded(magnitude(value), fieldBytes);
  return sequence(
    smallInteger(EC_PARAMETERS_VERSION),
    sequence(PRIME_FIELD, unsignedInteger(magnitude(p))),
    sequence(octetString(field(a)), octetString(field(b))),
    octetString(UNCOMPRESSED, field(Gx), field(Gy)),
    unsignedInteger(magnitude(n)),
    smallInteger(COFACTOR),
  );
}

/** Modulus, base and order of a group of integers, and a number of it; most significant byte first. */
export interface IntegerGroup {
  readonly p: Uint8Array;
  readonly g: Uint8Array;
  readonly q: Uint8Array;
}

/** Parameters `{ p, g }`. */
export const pkcs3Key = ({ p, g }: IntegerGroup, number: Uint8Array): Uint8Array =>
  sequence(
    sequence(DH_PKCS3, sequence(unsignedInteger(p), unsignedInteger(g))),
    bitString(unsignedInteger(number)),
  );

/** Parameters `{ p, g, q }`. */
export const x942Key = ({ p, g, q }: IntegerGroup, number: Uint8Array): Uint8Array =>
  sequence(
    sequence(DH_X942, sequence(...[p, g, q].map(unsignedInteger))),
    bitString(unsignedInteger(number)),
  );

/** `key`: an uncompressed point, or an INTEGER for the groups of integers. */
export const standardGroupKey = (parameterId: number, key: Uint8Array): Uint8Array =>
  sequence(sequence(STANDARD_PARAMETERS, smallInteger(parameterId)), bitString(key));

/** A number, most significant byte first, no zero in front. */
function magnitude(value: bigint): Uint8Array {
  const digits = value.toString(16);
  const even = digits.padStart(digits.length + (digits.length % 2), "0");
  return Uint8Array.from(even.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

const padded = (bytes: Uint8Array, lengthBytes: number): Uint8Array =>
  concat(new Uint8Array(lengthBytes - bytes.length), bytes);
