/**
 * The keys of certificates that the trust store holds, by which an import keeps those who vouch for chips and those who make
 * visible seals apart: a key that does the one must not come to do the other, whatever certificate it comes in.
 */
import { toHex } from "../../bytes/hex.ts";
import { type Certificate, keyBits, parseCertificate } from "../../pki/certificate.ts";

/** A certificate of the store. */
interface HeldCertificate {
  readonly der: Uint8Array;
  readonly fingerprint: string;
}

export class HeldKeys {
  readonly #held: readonly HeldCertificate[];
  /** All that a key may be known again by. Made when first asked for: a store of all countries takes a moment to parse. */
  #names: ReadonlySet<string> | undefined;

  constructor(held: readonly HeldCertificate[]) {
    this.#held = held;
  }

  /** Whether this certificate is held, or its key is: the bits of it, or an identifier that the issuers have given both. */
  has(certificate: Certificate): boolean {
    this.#names ??= new Set(this.#held.flatMap(namesOfHeld));
    const names = this.#names;
    return namesOf(certificate).some((name) => names.has(name));
  }
}

/** Of a certificate that cannot be read the fingerprint is left. */
function namesOfHeld({ der, fingerprint }: HeldCertificate): readonly string[] {
  const parsed = parseCertificate(der);
  return parsed.ok ? namesOf(parsed.value) : [fingerprint];
}

/** Digits of three kinds, which are told apart by what stands before them. */
const namesOf = (certificate: Certificate): readonly string[] => [
  certificate.fingerprint,
  `key ${toHex(keyBits(certificate))}`,
  ...(certificate.subjectKeyId === undefined ? [] : [`id ${certificate.subjectKeyId}`]),
];
