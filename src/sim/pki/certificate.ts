/**
 * Certificates of X.509 version 3 (RFC 5280 §4.1), and the names in them. Whoever calls decides on every field, so
 * that wrong certificates are made as easily as right ones.
 */
import {
  bitString,
  context,
  oid,
  printableString,
  sequence,
  setOf,
  smallInteger,
  time,
  unsignedInteger,
  utf8String,
} from "./der.ts";
import { authorityKeyId, type Period, subjectKeyId } from "./extensions.ts";
import type { SignatureScheme } from "./signature-scheme.ts";
import type { TestKey } from "./test-key.ts";

/** What a certificate says of a key. */
export interface PublicHalf {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKeyInfo: Uint8Array;
  /** SHA-1 of the key itself (RFC 5280 §4.2.1.2, method 1). */
  readonly keyId: Uint8Array;
}

/** A certificate with what is needed to use it. */
export interface Certified<Key extends PublicHalf = TestKey> {
  /** The certificate, DER. */
  readonly certificate: Uint8Array;
  /** Its key, secret half included. */
  readonly key: Key;
  readonly subject: Uint8Array;
  readonly issuer: Uint8Array;
  /** Magnitude of the serial number. */
  readonly serial: Uint8Array;
  /** Subject key identifier, which need not be that of the key. */
  readonly keyId: Uint8Array;
}

export interface CertificateFields<Key extends PublicHalf = TestKey> {
  readonly serial: Uint8Array;
  /** Names, DER; see `distinguishedName`. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly validity: Period;
  readonly key: Key;
  readonly keyId: Uint8Array;
  /** Authority key identifier. */
  readonly issuerKeyId: Uint8Array;
  /** Beyond the two key identifiers. */
  readonly extensions: readonly Uint8Array[];
  readonly signedBy: Key;
  readonly scheme: SignatureScheme<Key>;
}

const VERSION_3 = 2;

/** `SEQUENCE { signed part, algorithm, signature }`, DER, with both key identifiers in front of the other extensions. */
export function makeCertificate<Key extends PublicHalf>(fields: CertificateFields<Key>): Certified<Key> {
  const { serial, issuer, subject, validity, key, keyId, scheme } = fields;
  const extensions = [authorityKeyId(fields.issuerKeyId), subjectKeyId(keyId), ...fields.extensions];
  const signed = sequence(
    context(0, smallInteger(VERSION_3)),
    unsignedInteger(serial),
    scheme.identifier,
    issuer,
    sequence(time(validity.from), time(validity.to)),
    subject,
    key.publicKeyInfo,
    context(3, sequence(...extensions)),
  );
  return { certificate: signedWith(signed, fields), key, subject, issuer, serial, keyId };
}

/** What is signed, by which algorithm, and the signature: the frame of certificates and revocation lists alike. */
export const signedWith = <Key extends PublicHalf>(
  signed: Uint8Array,
  { scheme, signedBy }: Pick<CertificateFields<Key>, "scheme" | "signedBy">,
): Uint8Array => sequence(signed, scheme.identifier, bitString(scheme.sign(signed, signedBy)));

export interface NameParts {
  /** Two letters. */
  readonly country: string;
  readonly organisation: string;
  readonly unit: string;
  readonly serialNumber?: string;
  readonly commonName: string;
}

/** A Name in the order of its parts; country and serial number as PrintableString, the others as UTF8String. */
export function distinguishedName({
  country,
  organisation,
  unit,
  serialNumber,
  commonName,
}: NameParts): Uint8Array {
  const parts = [
    attribute("2.5.4.6", printableString(country)),
    attribute("2.5.4.10", utf8String(organisation)),
    attribute("2.5.4.11", utf8String(unit)),
    ...(serialNumber === undefined ? [] : [attribute("2.5.4.5", printableString(serialNumber))]),
    attribute("2.5.4.3", utf8String(commonName)),
  ];
  return sequence(...parts);
}

/** The same name as another program writes it: backwards, and all of it PrintableString. */
export function respelledName({ country, organisation, unit, commonName }: NameParts): Uint8Array {
  const parts = [
    ["2.5.4.3", commonName],
    ["2.5.4.11", unit],
    ["2.5.4.10", organisation],
    ["2.5.4.6", country],
  ] as const;
  return sequence(...parts.map(([type, text]) => attribute(type, printableString(text))));
}

const attribute = (type: string, value: Uint8Array): Uint8Array => setOf(sequence(oid(type), value));
