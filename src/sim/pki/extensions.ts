/**
 * Extensions that ICAO Doc 9303-12 §7.1 asks of country signers, document signers and signers of master lists, each
 * as it stands in a certificate: SEQUENCE of identifier, TRUE where critical, and the value in an OCTET STRING.
 */
import {
  ascii,
  boolean,
  contextPrimitive,
  namedBits,
  octetString,
  oid,
  printableString,
  sequence,
  setOf,
  smallInteger,
} from "./der.ts";

/** From and to, both as `YYYYMMDDHHMMSSZ`. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

/** Bits of the key usage extension. */
export const DIGITAL_SIGNATURE = 0;
export const KEY_CERT_SIGN = 5;
export const CRL_SIGN = 6;

export const subjectKeyId = (keyId: Uint8Array): Uint8Array => extension("2.5.29.14", octetString(keyId));

export const authorityKeyId = (keyId: Uint8Array): Uint8Array =>
  extension("2.5.29.35", sequence(contextPrimitive(0, keyId)));

export const keyUsage = (...bits: readonly number[]): Uint8Array =>
  criticalExtension("2.5.29.15", namedBits(...bits));

/** An authority whose certified keys certify no others. */
export const authorityOfLeaves = (): Uint8Array =>
  criticalExtension("2.5.29.19", sequence(boolean(true), smallInteger(0)));

/** When the secret key signs, which is much shorter than the certificate holds. */
export const privateKeyUsagePeriod = ({ from, to }: Period): Uint8Array =>
  extension("2.5.29.16", sequence(contextPrimitive(0, ascii(from)), contextPrimitive(1, ascii(to))));

/** Version 0 and the kinds of document that the signer signs (ICAO Doc 9303-12 §7.1.1.6). */
export const documentTypeList = (...types: readonly string[]): Uint8Array =>
  extension("2.23.136.1.1.6.2", sequence(smallInteger(0), setOf(...types.map(printableString))));

export const extendedKeyUsage = (purpose: string): Uint8Array =>
  criticalExtension("2.5.29.37", sequence(oid(purpose)));

/** The number of a revocation list. */
export const crlNumber = (number: number): Uint8Array => extension("2.5.29.20", smallInteger(number));

const extension = (type: string, value: Uint8Array): Uint8Array => sequence(oid(type), octetString(value));

const criticalExtension = (type: string, value: Uint8Array): Uint8Array =>
  sequence(oid(type), boolean(true), octetString(value));
