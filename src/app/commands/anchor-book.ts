/**
 * The anchors that a file may be verified against: those of the trust store and those that the file itself has
 * brought so far, found by key identifier or name and parsed only when they are asked for.
 */
import type { StoredAnchor } from "../../journal/trust-content.ts";
import { type Certificate, parseCertificate } from "../../pki/certificate.ts";
import { isLinkCertificate } from "../../pki/link-certificate.ts";
import { anchorRecord } from "../../pki/trust-anchors.ts";

/** Whether a certificate is of a test authority or was issued by one. */
export const isLaboratory = ({ subject, issuer }: Certificate): boolean => subject.isTest || issuer.isTest;

/** A certificate as the store keeps it. */
export const storedAnchor = (certificate: Certificate): StoredAnchor => ({
  ...anchorRecord(certificate),
  subject: certificate.subject.text,
  notBefore: certificate.notBefore,
  notAfter: certificate.notAfter,
  kind: isLinkCertificate(certificate) ? "link" : "csca",
  laboratory: isLaboratory(certificate),
});

export class AnchorBook {
  readonly #anchors: StoredAnchor[];

  constructor(anchors: readonly StoredAnchor[]) {
    this.#anchors = [...anchors];
  }

  add(...anchors: readonly StoredAnchor[]): void {
    this.#anchors.push(...anchors);
  }

  /**
   * Who may have signed a certificate, by name or key identifier. A test authority vouches for its like only: it
   * would else make anchors that nobody knows for test ones.
   */
  issuersOf(certificate: Certificate): readonly Certificate[] {
    const { authorityKeyId, issuer } = certificate;
    return this.#parsed(
      ({ subjectKey, subjectKeyId, laboratory }) =>
        laboratory === isLaboratory(certificate) &&
        (subjectKey === issuer.key || (authorityKeyId !== undefined && subjectKeyId === authorityKeyId)),
    );
  }

  /** The certificates of a name. */
  named(subjectKey: string): readonly Certificate[] {
    return this.#parsed((anchor) => anchor.subjectKey === subjectKey);
  }

  #parsed(isWanted: (anchor: StoredAnchor) => boolean): readonly Certificate[] {
    return this.#anchors.filter(isWanted).flatMap(({ der }) => {
      const parsed = parseCertificate(der);
      return parsed.ok ? [parsed.value] : [];
    });
  }
}
