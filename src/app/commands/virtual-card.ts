/**
 * What `sim card` and `sim chip` have in common: the seed that a card's numbers come from, and what a person reads on a
 * virtual document to open it (ICAO Doc 9303-11 §4.3.3 and §4.4.2: MRZ and CAN).
 */
import { toHex } from "../../bytes/hex.ts";
import { systemRandom } from "../../crypto/system-random.ts";
import type { CardSpec } from "../../sim/cards/make-card.ts";
import { contentOf } from "../../sim/emrtd/documents/content-of.ts";
import { typedFields } from "../../sim/emrtd/documents/mrz.ts";

const SEED_BYTES = 4;

export const SEED_COMPLAINT = "--seed takes a whole number from 0";

/** The seed that was asked for, a random one if none was; `undefined` when it is no seed. */
export function askedSeed(text: string | undefined): number | undefined {
  const seed = text === undefined ? Number.parseInt(toHex(systemRandom.bytes(SEED_BYTES)), 16) : Number(text);
  return Number.isSafeInteger(seed) && seed >= 0 ? seed : undefined;
}

/** What is printed on a virtual document, as a person types it; nothing for other cards. */
export interface Opening {
  readonly can?: string;
  /** Number, date of birth and date of expiry. */
  readonly mrz?: string;
}

export function openingOf(spec: CardSpec): Opening {
  if (spec.card !== "emrtd") return {};
  const { profile, holder } = spec;
  const { can, mrzInformation } = contentOf(profile, holder === undefined ? {} : { holder });
  return { ...(can === undefined ? {} : { can }), mrz: typedFields(mrzInformation).join(" ") };
}
