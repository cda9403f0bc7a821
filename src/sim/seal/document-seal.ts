/**
 * The seal on the back of a virtual French identity card, as a scanner gives it: that of its holder, or one of which something
 * is false, for whoever tries to pass by it.
 */

import { type SealText, sealMessage, sealSignature } from "./seal-text.ts";
import { SEALERS, type SealerName, sealerKeyLabel } from "./sealers.ts";

/** Of the card's holder, names in the letters of the zone. */
export interface SealedPerson {
  readonly documentNumber: string;
  readonly familyNames: string;
  readonly givenNames: string;
  readonly sex: string;
}

/** What is false: in what the State signed, which is then another document's, or in how the seal came about. */
export type SealFault =
  | "otherNumber"
  | "otherFamilyName"
  | "otherGivenName"
  | "otherSex"
  | "otherNationality"
  | "otherKind"
  | "otherIssuer"
  /** A seal of another kind of paper. */
  | "otherType"
  /** A letter was changed after the signature. */
  | "tampered"
  /** Signed by a key that is not its signer's. */
  | "wrongKey"
  /** The scanner's line broke off. */
  | "cutOff"
  | "expiredSigner"
  | "revokedSigner"
  | "unlistedSigner"
  | "inventedAuthority"
  | "testAuthority"
  /** Dated after any day on which it can be shown. */
  | "future";

export interface SealOptions {
  readonly fault?: SealFault | undefined;
  /** `YYYY-MM-DD`; seals of today's cards do not have it. */
  readonly birth?: string | undefined;
  /** `YYYY-MM-DD`; nor this. */
  readonly validUntil?: string | undefined;
}

const DATE = { year: 2025, month: 5, day: 19 };
const FUTURE = { year: 2048, month: 1, day: 1 };

const SIGNERS: Readonly<Partial<Record<SealFault, SealerName>>> = {
  expiredSigner: "expired",
  revokedSigner: "revoked",
  unlistedSigner: "unlisted",
  inventedAuthority: "invented",
  testAuthority: "test",
};

/** The seal, without the line end that a scanner sends behind it. */
export function documentSeal(person: SealedPerson, options: SealOptions = {}): string {
  const { fault } = options;
  const signer = (fault && SIGNERS[fault]) ?? "valid";
  const signed = messageOf(person, signer, options);
  const signature = sealSignature(signed, fault === "wrongKey" ? "nobody's key" : sealerKeyLabel(signer));
  const shown = fault === "tampered" ? messageOf(person, signer, { fault: "otherFamilyName" }) : signed;
  return fault === "cutOff" ? shown + signature.slice(0, -CUT_OFF) : shown + signature;
}

/** Characters that do not come any more. */
const CUT_OFF = 40;

function messageOf(person: SealedPerson, signer: SealerName, options: SealOptions): string {
  const { fault } = options;
  const { authorityId, certificateId } = SEALERS[signer];
  return sealMessage({
    ...{ authorityId, certificateId },
    date: fault === "future" ? FUTURE : DATE,
    documentType: fault === "otherType" ? "04" : "07",
    country: fault === "otherIssuer" ? "BE" : "FR",
    fields: fieldsOf(person, options),
  });
}

function fieldsOf(
  { documentNumber, familyNames, givenNames, sex }: SealedPerson,
  { fault, birth, validUntil }: SealOptions,
): readonly SealText[] {
  const given = spoken(givenNames, "/");
  return [
    ["60", fault === "otherGivenName" ? `${given}/ZOE` : given],
    ["62", fault === "otherFamilyName" ? "MODELE" : spoken(familyNames, " ")],
    ["65", fault === "otherKind" ? "P " : "ID"],
    ["66", fault === "otherNumber" ? `${documentNumber.slice(0, -1)}9` : documentNumber],
    ["67", fault === "otherNationality" ? "BE" : "FR"],
    ["68", fault === "otherSex" ? otherSex(sex) : sex],
    ["6C", "FR"],
    ...(birth === undefined ? [] : [["69", longDate(birth)] as const]),
    ...(validUntil === undefined ? [] : [["6O", longDate(validUntil)] as const]),
  ];
}

const spoken = (names: string, divider: string): string => names.replaceAll("<", divider);
const otherSex = (sex: string): string => (sex === "F" ? "M" : "F");
/** `DDMMYYYY`. */
const longDate = (date: string): string => date.split("-").reverse().join("");
