/**
 * The groups in which a virtual document agrees on keys: curves by @noble/curves, integers by plain powers, and the
 * integrated mapping by square roots where the reader takes powers. Elements are bytes as they are sent: `04‖x‖y` with
 * coordinates as long as the field, or an integer as long as p.
 * Governing text: ICAO Doc 9303-11 §9.5, appendix B; BSI TR-03110-3 A.2.
 */
import { type WeierstrassPointCons, weierstrass } from "@noble/curves/abstract/weierstrass.js";
import { brainpoolP256r1, brainpoolP384r1, brainpoolP512r1 } from "@noble/curves/misc.js";
import { p256, p384, p521 } from "@noble/curves/nist.js";
import { concat } from "../../bytes/bytes.ts";
import { toHex } from "../../bytes/hex.ts";
import type { ParameterId } from "./content.ts";
import { CURVES, type CurveNumbers, INTEGERS, type IntegerNumbers } from "./groups.table.ts";
import { bytesOf, numberOf, power } from "./numbers.ts";
import { Remembered } from "./remembered.ts";

/** Elements that are none, or that lead an agreement to a secret which anybody can guess. */
export type BadElement =
  /** Not a point of the curve; an integer that is not below p. */
  | "invalid"
  /** The point at infinity; one. */
  | "neutral"
  /** A point with y = 0 on another curve; p - 1. */
  | "orderTwo"
  /** A coordinate beyond the field; an integer in a small subgroup. */
  | "outside";

export interface ChipGroup {
  readonly kind: "DH" | "ECDH";
  readonly order: bigint;
  readonly orderBytes: number;
  readonly fieldBits: number;
  readonly generator: Uint8Array;
  /** Whether the other side may send this as its public key. */
  isElement(element: Uint8Array): boolean;
  /** `secret` is not zero modulo the order. */
  multiply(secret: bigint, element: Uint8Array): Uint8Array;
  add(left: Uint8Array, right: Uint8Array): Uint8Array;
  /** What keys are derived from: the x-coordinate, or the integer itself, with the zeros in front. */
  sharedSecret(element: Uint8Array): Uint8Array;
  /** The element that a number leads to by the integrated mapping. Throws where the field has none (secp224r1). */
  integrated(number: Uint8Array): Uint8Array;
  bad(kind: BadElement): Uint8Array;
}

type Curve = WeierstrassPointCons<bigint>;

const fromHex = (digits: string): bigint => BigInt(`0x${digits}`);

function built({ p, a, b, gx, gy, n }: CurveNumbers): Curve {
  const numbers = { p: fromHex(p), a: fromHex(a), b: fromHex(b), n: fromHex(n), h: 1n };
  return weierstrass({ ...numbers, Gx: fromHex(gx), Gy: fromHex(gy) });
}

const MAKERS: ReadonlyMap<ParameterId, () => ChipGroup> = new Map([
  ...Object.entries(INTEGERS).map(([id, numbers]) => [Number(id), () => integers(numbers)] as const),
  ...Object.entries(CURVES).map(([id, numbers]) => [Number(id), () => curve(built(numbers))] as const),
  [12, () => curve(p256.Point)],
  [13, () => curve(brainpoolP256r1.Point)],
  [15, () => curve(p384.Point)],
  [16, () => curve(brainpoolP384r1.Point)],
  [17, () => curve(brainpoolP512r1.Point)],
  [18, () => curve(p521.Point)],
]);

const made = new Map<ParameterId, ChipGroup>();

/** The group of a number, made when it is first asked for. Throws for a number that stands for none. */
export function chipGroup(id: ParameterId): ChipGroup {
  const known = made.get(id);
  if (known !== undefined) return known;
  const make = MAKERS.get(id);
  if (make === undefined) throw new RangeError(`no group has the number ${id}`);
  const group = withMemory(make());
  made.set(id, group);
  return group;
}

function withMemory(group: ChipGroup): ChipGroup {
  const products = new Remembered<Uint8Array>();
  const elements = new Remembered<boolean>();
  return {
    ...group,
    isElement: (element) => elements.get(toHex(element), () => group.isElement(element)),
    multiply: (secret, element) => {
      const key = `${secret.toString(16)} ${toHex(element)}`;
      // A copy: what is done to one answer must not be done to the next.
      return products.get(key, () => group.multiply(secret, element)).slice();
    },
  };
}

function curve(Point: Curve): ChipGroup {
  const { Fp, Fn, BASE } = Point;
  const generator = BASE.toBytes(false);
  const coordinates = (x: Uint8Array, y: Uint8Array) => concat(Uint8Array.of(0x04), x, y);
  const y = generator.subarray(1 + Fp.BYTES);
  const bad: Readonly<Record<BadElement, Uint8Array>> = {
    invalid: coordinates(generator.subarray(1, 1 + Fp.BYTES), bytesOf(numberOf(y) ^ 1n, Fp.BYTES)),
    neutral: Uint8Array.of(0x00),
    orderTwo: coordinates(generator.subarray(1, 1 + Fp.BYTES), new Uint8Array(Fp.BYTES)),
    outside: coordinates(new Uint8Array(Fp.BYTES).fill(0xff), y),
  };
  return {
    kind: "ECDH",
    order: Fn.ORDER,
    orderBytes: Fn.BYTES,
    fieldBits: Fp.BITS,
    generator,
    isElement: (element) => isPoint(Point, element),
    multiply: (secret, element) =>
      Point.fromBytes(element)
        .multiply(secret % Fn.ORDER)
        .toBytes(false),
    add: (left, right) => Point.fromBytes(left).add(Point.fromBytes(right)).toBytes(false),
    sharedSecret: (element) => element.slice(1, 1 + Fp.BYTES),
    integrated: (number) => integratedPoint(Point, numberOf(number)),
    bad: (kind) => bad[kind],
  };
}

/** The equation itself: the package would throw on what does not fulfil it. */
function isPoint(Point: Curve, element: Uint8Array): boolean {
  const { Fp } = Point;
  const [x, y] = [element.subarray(1, 1 + Fp.BYTES), element.subarray(1 + Fp.BYTES)].map(numberOf);
  if (element[0] !== 0x04 || element.length !== 1 + 2 * Fp.BYTES || x === undefined || y === undefined)
    return false;
  return x < Fp.ORDER && y < Fp.ORDER && Fp.eql(Fp.sqr(y), rightSide(Point, x));
}

/** x³ + a·x + b. */
function rightSide(Point: Curve, x: bigint): bigint {
  const { Fp } = Point;
  const { a, b } = Point.CURVE();
  return Fp.add(Fp.mul(Fp.add(Fp.sqr(x), a), x), b);
}

/** Simplified SWU map of appendix B.2, for p = 3 mod 4. Of a square the root is y; of any other number it is its negative's, and y goes by -u³. */
function integratedPoint(Point: Curve, number: bigint): Uint8Array {
  const { Fp } = Point;
  const { a, b } = Point.CURVE();
  if (Fp.ORDER % 4n !== 3n) throw new RangeError("this field has no integrated mapping");
  const u = number % Fp.ORDER;
  const alpha = Fp.neg(Fp.sqr(u));
  const bracket = Fp.add(Fp.ONE, Fp.inv(Fp.add(alpha, Fp.sqr(alpha))));
  const x2 = Fp.mul(Fp.neg(Fp.div(b, a)), bracket);
  const h2 = rightSide(Point, x2);
  const isSquare = Fp.eql(Fp.pow(h2, (Fp.ORDER - 1n) / 2n), Fp.ONE);
  const root = Fp.pow(h2, (Fp.ORDER + 1n) / 4n);
  const y3 = Fp.neg(Fp.mul(Fp.mul(Fp.sqr(u), u), root));
  const point = isSquare ? { x: x2, y: root } : { x: Fp.mul(alpha, x2), y: y3 };
  return Point.fromAffine(point).toBytes(false);
}

function integers(numbers: IntegerNumbers): ChipGroup {
  const [p, g, q] = [fromHex(numbers.p), fromHex(numbers.g), fromHex(numbers.q)];
  const lengthBytes = numbers.p.length / 2;
  const element = (value: bigint) => bytesOf(value, lengthBytes);
  const bad: Readonly<Record<BadElement, () => bigint>> = {
    invalid: () => p,
    neutral: () => 1n,
    orderTwo: () => p - 1n,
    outside: () => power(2n, q, p),
  };
  return {
    kind: "DH",
    order: q,
    orderBytes: numbers.q.length / 2,
    fieldBits: lengthBytes * 8,
    generator: element(g),
    isElement: (bytes) => {
      const value = numberOf(bytes);
      return bytes.length === lengthBytes && value > 1n && value < p - 1n && power(value, q, p) === 1n;
    },
    multiply: (secret, bytes) => element(power(numberOf(bytes), secret, p)),
    add: (left, right) => element((numberOf(left) * numberOf(right)) % p),
    sharedSecret: (bytes) => bytes,
    integrated: (number) => element(power(numberOf(number), (p - 1n) / q, p)),
    bad: (kind) => element(bad[kind]()),
  };
}
