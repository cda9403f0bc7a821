/**
 * The document side of a card that is being enrolled: opened by the number on its front, read as a gate reads it, and
 * kept as the pseudonym of its State and number. A document that cannot tell its chip from a copy is not enrolled.
 */
import { pseudonym, type ScopeKey } from "../../crypto/pseudonym.ts";
import { systemRandom } from "../../crypto/system-random.ts";
import type { DocumentError, DocumentStep } from "../../emrtd/document-request.ts";
import { EphemeralKeys } from "../../emrtd/pace-keys.ts";
import { DocumentFamilies } from "../../emrtd/read-manner.ts";
import { type ExaminedDocument, examineDocument } from "../../gate/examine-document.ts";
import { holderOf } from "../../identity/document-holder.ts";
import { holderIdentifiers } from "../../identity/match-keys.ts";
import type { TrustAnchors } from "../../pki/trust-anchors.ts";
import { isLinkError, type LinkError } from "../../ports/card.ts";
import type { Clock } from "../../ports/clock.ts";
import { silentLog } from "../../ports/log.ts";
import { err, ok, type Result } from "../../result.ts";
import { type CivilDate, civilDate, DAY_MS } from "../../time/civil-date.ts";
import type { TimeZone } from "../../time/time-zone.ts";
import type { ActivateAnew } from "./tap.ts";

/** Why a document is not enrolled. */
export type DocumentFailure =
  | DocumentError
  /** It has no means to prove that its chip is no copy. */
  | { readonly kind: "chipWithoutProof" }
  /** The check digit of its number does not hold. */
  | { readonly kind: "numberUnreadable" };

/** The document side as it was found. */
export interface DocumentSide {
  /** The pseudonym of its State and number, 32 bytes. */
  readonly examined: Result<Uint8Array, DocumentFailure>;
  /** What was done in the last attempt at it. */
  readonly reached: ReadonlySet<DocumentStep["kind"]>;
}

export interface DocumentOrder {
  /** Six digits; they stay the caller's. */
  readonly can: Uint8Array;
  readonly anchors: TrustAnchors;
  readonly zone: TimeZone;
  readonly scopeKey: ScopeKey;
}

/** Activates the card that lies there anew and examines its document; fails when the card was lost. */
export async function examineDocumentSide(
  { can, anchors, zone, scopeKey }: DocumentOrder,
  clock: Clock,
  activateAnew: ActivateAnew,
): Promise<Result<DocumentSide, LinkError>> {
  const linked = async (): ReturnType<ActivateAnew> => {
    const activated = await activateAnew();
    if (!activated.ok) return activated;
    // A signed object is long: the fastest link is agreed on before the first command.
    const raised = await activated.value.raiseSpeed();
    return raised.ok ? activated : raised;
  };
  const card = await linked();
  if (!card.ok) return card;
  const at = clock.wallTime();
  const today = civilDate(Math.floor(zone.localAt(at) / DAY_MS));
  const reached = new Set<DocumentStep["kind"]>();
  const onStep = ({ kind }: DocumentStep): void => {
    if (kind === "access") reached.clear();
    reached.add(kind);
  };
  const examined = await examineDocument(
    card.value,
    {
      ...{ anchors, at, today, onStep, bac: "never", random: systemRandom, wanted: [] },
      ...{ keys: new EphemeralKeys(systemRandom), password: { reference: "CAN", key: can } },
    },
    { families: new DocumentFamilies(), clock, log: silentLog, activateAnew: linked },
  );
  if (examined.ok) return ok({ examined: identityOf(examined.value, scopeKey, today), reached });
  return isLinkError(examined.error) ? err(examined.error) : ok({ examined: err(examined.error), reached });
}

function identityOf(
  { chip, signed }: ExaminedDocument,
  scopeKey: ScopeKey,
  today: CivilDate,
): Result<Uint8Array, DocumentFailure> {
  if (chip === undefined) return err({ kind: "chipWithoutProof" });
  const identifiers = holderIdentifiers(holderOf({ mrz: signed.mrz }, today));
  const document = identifiers.find(({ kind }) => kind === "doc");
  const keyed = document && pseudonym(scopeKey, document.kind, document.bytes);
  for (const { bytes } of identifiers) bytes.fill(0);
  return keyed === undefined ? err({ kind: "numberUnreadable" }) : ok(keyed);
}
