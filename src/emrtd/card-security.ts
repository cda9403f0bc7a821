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
import { parseSecurityInfos, type SecurityInfo } from "./security-infos.ts";

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

/** What is announced in clear differs from what is signed. */
export type PaceAnnouncementFailure =
  /** A way of PACE that the State signed was not announced: taken away so that a weaker one is used. */
  | { readonly kind: "paceWithheld" }
  /** A way of PACE was announced that the State did not sign. */
  | { readonly kind: "paceInvented" };

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
    times: { at },
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
 * Compares the ways of PACE that EF.CardAccess announced with those of a file whose signature was checked: DG14 or
 * EF.CardSecurity. Older documents sign none, and there is nothing to compare then: `unsigned`.
 */
export function checkAnnouncedPace(
  announced: readonly SecurityInfo[],
  signed: readonly SecurityInfo[],
): Result<"signed" | "unsigned", PaceAnnouncementFailure> {
  const [here, there] = [waysOf(announced), waysOf(signed)];
  if (there.size === 0) return ok("unsigned");
  if ([...there].some((way) => !here.has(way))) return err({ kind: "paceWithheld" });
  return [...here].some((way) => !there.has(way)) ? err({ kind: "paceInvented" }) : ok("signed");
}

const waysOf = (infos: readonly SecurityInfo[]): ReadonlySet<string> =>
  new Set(
    infos.flatMap((info) =>
      info.kind === "pace" ? [`${info.mapping} ${info.suite} ${info.version} ${info.parameterId}`] : [],
    ),
  );
