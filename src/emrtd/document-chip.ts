/**
 * How a reading finds out whether the chip is the one that the State signed for: by the mapping that PACE ended with, by chip
 * authentication, or by active authentication, in this order; one of them is enough. A document that has none is told
 * apart from one that hides or fails what it has. Governing text: ICAO Doc 9303-11 §4.4.3.5, §6; eMRTD sheet, 7.
 */
import { during, type Exchange } from "../apdu/exchange.ts";
import { toHex } from "../bytes/hex.ts";
import { rawBytes } from "../pki/asn1.ts";
import { err, ok, type Result } from "../result.ts";
import { activeAuthentication } from "./active-authentication.ts";
import { type CardSecurity, checkCardSecurity } from "./card-security.ts";
import { authenticateChip } from "./chip-authentication.ts";
import { chipAuthenticationWays } from "./chip-authentication-choice.ts";
import type { OpenDocument } from "./document-access.ts";
import type { ChipProtocol, DocumentAttempts, DocumentError, DocumentRequest } from "./document-request.ts";
import type { DocumentSession } from "./document-session.ts";
import { LDS_FILES } from "./lds/data-groups.ts";
import { parseDg14 } from "./lds/dg14.ts";
import { parseDg15 } from "./lds/dg15.ts";
import { checkChipMapping } from "./pace-cam.ts";
import type { DocumentSecurity } from "./passive-authentication-sod.ts";
import type { SecurityInfo } from "./security-infos.ts";

/** One reading, and what is known from those before it in the same presentation. */
export interface Attempt {
  readonly request: DocumentRequest;
  readonly attempts: DocumentAttempts;
}

/** What the chip has done to prove itself so far, and the infos that say what it can; those are signed, or will be found out. */
export interface Agreed {
  readonly chip: ChipProtocol | undefined;
  readonly infos: readonly SecurityInfo[];
  /** Who signed the infos of EF.CardSecurity, and what was found amiss with that. */
  readonly signed?: CardSecurity;
}

/** By the mapping if PACE had one, else by chip authentication, in the best way that has not failed yet. */
export function* agreeWithChip(
  session: DocumentSession,
  { mapping }: OpenDocument,
  { request, attempts }: Attempt,
): Exchange<Agreed, DocumentError> {
  let mapped: Result<Agreed, DocumentError> | undefined;
  const judge = () => {
    mapped ??= mapping && judgeMapping(mapping, request);
  };
  const infos = yield* readChipInfos(session, judge);
  if (!infos.ok) return infos;
  judge();
  if (mapped?.ok === false) return mapped;
  const ways = chipAuthenticationWays(infos.value);
  // EF.SOD says nothing of EF.CardSecurity. A key that stands in DG14 too ties the two together; without one chip authentication
  // does. Where DG14 has no way of it either, only the State of both signers does: `settleChip` compares them.
  if (mapped !== undefined && (ways.length === 0 || sharesKey(mapped.value.infos, infos.value)))
    return mapped;
  const way = ways[attempts.failedWays];
  if (way === undefined)
    return mapped === undefined ? ok({ chip: undefined, infos: infos.value }) : err({ kind: "chipUnproven" });
  const agreed = yield* session.run(authenticateChip(way, request.keys));
  if (!agreed.ok) {
    attempts.wayFailed();
    return err({ kind: "chipWayFailed", cause: agreed.error });
  }
  session.renew(agreed.value.session);
  request.onStep?.({ kind: "agreement" });
  return ok(mapped?.value ?? { chip: "chipAuthentication", infos: infos.value });
}

/** Of DG14, none where there is no such file. */
function* readChipInfos(
  session: DocumentSession,
  meanwhile: () => void,
): Exchange<readonly SecurityInfo[], DocumentError> {
  const file = yield* during(session.readIfThere("DG14"), meanwhile);
  if (!file.ok) return file;
  const infos = file.value === undefined ? ok([]) : parseDg14(file.value);
  return infos.ok ? infos : err({ kind: "malformed", part: "dataGroup14" });
}

const keysIn = (infos: readonly SecurityInfo[]): readonly string[] =>
  infos.flatMap((info) => (info.kind === "chipAuthenticationKey" ? [toHex(rawBytes(info.publicKey))] : []));

function sharesKey(one: readonly SecurityInfo[], other: readonly SecurityInfo[]): boolean {
  const keys = new Set(keysIn(other));
  return keysIn(one).some((key) => keys.has(key));
}

function judgeMapping(
  { data, cardSecurity }: NonNullable<OpenDocument["mapping"]>,
  { anchors, at }: DocumentRequest,
): Result<Agreed, DocumentError> {
  const signed = checkCardSecurity({ file: cardSecurity, anchors, at });
  if (!signed.ok) return signed;
  const { infos } = signed.value;
  const proven = checkChipMapping(data, infos);
  return proven.ok ? ok({ chip: "chipAuthenticationMapping", infos, signed: signed.value }) : proven;
}

/** The last ways to know the chip, and whether it hid one. */
export function* settleChip(
  session: DocumentSession,
  { chip, infos, signed, security }: Agreed & { readonly security: DocumentSecurity },
  attempt: Attempt,
): Exchange<ChipProtocol | undefined, DocumentError> {
  // Two objects of one document that two States signed would be parts of two documents.
  if (signed !== undefined && signed.signerCountry !== security.signer.issuer.country)
    return err({ kind: "wrongCountry" });
  if (security.listed.has(LDS_FILES.DG14.sfi) && !session.files.has("DG14"))
    return err({ kind: "dataGroupWithheld", dataGroup: 14 });
  if (chip !== undefined) return ok(chip);
  if (security.listed.has(LDS_FILES.DG15.sfi))
    return yield* authenticateActively(session, { infos, listed: security.listed }, attempt);
  // The State signed a key for chip authentication, and no way with it led to an answer.
  return attempt.attempts.failedWays > 0 ? err({ kind: "chipUnproven" }) : ok(undefined);
}

/** A chip that dies of an Le of more than 256 is asked again with a shorter one, and gives the rest by GET RESPONSE. */
function* authenticateActively(
  session: DocumentSession,
  { infos, listed }: { readonly infos: readonly SecurityInfo[]; readonly listed: ReadonlySet<number> },
  { request: { random }, attempts }: Attempt,
): Exchange<ChipProtocol, DocumentError> {
  const file = yield* session.readIfThere("DG15");
  if (!file.ok) return file;
  if (file.value === undefined) return err({ kind: "dataGroupWithheld", dataGroup: 15 });
  const publicKey = parseDg15(file.value);
  if (!publicKey.ok) return err({ kind: "malformed", part: "dataGroup15" });
  const { onlyShortLe } = attempts;
  const question = { publicKey: publicKey.value, listed, infos, random, onlyShortLe };
  const proven = yield* session.run(activeAuthentication(question));
  if (proven.ok) return ok("activeAuthentication");
  if (proven.error.kind !== "sessionDropped" || onlyShortLe) return proven;
  attempts.keepLeShort();
  return err({ kind: "chipWayFailed", cause: proven.error });
}
