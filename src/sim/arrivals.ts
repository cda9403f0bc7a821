/**
 * People who come to a virtual gate, each with a card to be placed, what is printed on it, and what a list would know of
 * its holder. For demonstrations and for whoever wants one document of every kind.
 */
import { ARRIVALS, type ArrivalFacts, EXPIRY } from "./arrivals.table.ts";
import type { CardSpec } from "./cards/make-card.ts";
import type { ChipFault } from "./emrtd/chip-faults.ts";
import type { ContentFault } from "./emrtd/documents/content-faults.ts";
import type { DetailFields } from "./emrtd/documents/detail-files.ts";
import { ISSUED, type WrittenHolder } from "./emrtd/documents/document-plan.ts";
import { machineReadableZone, zoneLines } from "./emrtd/documents/mrz.ts";
import { PROFILES } from "./emrtd/documents/profiles.table.ts";

export type ArrivalName = keyof typeof ARRIVALS;

const isArrival = (name: string): name is ArrivalName => Object.hasOwn(ARRIVALS, name);

/** All of them, by name. */
export const ARRIVAL_NAMES: readonly ArrivalName[] = Object.keys(ARRIVALS).filter(isArrival);

export interface Arrival {
  readonly spec: CardSpec;
  /** Six digits to be typed, on documents that have them. */
  readonly can?: string;
  /** As printed, and as a scanner reads them. */
  readonly mrzLines: readonly string[];
  readonly holder: ListedHolder;
}

/** What a list may know of a holder. */
export interface ListedHolder {
  /** One to three letters, as in the zone. */
  readonly issuer: string;
  readonly documentNumber: string;
  readonly familyNames: string;
  readonly givenNames: string;
  /** `YYYY-MM-DD`. */
  readonly birth: string;
  readonly fiscalCode?: string;
  readonly nis?: string;
}

/** The person with a sound document, or with one of which this is false. Throws where the fault cannot befall the document. */
export const arrival = (name: ArrivalName, fault?: ChipFault | ContentFault): Arrival =>
  arrivalOf(ARRIVALS[name], fault);

/** The same for somebody who is not of the table. */
export function arrivalOf(person: ArrivalFacts, fault?: ChipFault | ContentFault): Arrival {
  // The zone is written here, letter by letter; its date is this fault.
  const facts = fault === "documentExpired" ? { ...person, expiry: PAST } : person;
  const { can, cie, personalNumber, documentNumber, birth } = facts;
  const { issuer } = PROFILES[facts.profile].zone;
  const mrz = zoneOf(facts);
  const printed = can === undefined ? {} : { can };
  const document = {
    holder: { mrz, ...printed, ...detailsOf(facts) },
    ...(fault === undefined ? {} : { fault }),
  };
  return {
    spec:
      cie === undefined
        ? { card: "emrtd", profile: facts.profile, ...document }
        : { card: "cie", ...cie, document },
    ...printed,
    mrzLines: zoneLines(mrz),
    holder: {
      ...{ issuer, documentNumber, birth },
      familyNames: spoken(facts.familyNames),
      givenNames: spoken(facts.givenNames),
      ...(personalNumber === undefined ? {} : { fiscalCode: personalNumber }),
      ...(cie === undefined ? {} : { nis: cie.nis }),
    },
  };
}

const PAST = "2025-03-01";

const spoken = (names: string): string => names.replaceAll("<", " ");

/** `YYYY-MM-DD` as a zone has it. */
const shortDate = (date: string): string => date.replaceAll("-", "").slice(2);

function zoneOf(facts: ArrivalFacts): string {
  const { documentNumber, familyNames, givenNames, birth, sex, expiry = EXPIRY } = facts;
  const { zone } = PROFILES[facts.profile];
  return machineReadableZone({
    ...{ documentNumber, familyNames, givenNames, sex, nationality: zone.issuer, ...zone },
    birth: shortDate(birth),
    expiry: shortDate(expiry),
  });
}

/** DG11 and DG12, where this kind of document has them. */
function detailsOf(facts: ArrivalFacts): Pick<WrittenHolder, "dg11" | "dg12"> {
  const { groups, issuingAuthority } = PROFILES[facts.profile];
  const issue = { "5F19": issuingAuthority, "5F26": ISSUED };
  return {
    ...(groups.includes(11) ? { dg11: personFields(facts) } : {}),
    ...(groups.includes(12) ? { dg12: issue } : {}),
  };
}

function personFields(facts: ArrivalFacts): DetailFields {
  const { familyNames, givenNames, personalNumber, birth, birthPlace } = facts;
  return {
    "5F0E": `${familyNames}<<${givenNames}`,
    ...(personalNumber === undefined ? {} : { "5F10": personalNumber }),
    "5F2B": birth.replaceAll("-", ""),
    ...(birthPlace === undefined ? {} : { "5F11": birthPlace }),
  };
}
