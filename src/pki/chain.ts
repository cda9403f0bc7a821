/**
 * The rules for a signer and the country signer above it, once the signature between them is known to be right: test
 * certificates, usage, dates. ICAO Doc 9303-12 §4 and §7; the order of the checks is the order of the reasons.
 */
import type { Instant } from "../time/time.ts";
import type { Certificate } from "./certificate.ts";

/** Which of the two certificates a rule is about. */
export type ChainLink = "signer" | "anchor";

/** The rule that a certificate breaks; the kind begins with the certificate that breaks it. */
export type LinkFailure =
  /** A name in the chain says that it is for tests, and this is no laboratory. */
  | { readonly kind: "testSigner" }
  | { readonly kind: `${ChainLink}CriticalExtension` }
  /** A signer without digitalSignature, an anchor that may not sign certificates. */
  | { readonly kind: `${ChainLink}Usage` }
  | { readonly kind: `${ChainLink}NotYetValid` }
  | { readonly kind: `${ChainLink}Expired` };

export interface ChainTimes {
  /** Now, as far as the gate's clock is trusted. */
  readonly at: Instant;
  /** When the document was signed or issued, if that is known. */
  readonly signedAt?: Instant | undefined;
}

export interface LinkRules {
  readonly link: ChainLink;
  readonly times: ChainTimes;
  readonly testAnchors: "refuse" | "accept";
}

/**
 * The first rule that a certificate breaks, if any. Date policy: both certificates must cover the present, and the time
 * of signing too where it is known. A document signer is valid for as long as the documents it signed (ten years and
 * some months), so an honest document in force never meets an expired one; the short period of its private key
 * (2.5.29.16) says when it may sign, and is not looked at.
 */
export function brokenRule(
  certificate: Certificate,
  { link, times, testAnchors }: LinkRules,
): LinkFailure | undefined {
  const isTest = certificate.subject.isTest || certificate.issuer.isTest;
  if (isTest && testAnchors === "refuse") return { kind: "testSigner" };
  if (certificate.unknownCritical.length > 0) return { kind: `${link}CriticalExtension` };
  if (!isFitFor(certificate, link)) return { kind: `${link}Usage` };
  for (const time of [times.at, times.signedAt ?? times.at]) {
    if (time < certificate.notBefore) return { kind: `${link}NotYetValid` };
    if (time > certificate.notAfter) return { kind: `${link}Expired` };
  }
  return undefined;
}

/** Whether a certificate may sign others. States publish link certificates without basic constraints, so they are not asked for. */
export const mayCertify = ({ keyUsage }: Certificate): boolean => keyUsage?.keyCertSign === true;

const isFitFor = (certificate: Certificate, link: ChainLink): boolean =>
  link === "signer" ? certificate.keyUsage?.digitalSignature === true : mayCertify(certificate);
