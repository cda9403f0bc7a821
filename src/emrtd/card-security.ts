/**
 * EF.CardSecurity: the SecurityInfos of EF.CardAccess and the chip's keys once more, signed by the State. Chip
 * authentication mapping is judged by a key from here, and what EF.CardAccess announced in clear is compared with it, so
 * that nobody between chip and reader can have taken the better protocol away.
 * Governing text: ICAO Doc 9303-11 §9.2.10 and §4.4.3.5; BSI TR-03110-3 A.1.2.
 */
import { CARD_OBJECT, parseAsn1 } from "../pki/asn1.ts";
import {
  authenticateSignedObject,
  type DocumentDefect,
  type SignedObjectFailure,
} from "../pki/document-signature.ts";
import type { ChainWarning, TrustAnchors } from "../pki/trust-anchors.ts";
import { err, ok, type Result } from "../result.ts";
import type { Instant } from "../time/time.ts";
import { choosePace, type PaceProfile } from "./pace-profile.ts";
import { type PaceMapping, parseSecurityInfos, type SecurityInfo } from "./security-infos.ts";

export interface CardSecurityQuestion {
  /** EF.CardSecurity: a ContentInfo; filler behind it is ignored. */
  readonly file: Uint8Array;
  readonly anchors: TrustAnchors;
  /** Now. */
  readonly at: Instant;
}

/** Infos that a State has signed, and who vouches for them. */
export interface CardSecurity {
  readonly infos: readonly SecurityInfo[];
  /** Fingerprints of the signer's certificate and of the country signer's behind it. */
  readonly signer: string;
  readonly anchor: string;
  readonly signerCountry: string;
  readonly warnings: readonly ChainWarning[];
  readonly defects: readonly DocumentDefect[];
}

export type CardSecurityFailure =
  | SignedObjectFailure
  | { readonly kind: "malformed"; readonly part: "cardSecurity" | "securityInfos" };

/** PACE was not done as what the State signed would have had it done: somebody took the better way away. */
export interface PaceWithheld {
  readonly kind: "paceWithheld";
}

const SECURITY_OBJECT = "0.4.0.127.0.7.3.2.1";

/** Checks the signature as passive authentication does that of EF.SOD, in the same order, and reads the infos. Never throws. */
export function checkCardSecurity({
  file,
  anchors,
  at,
}: CardSecurityQuestion): Result<CardSecurity, CardSecurityFailure> {
  const element = parseAsn1(file, CARD_OBJECT);
  if (!element.ok) return err({ kind: "malformed", part: "cardSecurity" });
  const object = authenticateSignedObject({
    element: element.value,
    contentTypes: [SECURITY_OBJECT],
    anchors,
    at,
  });
  if (!object.ok) return object;
  const { signed, signer, anchor, warnings, defects } = object.value;
  const infos = parseSecurityInfos(signed.content);
  if (!infos.ok) return err({ kind: "malformed", part: "securityInfos" });
  return ok({
    infos: infos.value,
    signer: signer.fingerprint,
    anchor: anchor.fingerprint,
    signerCountry: signer.issuer.country,
    warnings,
    defects,
  });
}

/**
 * Whether PACE was done in the way that a signed announcement (DG14 or EF.CardSecurity) leads to: EF.CardAccess, by which it
 * was chosen, stands in clear and is nobody's word. `used` is `undefined` when the document was opened by BAC. Older documents
 * sign no announcement that can be followed, and there is nothing to compare then.
 */
export function checkPaceWay(
  used: PaceProfile | undefined,
  signed: readonly SecurityInfo[],
  preference?: readonly PaceMapping[],
): Result<void, PaceWithheld> {
  const due = choosePace(signed, preference);
  if (due === undefined) return ok(undefined);
  const isSame = used?.mapping === due.mapping && used.suite === due.suite && used.group === due.group;
  return isSame ? ok(undefined) : err({ kind: "paceWithheld" });
}
