/**
 * What the self-made authority hands to those who trust it beyond its own certificates: the certificate by which its
 * first key vouches for its second (link, ICAO Doc 9303-12 §4.1.4.3), and a list of country signers under a signature
 * (master list, §9).
 */
import { hex } from "../../bytes/hex.ts";
import { authority } from "./authority.ts";
import { type Certified, distinguishedName, makeCertificate } from "./certificate.ts";
import { sequence, setOf, smallInteger } from "./der.ts";
import {
  authorityOfLeaves,
  CRL_SIGN,
  DIGITAL_SIGNATURE,
  extendedKeyUsage,
  KEY_CERT_SIGN,
  keyUsage,
  type Period,
} from "./extensions.ts";
import { SCHEMES } from "./signature-scheme.ts";
import { makeSignedData } from "./signed-data.ts";
import { testKey } from "./test-key.ts";

const LINK_SERIAL = hex("01 4E 79 3E A5 5D CD 77");
const LINK_VALIDITY: Period = { from: "20200429080000Z", to: "20461202080000Z" };

/** The key of generation 2 certified by that of generation 1, which is of the same name. */
export function makeLinkCertificate(): Certified {
  const [old, next] = [authority("self-made").countrySigner(1), authority("self-made").countrySigner(2)];
  return makeCertificate({
    serial: LINK_SERIAL,
    issuer: old.subject,
    subject: next.subject,
    validity: LINK_VALIDITY,
    key: next.key,
    keyId: next.keyId,
    issuerKeyId: old.keyId,
    extensions: [keyUsage(KEY_CERT_SIGN, CRL_SIGN), authorityOfLeaves()],
    signedBy: old.key,
    scheme: SCHEMES[1],
  });
}

const SIGNER_SERIAL = hex("3D 40 1E 98 CA BB AD 4D");
const SIGNER_VALIDITY: Period = { from: "20230101080000Z", to: "20490101080000Z" };
const MASTER_LIST = "2.23.136.1.1.2";
const MASTER_LIST_SIGNER = "2.23.136.1.1.3";

/** Signs master lists, under the country signer of generation 2. */
export function masterListSigner(): Certified {
  const countrySigner = authority("self-made").countrySigner(2);
  const key = testKey("masterListSigner");
  return makeCertificate({
    serial: SIGNER_SERIAL,
    issuer: countrySigner.subject,
    subject: distinguishedName({
      country: "IT",
      organisation: "Varco Simulator",
      unit: "Virtual cards without value",
      commonName: "Varco Virtual Master List Signer",
    }),
    validity: SIGNER_VALIDITY,
    key,
    keyId: key.keyId,
    issuerKeyId: countrySigner.keyId,
    extensions: [keyUsage(DIGITAL_SIGNATURE), extendedKeyUsage(MASTER_LIST_SIGNER)],
    signedBy: countrySigner.key,
    scheme: SCHEMES[2],
  });
}

/**
 * CMS SignedData over CscaMasterList: version 0 and a SET of `certificates`, each DER, or whatever else a test
 * wants to have in such a list. The signer and its country signer come along.
 */
export function makeMasterList(certificates: readonly Uint8Array[]): Uint8Array {
  return makeSignedData({
    contentType: MASTER_LIST,
    content: sequence(smallInteger(0), setOf(...certificates)),
    digest: "sha512",
    scheme: SCHEMES[2],
    signer: masterListSigner(),
    alsoCarries: [authority("self-made").countrySigner(2).certificate],
  });
}
