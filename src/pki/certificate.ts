/**
 * X.509 certificates of country signers, document signers and list signers, read into plain data (RFC 5280 §4.1,
 * ICAO Doc 9303-12 §7). Nothing is judged here but the form: dates, usage and signature are the chain's affair.
 */
import { Any, BitString, Constructed, Integer, Sequence } from "asn1js";
import { equalBytes } from "../bytes/bytes.ts";
import { toHex } from "../bytes/hex.ts";
import { sha256 } from "../crypto/hash.ts";
import { type SignatureAlgorithm, type SignatureVerdict, verifySignature } from "../crypto/signature.ts";
import { err, ok, type Result } from "../result.ts";
import type { Instant } from "../time/time.ts";
import { signatureAlgorithm } from "./algorithms.ts";
import {
  CARD_OBJECT,
  children,
  type Element,
  integerBytes,
  match,
  parseAsn1,
  rawBytes,
  time,
  wholeBits,
} from "./asn1.ts";
import type { Asn1Error } from "./asn1-scan.ts";
import { type Extensions, readExtensions } from "./extensions.ts";
import { type Name, readName } from "./name.ts";

export interface Certificate extends Extensions {
  /** The whole certificate, without anything behind it. */
  readonly der: Uint8Array;
  /** SHA-256 of `der` in upper-case hexadecimal: the name of the certificate everywhere. */
  readonly fingerprint: string;
  /** The part that is signed, as it stands in `der`. */
  readonly tbs: Uint8Array;
  readonly signature: Uint8Array;
  /** `undefined` for an algorithm that is not supported. */
  readonly signatureAlgorithm: SignatureAlgorithm | undefined;
  /** Content bytes of the INTEGER in upper-case hexadecimal; some are negative. */
  readonly serial: string;
  readonly issuer: Name;
  readonly subject: Name;
  /** SubjectPublicKeyInfo as it stands in `der`. */
  readonly spki: Uint8Array;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
}

/** `certificate` names the field that has another shape than RFC 5280 gives it. */
export type CertificateError = Asn1Error | { readonly kind: "certificate"; readonly field: CertificateField };
type CertificateField = "structure" | "algorithm" | "issuer" | "subject" | "validity" | "extensions";

const EXPLICIT_VERSION = new Constructed({ optional: true, idBlock: { tagClass: 3, tagNumber: 0 } });
const CERTIFICATE = new Sequence({
  value: [
    new Sequence({
      name: "tbs",
      value: [
        EXPLICIT_VERSION,
        new Integer({ name: "serial" }),
        new Sequence({ name: "innerAlgorithm" }),
        new Sequence({ name: "issuer" }),
        new Sequence({ value: [new Any({ name: "notBefore" }), new Any({ name: "notAfter" })] }),
        new Sequence({ name: "subject" }),
        new Sequence({ name: "spki" }),
        new Constructed({ name: "extensions", optional: true, idBlock: { tagClass: 3, tagNumber: 3 } }),
      ],
    }),
    new Sequence({ name: "algorithm" }),
    new BitString({ name: "signature" }),
  ],
});

/** Reads one certificate in DER; bytes behind it are cut off. Never throws. */
export function parseCertificate(bytes: Uint8Array): Result<Certificate, CertificateError> {
  const element = parseAsn1(bytes, CARD_OBJECT);
  return element.ok ? readCertificate(element.value) : element;
}

/** Reads a certificate that is part of a larger object. */
export function readCertificate(element: Element): Result<Certificate, CertificateError> {
  const bad = (field: CertificateField) => err<CertificateError>({ kind: "certificate", field });
  const parts = match(element, CERTIFICATE);
  const signature = wholeBits(parts?.get("signature"));
  if (parts === undefined || signature === undefined) return bad("structure");
  const algorithm = parts.get("algorithm");
  // The unsigned copy of the algorithm must be the signed one (RFC 5280 §4.1.1.2).
  if (!equalBytes(rawBytes(algorithm), rawBytes(parts.get("innerAlgorithm")))) return bad("algorithm");
  const issuer = readName(parts.get("issuer"));
  if (issuer === undefined) return bad("issuer");
  const subject = readName(parts.get("subject"));
  if (subject === undefined) return bad("subject");
  const notBefore = time(parts.get("notBefore"));
  const notAfter = time(parts.get("notAfter"));
  if (notBefore === undefined || notAfter === undefined) return bad("validity");
  const extensions = readExtensions(children(parts.optional("extensions"))[0]);
  if (extensions === undefined) return bad("extensions");
  // A copy, because a view would keep the whole list alive that the certificate came in.
  const der = rawBytes(element).slice();
  return ok({
    ...extensions,
    der,
    fingerprint: toHex(sha256(der)),
    tbs: rawBytes(parts.get("tbs")).slice(),
    signature: signature.slice(),
    signatureAlgorithm: signatureAlgorithm(algorithm),
    serial: toHex(integerBytes(parts.get("serial"))),
    issuer,
    subject,
    spki: rawBytes(parts.get("spki")).slice(),
    notBefore,
    notAfter,
  });
}

/**
 * The bits of the public key alone (RFC 5280 §4.1.2.7): the same key is the same bits, whether the curve beside them is named or
 * written out, and whatever padding an RSA key is for.
 */
export function keyBits({ spki }: Pick<Certificate, "spki">): Uint8Array {
  const info = parseAsn1(spki, CARD_OBJECT);
  const [, key] = info.ok ? children(info.value) : [];
  return wholeBits(key) ?? spki;
}

/** Whether `certificate` was signed with the key of `issuer`; names and dates are not looked at. */
export function isSignedBy(certificate: Certificate, issuer: Certificate): SignatureVerdict {
  const { signatureAlgorithm: algorithm, tbs: message, signature } = certificate;
  if (algorithm === undefined) return { unsupported: "algorithm" };
  return verifySignature({ algorithm, spki: issuer.spki, message, signature });
}
