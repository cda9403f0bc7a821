/**
 * Roots, authorities and signers of visible seals for these tests, right in everything that a test does not name. Made with
 * the simulator's writer of DER; the names in them are those that seals go by (specification, 3.3).
 */
import { parseCertificate } from "../../src/pki/certificate.ts";
import { parseRevocationList } from "../../src/pki/crl.ts";
import { revocationListRecord } from "../../src/pki/trust-anchors.ts";
import { SealAnchors, type SealAnchorsOptions } from "../../src/seal/seal-anchors.ts";
import type { SealerRecord } from "../../src/seal/sealer.ts";
import {
  type CertificateFields,
  type Certified,
  distinguishedName,
  makeCertificate,
} from "../../src/sim/pki/certificate.ts";
import { ecSigner } from "../../src/sim/pki/ec-signer.ts";
import {
  authorityOfLeaves,
  CRL_SIGN,
  DIGITAL_SIGNATURE,
  KEY_CERT_SIGN,
  keyUsage,
  type Period,
} from "../../src/sim/pki/extensions.ts";
import { revocationListOf } from "../../src/sim/pki/revocation-list.ts";
import { ownScheme, type SignerKey } from "../../src/sim/pki/signer-key.ts";
import { good } from "../good.ts";
import type { SealCurve } from "./seal-maker.ts";

export type Maker = Certified<SignerKey>;

const HASHES = { "P-256": "sha256", "P-384": "sha384", "P-521": "sha512" } as const;

export const keyOf = (label: string, curve: SealCurve = "P-256"): SignerKey =>
  ecSigner({ curve, hash: HASHES[curve], parameters: { named: curve }, label });

export const nameOf = (commonName: string, organisation = "Imprimerie"): Uint8Array =>
  distinguishedName({ country: "FR", organisation, unit: "0002 000000000", commonName });

/** Around 2414, the day on which the seals of `seal-maker.ts` are signed: 2025-04-15. */
export const AUTHORITY_VALIDITY: Period = { from: "20210215000000Z", to: "20360515000000Z" };
export const SIGNER_VALIDITY: Period = { from: "20240101080000Z", to: "20270101080000Z" };

interface MakerFields extends Partial<CertificateFields<SignerKey>> {
  /** Who signs it; itself when absent. */
  readonly under?: Maker;
}

let serial = 0x10;

function maker(commonName: string, label: string, fields: MakerFields): Maker {
  const { under, key = keyOf(label), subject = nameOf(commonName), ...more } = fields;
  const signedBy = under?.key ?? key;
  serial += 1;
  return makeCertificate({
    serial: Uint8Array.of(0x5e, serial),
    issuer: under?.subject ?? subject,
    subject,
    validity: AUTHORITY_VALIDITY,
    key,
    keyId: key.keyId,
    issuerKeyId: under?.keyId ?? key.keyId,
    extensions: [keyUsage(KEY_CERT_SIGN, CRL_SIGN), authorityOfLeaves()],
    signedBy,
    scheme: ownScheme(signedBy),
    ...more,
  });
}

/** A root whose name says nothing of seals. */
export const rootMaker = (label = "root", fields: MakerFields = {}): Maker =>
  maker("Imprimerie Root CA", label, fields);

/** An authority: its own root, unless it stands under one. */
export const authorityMaker = (authorityId = "FR05", fields: MakerFields = {}): Maker =>
  maker(authorityId, `authority ${authorityId}`, fields);

/** A signer under an authority. */
export const signerMaker = (under: Maker, certificateId = "0001", fields: MakerFields = {}): Maker =>
  maker(certificateId, "signer", {
    under,
    validity: SIGNER_VALIDITY,
    extensions: [keyUsage(DIGITAL_SIGNATURE)],
    ...fields,
  });

export interface CrlFields {
  readonly revoked: readonly Maker[];
  readonly updates?: Period;
}

/** A revocation list of an authority or root, current in the year in which these tests are. */
export const revocationListBy = (
  issuer: Maker,
  { revoked, updates = { from: "20260101080000Z", to: "20270101080000Z" } }: CrlFields,
): Uint8Array =>
  revocationListOf(issuer, {
    scheme: ownScheme(issuer.key),
    updates,
    revoked: revoked.map((maker) => maker.serial),
  });

type RecordFields = Partial<Pick<SealerRecord, "authorityId" | "certificateId" | "isListed">>;

/** A maker as the store has it. */
export function record(
  role: SealerRecord["role"],
  { certificate }: Maker,
  fields: RecordFields = {},
): SealerRecord {
  const { der, fingerprint, subject } = good(parseCertificate(certificate));
  return {
    der,
    fingerprint,
    role,
    subjectKey: subject.key,
    authorityId: role === "root" ? "" : "FR05",
    certificateId: role === "signer" ? "0001" : "",
    isListed: false,
    ...fields,
  };
}

export interface SealStore extends Partial<Pick<SealAnchorsOptions, "crl" | "testAnchors">> {
  readonly sealers: readonly SealerRecord[];
  /** Revocation lists in DER. */
  readonly lists?: readonly Uint8Array[];
}

export const sealStore = ({
  sealers,
  lists = [],
  crl = "warn",
  testAnchors = "refuse",
}: SealStore): SealAnchors =>
  new SealAnchors({
    sealers,
    revocationLists: lists.map((der) => revocationListRecord(good(parseRevocationList(der)))),
    crl,
    testAnchors,
  });
