/**
 * The holders of the virtual documents. Nobody is meant: they are called Specimen, and whatever looks like a number of a
 * real document is chance. They are good until 2044, longer than any real one, so that what runs on a real clock lasts.
 */
import type { DetailFields } from "./detail-files.ts";

export interface Person {
  readonly documentNumber: string;
  /** In the letters of the zone. */
  readonly familyNames: string;
  readonly givenNames: string;
  readonly birth: string;
  readonly sex: "F" | "M" | "<" | "X";
  readonly expiry: string;
  readonly can: string;
  /** Nationality where it is not the issuer's. */
  readonly nationality?: string;
  /** First optional field of the zone. */
  readonly optional?: string;
  /** What DG11 says on documents that have one. */
  readonly details: DetailFields;
}

export type PersonName = "anna" | "bruno" | "olga" | "max" | "ida";

const EXPIRY = "440229";

export const PERSONS: Readonly<Record<PersonName, Person>> = {
  anna: {
    documentNumber: "CA00000AA",
    familyNames: "SPECIMEN",
    givenNames: "ANNA<MARIA",
    birth: "850712",
    sex: "F",
    expiry: EXPIRY,
    can: "314159",
    details: {
      "5F0E": "SPECIMEN<<ANNA<MARIA",
      "5F10": "SPCNMR85L52F205L",
      "5F2B": "19850712",
      "5F11": "MILANO<MI",
      "5F42": "VIA DEI CAMPIONI N. 1<ROMA<RM",
    },
  },
  /** A number of more than nine characters, which only cards can show. */
  bruno: {
    documentNumber: "D23145890734",
    familyNames: "SPECIMEN<MUELLER",
    givenNames: "BRUNO",
    birth: "990101",
    sex: "M",
    expiry: EXPIRY,
    can: "271828",
    details: { "5F0E": "SPECIMEN-MÜLLER<<BRUNO", "5F2B": "19990101" },
  },
  /** A number in which O and 0 are told apart by nobody. */
  olga: {
    documentNumber: "O0O1203B0",
    familyNames: "SPECIMEN",
    givenNames: "OLGA",
    birth: "010203",
    sex: "<",
    expiry: EXPIRY,
    can: "000001",
    details: { "5F0E": "SPECIMEN<<OLGA", "5F2B": "20010203" },
  },
  /** A short number, filled up, a personal number and a nationality that is not the issuer's. */
  max: {
    documentNumber: "AB2134",
    familyNames: "SPECIMEN<VAN<DER<MUSTER",
    givenNames: "MAX<EMIL<FERDINAND<ALEXANDER",
    birth: "520727",
    sex: "M",
    expiry: EXPIRY,
    can: "161803",
    nationality: "XXA",
    optional: "ZE184226B",
    details: {
      "5F0E": "SPECIMEN VAN DER MUSTER<<MAX<EMIL<FERDINAND<ALEXANDER",
      "5F10": "ZE184226B",
      "5F2B": "19520727",
      "5F11": "MUSTERSTADT",
    },
  },
  /** One name, and a birth of which only the year is known. */
  ida: {
    documentNumber: "X0000017Z",
    familyNames: "SPECIMEN",
    givenNames: "",
    birth: "74<<<<",
    sex: "X",
    expiry: EXPIRY,
    can: "999999",
    details: { "5F0E": "SPECIMEN", "5F2B": "19740000" },
  },
};
