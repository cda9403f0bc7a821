/**
 * What key agreement needs of a group, whether points of an elliptic curve or integers modulo a prime, so that PACE
 * is written once for both. Elements are bytes as they go over the air, of one fixed length: `04 ‖ x ‖ y`, or the
 * integer big-endian and as long as p. The operation is written as addition. ICAO Doc 9303-11 §4.4.3, §9.5, §9.6.
 */
import type { Random } from "../ports/random.ts";
import { toFixedBytes, toInteger } from "./big-endian.ts";

export interface KeyGroup {
  readonly kind: "DH" | "ECDH";
  readonly generator: Uint8Array;
  /** A fresh secret between 1 and the order - 1, as long as the order. */
  newSecret(random: Random): Uint8Array;
  /**
   * Whether bytes of a stranger are an element that may be reckoned with: on the curve and not infinity; or
   * between 2 and p - 2 and in the subgroup of prime order.
   */
  isElement(bytes: Uint8Array): boolean;
  /**
   * secret · element. The element must have passed `isElement`; the secret may have any length and is taken modulo
   * the order. `undefined`: the secret is a multiple of the order, which leaves the neutral element.
   */
  times(secret: Uint8Array, element: Uint8Array): Uint8Array | undefined;
  /** Sum of two elements; `undefined` for the neutral one. */
  plus(left: Uint8Array, right: Uint8Array): Uint8Array | undefined;
  /** The part of an agreed element from which keys are derived: x of a point, an integer as it is; leading zeros kept. */
  sharedSecret(element: Uint8Array): Uint8Array;
  /** Bits of p, from which the integrated mapping counts its pseudo-random output. */
  readonly fieldBits: number;
  /**
   * The element that the integrated mapping makes of a number of any length, first taken modulo p. `undefined`
   * where the mapping has no value, which a random number does not meet.
   */
  fromNumber(number: Uint8Array): Uint8Array | undefined;
}

/** Each draw is below the order with a chance of at least one half, so that a generator which fails this often is broken. */
const MAX_DRAWS = 200;

/** A number between 1 and `order` - 1, each as likely as any other, in as many bytes as the order has. */
export function drawBelow(order: bigint, random: Random): Uint8Array {
  const bits = order.toString(2).length;
  const lengthBytes = Math.ceil(bits / 8);
  const topMask = 0xff >> (lengthBytes * 8 - bits);
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const candidate = random.bytes(lengthBytes).slice();
    candidate[0] = (candidate[0] ?? 0) & topMask;
    const number = toInteger(candidate);
    if (number > 0n && number < order) return candidate;
  }
  throw new Error("the random generator gives no usable number");
}

/** A secret of any length modulo the order, in `lengthBytes` bytes, as the order has; `undefined` for zero. */
export function reduced(secret: Uint8Array, order: bigint, lengthBytes: number): Uint8Array | undefined {
  const number = toInteger(secret) % order;
  return number === 0n ? undefined : toFixedBytes(number, lengthBytes);
}
