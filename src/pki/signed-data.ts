/**
 * Signed objects in the cryptographic message syntax (CMS SignedData, RFC 5652 §5): the security object of a document
 * and the master lists of States. Read into plain data, then checked by hand, because stock verifiers refuse cards whose
 * digest is SHA-256 and whose signature is SHA-1. ICAO Doc 9303-10 §4.6.2, 9303-12 §9.
 */
import { Any, Constructed, Integer, ObjectIdentifier, Sequence, Set as SetBlock } from "asn1js";
import { equalBytes } from "../bytes/bytes.ts";
import { toHex } from "../bytes/hex.ts";
import { digest, type HashName } from "../crypto/digest.ts";
import {
  type SignatureAlgorithm,
  type SignatureQuestion,
  type SignatureVerdict,
  type UnsupportedSignature,
  verifySignature,
} from "../crypto/signature.ts";
import { err, ok, type Result } from "../result.ts";
import type { Instant } from "../time/time.ts";
import { hashAlgorithm, signatureAlgorithm } from "./algorithms.ts";
import {
  children,
  contextBytes,
  type Element,
  integerBytes,
  match,
  octets,
  oid,
  rawBytes,
  time,
} from "./asn1.ts";
import { type Certificate, readCertificate } from "./certificate.ts";
import { definiteForm } from "./definite-form.ts";
import { readName } from "./name.ts";

/** How a signed object names the certificate of its signer. */
export type SignerId =
  | { readonly kind: "issuerAndSerial"; readonly issuerKey: string; readonly serial: string }
  | { readonly kind: "subjectKeyId"; readonly keyId: string };

/** The attributes that are signed in place of the content. */
export interface SignedAttributes {
  /**
   * `SET OF Attribute` as it stands in the object, its first byte A0 replaced by 31: what the signature is over. Only
   * where indefinite lengths are used are the lengths written anew, because the signature is over definite ones.
   */
  readonly signedBytes: Uint8Array;
  readonly contentType: string;
  readonly messageDigest: Uint8Array | undefined;
  readonly signingTime: Instant | undefined;
}

export interface SignedData {
  /** eContentType, dotted. */
  readonly contentType: string;
  /** The octets of the content, put together if they come in parts. */
  readonly content: Uint8Array;
  /** The embedded certificates that can be read. */
  readonly certificates: readonly Certificate[];
  readonly signerId: SignerId;
  /** Hash of the messageDigest attribute. */
  readonly digest: HashName | undefined;
  readonly signatureAlgorithm: SignatureAlgorithm | undefined;
  readonly attributes: SignedAttributes | undefined;
  readonly signature: Uint8Array;
}

export type SignedDataError = { readonly kind: "signedData"; readonly field: SignedDataField };
type SignedDataField = "structure" | "content" | "signerInfos" | "signerInfo" | "signerId" | "attributes";

export type SignedDataFailure =
  /** No signed attributes, or no messageDigest among them, or contentType is not that of the content. */
  | { readonly kind: "attributesMissing" }
  | { readonly kind: "messageDigestMismatch" }
  /** The signer's identifier names no embedded certificate. */
  | { readonly kind: "signerMismatch" }
  | { readonly kind: "signatureInvalid" }
  | { readonly kind: "unsupportedAlgorithm"; readonly why: UnsupportedSignature };

const ID_SIGNED_DATA = "1.2.840.113549.1.7.2";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const SIGNING_TIME = "1.2.840.113549.1.9.5";
const TAG_SET = 0x31;
const TAG_SEQUENCE = 0x30;
const TAG_INTEGER = 0x02;

const tagged = (tagNumber: number, name: string) =>
  new Constructed({ name, optional: true, idBlock: { tagClass: 3, tagNumber } });
const SIGNED_DATA = new Sequence({
  value: [
    new ObjectIdentifier({ name: "type" }),
    new Constructed({
      idBlock: { tagClass: 3, tagNumber: 0 },
      value: [
        new Sequence({
          value: [
            new Integer(),
            new SetBlock(),
            new Sequence({ value: [new ObjectIdentifier({ name: "contentType" }), tagged(0, "content")] }),
            tagged(0, "certificates"),
            tagged(1, "crls"),
            new SetBlock({ name: "signerInfos" }),
          ],
        }),
      ],
    }),
  ],
});
const SIGNER_INFO = new Sequence({
  value: [
    new Integer(),
    new Any({ name: "signerId" }),
    new Sequence({ name: "digest" }),
    tagged(0, "attributes"),
    new Sequence({ name: "algorithm" }),
    // An OCTET STRING, whole or in parts.
    new Any({ name: "signature" }),
    tagged(1, "unsigned"),
  ],
});

/** Reads a ContentInfo with SignedData and exactly one SignerInfo. */
export function readSignedData(element: Element | undefined): Result<SignedData, SignedDataError> {
  const bad = (field: SignedDataField) => err<SignedDataError>({ kind: "signedData", field });
  const parts = match(element, SIGNED_DATA);
  if (parts === undefined || oid(parts.get("type")) !== ID_SIGNED_DATA) return bad("structure");
  const content = octets(children(parts.optional("content"))[0]);
  if (content === undefined) return bad("content");
  const infos = children(parts.get("signerInfos"));
  if (infos.length !== 1) return bad("signerInfos");
  const info = match(infos[0], SIGNER_INFO);
  if (info === undefined) return bad("signerInfo");
  const signerId = readSignerId(info.get("signerId"));
  if (signerId === undefined) return bad("signerId");
  const signature = octets(info.get("signature"));
  if (signature === undefined) return bad("signerInfo");
  const attributes = readAttributes(info.optional("attributes"));
  if (attributes === "malformed") return bad("attributes");
  const hash = hashAlgorithm(info.get("digest"));
  return ok({
    contentType: oid(parts.get("contentType")),
    content,
    certificates: readCertificates(parts.optional("certificates")),
    signerId,
    digest: hash,
    signatureAlgorithm: signatureAlgorithm(info.get("algorithm"), hash),
    attributes,
    signature,
  });
}

/**
 * Checks a signed object within itself, in this order: the attributes fit the content, the messageDigest is the
 * content's under the digest algorithm, the identifier names an embedded certificate, and the signature over the
 * attributes is that certificate's under the signature algorithm's own hash. Returns the signer, of whom nothing is
 * known yet: whether to trust it is the chain's question.
 */
export function checkSignedData(signed: SignedData): Result<Certificate, SignedDataFailure> {
  const failure = contentFailure(signed);
  if (failure !== undefined) return err(failure);
  const signer = namedSigner(signed);
  if (signer === undefined) return err({ kind: "signerMismatch" });
  const question = signatureQuestion(signed, signer);
  if (!question.ok) return question;
  const wrong = signatureFailure(verifySignature(question.value));
  return wrong === undefined ? ok(signer) : err(wrong);
}

/** The first thing by which content and signed attributes do not belong together: attributes, then digest. */
export function contentFailure(signed: SignedData): SignedDataFailure | undefined {
  const { attributes, digest: hash } = signed;
  const expected = attributes?.messageDigest;
  if (attributes === undefined || expected === undefined || attributes.contentType !== signed.contentType)
    return { kind: "attributesMissing" };
  if (hash === undefined) return { kind: "unsupportedAlgorithm", why: "algorithm" };
  const isRight = equalBytes(digest(hash, signed.content), expected);
  return isRight ? undefined : { kind: "messageDigestMismatch" };
}

/** The embedded certificate that the signer's identifier names. */
export const namedSigner = ({ certificates, signerId }: SignedData): Certificate | undefined =>
  certificates.find((certificate) => isNamed(certificate, signerId));

/** What is to be verified: the signature over the attributes, with the signer's key. */
export function signatureQuestion(
  { attributes, signatureAlgorithm: algorithm, signature }: SignedData,
  { spki }: Certificate,
): Result<SignatureQuestion, SignedDataFailure> {
  if (attributes === undefined) return err({ kind: "attributesMissing" });
  if (algorithm === undefined) return err({ kind: "unsupportedAlgorithm", why: "algorithm" });
  return ok({ algorithm, spki, message: attributes.signedBytes, signature });
}

/** What a verdict on the signature means for the object; `undefined` for a good one. */
export function signatureFailure(verdict: SignatureVerdict): SignedDataFailure | undefined {
  if (verdict === "valid") return undefined;
  return verdict === "invalid"
    ? { kind: "signatureInvalid" }
    : { kind: "unsupportedAlgorithm", why: verdict.unsupported };
}

const isNamed = (certificate: Certificate, id: SignerId): boolean =>
  id.kind === "subjectKeyId"
    ? certificate.subjectKeyId === id.keyId
    : certificate.issuer.key === id.issuerKey && certificate.serial === id.serial;

/** Other kinds of certificates may stand in the set; what cannot be read can sign nothing here. */
const readCertificates = (set: Element | undefined): readonly Certificate[] =>
  children(set).flatMap((element) => {
    const certificate = readCertificate(element);
    return certificate.ok ? [certificate.value] : [];
  });

function readSignerId(element: Element): SignerId | undefined {
  const keyId = contextBytes(element);
  if (keyId !== undefined) return { kind: "subjectKeyId", keyId: toHex(keyId) };
  if (rawBytes(element)[0] !== TAG_SEQUENCE) return undefined;
  const [issuer, serial] = children(element);
  const name = issuer && readName(issuer);
  if (name === undefined || serial === undefined || rawBytes(serial)[0] !== TAG_INTEGER) return undefined;
  return { kind: "issuerAndSerial", issuerKey: name.key, serial: toHex(integerBytes(serial)) };
}

/** Each attribute at most once, each with one value (RFC 5652 §11). */
function readAttributes(set: Element | undefined): SignedAttributes | "malformed" | undefined {
  if (set === undefined) return undefined;
  const values = new Map<string, Element>();
  for (const attribute of children(set)) {
    const [type, all] = children(attribute);
    const [value, ...more] = children(all);
    if (value === undefined || more.length > 0 || values.has(oid(type))) return "malformed";
    values.set(oid(type), value);
  }
  const signedBytes = definiteForm(set);
  if (signedBytes === undefined) return "malformed";
  signedBytes[0] = TAG_SET;
  return {
    signedBytes,
    contentType: oid(values.get(CONTENT_TYPE)),
    messageDigest: octets(values.get(MESSAGE_DIGEST)),
    signingTime: time(values.get(SIGNING_TIME)),
  };
}
