/**
 * Makes a document from its plan: every file of the chip, signed, and the secrets that belong to them. ICAO Doc 9303-10
 * §3 and §4.
 */
import { hex } from "../../../bytes/hex.ts";
import { SeededRandom } from "../../seeded-random.ts";
import { tlv, utf8 } from "../../tlv.ts";
import type { ChipContent, ChipKey } from "../content.ts";
import {
  EF_ATR_INFO,
  EF_CARD_ACCESS,
  EF_CARD_SECURITY,
  EF_COM,
  EF_DIR,
  EF_SOD,
} from "../file-identifiers.ts";
import { activeKeyFile, activeKeyOf } from "./active-keys.ts";
import { type ChipKeyPlan, chipKeyEntries, chipSecret } from "./chip-key-files.ts";
import { type DetailFields, issueFile, ownFile, personFile, personsToNotifyFile } from "./detail-files.ts";
import { atrInfoFile, commonFile, directoryFile, historicalBytes } from "./directory-files.ts";
import {
  type DataGroupNumber,
  type DocumentPlan,
  ISSUED,
  type WholeFile,
  type WrittenHolder,
} from "./document-plan.ts";
import { cardSecurityFile, securityObjectFile } from "./document-sod.ts";
import { faceFile, signatureImageFile } from "./face-files.ts";
import type { Person } from "./holders.table.ts";
import { machineReadableZone, mrzInformation } from "./mrz.ts";
import {
  accessEntries,
  activeAuthenticationEntry,
  securityGroupFile,
  securityInfos,
  terminalAuthentication,
} from "./security-files.ts";

/** Two fingerprints that nobody may ever read. */
const FINGERPRINT_BYTES = 12_000;
const SIGNATURE_IMAGE = { format: "JPEG", width: 300, height: 100, lengthBytes: 2_100 } as const;
const TO_NOTIFY = [
  {
    recorded: ISSUED,
    name: "SPECIMEN<<EVA",
    telephone: "00000000000",
    address: "1 SPECIMEN STREET<SPECIMEN",
  },
];

/** File identifier of a data group. */
export const groupFile = (group: DataGroupNumber): number => 0x0100 + group;

/** The data groups of the document, in ascending order. A written holder brings DG11 and DG12 along. */
export function groupNumbers({ groups, holder }: DocumentPlan): readonly DataGroupNumber[] {
  if (!("mrz" in holder)) return groups;
  const { dg11, dg12 } = holder;
  const others = groups.filter((group) => group !== 11 && group !== 12);
  const own = [...(dg11 === undefined ? [] : [11 as const]), ...(dg12 === undefined ? [] : [12 as const])];
  return [...others, ...own].sort((left, right) => left - right);
}

/** The document that the plan describes. */
export function makeContent(plan: DocumentPlan): ChipContent {
  const zone = zoneOf(plan);
  const groups = dataGroups(plan, zone);
  const can = plan.hasCan ? plan.holder.can : undefined;
  return {
    historicalBytes: historicalBytes(plan.largestApdus),
    masterFile: masterFile(plan),
    application: new Map([
      [EF_COM, commonFile([...groups.keys()], plan.commonOddity)],
      ...[...groups].map(([group, file]) => [groupFile(group), file] as const),
      [EF_SOD, securityObjectFile(groups, plan.sod)],
    ]),
    ...(can === undefined ? {} : { can }),
    mrzInformation: mrzInformation(zone),
    pace: plan.cardAccess === "other protocols" ? [] : plan.pace,
    bac: plan.bac,
    extendedLength: plan.largestApdus !== undefined,
    chipKeys: plan.chipKeys.map((key) => chipKey(key, plan)),
    ...(plan.active === undefined ? {} : { activeKey: activeKeyOf(plan.active, plan.keyOwner) }),
  };
}

/** The zone's lines one after another. */
export function zoneOf({ holder, zone }: DocumentPlan): string {
  if ("mrz" in holder) return holder.mrz;
  return machineReadableZone({ nationality: zone.issuer, ...holder, ...zone });
}

function masterFile(plan: DocumentPlan): ReadonlyMap<number, Uint8Array> {
  const files = new Map([
    [EF_DIR, directoryFile(plan.directory)],
    [EF_ATR_INFO, atrInfoFile(plan.largestApdus)],
  ]);
  const access = announced(plan);
  if (access.length > 0) files.set(EF_CARD_ACCESS, securityInfos(access, "sorted"));
  const signsMapping = plan.pace.some(({ mapping }) => mapping === "ECDH-CAM");
  if (signsMapping) {
    const entries = [...access, ...plan.chipKeys.flatMap((key) => keyEntries(key, plan))];
    files.set(EF_CARD_SECURITY, cardSecurityFile(securityInfos(entries, "sorted"), plan.sod));
  }
  return files;
}

const announced = ({ pace, cardAccess }: DocumentPlan): readonly Uint8Array[] =>
  cardAccess === undefined ? [] : accessEntries(pace, cardAccess);

function dataGroups(plan: DocumentPlan, zone: string): ReadonlyMap<DataGroupNumber, Uint8Array> {
  const { person, issue } = detailFiles(plan);
  const files: Readonly<Record<DataGroupNumber, () => Uint8Array | undefined>> = {
    1: () => tlv(0x61, tlv(0x5f1f, utf8(zone))),
    2: () => faceFile(plan.face),
    3: () => tlv(0x63, new SeededRandom(FINGERPRINT_BYTES).bytes(FINGERPRINT_BYTES)),
    7: () => signatureImageFile(SIGNATURE_IMAGE),
    11: () => person,
    12: () => issue,
    13: () => ownFile("SPECIMEN"),
    14: () => securityGroupFile(securityInfos(securityEntries(plan), plan.group14Order)),
    15: () => plan.active && activeKeyFile(plan.active, plan.keyOwner),
    16: () => personsToNotifyFile(TO_NOTIFY),
  };
  return new Map(
    groupNumbers(plan).flatMap((group) => {
      const file = files[group]();
      return file === undefined ? [] : [[group, file] as const];
    }),
  );
}

/** DG11 and DG12; a written holder has none that are not given. */
function detailFiles({ holder, issuingAuthority, detailOddity }: DocumentPlan): {
  readonly person: Uint8Array | undefined;
  readonly issue: Uint8Array | undefined;
} {
  const { dg11, dg12 } = "mrz" in holder ? holder : detailsOf(holder, issuingAuthority);
  return {
    person: wholeFile(dg11, (fields) => personFile(fields, detailOddity)),
    issue: wholeFile(dg12, (fields) => issueFile(fields, detailOddity)),
  };
}

const detailsOf = ({ details }: Person, issuingAuthority: string): Pick<WrittenHolder, "dg11" | "dg12"> => ({
  dg11: details,
  dg12: { "5F19": issuingAuthority, "5F26": ISSUED },
});

function wholeFile(
  given: DetailFields | WholeFile | undefined,
  make: (fields: DetailFields) => Uint8Array,
): Uint8Array | undefined {
  if (given === undefined) return undefined;
  return typeof given === "string" ? hex(given) : make(given);
}

/** What DG14 lists. Keys of the mapping stand in EF.CardSecurity alone. */
function securityEntries(plan: DocumentPlan): readonly Uint8Array[] {
  const { alsoInGroup14: also, active } = plan;
  return [
    ...(also.includes("access") ? announced(plan) : []),
    ...(also.includes("terminal authentication") ? [terminalAuthentication()] : []),
    ...plan.chipKeys.filter((key) => key.servesMapping !== true).flatMap((key) => keyEntries(key, plan)),
    ...(active?.kind === "ECDSA" ? [activeAuthenticationEntry(active.hash)] : []),
  ];
}

const keyEntries = (key: ChipKeyPlan, plan: DocumentPlan): readonly Uint8Array[] =>
  chipKeyEntries(key, secretOf(key, plan));

const secretOf = ({ parameterId, keyId }: ChipKeyPlan, { keyOwner, zone }: DocumentPlan): Uint8Array =>
  chipSecret(parameterId, `${keyOwner} ${zone.issuer} ${zone.format} key ${keyId ?? "alone"}`);

function chipKey(key: ChipKeyPlan, plan: DocumentPlan): ChipKey {
  const { parameterId, keyId, suites, servesMapping } = key;
  return {
    parameterId,
    suites,
    secret: secretOf(key, plan),
    ...(keyId === undefined ? {} : { keyId }),
    ...(servesMapping === undefined ? {} : { servesMapping }),
  };
}
