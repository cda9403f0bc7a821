/**
 * Who comes to a virtual gate with a travel document: one person at least for each kind. Nobody is meant: they are all called
 * Specimen, and whatever looks like a number of a real document is chance.
 */
import type { CieFamily } from "./cards/cie-families.table.ts";
import type { ProfileName } from "./emrtd/documents/profiles.table.ts";

export interface ArrivalFacts {
  readonly profile: ProfileName;
  /** On a CIE, the number of its service side and who made the card. */
  readonly cie?: { readonly nis: string; readonly family: CieFamily };
  readonly documentNumber: string;
  /** In the letters of the zone, as all names here. */
  readonly familyNames: string;
  readonly givenNames: string;
  /** `YYYY-MM-DD`. */
  readonly birth: string;
  readonly sex: "F" | "M" | "<";
  /** `YYYY-MM-DD`; `EXPIRY` when absent. */
  readonly expiry?: string;
  /** Six digits, on documents that have them. */
  readonly can?: string;
  /** The personal number in DG11, on documents that have one: of Italians their fiscal code. */
  readonly personalNumber?: string;
  /** Town and province, in DG11. */
  readonly birthPlace?: string;
}

/** Later than any real document's, so that what runs on a real clock lasts. */
export const EXPIRY = "2044-02-29";

const cie = { profile: "cie", familyNames: "SPECIMEN" } as const;
const cnie = { profile: "cnie" } as const;

export const ARRIVALS = {
  chiara: {
    ...cie,
    cie: { nis: "400000000011", family: "itj4i" },
    documentNumber: "CA10001AA",
    givenNames: "CHIARA",
    birth: "1991-03-14",
    sex: "F",
    can: "501122",
    personalNumber: "SPCCHR91C54F205C",
    birthPlace: "MILANO<MI",
  },
  marco: {
    ...cie,
    cie: { nis: "400000000022", family: "gemalto" },
    documentNumber: "CA20002BB",
    givenNames: "MARCO",
    birth: "1978-12-03",
    sex: "M",
    can: "502244",
    personalNumber: "SPCMRC78T03H501Q",
    birthPlace: "ROMA<RM",
  },
  /** Whose card has run out. */
  elena: {
    ...cie,
    cie: { nis: "400000000033", family: "stm3" },
    documentNumber: "CA30003CC",
    givenNames: "ELENA",
    birth: "1966-08-01",
    sex: "F",
    expiry: "2025-03-01",
    can: "503366",
    personalNumber: "SPCLNE66M41L219S",
    birthPlace: "TORINO<TO",
  },
  lucas: {
    ...cnie,
    documentNumber: "SPX4RTB01",
    familyNames: "SPECIMEN<MOREAU",
    givenNames: "LUCAS<JEAN",
    birth: "1999-05-30",
    sex: "M",
    can: "504488",
  },
  camille: {
    ...cnie,
    documentNumber: "SPX7MKD02",
    familyNames: "SPECIMEN",
    givenNames: "CAMILLE",
    birth: "2003-10-09",
    sex: "F",
    can: "505511",
  },
  greta: {
    profile: "passport-de",
    documentNumber: "C5SP0PT31",
    familyNames: "SPECIMEN<MUELLER",
    givenNames: "GRETA",
    birth: "1984-01-25",
    sex: "F",
    can: "506633",
  },
  walter: {
    profile: "passport-bac",
    documentNumber: "U0SP12341",
    familyNames: "SPECIMEN",
    givenNames: "WALTER",
    birth: "1959-11-11",
    sex: "M",
  },
  amelie: {
    profile: "passport-fr",
    documentNumber: "19SP51041",
    familyNames: "SPECIMEN<LEFEBVRE",
    givenNames: "AMELIE",
    birth: "1995-07-02",
    sex: "F",
  },
  sanne: {
    profile: "passport-nl",
    documentNumber: "SPR2CF8L1",
    familyNames: "SPECIMEN<DE<VRIES",
    givenNames: "SANNE<MARIJKE",
    birth: "1988-02-17",
    sex: "F",
  },
  grace: {
    profile: "passport-us",
    documentNumber: "543001817",
    familyNames: "SPECIMEN",
    givenNames: "GRACE<HOPE",
    birth: "1972-06-21",
    sex: "F",
  },
  reto: {
    profile: "passport-im",
    documentNumber: "XSP123451",
    familyNames: "SPECIMEN",
    givenNames: "RETO",
    birth: "1981-09-05",
    sex: "M",
  },
  ines: {
    profile: "passport-aa",
    documentNumber: "SPC700541",
    familyNames: "SPECIMEN<DA<SILVA",
    givenNames: "INES",
    birth: "1990-04-19",
    sex: "F",
  },
  jules: {
    profile: "passport-be",
    documentNumber: "ESP004271",
    familyNames: "SPECIMEN<PEETERS",
    givenNames: "JULES",
    birth: "2001-12-28",
    sex: "M",
  },
  emma: {
    profile: "identity-dh-im",
    documentNumber: "592SP70011",
    familyNames: "SPECIMEN<JANSSENS",
    givenNames: "EMMA",
    birth: "1997-03-08",
    sex: "F",
    can: "507755",
  },
} as const satisfies Readonly<Record<string, ArrivalFacts>>;
