/**
 * Enrolment at a desk: one card is examined in full, its chip is pinned to its holder, and the holder is admitted if
 * that was asked for, all in one step of the journal. Shared by `varco enrol` and `varco credentials add --tap`.
 */
import type { Config } from "../../config/schema.ts";
import { displayTag, pseudonym } from "../../crypto/pseudonym.ts";
import { seal } from "../../crypto/sealed.ts";
import { systemRandom } from "../../crypto/system-random.ts";
import { chipPinned, documentEnrolled, examinationAlarm, keyChanged } from "../../gate/access-event.ts";
import { DOCUMENT_DENIALS } from "../../gate/document-denials.table.ts";
import {
  type Examination,
  type ExaminationFailure,
  examineChip,
  isOfTheStore,
} from "../../gate/examine-chip.ts";
import { readCard } from "../../gate/read-card.ts";
import type { ChipEnrolment } from "../../journal/credential-register.ts";
import type { Enrolment } from "../../journal/credential-rows.ts";
import type { TrustAnchors } from "../../pki/trust-anchors.ts";
import { isLinkError } from "../../ports/card.ts";
import type { Pinning } from "../../ports/chip-pins.ts";
import type { NewEvent, PersonalPart } from "../../ports/journal.ts";
import { silentLog } from "../../ports/log.ts";
import { err, ok, type Result } from "../../result.ts";
import type { CommandIo, Invocation } from "../command.ts";
import { zoneOf } from "../door-policy.ts";
import { loadTrustAnchors } from "../trust-anchors-of.ts";
import {
  type DocumentFailure,
  type DocumentOrder,
  type DocumentSide,
  examineDocumentSide,
} from "./enrol-document.ts";
import { failed, type Outcome, type Site } from "./site.ts";
import { awaitTap, type CardWork } from "./tap.ts";

/** The card as it was found; its number is wiped by then. */
export interface ExaminedCard {
  readonly holder: Pick<Enrolment, "pseudonym" | "kind" | "displayTag" | "keyId">;
  readonly examined: Result<Examination, ExaminationFailure>;
  /** Its document side, where that was asked for and the service side is sound. */
  readonly document?: DocumentSide;
}

export interface EnrolmentOrder {
  /** What the holder is to be admitted with; absent = his standing stays as it is. */
  readonly entitlement?: Omit<Enrolment, keyof ExaminedCard["holder"] | "aliases">;
  readonly can?: Uint8Array;
  /** What of the card is examined and enrolled; both sides need the number on its front. */
  readonly sides: "service" | "both";
  readonly replace: boolean;
}

/** Asks for the card at the door's reader and examines it by the site's trust store. */
export async function examineTap(
  config: Config,
  site: Site,
  { sides, can }: EnrolmentOrder,
  invocation: Invocation,
  io: CommandIo,
): Promise<Outcome<ExaminedCard>> {
  const anchors = loadTrustAnchors(site.database, config);
  if (!anchors.ok) return failed(io, anchors.error);
  const { scopeKey } = site;
  const document =
    sides === "service" || can === undefined
      ? undefined
      : { can, anchors: anchors.value, zone: zoneOf(config), scopeKey };
  const work = examination(site, anchors.value, document, io);
  const tap = await awaitTap(config, invocation, io, work);
  return "exit" in tap ? tap : { value: tap.value.found };
}

function examination(
  site: Site,
  anchors: TrustAnchors,
  document: DocumentOrder | undefined,
  { clock }: CommandIo,
): CardWork<ExaminedCard> {
  return async (card, families, activateAnew) => {
    const context = { clock, log: silentLog, random: systemRandom, anchors, at: clock.wallTime() };
    const read = await readCard(card, families, context);
    if (!read.ok) return read;
    const nis = read.value.identifier.reveal();
    try {
      const { scopeKey } = site;
      const holder = {
        pseudonym: pseudonym(scopeKey, "nis", nis),
        kind: "nis",
        displayTag: displayTag(scopeKey, "nis", nis),
        keyId: scopeKey.keyId,
      } as const;
      const examined = await examineChip(nis, card.channel, context);
      if (!examined.ok)
        return isLinkError(examined.error)
          ? err(examined.error)
          : ok({ holder, examined: err(examined.error) });
      if (document === undefined) return ok({ holder, examined });
      const side = await examineDocumentSide(document, clock, activateAnew);
      return side.ok ? ok({ holder, examined, document: side.value }) : side;
    } finally {
      nis.fill(0);
    }
  };
}

/** What became of an enrolment; `unsound`: a side of the card failed a check, and nothing was enrolled. */
export type Enrolled = Pinning | "unsound";

/** Keeps what was found: the pin, the document and the admission in one step, or the alarm. */
export async function keepEnrolment(
  site: Site,
  card: ExaminedCard,
  order: EnrolmentOrder,
  io: CommandIo,
): Promise<Outcome<Enrolled>> {
  const { holder, examined, document } = card;
  const { pseudonym: own, keyId, kind } = holder;
  const personal = { pseudonym: own, keyId, kind };
  if (!examined.ok) {
    const of = isOfTheStore(examined.error) ? "signerUnknown" : "notGenuine";
    return keepAlarm([examinationAlarm({ of, why: examined.error.kind, personal })], site, io);
  }
  if (document?.examined.ok === false)
    return keepAlarm(documentAlarm(document.examined.error, personal), site, io);
  const { pin, responseMs, signed } = examined.value;
  const { can, entitlement, replace } = order;
  const enrolled = await site.register.enrol({
    holder,
    pin,
    replace,
    ...(entitlement === undefined ? {} : { entry: { ...holder, ...entitlement } }),
    ...(can === undefined ? {} : { document: documentKept(can, card, personal, site) }),
    pinned: (replaced) => chipPinned({ personal, pin, responseMs, warnings: signed.warnings, replaced }),
    otherKey: () => keyChanged({ personal }),
  });
  return enrolled.ok ? { value: enrolled.value } : failed(io, enrolled.error);
}

async function keepAlarm(
  alarms: readonly NewEvent[],
  { journal }: Site,
  io: CommandIo,
): Promise<Outcome<"unsound">> {
  const written = await journal.append(alarms);
  return written.ok ? { value: "unsound" } : failed(io, written.error);
}

/** A wrong digit, or a document that can no more, accuses nobody. */
function documentAlarm(failure: DocumentFailure, personal: PersonalPart): readonly NewEvent[] {
  const { kind } = failure;
  if (kind === "chipWithoutProof" || kind === "numberUnreadable") return [];
  const { alarm } = DOCUMENT_DENIALS[kind];
  return alarm === undefined ? [] : [examinationAlarm({ of: alarm, why: kind, personal })];
}

function documentKept(
  can: Uint8Array,
  { holder, document: side }: ExaminedCard,
  personal: PersonalPart,
  site: Site,
): NonNullable<ChipEnrolment["document"]> {
  const identity = side?.examined.ok === true ? { document: side.examined.value } : {};
  const kept = { sealedCan: sealedCan(can, site, holder.pseudonym), ...identity };
  return { kept, event: documentEnrolled({ personal, examined: "document" in identity }) };
}

function sealedCan(can: Uint8Array, { siteKey }: Site, holder: Uint8Array): Uint8Array {
  return seal(can, { siteKey, purpose: "cardAccessNumber", pseudonym: holder }, systemRandom);
}
