/**
 * EF.SOD of the service side of a CIE: the signed list of hashes that ties the NIS to the chip's keys, in both
 * generations of the card. Not the same object as the SOD of the travel document (ICAO Doc 9303-10 §4.6.2), whose
 * form it borrows: the numbers are one byte each and so, read as DER says, mostly negative.
 */
import { type AuthorityName, authority, type SignerState } from "./authority.ts";
import { element, octetString, printableString, rawInteger, sequence, smallInteger } from "./der.ts";
import { type Generation, type HashName, hash, hashIdentifier, SCHEMES } from "./signature-scheme.ts";
import { makeSignedData } from "./signed-data.ts";

/** The files whose hashes are signed, each without what lies behind its content. */
export interface SignedFiles {
  /** EF.ID_Servizi: twelve ASCII digits. */
  readonly nis: Uint8Array;
  /** EF.Seriale: nine characters. */
  readonly cardNumber: Uint8Array;
  /** EF.Cert_CIE. */
  readonly holderCertificate: Uint8Array;
  /** EF.Int.Kpub and EF.Servizi_Int.Kpub. */
  readonly deviceKey: Uint8Array;
  readonly servicesKey: Uint8Array;
  /** EF.DH. */
  readonly diffieHellman: Uint8Array;
}

export interface SodSigner {
  readonly generation: Generation;
  readonly authority?: AuthorityName;
  readonly state?: SignerState;
}

const LDS_SECURITY_OBJECT = "2.23.136.1.1.1";
const DOCUMENT_TAG = 0x77;

/** Number of each file, and the order in which each generation lists them. */
const NUMBERS = {
  nis: 0xa1,
  cardNumber: 0xa2,
  holderCertificate: 0xa3,
  deviceKey: 0xa4,
  servicesKey: 0xa5,
  diffieHellman: 0x1b,
} as const satisfies Readonly<Record<keyof SignedFiles, number>>;

interface Profile {
  readonly version: number;
  readonly digest: HashName;
  readonly order: readonly (keyof SignedFiles)[];
  /** LDS and Unicode version, which version 1 of the object adds. */
  readonly versions: readonly Uint8Array[];
}

const PROFILES: Readonly<Record<Generation, Profile>> = {
  1: {
    version: 0,
    digest: "sha256",
    order: ["servicesKey", "deviceKey", "nis", "holderCertificate", "cardNumber", "diffieHellman"],
    versions: [],
  },
  2: {
    version: 1,
    digest: "sha512",
    order: ["servicesKey", "diffieHellman", "deviceKey", "holderCertificate", "cardNumber", "nis"],
    versions: [sequence(printableString("0108"), printableString("040000"))],
  },
};

/** `77 82 hh ll`, then the SignedData. Digest and signature algorithms disagree in generation 1, as on real cards. */
export function makeServiceSod(
  files: SignedFiles,
  { generation, authority: name = "self-made", state = "valid" }: SodSigner,
): Uint8Array {
  const { version, digest, order, versions } = PROFILES[generation];
  const entries = order.map((file) =>
    sequence(rawInteger(Uint8Array.of(NUMBERS[file])), octetString(hash(digest, files[file]))),
  );
  const content = sequence(smallInteger(version), hashIdentifier(digest), sequence(...entries), ...versions);
  const signer = authority(name).documentSigner(generation, state);
  const scheme = SCHEMES[generation];
  return element(
    DOCUMENT_TAG,
    makeSignedData({ contentType: LDS_SECURITY_OBJECT, content, digest, scheme, signer }),
  );
}
