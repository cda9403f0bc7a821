/**
 * Signatures of documents, certificates and lists, verified by node:crypto. Says which of three things is the
 * case: the signature is right, it is wrong, or nobody here can tell because the algorithm or the key is not one
 * that a State may use. Keys come from hostile cards, so each is judged before any arithmetic is done with it.
 * RFC 8017 (PKCS#1 v1.5, PSS), FIPS 186-5 (ECDSA), ICAO Doc 9303-12.
 */
import { constants, type KeyObject, verify } from "node:crypto";
import type { HashName } from "./digest.ts";
import { importPublicKey, isSoundRsa } from "./public-key.ts";

export type SignatureAlgorithm =
  | { readonly kind: "rsaPkcs1"; readonly hash: HashName }
  /** `mgfHash` is the hash of the mask generation function; a salt of any length is taken. */
  | { readonly kind: "rsaPss"; readonly hash: HashName; readonly mgfHash: HashName }
  /** The signature is `SEQUENCE { r, s }`. */
  | { readonly kind: "ecdsa"; readonly hash: HashName }
  /** The signature is r and s, each as long as the order of the curve (BSI TR-03111 §5.2.1). */
  | { readonly kind: "ecdsaPlain"; readonly hash: HashName };

export type UnsupportedSignature =
  /** The algorithm is none of the kinds above, or its hash is none of the five in use. */
  | "algorithm"
  /** The key is no SubjectPublicKeyInfo that can be read, or longer than any in use. */
  | "keyMalformed"
  /** RSA outside 2,048 to 8,192 bits, or with an exponent that is even, below 3 or longer than 64 bits. */
  | "keyStrength"
  /** An elliptic curve that is none of the known ones, whether named or with its parameters spelled out. */
  | "curve"
  /** The key is of another kind than the algorithm. */
  | "keyKind"
  /** PSS with one hash for the message and another for the mask; no country signer does so. */
  | "maskHash";

export type SignatureVerdict = "valid" | "invalid" | { readonly unsupported: UnsupportedSignature };

export interface SignatureQuestion {
  readonly algorithm: SignatureAlgorithm;
  /** SubjectPublicKeyInfo in DER. */
  readonly spki: Uint8Array;
  /** The bytes that were signed, before hashing. */
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

const RSA_BITS = { least: 2_048, most: 8_192 };
/** The curves of the country signers and their smaller and larger kin (ICAO Doc 9303-12 §4.4). */
const CURVES: ReadonlySet<string> = new Set([
  "secp224r1",
  "prime256v1",
  "secp384r1",
  "secp521r1",
  "brainpoolP224r1",
  "brainpoolP256r1",
  "brainpoolP320r1",
  "brainpoolP384r1",
  "brainpoolP512r1",
]);

/** Verifies one signature. Bytes of any length and content are answered, in bounded time; nothing throws. */
export function verifySignature({
  algorithm,
  spki,
  message,
  signature,
}: SignatureQuestion): SignatureVerdict {
  const key = importPublicKey(spki, "spki");
  if (key === undefined) return { unsupported: "keyMalformed" };
  const objection = objectionTo(key, algorithm);
  if (objection !== undefined) return { unsupported: objection };
  try {
    const options = { key, ...paddingFor(key, algorithm) };
    return verify(algorithm.hash, message, options, signature) ? "valid" : "invalid";
  } catch {
    // OpenSSL objects to a signature that it cannot even take apart; the key itself has been judged above.
    return "invalid";
  }
}

function objectionTo(key: KeyObject, algorithm: SignatureAlgorithm): UnsupportedSignature | undefined {
  const type = key.asymmetricKeyType;
  if (isOfCurve(algorithm)) {
    if (type !== "ec") return "keyKind";
    // OpenSSL recognises a known curve by its spelled-out parameters too; one it has no name for is refused.
    return CURVES.has(key.asymmetricKeyDetails?.namedCurve ?? "") ? undefined : "curve";
  }
  // A key that is marked for PSS may not sign otherwise.
  if (type !== "rsa" && !(type === "rsa-pss" && algorithm.kind === "rsaPss")) return "keyKind";
  if (!isSoundRsa(key, RSA_BITS)) return "keyStrength";
  return algorithm.kind === "rsaPss" && algorithm.mgfHash !== algorithm.hash ? "maskHash" : undefined;
}

const isOfCurve = ({ kind }: SignatureAlgorithm): boolean => kind === "ecdsa" || kind === "ecdsaPlain";

function paddingFor(key: KeyObject, algorithm: SignatureAlgorithm) {
  if (algorithm.kind === "ecdsa") return { dsaEncoding: "der" as const };
  if (algorithm.kind === "ecdsaPlain") return { dsaEncoding: "ieee-p1363" as const };
  if (algorithm.kind === "rsaPkcs1") return { padding: constants.RSA_PKCS1_PADDING };
  // A key marked for PSS brings padding and salt itself, and OpenSSL will not be told of others.
  if (key.asymmetricKeyType === "rsa-pss") return {};
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO };
}
