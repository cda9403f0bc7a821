/**
 * Documents that a gate refuses: altered, copied, signed by the wrong people or at the wrong time. Each differs from an
 * honest one in one thing, so that the one check that finds it is seen at work. ICAO Doc 9303-11 §5 and §6.
 */
import { ascii } from "../../pki/der.ts";
import type { ChipContent } from "../content.ts";
import { EF_CARD_ACCESS, EF_COM, EF_SOD } from "../file-identifiers.ts";
import { commonFile } from "./directory-files.ts";
import type { DataGroupNumber, DocumentPlan } from "./document-plan.ts";
import { type FaultFacts, inSod, signedBy } from "./fault-facts.ts";
import { groupFile, groupNumbers, makeContent, zoneOf } from "./make-content.ts";
import type { ProfileName } from "./profiles.table.ts";

/** Of which the chip can be told from a copy by keys in DG14 or DG15. */
const WITH_CHIP_KEYS: readonly ProfileName[] = [
  "cnie",
  "cie",
  "passport-de",
  "passport-bac",
  "passport-fr",
  "passport-nl",
  "passport-im",
  "passport-aa",
  "identity-dh-im",
];
/** Where the names begin in a zone of 90, 72 or 88 characters. */
const NAMES_AT: Readonly<Record<number, number>> = { 90: 60, 72: 5, 88: 5 };
const DG1_HEAD_BYTES = 5;
const LETTER_A = 0x41;
/** Data groups that hold keys of the chip. */
const KEY_GROUPS = [14, 15] as const;

const FAULTS = {
  /** The holder has another name than was signed. */
  tamperedDg1: { content: withOtherName },
  /** The portrait is not the one that was signed. */
  tamperedDg2: { outcome: "unread", content: withOtherEnd(2) },
  /** The details of the holder are not those that were signed. */
  tamperedDg11: {
    outcome: "unread",
    plan: (plan: DocumentPlan) => withGroups(plan, 11),
    content: withOtherEnd(11),
  },
  /** The State has signed nothing about the zone. */
  unlistedDg1: { plan: inSod({ unlisted: [1] }) },
  /** The State has signed nothing about the details of the holder; a gate that reads only what is listed never sees them. */
  unlistedDg11: {
    outcome: "unread",
    plan: (plan: DocumentPlan) => inSod({ unlisted: [11] })(withGroups(plan, 11)),
  },
  /** The State has signed nothing about a key with which a copy would prove to be an original. */
  unlistedActiveKey: {
    outcome: "unread",
    on: ["passport-us", "cnie", "cie", "passport-de", "passport-fr", "passport-nl", "passport-im"],
    plan: (plan: DocumentPlan) =>
      inSod({ unlisted: [15] })({
        ...withGroups(plan, 15),
        active: { kind: "RSA", key: "activeChip", hash: "sha1" },
      }),
  },
  /** A copy: every file is the State's, and the chip has other secrets. */
  copied: { on: WITH_CHIP_KEYS, content: withSecretsOf("copy") },
  /** A copy whose files show the public halves of its own secrets. */
  replacedKeys: { on: WITH_CHIP_KEYS, content: withKeyFilesOfCopy },
  /** A copy without the files that would ask for its secrets. */
  withoutKeyFiles: { on: WITH_CHIP_KEYS, content: withoutKeyFiles },
  /** EF.CardAccess offers less than what the State signed. */
  weakenedCardAccess: {
    on: ["cnie", "passport-de", "passport-nl", "passport-im", "passport-aa"],
    content: withWeakerAccess,
  },
  /** A chain of an attacker's making, with every name and number of the State's. */
  unknownAuthority: { plan: signedBy({ owner: "impostor" }) },
  /** A trusted State's signer, and not that of the State in the zone. */
  countryMismatch: { plan: signedBy({ authority: "UT-2019", kind: "P-256" }) },
  signerExpired: { plan: signedBy({ state: "expired" }) },
  signerNotYetValid: { plan: signedBy({ state: "not yet valid" }) },
  signerRevoked: { plan: signedBy({ state: "revoked" }) },
  /** Past its last day. A zone that is given letter by letter keeps its own. */
  documentExpired: {
    plan: (plan: DocumentPlan) => ({ ...plan, holder: { ...plan.holder, expiry: "250301" } }),
  },
  signatureBroken: { content: withBrokenSignature },
  /** The signature is right, over attributes that belong to another content. */
  messageDigestWrong: { plan: inSod({ messageDigest: "wrong" }) },
  /** Signed as a list of country signers. */
  contentTypeWrong: { plan: inSod({ contentType: "2.23.136.1.1.2" }) },
} as const satisfies Readonly<Record<string, FaultFacts>>;

export type Forgery = keyof typeof FAULTS;
export const FORGERIES: Readonly<Record<Forgery, FaultFacts>> = FAULTS;

const withGroups = (plan: DocumentPlan, group: DataGroupNumber): DocumentPlan => ({
  ...plan,
  groups: [...new Set([...plan.groups, group])].sort((left, right) => left - right),
});

/** The same document with these files in place of its own. */
function withFiles(content: ChipContent, files: Iterable<readonly [number, Uint8Array]>): ChipContent {
  return { ...content, application: new Map([...content.application, ...files]) };
}

function withOtherName(content: ChipContent, plan: DocumentPlan): ChipContent {
  const file = (content.application.get(groupFile(1)) ?? new Uint8Array(0)).slice();
  const at = DG1_HEAD_BYTES + (NAMES_AT[zoneOf(plan).length] ?? 0);
  file.set(ascii(file[at] === LETTER_A ? "B" : "A"), at);
  return withFiles(content, [[groupFile(1), file]]);
}

/** One bit of the last byte of a data group; nothing where the holder brought none along. */
function withOtherEnd(group: DataGroupNumber) {
  return (content: ChipContent): ChipContent => {
    const file = content.application.get(groupFile(group));
    return file === undefined ? content : withFiles(content, [[groupFile(group), withOtherLastBit(file)]]);
  };
}

function withOtherLastBit(file: Uint8Array): Uint8Array {
  const last = file.length - 1;
  return file.with(last, (file[last] ?? 0) ^ 1);
}

function withSecretsOf(keyOwner: DocumentPlan["keyOwner"]) {
  return (content: ChipContent, plan: DocumentPlan): ChipContent => {
    const { chipKeys, activeKey } = makeContent({ ...plan, keyOwner });
    return { ...content, chipKeys, ...(activeKey === undefined ? {} : { activeKey }) };
  };
}

function withKeyFilesOfCopy(content: ChipContent, plan: DocumentPlan): ChipContent {
  const copy = makeContent({ ...plan, keyOwner: "copy" });
  const files = KEY_GROUPS.flatMap((group) => {
    const file = copy.application.get(groupFile(group));
    return file === undefined ? [] : [[groupFile(group), file] as const];
  });
  return withFiles(withSecretsOf("copy")(content, plan), files);
}

/** A copy has no secrets, so it cannot offer chip authentication mapping either. */
function withoutKeyFiles(content: ChipContent, plan: DocumentPlan): ChipContent {
  const pace = plan.pace.filter(({ mapping }) => mapping !== "ECDH-CAM");
  const isKept = (group: DataGroupNumber) => group !== 14 && group !== 15;
  const { activeKey: _gone, ...rest } = content;
  const { masterFile } = makeContent({ ...plan, pace });
  const application = new Map(content.application);
  for (const group of KEY_GROUPS) application.delete(groupFile(group));
  application.set(EF_COM, commonFile(groupNumbers(plan).filter(isKept)));
  return { ...rest, masterFile, application, pace, chipKeys: [] };
}

/** The chip offers 3DES on the group of its own first offer, and nothing else. */
function withWeakerAccess(content: ChipContent, plan: DocumentPlan): ChipContent {
  const [first] = plan.pace;
  if (first === undefined) return content;
  const pace = [{ ...first, mapping: "ECDH-GM", suite: "3DES" }] as const;
  const weaker = makeContent({ ...plan, pace, cardAccess: "ordinary" }).masterFile.get(EF_CARD_ACCESS);
  const masterFile = new Map(content.masterFile);
  if (weaker !== undefined) masterFile.set(EF_CARD_ACCESS, weaker);
  return { ...content, masterFile, pace };
}

/** Of the signature, which ends the file. */
function withBrokenSignature(content: ChipContent): ChipContent {
  const file = content.application.get(EF_SOD) ?? new Uint8Array(0);
  return withFiles(content, [[EF_SOD, withOtherLastBit(file)]]);
}
