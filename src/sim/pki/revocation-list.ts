/**
 * Certificate revocation lists (RFC 5280 §5.1, profile of ICAO Doc 9303-12 §7.2), signed by a country signer.
 */
import { type AuthorityName, authority } from "./authority.ts";
import { type Certified, type PublicHalf, signedWith } from "./certificate.ts";
import { context, sequence, smallInteger, time, unsignedInteger } from "./der.ts";
import { authorityKeyId, crlNumber, type Period } from "./extensions.ts";
import { type Generation, SCHEMES, type SignatureScheme } from "./signature-scheme.ts";

export interface RevocationListFields {
  readonly authority: AuthorityName;
  readonly generation: Generation;
  /** This update and the next; `YYYYMMDDHHMMSSZ`. Default 2024 to 2049. */
  readonly updates?: Period;
  /** Magnitudes of serial numbers. Default the one of the signer that counts as revoked. */
  readonly revoked?: readonly Uint8Array[];
}

const DEFAULT_UPDATES: Period = { from: "20240101080000Z", to: "20490101080000Z" };
const VERSION_2 = 1;
const FIRST_NUMBER = 1;

/** The list of one of the service side's authorities. */
export function makeRevocationList(fields: RevocationListFields): Uint8Array {
  const { generation, updates = DEFAULT_UPDATES } = fields;
  const issuer = authority(fields.authority).countrySigner(generation);
  const revoked = fields.revoked ?? [
    authority(fields.authority).documentSigner(generation, "revoked").serial,
  ];
  return revocationListOf(issuer, { scheme: SCHEMES[generation], updates, revoked });
}

export interface ListFields<Key> {
  readonly scheme: SignatureScheme<Key>;
  readonly updates?: Period;
  /** Magnitudes of serial numbers. */
  readonly revoked: readonly Uint8Array[];
}

/** CertificateList, DER. A list that revokes nothing has no sequence of entries at all. */
export function revocationListOf<Key extends PublicHalf>(
  issuer: Certified<Key>,
  { scheme, updates = DEFAULT_UPDATES, revoked }: ListFields<Key>,
): Uint8Array {
  const entries = revoked.map((serial) => sequence(unsignedInteger(serial), time(updates.from)));
  const signed = sequence(
    smallInteger(VERSION_2),
    scheme.identifier,
    issuer.subject,
    time(updates.from),
    time(updates.to),
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
    context(0, sequence(authorityKeyId(issuer.keyId), crlNumber(FIRST_NUMBER))),
  );
  return signedWith(signed, { scheme, signedBy: issuer.key });
}
