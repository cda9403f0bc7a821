/**
 * The elliptic curves of documents as groups for key agreement. Products with secrets are OpenSSL's
 * (`curve-product.ts`); what is left, one addition and the tests of a stranger's point, is small arithmetic here.
 * ICAO Doc 9303-11 §4.4.3.3 (mappings), §9.5.1 (curves), §9.6.2 (checks); BSI TR-03111 §4.
 */
import { concat, equalBytes } from "../bytes/bytes.ts";
import { hex } from "../bytes/hex.ts";
import type { Random } from "../ports/random.ts";
import { inverse, modulo, power, toFixedBytes, toInteger } from "./big-endian.ts";
import { CurveProduct } from "./curve-product.ts";
import { CURVES, type CurveName } from "./curves.table.ts";
import { drawBelow, type KeyGroup, reduced } from "./key-group.ts";

/** First byte of an uncompressed point. */
const UNCOMPRESSED = 0x04;

interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

class EcGroup implements KeyGroup {
  readonly kind = "ECDH";
  readonly generator: Uint8Array;
  readonly fieldBits: number;
  readonly #fieldBytes: number;
  readonly #p: bigint;
  readonly #a: bigint;
  readonly #b: bigint;
  readonly #n: bigint;
  readonly #product: CurveProduct;

  constructor(name: CurveName) {
    const row = CURVES[name];
    this.generator = concat(Uint8Array.of(UNCOMPRESSED), hex(row.gx), hex(row.gy));
    this.#fieldBytes = row.p.length / 2;
    this.#p = toInteger(hex(row.p));
    this.#a = toInteger(hex(row.a));
    this.#b = toInteger(hex(row.b));
    this.#n = toInteger(hex(row.n));
    this.fieldBits = this.#p.toString(2).length;
    this.#product = new CurveProduct(name);
  }

  newSecret(random: Random): Uint8Array {
    return drawBelow(this.#n, random);
  }

  /** Cofactors are 1, so that every point of the curve but infinity is of the one prime order. */
  isElement(bytes: Uint8Array): boolean {
    if (bytes.length !== this.generator.length || bytes[0] !== UNCOMPRESSED) return false;
    const { x, y } = this.#decode(bytes);
    return x < this.#p && y < this.#p && modulo(y * y - this.#rightSide(x), this.#p) === 0n;
  }

  times(secret: Uint8Array, element: Uint8Array): Uint8Array | undefined {
    const scalar = reduced(secret, this.#n, this.#fieldBytes);
    if (scalar === undefined) return undefined;
    const isGenerator = equalBytes(element, this.generator);
    const product = isGenerator ? this.#product.ofGenerator(scalar) : this.#product.of(scalar, element);
    scalar.fill(0);
    return product;
  }

  plus(left: Uint8Array, right: Uint8Array): Uint8Array | undefined {
    const p = this.#p;
    const [one, other] = [this.#decode(left), this.#decode(right)];
    if (one.x === other.x && one.y !== other.y) return undefined;
    const slope =
      one.x === other.x
        ? (3n * one.x * one.x + this.#a) * inverse(2n * one.y, p)
        : (other.y - one.y) * inverse(other.x - one.x, p);
    const x = modulo(slope * slope - one.x - other.x, p);
    return this.#encode({ x, y: modulo(slope * (one.x - x) - one.y, p) });
  }

  sharedSecret(element: Uint8Array): Uint8Array {
    return element.slice(1, 1 + this.#fieldBytes);
  }

  /** The map of Brier, Coron and others in the form of ICAO Doc 9303-11 appendix B.2; it needs p = 3 modulo 4. */
  fromNumber(number: Uint8Array): Uint8Array | undefined {
    const p = this.#p;
    if (p % 4n !== 3n) throw new RangeError("the integrated mapping is not defined on this curve");
    const u = toInteger(number) % p;
    const alpha = modulo(-u * u, p);
    const denominator = modulo(alpha + alpha * alpha, p);
    if (denominator === 0n) return undefined;
    const x2 = modulo(-this.#b * inverse(this.#a, p) * (1n + inverse(denominator, p)), p);
    const h2 = modulo(this.#rightSide(x2), p);
    const root = power(h2, p - 1n - (p + 1n) / 4n, p);
    if ((root * root * h2) % p === 1n) return this.#encode({ x: x2, y: (root * h2) % p });
    return this.#encode({ x: (alpha * x2) % p, y: (root * u * u * u * h2) % p });
  }

  #rightSide(x: bigint): bigint {
    return (x * x + this.#a) * x + this.#b;
  }

  #decode(bytes: Uint8Array): Point {
    return {
      x: toInteger(bytes.subarray(1, 1 + this.#fieldBytes)),
      y: toInteger(bytes.subarray(1 + this.#fieldBytes)),
    };
  }

  #encode({ x, y }: Point): Uint8Array {
    const coordinates = [toFixedBytes(x, this.#fieldBytes), toFixedBytes(y, this.#fieldBytes)];
    return concat(Uint8Array.of(UNCOMPRESSED), ...coordinates);
  }
}

const groups = new Map<CurveName, KeyGroup>();

/** The group of a curve; one object for each, so that two of them can be compared. */
export function ecGroup(name: CurveName): KeyGroup {
  const group = groups.get(name) ?? new EcGroup(name);
  groups.set(name, group);
  return group;
}
