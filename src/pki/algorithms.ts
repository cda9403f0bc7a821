/**
 * Object identifiers of hashes and signatures as certificates, lists and signed objects write them, turned into
 * plain data (RFC 3279, 4055, 5758, ICAO Doc 9303-12 §4.4). What is not here is unsupported, never guessed.
 */
import { Any, Constructed, ObjectIdentifier, Sequence } from "asn1js";
import type { HashName } from "../crypto/digest.ts";
import type { SignatureAlgorithm } from "../crypto/signature.ts";
import { children, type Element, match, oid } from "./asn1.ts";

const HASHES: Readonly<Record<string, HashName>> = {
  "1.3.14.3.2.26": "sha1",
  "2.16.840.1.101.3.4.2.4": "sha224",
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
};
const RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
const RSA_PSS = "1.2.840.113549.1.1.10";
const MGF1 = "1.2.840.113549.1.1.8";
const SIGNATURES: Readonly<Record<string, SignatureAlgorithm>> = {
  "1.2.840.113549.1.1.5": { kind: "rsaPkcs1", hash: "sha1" },
  "1.2.840.113549.1.1.14": { kind: "rsaPkcs1", hash: "sha224" },
  "1.2.840.113549.1.1.11": { kind: "rsaPkcs1", hash: "sha256" },
  "1.2.840.113549.1.1.12": { kind: "rsaPkcs1", hash: "sha384" },
  "1.2.840.113549.1.1.13": { kind: "rsaPkcs1", hash: "sha512" },
  "1.2.840.10045.4.1": { kind: "ecdsa", hash: "sha1" },
  "1.2.840.10045.4.3.1": { kind: "ecdsa", hash: "sha224" },
  "1.2.840.10045.4.3.2": { kind: "ecdsa", hash: "sha256" },
  "1.2.840.10045.4.3.3": { kind: "ecdsa", hash: "sha384" },
  "1.2.840.10045.4.3.4": { kind: "ecdsa", hash: "sha512" },
};

/** `AlgorithmIdentifier`, whose parameters may be absent. */
const ALGORITHM = new Sequence({
  value: [new ObjectIdentifier({ name: "algorithm" }), new Any({ name: "parameters", optional: true })],
});
const tagged = (tagNumber: number) =>
  new Constructed({ name: `tag${tagNumber}`, optional: true, idBlock: { tagClass: 3, tagNumber } });
/** `RSASSA-PSS-params`; every field has a default, and the salt's length is found by the verification itself. */
const PSS_PARAMETERS = new Sequence({ value: [tagged(0), tagged(1), tagged(2), tagged(3)] });

/** The hash that an AlgorithmIdentifier names, if it is one of the five in use. */
export function hashAlgorithm(element: Element | undefined): HashName | undefined {
  return HASHES[oid(match(element, ALGORITHM)?.get("algorithm"))];
}

/**
 * The signature algorithm that an AlgorithmIdentifier names. `digest` serves rsaEncryption, which in a signed object
 * stands for PKCS#1 v1.5 with the digest given beside it (RFC 8017, RFC 3370 §3.2).
 */
export function signatureAlgorithm(
  element: Element | undefined,
  digest?: HashName,
): SignatureAlgorithm | undefined {
  const parts = match(element, ALGORITHM);
  const name = oid(parts?.get("algorithm"));
  if (name === RSA_PSS) return pssAlgorithm(parts?.optional("parameters"));
  if (name === RSA_ENCRYPTION && digest !== undefined) return { kind: "rsaPkcs1", hash: digest };
  return SIGNATURES[name];
}

/** The defaults are SHA-1 and MGF1 with SHA-1 (RFC 8017 A.2.3). */
function pssAlgorithm(parameters: Element | undefined): SignatureAlgorithm | undefined {
  const parts = match(parameters, PSS_PARAMETERS);
  if (parts === undefined) return undefined;
  const hashField = parts.optional("tag0");
  const maskField = parts.optional("tag1");
  const hash = hashField === undefined ? "sha1" : hashAlgorithm(children(hashField)[0]);
  const mgfHash = maskField === undefined ? "sha1" : maskHash(children(maskField)[0]);
  return hash === undefined || mgfHash === undefined ? undefined : { kind: "rsaPss", hash, mgfHash };
}

function maskHash(element: Element | undefined): HashName | undefined {
  const parts = match(element, ALGORITHM);
  return oid(parts?.get("algorithm")) === MGF1 ? hashAlgorithm(parts?.optional("parameters")) : undefined;
}
