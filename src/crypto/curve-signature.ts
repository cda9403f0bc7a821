/**
 * ECDSA signatures whose algorithm nobody writes down: the curve of the key decides on the hash and on the length, as in
 * visible seals, which have no room for an identifier. ANTS, 2D-Doc specification 3.2.6, 3.5.2; FIPS 186-5 §6.
 */
import { verify } from "node:crypto";
import type { HashName } from "./digest.ts";
import { importPublicKey } from "./public-key.ts";
import type { SignatureQuestion, SignatureVerdict } from "./signature.ts";

interface CurveSuite {
  readonly hash: HashName;
  /** r and s, each as long as the order of the curve. */
  readonly signatureBytes: number;
}

/** The hash of the strength of each curve, by OpenSSL's name of the curve. */
const SUITES: ReadonlyMap<string, CurveSuite> = new Map([
  ["prime256v1", { hash: "sha256", signatureBytes: 64 }],
  ["secp384r1", { hash: "sha384", signatureBytes: 96 }],
  ["secp521r1", { hash: "sha512", signatureBytes: 132 }],
]);

/**
 * Verifies r ‖ s under a key on P-256, P-384 or P-521; a key of another kind is unsupported, and a signature of another
 * length than the key's is invalid. Bytes of any length and content are answered; nothing throws.
 */
export function verifyByCurve({
  spki,
  message,
  signature,
}: Omit<SignatureQuestion, "algorithm">): SignatureVerdict {
  const key = importPublicKey(spki, "spki");
  if (key === undefined) return { unsupported: "keyMalformed" };
  if (key.asymmetricKeyType !== "ec") return { unsupported: "keyKind" };
  const suite = SUITES.get(key.asymmetricKeyDetails?.namedCurve ?? "");
  if (suite === undefined) return { unsupported: "curve" };
  if (signature.length !== suite.signatureBytes) return "invalid";
  return verify(suite.hash, message, { key, dsaEncoding: "ieee-p1363" }, signature) ? "valid" : "invalid";
}
