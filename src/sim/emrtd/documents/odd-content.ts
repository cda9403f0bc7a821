/**
 * Documents that a gate must read although they are not as the book says, or not as a simple reader expects: what real
 * States issue. Each departs in one thing; the comments name the States on record. ICAO Doc 9303-10, 9303-11.
 */
import type { CountrySignerName } from "../../pki/document-authorities.table.ts";
import { respelledCountrySigner } from "../../pki/document-authorities.ts";
import type { DetailOddity } from "./detail-files.ts";
import type { DocumentPlan } from "./document-plan.ts";
import type { FaceOddity } from "./face-files.ts";
import { type FaultFacts, inSod, signedBy } from "./fault-facts.ts";
import type { ProfileName } from "./profiles.table.ts";

type PlanChange = (plan: DocumentPlan) => DocumentPlan;

const WITH_CURVES: readonly ProfileName[] = [
  "cnie",
  "passport-de",
  "passport-fr",
  "passport-nl",
  "passport-im",
  "passport-aa",
];
/** Where two keys are on a curve, its number says which of them serves the mapping, and cannot be left out. */
const WITH_ONE_KEY: readonly ProfileName[] = WITH_CURVES.filter((name) => name !== "passport-de");
const WITH_PACE: readonly ProfileName[] = [...WITH_CURVES, "cie", "identity-dh-im"];
/** With two entries or more in DG14. */
const WITH_ORDER: readonly ProfileName[] = WITH_PACE.filter((name) => name !== "passport-fr");
const WITH_CHIP_KEYS: readonly ProfileName[] = WITH_PACE.filter((name) => name !== "passport-aa");

const withFace =
  (oddity: FaceOddity): PlanChange =>
  (plan) => ({ ...plan, face: { ...plan.face, oddity } });

const withDetails =
  (detailOddity: DetailOddity): PlanChange =>
  (plan) => ({ ...plan, groups: withDetailGroups(plan), detailOddity });

const withDetailGroups = ({ groups }: DocumentPlan): DocumentPlan["groups"] =>
  [...new Set([...groups, 11, 12] as const)].sort((left, right) => left - right);

/** PACE is announced in a way that nobody can use; the chip has BAC besides, and no number is printed for PACE. */
const withoutPace =
  (cardAccess: "unnamed parameters" | "other protocols"): PlanChange =>
  (plan) => ({ ...plan, cardAccess, bac: true, hasCan: false });

/** A document of another State of this kind. */
const issuedBy =
  (issuer: string, authority: CountrySignerName): PlanChange =>
  (plan) => ({ ...signedBy({ authority })(plan), zone: { ...plan.zone, issuer } });

const FAULTS = {
  /** EF.CardAccess names the mapping, and spells the curve out instead of giving its number. */
  cardAccessSpelledOut: {
    on: WITH_ONE_KEY,
    plan: (plan: DocumentPlan) => ({ ...plan, cardAccess: "explicit parameters" }),
  },
  /** EF.CardAccess names no parameters at all (Spain). */
  cardAccessUnnamed: { on: WITH_PACE, plan: withoutPace("unnamed parameters") },
  /** EF.CardAccess has nothing about PACE in it. */
  cardAccessOther: { on: WITH_PACE, plan: withoutPace("other protocols") },

  /** Chip authentication without a word on suites (France, Philippines). */
  chipKeyUnannounced: { on: WITH_CHIP_KEYS, plan: withSuites("3DES", "unannounced") },
  /** Chip authentication in a suite that is rarely met. */
  chipKeyAes192: { on: WITH_CHIP_KEYS, plan: withSuites("AES-192", "announced") },
  /** An answer of 384 bytes to the challenge. */
  activeKeyLong: {
    on: ["passport-bac"],
    plan: withActive({ kind: "RSA", key: "activeChipLong", hash: "sha1" }),
  },
  /** The challenge is signed with r and s in DER (Portugal). */
  activeAnswerDer: { on: ["passport-aa"], plan: withActive({ kind: "ECDSA", hash: "sha256", der: true }) },

  /** Indefinite lengths, and octet strings in pieces (New Zealand). */
  sodIndefinite: { plan: inSod({ encoding: "BER" }) },
  /** The content of the SOD has an identifier of its own (Belgium and France, the Netherlands, China). */
  contentTypeBelgium: { plan: inSod({ contentType: "1.3.27.1.1.1" }) },
  contentTypeNetherlands: { plan: inSod({ contentType: "1.2.528.1.1006.1.20.1" }) },
  contentTypeData: { plan: inSod({ contentType: "1.2.840.113549.1.7.1" }) },
  /** The signer is named by a serial number that no certificate has (Ukraine). */
  signerUnnamed: {
    plan: inSod({ namesSigner: ({ issuer }) => ({ issuer, serial: Uint8Array.of(0x7f, 0x7f) }) }),
  },
  /** The signer is named by its own name, in other string types and another order. */
  signerRespelled: {
    plan: (plan: DocumentPlan) =>
      inSod({
        namesSigner: ({ serial }) => ({
          issuer: respelledCountrySigner(plan.sod.signer.authority),
          serial,
        }),
      })(plan),
  },
  /** The list has another hash than the message digest. */
  groupHashLonger: { plan: inSod({ groupHash: "sha512", digest: "sha256" }) },
  /** The message digest has another hash than the signature (Italy). */
  digestUnlikeSignature: { plan: inSod({ groupHash: "sha256", digest: "sha512" }) },
  /** PSS whose identifier is silent about the salt. */
  saltUnstated: { plan: signedBy({ kind: "PSS with an unstated salt" }) },
  /** Zeros too many stand in front of the signature's numbers. */
  signaturePadded: { plan: signedBy({ kind: "brainpoolP256r1 padded" }) },
  /** The signer's certificate names another curve than its key is on. */
  curveMisnamed: { plan: signedBy({ kind: "brainpoolP256r1 named P-256" }) },

  /** The signer's names have the country in small letters. */
  countryLowerCase: { plan: signedBy({ countryCase: "lower" }) },
  issuerChina: { plan: issuedBy("CHN", "CN-2018") },
  issuerHongKong: { plan: issuedBy("HKG", "CN-2018") },
  issuerMacao: { plan: issuedBy("MAC", "CN-2018") },
  /** Signed under a key that is in no published list (Indonesia). */
  outsideLists: { plan: issuedBy("IDN", "ID-2010") },

  /** The face's record counts a byte too few (United Kingdom). */
  faceShortBy1: { plan: withFace("length off by 1") },
  /** The face's record counts eight bytes too few (New Zealand). */
  faceShortBy8: { plan: withFace("length off by 8") },
  /** The face's record goes on for a few bytes behind the picture's end. */
  faceTrailing: { plan: withFace("trailing bytes") },
  /** The face's record holds no picture. */
  faceWithoutImage: { plan: withFace("no image") },
  /** DG2 holds no record of a face. */
  faceAbsent: { plan: withFace("no face") },

  /** DG11 has another name outside its template (China). */
  otherNamesBare: { plan: withDetails("bare other names") },
  /** DG11 has the template in the list of tags (Belarus). */
  templateListed: { plan: withDetails("template listed") },
  /** DG11 and DG12 have dates in packed digits (Malaysia, Taiwan). */
  datesPacked: { plan: withDetails("packed dates") },
  /** DG11 has fields without content (France). */
  fieldsEmpty: { plan: withDetails("empty fields") },
  /** DG14 in an order that writing it anew would change. */
  dg14Backwards: {
    on: WITH_ORDER,
    plan: (plan: DocumentPlan) => ({ ...plan, group14Order: "backwards" }),
  },
  /** EF.COM with tags that no book knows. */
  comUnknownTags: { plan: (plan: DocumentPlan) => ({ ...plan, commonOddity: "unknown tags" }) },
  directorySeveral: { plan: (plan: DocumentPlan) => ({ ...plan, directory: "several" }) },
} as const satisfies Readonly<Record<string, FaultFacts>>;

export type Oddity = keyof typeof FAULTS;
export const ODDITIES: Readonly<Record<Oddity, FaultFacts>> = FAULTS;

/** Keys of the mapping are left alone. */
function withSuites(suite: "3DES" | "AES-192", announcement: "announced" | "unannounced"): PlanChange {
  const announced = announcement === "announced";
  return (plan) => ({
    ...plan,
    chipKeys: plan.chipKeys.map((key) =>
      key.servesMapping === true ? key : { ...key, suites: [suite], announced },
    ),
  });
}

function withActive(active: NonNullable<DocumentPlan["active"]>): PlanChange {
  return (plan) => ({ ...plan, active });
}
