/**
 * The rules for each certificate above a seal, once the signatures between them are known to be right: test certificates,
 * usage, dates. A seal holds as long as the document it is printed on, its signer's certificate a few years: so what
 * counts is the day of signing, which the seal says and its signature covers. Whoever stole a signer's key could write a
 * day of the past; only a revocation list stops him. ANTS, 2D-Doc specification 3.2.6, 5.1 (steps 4 to 6).
 */
import type { Certificate } from "../pki/certificate.ts";
import { type ChainLink, type LinkFailure, mayCertify } from "../pki/chain.ts";
import type { DayBounds } from "./seal-dates.ts";
import { maySeal } from "./sealer.ts";

/** The rule that a certificate breaks; the kind begins with the certificate: `anchor` is the authority, or its root. */
export type SealerRuleFailure =
  | Exclude<LinkFailure, { readonly kind: "testSigner" }>
  /** The seal, or a name in its chain, says that it is for tests, and this is no laboratory. */
  | { readonly kind: "testAuthority" };

export interface SealerRules {
  readonly link: ChainLink;
  /** The day that the seal gives as that of its signing. */
  readonly signed: DayBounds;
  readonly testAnchors: "refuse" | "accept";
}

/** The first rule that a certificate breaks, if any. */
export function brokenSealerRule(
  certificate: Certificate,
  { link, signed, testAnchors }: SealerRules,
): SealerRuleFailure | undefined {
  const isTest = certificate.subject.isTest || certificate.issuer.isTest;
  if (isTest && testAnchors === "refuse") return { kind: "testAuthority" };
  if (certificate.unknownCritical.length > 0) return { kind: `${link}CriticalExtension` };
  if (!(link === "signer" ? maySeal(certificate) : mayCertify(certificate))) return { kind: `${link}Usage` };
  if (signed.to < certificate.notBefore) return { kind: `${link}NotYetValid` };
  if (signed.from > certificate.notAfter) return { kind: `${link}Expired` };
  return undefined;
}
