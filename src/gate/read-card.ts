/**
 * From a detected card to what it proved: runs the card protocol that fits and reports a set of proofs
 * with the identifier they speak about, or why there is none. Used by the lane, by `varco read` and by the
 * enrolment by tap.
 */
import { type RunnerContext, run } from "../apdu/exchange.ts";
import { Secret } from "../bytes/secret.ts";
import type { FamilyCache } from "../cie/families.ts";
import type { Nis } from "../cie/nis.ts";
import { readCieNis } from "../cie/read-nis.ts";
import type { OtherApplication } from "../cie/select.ts";
import type { Proofs } from "../identity/proofs.ts";
import type { DetectedCard, LinkError } from "../ports/card.ts";
import { err, ok, type Result } from "../result.ts";
import { after } from "../time/time.ts";

/** What a card has shown. */
export interface CardReading {
  readonly proofs: Proofs;
  readonly kind: "nis";
  /** Twelve ASCII digits; wiped by whoever turns them into a pseudonym. */
  readonly identifier: Secret<Nis>;
}

/** Why a card gave no identity. The first three are final; after a `LinkError` the card may be tried again. */
export type ReadFailure =
  /** A chip without APDUs: a transit or key card. */
  | { readonly kind: "notIsoDep" }
  /** A chip that is no CIE: a payment card, a phone, a travel document. */
  | { readonly kind: "notCie"; readonly application: OtherApplication }
  /** A CIE application whose number cannot be read or is no number. */
  | { readonly kind: "nisUnreadable" }
  | LinkError;

/** Twenty times what a slow card needs; nobody stands at a gate for longer, and no card may hold a lane. */
const READING_MS = 2_000;

/** Reads the NIS of the card in the field, in three commands on a family already seen. */
export async function readCard(
  card: DetectedCard,
  families: FamilyCache,
  { clock, log }: Omit<RunnerContext, "until">,
): Promise<Result<CardReading, ReadFailure>> {
  if (card.kind !== "isoDep") return err({ kind: "notIsoDep" });
  const until = after(clock.monotonicMs(), READING_MS);
  const protocol = readCieNis(families.routesFor(card.historicalBytes));
  const reading = await run(protocol, card.channel, { clock, log, until });
  if (!reading.ok) {
    const { error } = reading;
    return err(
      error.kind === "nisRefused" || error.kind === "nisMalformed" ? { kind: "nisUnreadable" } : error,
    );
  }
  const { nis, route } = reading.value;
  if (route !== undefined) families.remember(card.historicalBytes, route);
  return ok({ proofs: new Set(["nisRead"]), kind: "nis", identifier: new Secret(nis) });
}
