/**
 * CMS SignedData with one signer and its content inside (RFC 5652 §5), as ICAO Doc 9303-10 §4.6.2 profiles it: version
 * 3, the signer named by issuer and serial number, signed attributes content type and message digest. What real signers
 * do otherwise, and what forgers do, is asked for field by field.
 */
import { ber } from "./ber.ts";
import type { Certified, PublicHalf } from "./certificate.ts";
import { context, octetString, oid, sequence, setOf, smallInteger, time, unsignedInteger } from "./der.ts";
import { type HashName, hash, hashIdentifier, type SignatureScheme } from "./signature-scheme.ts";
import type { TestKey } from "./test-key.ts";

export interface SignedContent<Key extends PublicHalf = TestKey> {
  /** Dotted identifier of what the content is. */
  readonly contentType: string;
  readonly content: Uint8Array;
  /** Of content and message digest; the signature has the hash of its scheme. */
  readonly digest: HashName;
  readonly scheme: SignatureScheme<Key>;
  readonly signer: Certified<Key>;
  /** Further certificates to send along. */
  readonly alsoCarries?: readonly Uint8Array[];
  /** A third attribute, `YYYYMMDDHHMMSSZ`. */
  readonly signingTime?: string;
  /** What stands in the attribute instead of the content's digest; it is signed all the same. */
  readonly messageDigest?: Uint8Array;
  /** Name and serial number of the signer, DER, where they are not as in its certificate. */
  readonly namesSigner?: { readonly issuer: Uint8Array; readonly serial: Uint8Array };
  /** `BER`: lengths are indefinite and the content comes in pieces. Default `DER`. */
  readonly encoding?: "DER" | "BER";
}

const SIGNED_DATA = "1.2.840.113549.1.7.2";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const SIGNING_TIME = "1.2.840.113549.1.9.5";
const VERSION_OF_DATA = 3;
const VERSION_OF_SIGNER = 1;
const SET = 0x31;
const CONTEXT_0 = 0xa0;

const DER = { sequence, setOf, context, octetString };

/** ContentInfo. In BER, certificates and signer keep the definite form, for their bytes are what was signed. */
export function makeSignedData<Key extends PublicHalf>(signed: SignedContent<Key>): Uint8Array {
  const { contentType, content, digest, signer, alsoCarries = [] } = signed;
  const form = signed.encoding === "BER" ? ber : DER;
  const data = form.sequence(
    smallInteger(VERSION_OF_DATA),
    form.setOf(hashIdentifier(digest)),
    form.sequence(oid(contentType), form.context(0, form.octetString(content))),
    form.context(0, signer.certificate, ...alsoCarries),
    form.setOf(signerInfo(signed)),
  );
  return form.sequence(oid(SIGNED_DATA), form.context(0, data));
}

/** The attributes are signed as a SET and stand in the message under tag `[0]` (RFC 5652 §5.4). */
function signerInfo<Key extends PublicHalf>(signed: SignedContent<Key>): Uint8Array {
  const { contentType, content, digest, scheme, signer, signingTime, namesSigner = signer } = signed;
  const messageDigest = signed.messageDigest ?? hash(digest, content);
  const attributes = setOf(
    sequence(oid(CONTENT_TYPE), setOf(oid(contentType))),
    sequence(oid(MESSAGE_DIGEST), setOf(octetString(messageDigest))),
    ...(signingTime === undefined ? [] : [sequence(oid(SIGNING_TIME), setOf(time(signingTime)))]),
  );
  const shown = attributes.map((byte, index) => (index === 0 && byte === SET ? CONTEXT_0 : byte));
  return sequence(
    smallInteger(VERSION_OF_SIGNER),
    sequence(namesSigner.issuer, unsignedInteger(namesSigner.serial)),
    hashIdentifier(digest),
    shown,
    scheme.identifier,
    octetString(scheme.sign(attributes, signer.key)),
  );
}
