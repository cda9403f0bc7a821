/**
 * Makers of visible seals that an operator gives by hand: his own act is the trust in a root or an authority that is its own
 * root; an authority below a root needs that root in the store, and a signer the authority that signed it. What seals call
 * them stands in their names, or is said by the operator. None of them may have a key whose word, by the store, is about
 * chips. Governing text: ANTS, 2D-Doc specification 3.2.6, 3.3 and 5.1; eMRTD notes, 10.2.
 */
import type { StoredSealer } from "../../journal/trust-content.ts";
import { type Certificate, isSignedBy } from "../../pki/certificate.ts";
import { mayCertify } from "../../pki/chain.ts";
import { err, ok, type Result } from "../../result.ts";
import { maySeal, namesInCertificate, type SealerNames } from "../../seal/sealer.ts";
import type { HeldKeys } from "./held-keys.ts";
import { type SealerBook, storedSealer } from "./sealer-book.ts";
import type { TrustRefusal } from "./trust-refusal.ts";

export interface SealerOptions {
  readonly book: SealerBook;
  /** Of country signers, and of those who sign lists of them. */
  readonly chipKeys: HeldKeys;
  readonly testAuthorities: "refused" | "accepted";
  /** What seals call the one certificate of the file, if its names do not say it. */
  readonly names: SealerNames | undefined;
}

/** The certificates as makers of seals, which are added to the book; or the first that is none. */
export function sealersByHand(
  certificates: readonly Certificate[],
  options: SealerOptions,
): Result<readonly StoredSealer[], TrustRefusal> {
  if (options.names !== undefined && certificates.length > 1) return err({ kind: "sealNameForMany" });
  const sealers: StoredSealer[] = [];
  for (const certificate of topDown(certificates)) {
    const sealer = sealerByHand(certificate, options);
    if (!sealer.ok) return sealer;
    options.book.add(sealer.value);
    sealers.push(sealer.value);
  }
  return ok(sealers);
}

/** Each rests on those before it: self-signed ones, other authorities, signers. */
function topDown(certificates: readonly Certificate[]): readonly Certificate[] {
  const rank = (certificate: Certificate): number =>
    mayCertify(certificate) ? (certificate.subject.key === certificate.issuer.key ? 0 : 1) : 2;
  return certificates.toSorted((left, right) => rank(left) - rank(right));
}

/** One certificate, verified against the book. */
export function sealerByHand(
  certificate: Certificate,
  options: SealerOptions,
): Result<StoredSealer, TrustRefusal> {
  if (options.chipKeys.has(certificate))
    return err({ kind: "sealerIsCountrySigner", subject: certificate.subject.text });
  const sealer = mayCertify(certificate) ? authority(certificate, options) : signer(certificate, options);
  if (!sealer.ok) return sealer;
  const { subject } = sealer.value;
  const known = options.book.find(certificate.fingerprint);
  if (known !== undefined && sealName(known) !== sealName(sealer.value))
    return err({ kind: "sealerKnownOtherwise", subject, as: sealName(known) });
  return sealer.value.laboratory && options.testAuthorities === "refused"
    ? err({ kind: "testAuthority", subject })
    : sealer;
}

function authority(
  certificate: Certificate,
  { book, names = namesInCertificate(certificate) }: SealerOptions,
): Result<StoredSealer, TrustRefusal> {
  const subject = certificate.subject.text;
  if (names.certificateId !== "") return err({ kind: "sealNameUnfit", subject, fit: "FR05" });
  const isOwnRoot = isSignedBy(certificate, certificate) === "valid";
  if (!isOwnRoot && !book.hasRootOf(certificate))
    return err({ kind: "sealerUnproven", subject, issuer: certificate.issuer.text });
  if (names.authorityId === "" && !isOwnRoot) return err({ kind: "sealNameMissing", subject });
  return ok(storedSealer(certificate, names.authorityId === "" ? "root" : "authority", names));
}

function signer(
  certificate: Certificate,
  { book, names }: SealerOptions,
): Result<StoredSealer, TrustRefusal> {
  const subject = certificate.subject.text;
  if (!maySeal(certificate)) return err({ kind: "sealerUsage", subject });
  const above = book.authorityOf(certificate);
  if (above === undefined) return err({ kind: "sealerUnproven", subject, issuer: certificate.issuer.text });
  const { authorityId } = above;
  const { certificateId } = names ?? namesInCertificate(certificate);
  if (certificateId === "" || (names !== undefined && names.authorityId !== authorityId))
    return err({ kind: "sealNameUnfit", subject, fit: `${authorityId}/0001` });
  return ok(storedSealer(certificate, "signer", { authorityId, certificateId }));
}

/** For people: what a seal calls its maker. */
export const sealName = ({ role, authorityId, certificateId }: StoredSealer): string => {
  if (role === "root") return "root";
  return role === "authority" ? authorityId : `${authorityId}/${certificateId}`;
};
