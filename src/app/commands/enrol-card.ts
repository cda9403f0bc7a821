/**
 * Enrolment at a desk: one card is examined in full, its chip is pinned to its holder, and the holder is admitted if
 * that was asked for, all in one step of the journal. Shared by `varco enrol` and `varco credentials add --tap`.
 */
import type { Config } from "../../config/schema.ts";
import { displayTag, pseudonym } from "../../crypto/pseudonym.ts";
import { seal } from "../../crypto/sealed.ts";
import { systemRandom } from "../../crypto/system-random.ts";
import { chipPinned, examinationAlarm, keyChanged } from "../../gate/access-event.ts";
import {
  type Examination,
  type ExaminationFailure,
  examineChip,
  isOfTheStore,
} from "../../gate/examine-chip.ts";
import { readCard } from "../../gate/read-card.ts";
import type { Enrolment } from "../../journal/credential-rows.ts";
import type { TrustAnchors } from "../../pki/trust-anchors.ts";
import { isLinkError } from "../../ports/card.ts";
import type { Pinning } from "../../ports/chip-pins.ts";
import { silentLog } from "../../ports/log.ts";
import { err, ok, type Result } from "../../result.ts";
import { type CommandIo, EXIT, type Invocation } from "../command.ts";
import { loadTrustAnchors } from "../trust-anchors-of.ts";
import { failed, type Outcome, type Site } from "./site.ts";
import { awaitTap, type CardWork } from "./tap.ts";

/** The card as it was found; its number is wiped by then. */
export interface ExaminedCard {
  readonly holder: { readonly pseudonym: Uint8Array; readonly displayTag: string; readonly keyId: string };
  readonly examined: Result<Examination, ExaminationFailure>;
}

export interface EnrolmentOrder {
  /** What the holder is to be admitted with; absent = his standing stays as it is. */
  readonly entitlement?: Omit<Enrolment, "pseudonym" | "displayTag" | "keyId">;
  readonly can?: Uint8Array;
  readonly replace: boolean;
}

/** Asks for the card at the door's reader and examines it by the site's trust store. */
export async function examineTap(
  config: Config,
  site: Site,
  invocation: Invocation,
  io: CommandIo,
): Promise<Outcome<ExaminedCard>> {
  const anchors = loadTrustAnchors(site.database, config);
  if (!anchors.ok) return failed(io, anchors.error);
  const tap = await awaitTap(config, invocation, io, examination(site, anchors.value, io));
  return "exit" in tap ? tap : { value: tap.value.found };
}

function examination(site: Site, anchors: TrustAnchors, { clock }: CommandIo): CardWork<ExaminedCard> {
  return async (card, families) => {
    const context = { clock, log: silentLog, random: systemRandom, anchors, at: clock.wallTime() };
    const read = await readCard(card, families, context);
    if (!read.ok) return read;
    const nis = read.value.identifier.reveal();
    try {
      const { scopeKey } = site;
      const holder = {
        pseudonym: pseudonym(scopeKey, "nis", nis),
        displayTag: displayTag(scopeKey, "nis", nis),
        keyId: scopeKey.keyId,
      };
      const examined = await examineChip(nis, card.channel, context);
      if (examined.ok) return ok({ holder, examined });
      return isLinkError(examined.error)
        ? err(examined.error)
        : ok({ holder, examined: err(examined.error) });
    } finally {
      nis.fill(0);
    }
  };
}

/** Keeps what was found: the pin and the admission, or the alarm. Exit 1 when the card is not what it should be. */
export async function keepEnrolment(
  site: Site,
  card: ExaminedCard,
  order: EnrolmentOrder,
  io: CommandIo,
): Promise<Outcome<Pinning>> {
  const { holder, examined } = card;
  const personal = { pseudonym: holder.pseudonym, keyId: holder.keyId, kind: "nis" } as const;
  if (!examined.ok) {
    const of = isOfTheStore(examined.error) ? "signerUnknown" : "notGenuine";
    const written = await site.journal.append([examinationAlarm({ of, why: examined.error.kind, personal })]);
    return written.ok ? { exit: EXIT.negative } : failed(io, written.error);
  }
  const { pin, responseMs, signed } = examined.value;
  const { can, entitlement, replace } = order;
  const enrolled = await site.register.enrol({
    holder,
    pin,
    replace,
    ...(entitlement === undefined ? {} : { entry: { ...holder, ...entitlement } }),
    ...(can === undefined ? {} : { sealedCan: sealedCan(can, site, holder.pseudonym) }),
    pinned: (replaced) => chipPinned({ personal, pin, responseMs, warnings: signed.warnings, replaced }),
    otherKey: () => keyChanged({ personal }),
  });
  return enrolled.ok ? { value: enrolled.value } : failed(io, enrolled.error);
}

function sealedCan(can: Uint8Array, { siteKey }: Site, holder: Uint8Array): Uint8Array {
  return seal(can, { siteKey, purpose: "cardAccessNumber", pseudonym: holder }, systemRandom);
}
