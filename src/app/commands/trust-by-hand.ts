/**
 * Certificates and revocation lists that an operator gives by hand: his own act is the trust in a country signer,
 * whose signature over itself shows only that the file is whole. A new key must be vouched for by an old one that
 * is an anchor already, and a revocation list by its issuer. One part that fails refuses the file.
 * Governing text: ICAO Doc 9303-12; eMRTD notes, chain.
 */

import { toHex } from "../../bytes/hex.ts";
import { sha256 } from "../../crypto/hash.ts";
import type { StoredAnchor, StoredRevocationList } from "../../journal/trust-content.ts";
import { type Certificate, isSignedBy } from "../../pki/certificate.ts";
import { isListSignedBy, type RevocationList } from "../../pki/crl.ts";
import { isLinkCertificate, provesNewKey } from "../../pki/link-certificate.ts";
import { err, ok, type Result } from "../../result.ts";
import { isAuthorityId } from "../../seal/sealer.ts";
import { type AnchorBook, isLaboratory, storedAnchor } from "./anchor-book.ts";
import type { HeldKeys } from "./held-keys.ts";
import type { TrustRefusal } from "./trust-refusal.ts";

export interface CertificateOptions {
  readonly book: AnchorBook;
  readonly testAuthorities: "refused" | "accepted";
  /** Of makers of visible seals, none of which may vouch for a chip. */
  readonly sealKeys: HeldKeys;
}

/** The certificates as anchors, which are added to the book; or the first that is none. */
export function anchorsByHand(
  certificates: readonly Certificate[],
  options: CertificateOptions,
): Result<readonly StoredAnchor[], TrustRefusal> {
  for (const certificate of certificates) {
    const refusal = unfit(certificate, options);
    if (refusal !== undefined) return err(refusal);
  }
  const anchors = certificates.filter((certificate) => !isLinkCertificate(certificate)).map(storedAnchor);
  options.book.add(...anchors);
  const links = proveLinks(certificates.filter(isLinkCertificate), options.book);
  return links.ok ? ok([...anchors, ...links.value]) : links;
}

/** Why a certificate can be no anchor, whoever vouches for it. */
function unfit(
  certificate: Certificate,
  { testAuthorities, sealKeys }: CertificateOptions,
): TrustRefusal | undefined {
  const subject = certificate.subject.text;
  if (isSealAuthority(certificate) || sealKeys.has(certificate)) return { kind: "sealAuthority", subject };
  if (isLaboratory(certificate) && testAuthorities === "refused") return { kind: "testAuthority", subject };
  if (certificate.keyUsage?.keyCertSign !== true) return { kind: "noCountrySigner", subject };
  if (isLinkCertificate(certificate)) return undefined;
  const verdict = isSignedBy(certificate, certificate);
  return verdict === "valid" ? undefined : { kind: "selfSignature", subject, verdict };
}

/** Authorities of seals are self-signed as country signers are, and go by their country and two characters. */
const isSealAuthority = ({ subject: { commonName, country } }: Certificate): boolean =>
  country !== "" && commonName.startsWith(country) && isAuthorityId(commonName);

/** Links may stand in any order, one resting on another: each round accepts at least one, or it is the last. */
function proveLinks(
  links: readonly Certificate[],
  book: AnchorBook,
): Result<readonly StoredAnchor[], TrustRefusal> {
  const proven: StoredAnchor[] = [];
  let open = links;
  while (open.length > 0) {
    const accepted = open.filter((link) => provesNewKey(link, book.issuersOf(link)) !== undefined);
    const [unproven] = open;
    if (accepted.length === 0 && unproven !== undefined)
      return err({ kind: "linkUnproven", subject: unproven.subject.text, issuer: unproven.issuer.text });
    const anchors = accepted.map(storedAnchor);
    book.add(...anchors);
    proven.push(...anchors);
    open = open.filter((link) => !accepted.includes(link));
  }
  return ok(proven);
}

/** A revocation list as the store keeps it, after its issuer's signature was found right and it is not outdated. */
export function verifiedRevocationList(
  list: RevocationList,
  book: Pick<AnchorBook, "named">,
  held: readonly StoredRevocationList[],
): Result<StoredRevocationList, TrustRefusal> {
  const issuer = list.issuer.text;
  const candidates = book.named(list.issuer.key);
  if (candidates.length === 0) return err({ kind: "crlIssuerUnknown", issuer });
  const signer = candidates.find((candidate) => isListSignedBy(list, candidate) === "valid");
  if (signer === undefined) return err({ kind: "crlSignature", issuer });
  const issuerKeyId = signer.subjectKeyId ?? toHex(sha256(signer.spki));
  const older = held.find(
    (other) => other.issuerKey === list.issuer.key && other.issuerKeyId === issuerKeyId,
  );
  if (older !== undefined && older.thisUpdate > list.thisUpdate)
    return err({ kind: "crlOlder", issuer, held: older.thisUpdate });
  return ok({
    der: list.der,
    fingerprint: toHex(sha256(list.der)),
    issuerKey: list.issuer.key,
    issuer,
    issuerKeyId,
    thisUpdate: list.thisUpdate,
    nextUpdate: list.nextUpdate,
  });
}
