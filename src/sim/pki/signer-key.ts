/**
 * A key that signs in one way only, as those of document authorities do: which algorithm it is stays with the key, so
 * that RSA and elliptic curves (`ec-signer.ts`) are used alike. ICAO Doc 9303-12 §4.4.
 */
import type { PublicHalf } from "./certificate.ts";
import type { SignatureScheme } from "./signature-scheme.ts";
import type { TestKey } from "./test-key.ts";

export interface SignerKey extends PublicHalf {
  /** AlgorithmIdentifier of what `sign` does, DER. */
  readonly algorithm: Uint8Array;
  sign(signed: Uint8Array): Uint8Array;
}

/** The scheme of a key that has but one. */
export const ownScheme = ({ algorithm }: SignerKey): SignatureScheme<SignerKey> => ({
  identifier: algorithm,
  sign: (signed, key) => key.sign(signed),
});

/** An RSA key bound to one scheme. */
export const rsaSigner = (key: TestKey, scheme: SignatureScheme): SignerKey => ({
  publicKeyInfo: key.publicKeyInfo,
  keyId: key.keyId,
  algorithm: scheme.identifier,
  sign: (signed) => scheme.sign(signed, key),
});
