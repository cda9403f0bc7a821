/**
 * Link certificates: a country signer's new key, signed with its old one (ICAO Doc 9303-12 §4.1.4.3). They often bear one
 * name as subject and issuer, so only the key identifiers tell them from self-signed certificates.
 */
import { type Certificate, isSignedBy } from "./certificate.ts";
import { mayCertify } from "./chain.ts";

/** Whether a certificate names another key than its own as the one that signed it. */
export function isLinkCertificate({ subjectKeyId, authorityKeyId, subject, issuer }: Certificate): boolean {
  if (authorityKeyId !== undefined && subjectKeyId !== undefined) return authorityKeyId !== subjectKeyId;
  return subject.key !== issuer.key;
}

/**
 * The old anchor with whose key a link certificate is signed, if there is one among `anchors` that may sign
 * certificates of its own country: then the key in the link is as good as the old one.
 */
export function provesNewKey(link: Certificate, anchors: readonly Certificate[]): Certificate | undefined {
  return anchors.find(
    (anchor) =>
      mayCertify(anchor) &&
      anchor.subject.country === link.subject.country &&
      isSignedBy(link, anchor) === "valid",
  );
}
