/**
 * A chip's arithmetic, apart from the reader's: points by @noble/curves, integers by plain powers, and the integrated
 * mapping by roots instead of the reader's powers. Slow, and of the shape the test's chip needs.
 */
import { toHex } from "../../src/bytes/hex.ts";
import { toFixedBytes, toInteger } from "../../src/crypto/big-endian.ts";
import type { CurveName } from "../../src/crypto/curves.table.ts";
import { DH_GROUPS, type DhGroupName } from "../../src/crypto/dh-groups.table.ts";
import { NOBLE } from "./noble-curves.ts";

export interface ChipGroup {
  readonly keyTag: 0x84 | 0x86;
  readonly order: bigint;
  readonly fieldBits: number;
  readonly generator: Uint8Array;
  multiply(secret: bigint, element: Uint8Array): Uint8Array;
  add(left: Uint8Array, right: Uint8Array): Uint8Array;
  shared(element: Uint8Array): Uint8Array;
  integrated(number: Uint8Array): Uint8Array;
}

export function chipCurve(name: CurveName): ChipGroup {
  const Point = NOBLE[name];
  const { Fp } = Point;
  const { a, b } = Point.CURVE();
  const rightSide = (x: bigint) => Fp.add(Fp.mul(Fp.add(Fp.sqr(x), a), x), b);
  return {
    keyTag: 0x86,
    order: Point.Fn.ORDER,
    fieldBits: Fp.BITS,
    generator: Point.BASE.toBytes(false),
    multiply: (secret, element) => Point.fromBytes(element).multiply(secret).toBytes(false),
    add: (left, right) => Point.fromBytes(left).add(Point.fromBytes(right)).toBytes(false),
    shared: (element) => element.slice(1, 1 + Fp.BYTES),
    integrated: (number) => {
      const u = toInteger(number) % Fp.ORDER;
      const alpha = Fp.neg(Fp.sqr(u));
      const bracket = Fp.add(Fp.ONE, Fp.inv(Fp.add(alpha, Fp.sqr(alpha))));
      const x2 = Fp.mul(Fp.neg(Fp.div(b, a)), bracket);
      const h2 = rightSide(x2);
      // Of a square the root is y; of any other number it is that of its negative, and y goes by -u³.
      const isSquare = Fp.eql(Fp.pow(h2, (Fp.ORDER - 1n) / 2n), Fp.ONE);
      const root = Fp.pow(h2, (Fp.ORDER + 1n) / 4n);
      const y3 = Fp.neg(Fp.mul(Fp.mul(Fp.sqr(u), u), root));
      const point = isSquare ? { x: x2, y: root } : { x: Fp.mul(alpha, x2), y: y3 };
      return Point.fromAffine(point).toBytes(false);
    },
  };
}

export function chipIntegers(name: DhGroupName): ChipGroup {
  const [p = 0n, g = 0n, q = 0n] = [DH_GROUPS[name].p, DH_GROUPS[name].g, DH_GROUPS[name].q].map((digits) =>
    BigInt(`0x${digits}`),
  );
  const lengthBytes = DH_GROUPS[name].p.length / 2;
  const raise = (base: bigint, exponent: bigint): bigint => {
    let [result, square] = [1n, base % p];
    for (let rest = exponent; rest > 0n; rest >>= 1n) {
      if ((rest & 1n) === 1n) result = (result * square) % p;
      square = (square * square) % p;
    }
    return result;
  };
  const bytes = (value: bigint) => toFixedBytes(value, lengthBytes);
  return {
    keyTag: 0x84,
    order: q,
    fieldBits: lengthBytes * 8,
    generator: bytes(g),
    multiply: (secret, element) => bytes(raise(BigInt(`0x${toHex(element)}`), secret)),
    add: (left, right) => bytes((toInteger(left) * toInteger(right)) % p),
    shared: (element) => element,
    integrated: (number) => bytes(raise(toInteger(number), (p - 1n) / q)),
  };
}
