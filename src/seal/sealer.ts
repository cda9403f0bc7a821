/**
 * Makers of visible seals: roots, the authorities that seals name by four characters (`FR05`), and the signers below them
 * (`FR05/0001`). They are kept apart from the country signers of chips in everything: a State's printer of seals may not
 * vouch for a chip, nor the other way round. ANTS, 2D-Doc specification 3.2.6, 3.3; 2D-Doc governance 4.3.
 */
import type { Certificate } from "../pki/certificate.ts";
import { mayCertify } from "../pki/chain.ts";

export type SealerRole = "root" | "authority" | "signer";

/** Under which names seals know a maker; empty what its role has not. */
export interface SealerNames {
  /** Of an authority, or of the one above a signer. */
  readonly authorityId: string;
  /** Of a signer. */
  readonly certificateId: string;
}

/** What is stored of a maker: the certificate and the columns it is found by. */
export interface SealerRecord extends SealerNames {
  readonly der: Uint8Array;
  /** `Certificate.fingerprint`. */
  readonly fingerprint: string;
  readonly role: SealerRole;
  /** `Certificate.subject.key`. */
  readonly subjectKey: string;
  /** A trusted list names it, which is trust enough for an authority that is not its own root. */
  readonly isListed: boolean;
}

const AUTHORITY_ID = /^[A-Z]{2}[A-Z0-9]{2}$/;
/** Four characters of a text seal, or five hexadecimal digits of a binary one. */
const CERTIFICATE_ID = /^(?:[A-Z0-9]{4}|[0-9A-F]{5})$/;

export const isAuthorityId = (text: string): boolean => AUTHORITY_ID.test(text);
export const isCertificateId = (text: string): boolean => CERTIFICATE_ID.test(text);

/** What the certificate itself says: the common name of an authority is its identifier, that of a signer the signer's. */
export function namesInCertificate(certificate: Certificate): SealerNames {
  const { commonName } = certificate.subject;
  if (mayCertify(certificate))
    return { authorityId: isAuthorityId(commonName) ? commonName : "", certificateId: "" };
  const above = certificate.issuer.commonName;
  return {
    authorityId: isAuthorityId(above) ? above : "",
    certificateId: isCertificateId(commonName) ? commonName : "",
  };
}

const TEST_AUTHORITY = /00$/;
const TEST_CERTIFICATE = /^0+$/;

/** Authorities `xx00` and certificates of zeros alone are for tests, whatever their keys; anybody can have them. */
export const isTestSealer = ({ authorityId, certificateId }: SealerNames): boolean =>
  TEST_AUTHORITY.test(authorityId) || TEST_CERTIFICATE.test(certificateId);

/** Whether a certificate of this usage may make seals; one that restricts itself to nothing may. */
export const maySeal = (certificate: Certificate): boolean =>
  !certificate.isAuthority &&
  !mayCertify(certificate) &&
  (certificate.keyUsage === undefined ||
    certificate.keyUsage.digitalSignature ||
    certificate.keyUsage.nonRepudiation);
