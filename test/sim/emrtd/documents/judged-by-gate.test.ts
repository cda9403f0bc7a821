// The virtual documents before the gate's own checks: every profile is proven, every forgery is refused for its one
// reason, and every oddity of real States is read. Makers and checks share nothing but the bytes.
import { describe, expect, test } from "vitest";
import { checkDocumentSod } from "../../../../src/emrtd/passive-authentication.ts";
import type { ChipContent } from "../../../../src/sim/emrtd/content.ts";
import {
  CONTENT_FAULTS,
  type ContentFault,
  canBefall,
  outcomeOf,
} from "../../../../src/sim/emrtd/documents/content-faults.ts";
import { contentOf } from "../../../../src/sim/emrtd/documents/content-of.ts";
import { PROFILES, type ProfileName } from "../../../../src/sim/emrtd/documents/profiles.table.ts";
import { PROFILE_NAMES } from "../../../../src/sim/emrtd/parse-emrtd-spec.ts";
import { countryLink } from "../../../../src/sim/pki/document-authorities.ts";
import { documentTrust } from "../../../../src/sim/pki/document-trust.ts";
import { AT, store } from "../../../pki/makers.ts";

const { certificates, outsideLists, revocationLists } = documentTrust();
const TRUST = store({ anchors: [...certificates, ...outsideLists], lists: revocationLists, crl: "require" });
const TODAY = { year: 2026, month: 6, day: 15 };
const EF_SOD = 0x011d;
const GROUP_1 = 0x0101;
const GROUP_16 = 0x0110;

/** The data groups of a document, as a reader that read them all would hand them over. */
const groupsOf = ({ application }: ChipContent): ReadonlyMap<number, Uint8Array> =>
  new Map(
    [...application].flatMap(([id, file]) =>
      id >= GROUP_1 && id <= GROUP_16 ? [[id - GROUP_1 + 1, file] as const] : [],
    ),
  );

const judge = (content: ChipContent, anchors = TRUST) =>
  checkDocumentSod({
    sod: content.application.get(EF_SOD) ?? new Uint8Array(0),
    files: groupsOf(content),
    anchors,
    at: AT,
    today: TODAY,
  });

/** `proven`, with the defects that were seen, or the reason of the refusal. */
function verdict(content: ChipContent, anchors = TRUST): string {
  const judged = judge(content, anchors);
  if (judged.ok) return ["proven", ...judged.value.defects].join(" ");
  const { error } = judged;
  return "dataGroup" in error ? `${error.kind} ${error.dataGroup}` : error.kind;
}

test.each(PROFILE_NAMES)("%s is proven", (profile) => {
  expect(verdict(contentOf(profile))).toBe("proven");
});

/** What is refused, and why. Copies and weakened access are sound by their files; the chip gives them away. */
const REFUSALS: Partial<Record<ContentFault, string>> = {
  tamperedDg1: "dataGroupChanged 1",
  tamperedDg2: "dataGroupChanged 2",
  tamperedDg11: "dataGroupChanged 11",
  unlistedDg1: "dataGroupUnlisted 1",
  unlistedDg11: "dataGroupUnlisted 11",
  unlistedActiveKey: "dataGroupUnlisted 15",
  copied: "proven",
  withoutKeyFiles: "proven",
  weakenedCardAccess: "proven",
  unknownAuthority: "noTrustAnchor",
  countryMismatch: "wrongCountry",
  signerExpired: "signerExpired",
  signerNotYetValid: "signerNotYetValid",
  signerRevoked: "signerRevoked",
  documentExpired: "documentExpired",
  signatureBroken: "signatureInvalid",
  messageDigestWrong: "messageDigestMismatch",
  contentTypeWrong: "wrongContentType",
};

/** Oddities that a reading tells of. */
const DEFECTS: Partial<Record<ContentFault, string>> = {
  signerUnnamed: "signerUnnamed",
  signaturePadded: "ecdsaPadding",
  curveMisnamed: "wrongCurve",
};

const expected = (fault: ContentFault, profile: ProfileName): string => {
  if (outcomeOf(fault) === "read") return ["proven", DEFECTS[fault] ?? []].flat().join(" ");
  return REFUSALS[fault] ?? `dataGroupChanged ${PROFILES[profile].active === undefined ? 14 : 15}`;
};

/** A forgery is tried on every profile; an oddity on three that lie apart, so that the suite stays short. */
function profilesFor(fault: ContentFault): readonly ProfileName[] {
  const suited = PROFILE_NAMES.filter((profile) => canBefall(fault, profile));
  const step = outcomeOf(fault) === "read" ? Math.ceil(suited.length / 3) : 1;
  return suited.filter((_, index) => index % step === 0);
}

/** Rows of the list of real-world defects that are seen in what was signed. */
const ROWS: Partial<Record<ContentFault, number>> = {
  sodIndefinite: 18,
  contentTypeBelgium: 19,
  contentTypeNetherlands: 19,
  contentTypeData: 19,
  signerUnnamed: 20,
  signerRespelled: 20,
  groupHashLonger: 21,
  digestUnlikeSignature: 21,
  saltUnstated: 22,
  signaturePadded: 23,
  curveMisnamed: 23,
  countryLowerCase: 26,
  issuerChina: 26,
  issuerHongKong: 26,
  issuerMacao: 26,
  dg14Backwards: 30,
  outsideLists: 34,
};
const title = (fault: ContentFault): string =>
  ROWS[fault] === undefined ? fault : `§12 row ${ROWS[fault]}: ${fault}`;

describe.each(CONTENT_FAULTS.map((fault) => ({ fault, title: title(fault) })))("$title", ({ fault }) => {
  test.each(profilesFor(fault))("%s", (profile) => {
    expect(verdict(contentOf(profile, { fault }))).toBe(expected(fault, profile));
  });
});

test("§12 rows 24 and 25: under two keys of one name, with and without curves spelled out, each finds its own", () => {
  const signers = (["passport-fr", "cnie", "passport-de", "passport-us"] as const).map((profile) => {
    const judged = judge(contentOf(profile));
    return judged.ok ? [judged.value.signerCountry, judged.value.anchor] : [judged.error.kind];
  });
  expect(signers.map(([country]) => country)).toEqual(["FR", "FR", "DE", "US"]);
  expect(new Set(signers.map(([, anchor]) => anchor)).size).toBe(4);
});

test("§12 row 25: a link certificate is as good an anchor as the key it leads to", () => {
  const link = countryLink("FR-2020")?.certificate ?? new Uint8Array(0);
  expect(verdict(contentOf("cnie"), store({ anchors: [link] }))).toBe("proven");
  expect(verdict(contentOf("passport-fr"), store({ anchors: [link] }))).toBe("noTrustAnchor");
});

test("a State that is in no list is trusted only once its key is imported by hand", () => {
  const listed = store({ anchors: certificates });
  const content = contentOf("passport-de", { fault: "outsideLists" });
  expect([verdict(content, listed), verdict(content)]).toEqual(["noTrustAnchor", "proven"]);
});

test("a fault that cannot befall a document is not made", () => {
  expect(() => contentOf("passport-us", { fault: "copied" })).toThrow("copied cannot befall passport-us");
});
