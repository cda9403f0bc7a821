/**
 * Multiplication of any point of a curve by a secret, done by OpenSSL in constant time. node:crypto has no call for it, but
 * it computes the public key of a private key that comes without one, and a key may spell out its curve with any
 * point for a generator: the public key is then the product, both coordinates of it. What `diffieHellman` gives is x
 * alone, for about the same time; y would take a second product and a root.
 * SEC 1 §C.2 and §C.4 (ECParameters, ECPrivateKey), RFC 5915.
 */
import { Buffer } from "node:buffer";
import { createECDH, createPrivateKey, createPublicKey } from "node:crypto";
import { concat } from "../bytes/bytes.ts";
import { hex } from "../bytes/hex.ts";
import { writeTlv } from "../bytes/write-tlv.ts";
import { CURVES, type CurveName } from "./curves.table.ts";

const TAG_INTEGER = 0x02;
const TAG_OCTET_STRING = 0x04;
const TAG_SEQUENCE = 0x30;
const TAG_PARAMETERS = 0xa0;
const PRIME_FIELD = hex("06 07 2A8648CE3D0101");
/** The version of ECPrivateKey and of ECParameters, and the cofactor. */
const ONE = hex("02 01 01");

/** Multiplies points of one curve. */
export class CurveProduct {
  readonly #name: CurveName;
  /** An ECPrivateKey with zeros for the secret and for the point, and where the two stand in it. */
  readonly #form: Uint8Array;
  readonly #secretAt: number;
  readonly #pointAt: number;

  constructor(name: CurveName) {
    const { p, a, b, n } = CURVES[name];
    this.#name = name;
    const field = writeTlv(TAG_SEQUENCE, PRIME_FIELD, positive(hex(p)));
    const coefficients = writeTlv(
      TAG_SEQUENCE,
      writeTlv(TAG_OCTET_STRING, hex(a)),
      writeTlv(TAG_OCTET_STRING, hex(b)),
    );
    const fieldBytes = p.length / 2;
    const point = new Uint8Array(1 + 2 * fieldBytes);
    const behindPoint = concat(positive(hex(n)), ONE);
    const generator = writeTlv(TAG_OCTET_STRING, point);
    const parameters = writeTlv(TAG_SEQUENCE, ONE, field, coefficients, generator, behindPoint);
    const secret = writeTlv(TAG_OCTET_STRING, new Uint8Array(n.length / 2));
    const behindSecret = writeTlv(TAG_PARAMETERS, parameters);
    this.#form = writeTlv(TAG_SEQUENCE, ONE, secret, behindSecret);
    this.#secretAt = this.#form.length - behindSecret.length - n.length / 2;
    this.#pointAt = this.#form.length - behindPoint.length - point.length;
  }

  /** secret · generator, which OpenSSL has a call for and is quicker at. The secret as below. */
  ofGenerator(secret: Uint8Array): Uint8Array {
    const pair = createECDH(this.#name);
    pair.setPrivateKey(secret);
    return new Uint8Array(pair.getPublicKey());
  }

  /**
   * secret · point as `04 ‖ x ‖ y`. `secret` is between 1 and the order - 1 in as many bytes as the order has, `point`
   * is on the curve; anything else is a defect, at which OpenSSL throws.
   */
  of(secret: Uint8Array, point: Uint8Array): Uint8Array {
    const der = Buffer.from(this.#form);
    der.set(secret, this.#secretAt);
    der.set(point, this.#pointAt);
    try {
      const key = createPrivateKey({ key: der, format: "der", type: "sec1" });
      const spki = createPublicKey(key).export({ format: "der", type: "spki" });
      return Uint8Array.from(spki.subarray(-point.length));
    } finally {
      der.fill(0);
    }
  }
}

/** An INTEGER whose first bit must not be read as a sign. */
const positive = (bytes: Uint8Array): Uint8Array =>
  writeTlv(TAG_INTEGER, (bytes[0] ?? 0) >= 0x80 ? concat(Uint8Array.of(0), bytes) : bytes);
