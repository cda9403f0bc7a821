/**
 * Keys on elliptic curves that sign certificates and security objects by ECDSA (FIPS 186-5 §6). The secret follows from
 * a label and chance from what is signed (RFC 6979), so that every process makes the same bytes. Worth nothing.
 */
import type { ECDSA } from "@noble/curves/abstract/weierstrass.js";
import { brainpoolP256r1, brainpoolP384r1 } from "@noble/curves/misc.js";
import { p256, p384, p521 } from "@noble/curves/nist.js";
import { concat } from "../../bytes/bytes.ts";
import { toHex } from "../../bytes/hex.ts";
import { ascii, oid, rawInteger, sequence, unsignedInteger } from "./der.ts";
import { explicitCurveKey, namedCurveKey } from "./public-key-info.ts";
import { type HashName, hash } from "./signature-scheme.ts";
import type { SignerKey } from "./signer-key.ts";

const CURVES = {
  "P-256": { oid: "1.2.840.10045.3.1.7", curve: p256 },
  "P-384": { oid: "1.3.132.0.34", curve: p384 },
  "P-521": { oid: "1.3.132.0.35", curve: p521 },
  brainpoolP256r1: { oid: "1.3.36.3.3.2.8.1.1.7", curve: brainpoolP256r1 },
  brainpoolP384r1: { oid: "1.3.36.3.3.2.8.1.1.11", curve: brainpoolP384r1 },
} as const satisfies Readonly<Record<string, { readonly oid: string; readonly curve: ECDSA }>>;

export type SignerCurve = keyof typeof CURVES;

/** ecdsa-with-SHA1, and the others of RFC 5758 §3.2. */
const ECDSA_OIDS: Readonly<Record<HashName, string>> = {
  sha1: "1.2.840.10045.4.1",
  sha224: "1.2.840.10045.4.3.1",
  sha256: "1.2.840.10045.4.3.2",
  sha384: "1.2.840.10045.4.3.3",
  sha512: "1.2.840.10045.4.3.4",
};

export interface EcSignerChoice {
  readonly curve: SignerCurve;
  /** Told apart by nothing else, two keys of one curve differ. */
  readonly label: string;
  readonly hash: HashName;
  /** How the key's certificate gives the curve; a name may be that of another curve than the key is on. */
  readonly parameters: "explicit" | { readonly named: SignerCurve };
  /** `padded`: a zero byte too many in front of r and of s, which DER forbids and some signers write. */
  readonly integers?: "minimal" | "padded";
}

/** A key with its one way to sign: SEQUENCE of r and s. */
export function ecSigner(choice: EcSignerChoice): SignerKey {
  const { curve } = CURVES[choice.curve];
  const secret = ecSecret(choice.curve, choice.label);
  const point = curve.getPublicKey(secret, false);
  const integer = choice.integers === "padded" ? paddedInteger : unsignedInteger;
  return {
    publicKeyInfo:
      choice.parameters === "explicit"
        ? explicitCurveKey(curve.Point.CURVE(), point)
        : namedCurveKey(CURVES[choice.parameters.named].oid, point),
    keyId: hash("sha1", point),
    algorithm: sequence(oid(ECDSA_OIDS[choice.hash])),
    sign(signed) {
      const both = curve.sign(hash(choice.hash, signed), secret, { prehash: false, lowS: false });
      const half = both.length / 2;
      return sequence(integer(both.subarray(0, half)), integer(both.subarray(half)));
    },
  };
}

/** A secret number of a curve, as long as its order, that follows from a label. */
export function ecSecret(name: SignerCurve, label: string): Uint8Array {
  const { Fn } = CURVES[name].curve.Point;
  const wide = concat(...["1", "2"].map((part) => hash("sha512", ascii(`${label} ${part}`))));
  return Fn.toBytes((BigInt(`0x${toHex(wide)}`) % (Fn.ORDER - 1n)) + 1n);
}

const paddedInteger = (magnitude: Uint8Array): Uint8Array =>
  rawInteger(concat(Uint8Array.of(0, 0), magnitude));
