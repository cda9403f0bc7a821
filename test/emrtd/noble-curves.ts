/**
 * The curves of documents in @noble/curves, the second opinion on OpenSSL's. Six come ready made; five the package lacks
 * and builds from our table, which `curves.test.ts` compares with OpenSSL's own numbers.
 */
import { type WeierstrassPointCons, weierstrass } from "@noble/curves/abstract/weierstrass.js";
import { brainpoolP256r1, brainpoolP384r1, brainpoolP512r1 } from "@noble/curves/misc.js";
import { p256, p384, p521 } from "@noble/curves/nist.js";
import { CURVES, type CurveName } from "../../src/crypto/curves.table.ts";

type PointClass = WeierstrassPointCons<bigint>;

const number = (digits: string): bigint => BigInt(`0x${digits}`);

function built(name: CurveName): PointClass {
  const { p, a, b, gx, gy, n } = CURVES[name];
  return weierstrass({
    p: number(p),
    a: number(a),
    b: number(b),
    n: number(n),
    h: 1n,
    Gx: number(gx),
    Gy: number(gy),
  });
}

export const NOBLE: Readonly<Record<CurveName, PointClass>> = {
  prime192v1: built("prime192v1"),
  brainpoolP192r1: built("brainpoolP192r1"),
  secp224r1: built("secp224r1"),
  brainpoolP224r1: built("brainpoolP224r1"),
  prime256v1: p256.Point,
  brainpoolP256r1: brainpoolP256r1.Point,
  brainpoolP320r1: built("brainpoolP320r1"),
  secp384r1: p384.Point,
  brainpoolP384r1: brainpoolP384r1.Point,
  brainpoolP512r1: brainpoolP512r1.Point,
  secp521r1: p521.Point,
};
