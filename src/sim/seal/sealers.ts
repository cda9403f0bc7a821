/**
 * Who signs the virtual seals: an authority that calls itself FR05, as the one of French identity cards does, with signers of
 * every state, the authority for tests, and one that nobody knows. Made when first asked for, with the same bytes in every
 * process; their keys are worthless. ANTS, 2D-Doc specification 3.2.6, 5.1; 2D-Doc governance, 4.3.
 */
import { type Certified, distinguishedName, makeCertificate } from "../pki/certificate.ts";
import { ecSigner } from "../pki/ec-signer.ts";
import {
  authorityOfLeaves,
  CRL_SIGN,
  DIGITAL_SIGNATURE,
  KEY_CERT_SIGN,
  keyUsage,
  type Period,
} from "../pki/extensions.ts";
import { madeOnce } from "../pki/made-once.ts";
import { revocationListOf } from "../pki/revocation-list.ts";
import { ownScheme, type SignerKey } from "../pki/signer-key.ts";

interface SealerFacts {
  readonly authorityId: string;
  readonly certificateId: string;
  /** One byte, the last of the serial number. */
  readonly number: number;
  readonly validity: Period;
}

const FOR_EVER: Period = { from: "20210315080000Z", to: "20490515080000Z" };
const OVER: Period = { from: "20210315080000Z", to: "20230615080000Z" };

/** By what a gate finds of them. */
export const SEALERS = {
  valid: { authorityId: "FR05", certificateId: "0001", number: 1, validity: FOR_EVER },
  /** Its certificate had ended when it signed. */
  expired: { authorityId: "FR05", certificateId: "0002", number: 2, validity: OVER },
  revoked: { authorityId: "FR05", certificateId: "0003", number: 3, validity: FOR_EVER },
  /** In no list, though its authority is. */
  unlisted: { authorityId: "FR05", certificateId: "0004", number: 4, validity: FOR_EVER },
  /** Anybody can have what it signs. */
  test: { authorityId: "FR00", certificateId: "0001", number: 5, validity: FOR_EVER },
  /** Of an authority that no list has. */
  invented: { authorityId: "FR9Z", certificateId: "0001", number: 6, validity: FOR_EVER },
} as const satisfies Readonly<Record<string, SealerFacts>>;

export type SealerName = keyof typeof SEALERS;

/** The label of the key that signs seals. */
export const sealerKeyLabel = (name: SealerName): string => `sealer ${name}`;

const once = madeOnce<Certified<SignerKey>>();

const keyOf = (label: string): SignerKey =>
  ecSigner({ curve: "P-256", hash: "sha256", parameters: { named: "P-256" }, label });

const nameOf = (commonName: string): Uint8Array =>
  distinguishedName({
    country: "FR",
    organisation: "Varco Simulator",
    unit: "Virtual seals without value",
    commonName,
  });

/** The authority, which is its own root. */
export const sealAuthority = (authorityId: string): Certified<SignerKey> =>
  once(`authority ${authorityId}`, () => {
    const key = keyOf(`seal authority ${authorityId}`);
    const subject = nameOf(authorityId);
    return makeCertificate({
      ...{ serial: Uint8Array.of(0x2d, 0x0c, 0x00), issuer: subject, subject, validity: FOR_EVER },
      ...{ key, keyId: key.keyId, issuerKeyId: key.keyId },
      extensions: [keyUsage(KEY_CERT_SIGN, CRL_SIGN), authorityOfLeaves()],
      ...{ signedBy: key, scheme: ownScheme(key) },
    });
  });

/** The certificate of a signer. */
export const sealer = (name: SealerName): Certified<SignerKey> =>
  once(`sealer ${name}`, () => {
    const facts = SEALERS[name];
    const above = sealAuthority(facts.authorityId);
    const key = keyOf(sealerKeyLabel(name));
    return makeCertificate({
      serial: serialOf(facts),
      ...{ issuer: above.subject, subject: nameOf(facts.certificateId), validity: facts.validity },
      ...{ key, keyId: key.keyId, issuerKeyId: above.keyId },
      extensions: [keyUsage(DIGITAL_SIGNATURE)],
      ...{ signedBy: above.key, scheme: ownScheme(above.key) },
    });
  });

const serialOf = ({ number }: SealerFacts): Uint8Array => Uint8Array.of(0x2d, 0x0c, number);

/** What an operator imports who trusts the virtual seals: certificates, and the list of withdrawn ones, DER. */
export interface SealTrust {
  readonly authority: Uint8Array;
  readonly signers: readonly Uint8Array[];
  readonly revocationList: Uint8Array;
}

const LISTED: readonly SealerName[] = ["valid", "expired", "revoked"];

export function sealTrust(): SealTrust {
  const authority = sealAuthority(SEALERS.valid.authorityId);
  const revoked = [serialOf(SEALERS.revoked)];
  return {
    authority: authority.certificate,
    signers: LISTED.map((name) => sealer(name).certificate),
    revocationList: revocationListOf(authority, { scheme: ownScheme(authority.key), revoked }),
  };
}

/** The authority for tests and its signer, for a store that has taken them all the same. */
export const testSealTrust = (): Omit<SealTrust, "revocationList"> => ({
  authority: sealAuthority(SEALERS.test.authorityId).certificate,
  signers: [sealer("test").certificate],
});
