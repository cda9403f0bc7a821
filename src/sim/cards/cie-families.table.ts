/**
 * Families of the CIE 3.0 by producer: historical bytes of the ATS, and whether the chip knows the AID
 * of the IAS application or answers 6A 82 and wants the master file instead.
 */
import { hex } from "../../bytes/hex.ts";

export interface CieFamilyProfile {
  readonly historicalBytes: Uint8Array;
  readonly root: "iasApplication" | "masterFile";
}

const iasRoot = (text: string): CieFamilyProfile => ({ historicalBytes: hex(text), root: "iasApplication" });

/** NXP and JCOP chips differ in the five letters that name the maker. */
const jcop = (letters: string): CieFamilyProfile => ({
  historicalBytes: hex(`80 31 80 65 ${letters} 12 0F FF 82 90 00`),
  root: "masterFile",
});

export const CIE_FAMILIES = {
  gemalto: iasRoot("80 31 80 65 B0 85 04 00 11 12 0F FF 82 90 00"),
  gemalto2: iasRoot("80 31 80 65 B0 85 03 00 EF 12 0F FF 82 90 00"),
  stm: iasRoot("80 66 47 50 00 B8 00 7F 82 90 00"),
  stm2: iasRoot(""),
  stm3: iasRoot("80 66 47 50 00 B8 00 94 82 90 00"),
  nxp: jcop("49 54 4E 58 50"),
  itj4a: jcop("49 54 4A 34 41"),
  itj4b: jcop("49 54 4A 34 42"),
  itj4c: jcop("49 54 4A 34 43"),
  itj4d: jcop("49 54 4A 34 44"),
  itj4i: jcop("49 54 4A 34 49"),
} as const satisfies Readonly<Record<string, CieFamilyProfile>>;

export type CieFamily = keyof typeof CIE_FAMILIES;

/** All families, in the order of the table. */
export const CIE_FAMILY_NAMES: readonly CieFamily[] = [
  "gemalto",
  "gemalto2",
  "stm",
  "stm2",
  "stm3",
  "nxp",
  "itj4a",
  "itj4b",
  "itj4c",
  "itj4d",
  "itj4i",
];
