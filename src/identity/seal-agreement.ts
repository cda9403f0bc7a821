/**
 * Whether a document and the seal that its holder shows are one document: what the seal repeats is held against DG1. Both are
 * signed by the State, so that what differs is a seal of another card, or a chip of another card. Names are compared as a list
 * finds a document, since the zone has room for thirty characters and the seal for more, but not for all.
 * Governing text: eMRTD sheet, 10.2; ANTS, 2D-Doc specification 3.2.6, 8.5; identity claims sheet, 4.
 */
import { equalBytes } from "../bytes/bytes.ts";
import { signerCountries } from "../emrtd/lds/countries.ts";
import type { Mrz } from "../emrtd/lds/mrz.ts";
import type { SealedHolder, SealedName, SealedNames } from "../seal/sealed-holder.ts";
import type { CivilDate } from "../time/civil-date.ts";
import { documentNameKeys, listedNameKeys, namesOfZone } from "./name-key.ts";
import { commonLetters, zoneSpelling } from "./zone-spelling.ts";

/** What a seal repeats of its document. */
export type SealedGroup = "number" | "issuer" | "kind" | "name" | "sex" | "nationality" | "birthDate";

/** What of a seal is not as in the chip; the first that differs. */
export type SealDisagreement = `${SealedGroup}Differs`;

export interface ComparedGroup {
  readonly group: SealedGroup;
  readonly result: "agrees" | "differs" | "notInSeal";
}

const FRANCE = "FRA";
/** Residence permits begin with I as well, and bear another kind of seal. */
const IDENTITY_CARD = "ID";

/** Whether documents of this kind have a seal of an identity title: the French identity card, on its back. */
export const bearsSeal = ({ issuer, documentCode }: Pick<Mrz, "issuer" | "documentCode">): boolean =>
  issuer === FRANCE && documentCode === IDENTITY_CARD;

/** What differs between a seal that was found to be right and DG1; `undefined` when they are of one document. */
export function sealDisagreement(sealed: SealedHolder, mrz: Mrz): SealDisagreement | undefined {
  const different = CHECKS.find(([, agree]) => agree(sealed, mrz) === false);
  return different === undefined ? undefined : `${different[0]}Differs`;
}

/** The same, each group by itself, for whoever has to find out which; in the order in which the first counts. */
export const compareSeal = (sealed: SealedHolder, mrz: Mrz): readonly ComparedGroup[] =>
  CHECKS.map(([group, agree]) => ({ group, result: resultOf(agree(sealed, mrz)) }));

function resultOf(agrees: boolean | undefined): ComparedGroup["result"] {
  if (agrees === undefined) return "notInSeal";
  return agrees ? "agrees" : "differs";
}

/** `undefined` where the seal does not say it. */
type Agree = (sealed: SealedHolder, mrz: Mrz) => boolean | undefined;

/** The number first: where that differs, everything else is another card's too. */
const CHECKS: readonly (readonly [SealedGroup, Agree])[] = [
  [
    "number",
    ({ documentNumber }, mrz) =>
      equalBytes(documentNumber.reveal(), new TextEncoder().encode(mrz.documentNumber)),
  ],
  [
    "issuer",
    ({ issuingCountry }, { issuer }) =>
      issuingCountry === undefined ? undefined : signerCountries(issuer).includes(issuingCountry),
  ],
  ["kind", ({ documentKind }, { documentCode }) => documentKind === documentCode],
  ["name", ({ names }, mrz) => isNamed(names.reveal(), mrz)],
  ["sex", ({ sex }, mrz) => sex === mrz.sex],
  ["nationality", ({ nationality }, mrz) => signerCountries(mrz.nationality).includes(nationality)],
  [
    "birthDate",
    ({ birthDate, birthYear }, { dateOfBirth }) => {
      const born = birthDate?.reveal();
      const year = born?.year ?? birthYear?.reveal();
      return year === undefined ? undefined : isBornThen(dateOfBirth, { ...born, year });
    },
  ],
];

/** By the surname of birth or the one in use, with all given names. */
function isNamed({ surname, usedSurname, givenNames }: SealedNames, mrz: Mrz): boolean {
  const surnames = usedSurname === undefined ? [surname] : [surname, usedSurname];
  const given: SealedName = {
    text: givenNames.map(({ text }) => text).join(" "),
    isTruncated: givenNames.some(({ isTruncated }) => isTruncated),
  };
  return surnames.some(
    (family) =>
      isListedAs(family, given, mrz) || isBeginning(family, given, mrz) || isShortened(family, given, mrz),
  );
}

/** Keys of names have a date of birth in them, which is compared by itself. */
const SOME_DAY: CivilDate = { year: 2000, month: 1, day: 1 };

/** Whether a list with the seal's names on it would find the document, whose zone may have cut them. */
function isListedAs(family: SealedName, given: SealedName, mrz: Mrz): boolean {
  const listed = listedNameKeys({ primary: family.text, secondary: given.text }, SOME_DAY);
  return documentNameKeys(namesOfZone(mrz), SOME_DAY).some((key) =>
    listed.some((other) => equalBytes(key, other)),
  );
}

/** Whether a seal without room for the whole names has at least their beginnings, of which there must be some. */
function isBeginning(family: SealedName, given: SealedName, { names }: Mrz): boolean {
  if (!family.isTruncated && !given.isTruncated) return false;
  return begins(family, names.primary) && begins(given, names.secondary);
}

function begins({ text, isTruncated }: SealedName, written: string): boolean {
  const [sealed, whole] = [lettersOf(text), lettersOf(written)];
  return isTruncated ? sealed !== "" && whole.startsWith(sealed) : sealed === whole;
}

/**
 * Whether seal and zone both had no room and may have left different things out of one name: the seal its end, the zone the
 * ends of words. A surname that had room in the seal is compared whole.
 */
function isShortened(family: SealedName, given: SealedName, mrz: Mrz): boolean {
  if (namesOfZone(mrz).cutIn === undefined || !(family.isTruncated || given.isTruncated)) return false;
  const { primary, secondary } = mrz.names;
  return (
    (family.isTruncated ? isMadeOf(family, primary) : begins(family, primary)) && isMadeOf(given, secondary)
  );
}

/** Whether each word that is written is the beginning of its word in the seal; of what the seal has cut, whatever may be. */
function isMadeOf({ text, isTruncated }: SealedName, written: string): boolean {
  const [sealed, shortened] = [wordsOf(text), wordsOf(written)];
  if (sealed.length === 0) return shortened.length === 0;
  const last = sealed.length - 1;
  return shortened.every((word, index) => {
    const whole = sealed[index];
    if (whole === undefined) return isTruncated;
    return whole.startsWith(word) || (isTruncated && index === last && word.startsWith(whole));
  });
}

const wordsOf = (name: string): readonly string[] =>
  zoneSpelling(name, "oneLetter")
    .split("<")
    .map((word) => commonLetters(word))
    .filter((word) => word !== "");

const lettersOf = (name: string): string => commonLetters(zoneSpelling(name, "oneLetter"));

const YEARS_IN_CENTURY = 100;
const UNKNOWN = "<<";
/** Of a month or a day. */
const UNKNOWN_DIGITS = "00";

/** Six characters YYMMDD of the zone against what the seal knows of the date; an unknown part contradicts nothing. */
function isBornThen(
  dateOfBirth: string,
  { year, month, day }: Pick<CivilDate, "year"> & Partial<CivilDate>,
): boolean {
  const [years, months, days] = [0, 2, 4].map((start) => dateOfBirth.slice(start, start + 2));
  return (
    (years === UNKNOWN || Number(years) === year % YEARS_IN_CENTURY) &&
    isSamePart(months, month) &&
    isSamePart(days, day)
  );
}

const isSamePart = (written: string | undefined, part: number | undefined): boolean =>
  part === undefined || written === UNKNOWN || written === UNKNOWN_DIGITS || Number(written) === part;
