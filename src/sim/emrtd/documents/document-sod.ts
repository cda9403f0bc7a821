/**
 * EF.SOD, the signed list of the data groups' hashes, and EF.CardSecurity, the signed copy of what the chip says of its
 * keys. Whoever calls decides on every algorithm and every departure. ICAO Doc 9303-10 §4.6.2; BSI TR-03110-3 A.1.2.
 */
import type { Certified } from "../../pki/certificate.ts";
import { element, octetString, printableString, sequence, smallInteger } from "../../pki/der.ts";
import { SIGNING_KINDS } from "../../pki/document-authorities.table.ts";
import { type DocumentSignerChoice, documentSigner } from "../../pki/document-authorities.ts";
import { type HashName, hash, hashIdentifier } from "../../pki/signature-scheme.ts";
import { makeSignedData } from "../../pki/signed-data.ts";
import { ownScheme, type SignerKey } from "../../pki/signer-key.ts";

export interface SodPlan {
  /** 1 adds the versions of LDS and Unicode. */
  readonly version: 0 | 1;
  /** Of the data groups. */
  readonly groupHash: HashName;
  readonly signer: DocumentSignerChoice;
  /** Of content and signature, where it is not that of the signer's kind. */
  readonly digest?: HashName;
  readonly contentType?: string;
  readonly signingTime?: string;
  readonly encoding?: "DER" | "BER";
  /** Data groups that are on the chip and not in the list. */
  readonly unlisted?: readonly number[];
  readonly messageDigest?: "wrong";
  /** How the object names its signer, where it is not as the certificate says. */
  readonly namesSigner?: (signer: Certified<SignerKey>) => SignerName;
}

/** Name, DER, and magnitude of the serial number. */
export interface SignerName {
  readonly issuer: Uint8Array;
  readonly serial: Uint8Array;
}

const LDS_SECURITY_OBJECT = "2.23.136.1.1.1";
const SECURITY_OBJECT = "0.4.0.127.0.7.3.2.1";
const SOD_TAG = 0x77;

/** `77 L`, then the SignedData over the hashes of `groups`, whole files by the number of the data group. */
export function securityObjectFile(groups: ReadonlyMap<number, Uint8Array>, plan: SodPlan): Uint8Array {
  const listed = [...groups].filter(([group]) => plan.unlisted?.includes(group) !== true);
  const entries = listed.map(([group, file]) =>
    sequence(smallInteger(group), octetString(hash(plan.groupHash, file))),
  );
  const versions = plan.version === 1 ? [sequence(printableString("0108"), printableString("040000"))] : [];
  const content = sequence(
    smallInteger(plan.version),
    hashIdentifier(plan.groupHash),
    sequence(...entries),
    ...versions,
  );
  return element(SOD_TAG, signed(content, plan.contentType ?? LDS_SECURITY_OBJECT, plan));
}

/** EF.CardSecurity over SecurityInfos; what is odd about the SOD is not odd here. */
export const cardSecurityFile = (infos: Uint8Array, { version, groupHash, signer }: SodPlan): Uint8Array =>
  signed(infos, SECURITY_OBJECT, { version, groupHash, signer });

function signed(content: Uint8Array, contentType: string, plan: SodPlan): Uint8Array {
  const signer = documentSigner(plan.signer);
  const digest = plan.digest ?? SIGNING_KINDS[plan.signer.kind].hash;
  const { signingTime, encoding, messageDigest, namesSigner } = plan;
  return makeSignedData({
    contentType,
    content,
    digest,
    scheme: ownScheme(signer.key),
    signer,
    ...(signingTime === undefined ? {} : { signingTime }),
    ...(encoding === undefined ? {} : { encoding }),
    ...(messageDigest === undefined ? {} : { messageDigest: hash(digest, hash(digest, content)) }),
    ...(namesSigner === undefined ? {} : { namesSigner: namesSigner(signer) }),
  });
}
