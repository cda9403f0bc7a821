/**
 * Certificates, security objects and trust stores for these tests, right in everything that a test does not name.
 * They are made with the simulator's writer of DER and its fixed keys, which share no code with what is tested.
 */
import { type Certificate, parseCertificate } from "../../src/pki/certificate.ts";
import { parseRevocationList } from "../../src/pki/crl.ts";
import {
  anchorRecord,
  revocationListRecord,
  TrustAnchors,
  type TrustAnchorsOptions,
} from "../../src/pki/trust-anchors.ts";
import { authority } from "../../src/sim/pki/authority.ts";
import { type CertificateFields, type Certified, makeCertificate } from "../../src/sim/pki/certificate.ts";
import { element, octetString, rawInteger, sequence, smallInteger } from "../../src/sim/pki/der.ts";
import { DIGITAL_SIGNATURE, documentTypeList, keyUsage } from "../../src/sim/pki/extensions.ts";
import { type HashName, hash, hashIdentifier, SCHEMES } from "../../src/sim/pki/signature-scheme.ts";
import { makeSignedData, type SignedContent } from "../../src/sim/pki/signed-data.ts";
import { cardKey } from "../../src/sim/pki/test-key.ts";
import { parseInstant } from "../../src/time/parse-iso-8601.ts";
import type { Instant } from "../../src/time/time.ts";
import { good } from "../good.ts";

export const NIS_DIGITS = "123456789012";
export const CARD_KEY = 3;
export const PUBLIC_KEY = cardKey(CARD_KEY).publicKey;
const LDS_SECURITY_OBJECT = "2.23.136.1.1.1";

export function day(text: string): Instant {
  const time = parseInstant(`${text}T12:00:00Z`);
  if (time === undefined) throw new Error(`no day: ${text}`);
  return time;
}

export const AT = day("2026-06-15");
export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
export const certificateOf = (der: Uint8Array): Certificate => good(parseCertificate(der));

/** The simulator's country signers of both generations. */
export const COUNTRY_SIGNERS = [1, 2].map((generation) =>
  authority("self-made").countrySigner(generation === 1 ? 1 : 2),
);

export interface Store extends Partial<Pick<TrustAnchorsOptions, "crl" | "testAnchors">> {
  /** Certificates in DER; the simulator's country signers unless given. */
  readonly anchors?: readonly Uint8Array[];
  readonly lists?: readonly Uint8Array[];
}

export function store({
  anchors,
  lists = [],
  crl = "warn",
  testAnchors = "refuse",
}: Store = {}): TrustAnchors {
  const certificates = anchors ?? COUNTRY_SIGNERS.map(({ certificate }) => certificate);
  return new TrustAnchors({
    anchors: certificates.map((der) => anchorRecord(certificateOf(der))),
    revocationLists: lists.map((der) => revocationListRecord(good(parseRevocationList(der)))),
    crl,
    testAnchors,
  });
}

/** A document signer of generation 2 under the simulator's country signer, but for what is named. */
export function documentSigner(fields: Partial<CertificateFields> = {}): Certified {
  const parent = authority("self-made").countrySigner(2);
  const usual = authority("self-made").documentSigner(2);
  return makeCertificate({
    serial: Uint8Array.of(0x5a, 0x01),
    issuer: parent.subject,
    subject: usual.subject,
    validity: { from: "20230201080000Z", to: "20490515080000Z" },
    key: usual.key,
    keyId: usual.keyId,
    issuerKeyId: parent.keyId,
    extensions: [keyUsage(DIGITAL_SIGNATURE), documentTypeList("C")],
    signedBy: parent.key,
    scheme: SCHEMES[2],
    ...fields,
  });
}

export interface SecurityObject {
  readonly version?: number;
  readonly digest?: HashName;
  readonly nis?: Uint8Array;
  readonly publicKey?: Uint8Array;
  /** Content bytes of the numbers, in the order of the list: NIS, then public key. */
  readonly numbers?: readonly [nis: Uint8Array, publicKey: Uint8Array];
  /** Further entries. */
  readonly more?: readonly Uint8Array[];
}

/** The entry of a file in a security object. */
export const entry = (number: Uint8Array, hashed: Uint8Array): Uint8Array =>
  sequence(rawInteger(number), octetString(hashed));

/** The signed content of a SOD. */
export function securityObject(fields: SecurityObject = {}): Uint8Array {
  const {
    version = 1,
    digest = "sha512",
    nis = ascii(NIS_DIGITS),
    publicKey = PUBLIC_KEY,
    more = [],
  } = fields;
  const [nisNumber, keyNumber] = fields.numbers ?? [Uint8Array.of(0xa1), Uint8Array.of(0xa5)];
  const entries = [entry(nisNumber, hash(digest, nis)), entry(keyNumber, hash(digest, publicKey)), ...more];
  return sequence(smallInteger(version), hashIdentifier(digest), sequence(...entries));
}

/** EF.SOD of generation 2, but for what is named. */
export function sod(fields: Partial<SignedContent> = {}): Uint8Array {
  return element(
    0x77,
    makeSignedData({
      contentType: LDS_SECURITY_OBJECT,
      content: securityObject(),
      digest: "sha512",
      scheme: SCHEMES[2],
      signer: documentSigner(),
      ...fields,
    }),
  );
}

/** A copy with one bit turned over. */
export function flipped(bytes: Uint8Array, offset: number, bit = 0): Uint8Array {
  const copy = bytes.slice();
  copy[offset] = (copy[offset] ?? 0) ^ (1 << bit);
  return copy;
}

/** Where `part` stands in `whole`; throws if it does not stand there exactly once. */
export function offsetOf(whole: Uint8Array, part: Uint8Array): number {
  const first = Buffer.from(whole).indexOf(part);
  if (first < 0 || Buffer.from(whole).indexOf(part, first + 1) >= 0)
    throw new Error("not there exactly once");
  return first;
}

/** A copy in which `part` is replaced by bytes of the same length. */
export function replaced(whole: Uint8Array, part: Uint8Array, by: Uint8Array): Uint8Array {
  if (part.length !== by.length) throw new Error("replacements have the length of what they replace");
  const copy = whole.slice();
  copy.set(by, offsetOf(whole, part));
  return copy;
}
