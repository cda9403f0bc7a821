/**
 * Cards by a name that a person types, each with numbers of its own: what foreign programs meet at the virtual
 * chip. A reader must find out by itself what lies there, so UID and, where the family allows it, the ATS
 * differ from one seed to the next.
 */
import { toHex } from "../../bytes/hex.ts";
import { PROFILE_NAMES } from "../emrtd/parse-emrtd-spec.ts";
import type { SeededRandom } from "../seeded-random.ts";
import type { Card } from "./card.ts";
import { CIE_FAMILY_NAMES } from "./cie-families.table.ts";
import type { CardSpec } from "./make-card.ts";

/** Everything that can lie on the reader, `none` for an empty one. */
export const CARD_PROFILES: readonly string[] = [
  ...CIE_FAMILY_NAMES,
  "cie-b",
  ...PROFILE_NAMES,
  "phone",
  "payment",
  "transit",
  "none",
];

/** The family whose application the type B card carries; that a CIE of type B exists is not on record. */
const FAMILY_OF_TYPE_B = "itj4i";
const NIS_DIGITS = 12;
/** First byte of a UID that is random (ISO/IEC 14443-3). */
const RANDOM_UID = 0x08;
/** First byte of a UID of 7 bytes: the chip's maker. */
const LONG_UID = 0x04;

/** The card of a profile with numbers from `random`; nothing for `none` and for names that are no profile. */
export function cardOfProfile(profile: string, random: SeededRandom): CardSpec | undefined {
  const fwi = 7 + random.below(4);
  const uid = toHex(Uint8Array.of(RANDOM_UID, ...random.bytes(3)));
  const nis = Array.from({ length: NIS_DIGITS }, () => random.below(10)).join("");
  const family = CIE_FAMILY_NAMES.find((name) => name === profile);
  if (family !== undefined) return { card: "cie", family, nis, uid, fwi };
  const document = PROFILE_NAMES.find((name) => name === profile);
  if (document !== undefined) return { card: "emrtd", profile: document, uid, fwi, seed: random.next() };
  switch (profile) {
    case "cie-b":
      return { card: "cie", family: FAMILY_OF_TYPE_B, type: "B", nis, uid: toHex(random.bytes(4)), fwi };
    case "phone":
      return { card: "phone", uid, fwi };
    case "payment":
      return { card: "payment", uid: toHex(Uint8Array.of(LONG_UID, ...random.bytes(6))), fwi };
    case "transit":
      // A fixed UID: neither random (08) nor the mark of a longer one (88).
      return { card: "transit", uid: toHex(Uint8Array.of(0x10 + random.below(0x60), ...random.bytes(3))) };
    default:
      return undefined;
  }
}

/** What a reader learns from activating the card, in hexadecimal and in the order of its bytes on the air but for ATQA. */
export function identityOf(card: Card): Readonly<Record<string, string>> {
  if (card.type === "B") return { atqb: toHex(card.atqb) };
  const { sensRes, selRes, isoDep } = card.profile;
  return {
    atqa: sensRes.toString(16).toUpperCase().padStart(4, "0"),
    uid: toHex(card.uid),
    sak: toHex(Uint8Array.of(selRes)),
    ...(isoDep === undefined ? {} : { ats: toHex(isoDep.ats) }),
  };
}
