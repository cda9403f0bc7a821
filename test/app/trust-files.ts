/** Files that an operator may give to `varco trust import`, made with the simulator's keys: see src/sim/pki. */
import { hex } from "../../src/bytes/hex.ts";
import { type AuthorityName, authority } from "../../src/sim/pki/authority.ts";
import { type Certified, distinguishedName, makeCertificate } from "../../src/sim/pki/certificate.ts";
import {
  context,
  octetString,
  oid,
  sequence,
  setOf,
  smallInteger,
  time,
  unsignedInteger,
} from "../../src/sim/pki/der.ts";
import {
  authorityOfLeaves,
  CRL_SIGN,
  DIGITAL_SIGNATURE,
  extendedKeyUsage,
  KEY_CERT_SIGN,
  keyUsage,
} from "../../src/sim/pki/extensions.ts";
import { hash, hashIdentifier, SCHEMES } from "../../src/sim/pki/signature-scheme.ts";
import { testKey } from "../../src/sim/pki/test-key.ts";

export const csca = (name: AuthorityName, generation: 1 | 2 = 2): Uint8Array =>
  authority(name).countrySigner(generation).certificate;

const VALIDITY = { from: "20230101080000Z", to: "20490101080000Z" };
const scheme = SCHEMES[2];

/** A signer of master lists under a country signer. */
export function listSigner(name: AuthorityName): Certified {
  const above = authority(name).countrySigner(2);
  const key = testKey("masterListSigner");
  return makeCertificate({
    serial: Uint8Array.of(7),
    issuer: above.subject,
    subject: distinguishedName({
      country: name === "foreign" ? "UT" : "IT",
      organisation: "Varco Simulator",
      unit: "Virtual cards without value",
      commonName: name === "test" ? "List Signer - TEST" : "List Signer",
    }),
    validity: VALIDITY,
    key,
    keyId: key.keyId,
    issuerKeyId: above.keyId,
    extensions: [keyUsage(DIGITAL_SIGNATURE), extendedKeyUsage("2.23.136.1.1.3")],
    signedBy: above.key,
    scheme,
  });
}

/** The key of one authority certified by another's, under the name of the first. */
export function link(next: AuthorityName, by: AuthorityName): Uint8Array {
  const [signer, subject] = [authority(by).countrySigner(2), authority(next).countrySigner(2)];
  return makeCertificate({
    serial: Uint8Array.of(8),
    issuer: signer.subject,
    subject: subject.subject,
    validity: VALIDITY,
    key: subject.key,
    keyId: subject.keyId,
    issuerKeyId: signer.keyId,
    extensions: [keyUsage(KEY_CERT_SIGN, CRL_SIGN), authorityOfLeaves()],
    signedBy: signer.key,
    scheme,
  }).certificate;
}

/** A country signer whose key goes by this identifier, in hex. */
export function withKeyId(keyId: string): Uint8Array {
  const key = testKey("otherCsca");
  const name = distinguishedName({
    country: "UT",
    organisation: "Varco Simulator",
    unit: "Virtual cards without value",
    commonName: `Country Signer ${keyId}`,
  });
  return makeCertificate({
    serial: Uint8Array.of(9),
    issuer: name,
    subject: name,
    validity: VALIDITY,
    key,
    keyId: hex(keyId),
    issuerKeyId: hex(keyId),
    extensions: [keyUsage(KEY_CERT_SIGN, CRL_SIGN), authorityOfLeaves()],
    signedBy: key,
    scheme,
  }).certificate;
}

interface ListFields {
  readonly by?: AuthorityName;
  /** `YYYYMMDDHHMMSSZ`; no signing time when absent. */
  readonly signed?: string;
}

const MASTER_LIST = oid("2.23.136.1.1.2");

/** A master list over these certificates, or over whatever a test wants in it. */
export function masterList(
  certificates: readonly Uint8Array[],
  { by = "self-made", signed }: ListFields = {},
): Uint8Array {
  const signer = listSigner(by);
  const content = sequence(smallInteger(0), setOf(...certificates));
  const attribute = (type: string, value: Uint8Array) => sequence(oid(type), setOf(value));
  const attributes = setOf(
    attribute("1.2.840.113549.1.9.3", MASTER_LIST),
    attribute("1.2.840.113549.1.9.4", octetString(hash("sha512", content))),
    ...(signed === undefined ? [] : [attribute("1.2.840.113549.1.9.5", time(signed))]),
  );
  const signerInfo = sequence(
    smallInteger(1),
    sequence(signer.issuer, unsignedInteger(signer.serial)),
    hashIdentifier("sha512"),
    Uint8Array.from(attributes, (byte, index) => (index === 0 ? 0xa0 : byte)),
    scheme.identifier,
    octetString(scheme.sign(attributes, signer.key)),
  );
  const data = sequence(
    smallInteger(3),
    setOf(hashIdentifier("sha512")),
    sequence(MASTER_LIST, context(0, octetString(content))),
    context(0, signer.certificate),
    setOf(signerInfo),
  );
  return sequence(oid("1.2.840.113549.1.7.2"), context(0, data));
}

export const pem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${folded(der, "\n")}\n-----END ${label}-----\n`;

/** Entries as the directory of the ICAO exports them: base64 folded by line ends and blanks. */
export function ldif(...entries: readonly (readonly [attribute: string, der: Uint8Array])[]): string {
  const texts = entries.map(
    ([attribute, der], index) =>
      `dn: cn=${index},o=ml,c=IT,dc=data,dc=download,dc=pkd,dc=icao,dc=int\n${attribute}:: ${folded(der, "\n ")}\n`,
  );
  return `version: 1\n\n# an export\n${texts.join("\n")}`;
}

const folded = (der: Uint8Array, fold: string): string =>
  (
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? []
  ).join(fold);
