/**
 * The makers of visible seals that a file may be verified against: those of the trust store and those that the file itself
 * has brought so far, parsed only when they are asked for.
 */
import type { SourcedSealer, StoredSealer } from "../../journal/trust-content.ts";
import { type Certificate, isSignedBy, parseCertificate } from "../../pki/certificate.ts";
import { isTestSealer, type SealerNames, type SealerRole } from "../../seal/sealer.ts";
import { isLaboratory } from "./anchor-book.ts";

/** A certificate as the store keeps it. */
export const storedSealer = (
  certificate: Certificate,
  role: SealerRole,
  names: SealerNames,
): StoredSealer => ({
  der: certificate.der,
  fingerprint: certificate.fingerprint,
  role,
  authorityId: names.authorityId,
  certificateId: names.certificateId,
  subjectKeyId: certificate.subjectKeyId,
  subjectKey: certificate.subject.key,
  subject: certificate.subject.text,
  country: certificate.subject.country,
  notBefore: certificate.notBefore,
  notAfter: certificate.notAfter,
  laboratory: isLaboratory(certificate) || isTestSealer(names),
});

export class SealerBook {
  readonly #sealers: StoredSealer[];
  readonly #parsed = new Map<string, Certificate | undefined>();

  constructor(sealers: readonly (StoredSealer | SourcedSealer)[]) {
    this.#sealers = [...sealers];
  }

  add(...sealers: readonly StoredSealer[]): void {
    this.#sealers.push(...sealers);
  }

  /** The same certificate, if it is known already. */
  find(fingerprint: string): StoredSealer | undefined {
    return this.#sealers.find((sealer) => sealer.fingerprint === fingerprint);
  }

  /** The authority whose key signed a signer's certificate. */
  authorityOf(signer: Certificate): StoredSealer | undefined {
    return this.#sealers.find((sealer) => sealer.role === "authority" && this.#signed(sealer, signer));
  }

  /** Whether a root has signed an authority's certificate. */
  hasRootOf(authority: Certificate): boolean {
    return this.#sealers.some((sealer) => sealer.role === "root" && this.#signed(sealer, authority));
  }

  /** The authorities and roots of a name. */
  named(subjectKey: string): readonly Certificate[] {
    return this.#sealers
      .filter((sealer) => sealer.role !== "signer" && sealer.subjectKey === subjectKey)
      .flatMap((sealer) => this.#parse(sealer) ?? []);
  }

  #signed(sealer: StoredSealer, certificate: Certificate): boolean {
    const issuer = this.#parse(sealer);
    return issuer !== undefined && isSignedBy(certificate, issuer) === "valid";
  }

  #parse({ der, fingerprint }: StoredSealer): Certificate | undefined {
    if (this.#parsed.has(fingerprint)) return this.#parsed.get(fingerprint);
    const parsed = parseCertificate(der);
    const certificate = parsed.ok ? parsed.value : undefined;
    this.#parsed.set(fingerprint, certificate);
    return certificate;
  }
}
