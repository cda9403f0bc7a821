/**
 * CMS SignedData with one signer and its content inside (RFC 5652 §5), as ICAO Doc 9303-10 §4.6.2 profiles it: version
 * 3, the signer named by issuer and serial number, signed attributes content type and message digest.
 */
import type { Certified } from "./certificate.ts";
import { context, octetString, oid, sequence, setOf, smallInteger, unsignedInteger } from "./der.ts";
import { type HashName, hash, hashIdentifier, type SignatureScheme } from "./signature-scheme.ts";

export interface SignedContent {
  /** Dotted identifier of what the content is. */
  readonly contentType: string;
  readonly content: Uint8Array;
  /** Of content and message digest; the signature has the hash of its scheme. */
  readonly digest: HashName;
  readonly scheme: SignatureScheme;
  readonly signer: Certified;
  /** Further certificates to send along. */
  readonly alsoCarries?: readonly Uint8Array[];
}

const SIGNED_DATA = "1.2.840.113549.1.7.2";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const VERSION_OF_DATA = 3;
const VERSION_OF_SIGNER = 1;
const SET = 0x31;
const CONTEXT_0 = 0xa0;

/** ContentInfo, DER. */
export function makeSignedData(signed: SignedContent): Uint8Array {
  const { contentType, content, digest, signer, alsoCarries = [] } = signed;
  const data = sequence(
    smallInteger(VERSION_OF_DATA),
    setOf(hashIdentifier(digest)),
    sequence(oid(contentType), context(0, octetString(content))),
    context(0, signer.certificate, ...alsoCarries),
    setOf(signerInfo(signed)),
  );
  return sequence(oid(SIGNED_DATA), context(0, data));
}

/** The attributes are signed as a SET and stand in the message under tag `[0]` (RFC 5652 §5.4). */
function signerInfo({ contentType, content, digest, scheme, signer }: SignedContent): Uint8Array {
  const attributes = setOf(
    sequence(oid(CONTENT_TYPE), setOf(oid(contentType))),
    sequence(oid(MESSAGE_DIGEST), setOf(octetString(hash(digest, content)))),
  );
  const shown = attributes.map((byte, index) => (index === 0 && byte === SET ? CONTEXT_0 : byte));
  return sequence(
    smallInteger(VERSION_OF_SIGNER),
    sequence(signer.issuer, unsignedInteger(signer.serial)),
    hashIdentifier(digest),
    shown,
    scheme.identifier,
    octetString(scheme.sign(attributes, signer.key)),
  );
}
