/**
 * The kinds of virtual documents: combinations of access, keys, files and signers that real States have issued, with the
 * sizes that were seen. ICAO Doc 9303-10 and 9303-11; BSI TR-03110-3.
 */
import type { ChipSuite } from "../content.ts";
import type { ChipKeyPlan } from "./chip-key-files.ts";
import type { DocumentPlan } from "./document-plan.ts";
import type { FacePlan } from "./face-files.ts";
import { PERSONS } from "./holders.table.ts";

export type ProfileName =
  | "cnie"
  | "cie"
  | "passport-de"
  | "passport-bac"
  | "passport-fr"
  | "passport-nl"
  | "passport-us"
  | "passport-im"
  | "passport-aa"
  | "passport-be"
  | "identity-dh-im";

const COMMON = {
  holder: PERSONS.anna,
  hasCan: false,
  directory: "one",
  pace: [],
  bac: false,
  chipKeys: [],
  keyOwner: "chip",
  alsoInGroup14: [],
  group14Order: "sorted",
} as const satisfies Partial<DocumentPlan>;

const LONG_APDUS = { command: 0x8000, response: 0x8000 } as const;

const face = (format: FacePlan["format"], lengthBytes: number): FacePlan => ({
  record: "19794-5",
  format,
  width: 413,
  height: 531,
  lengthBytes,
});

const curveKey = (parameterId: number, suites: readonly ChipSuite[]): ChipKeyPlan => ({
  parameterId,
  suites,
  announced: true,
  form: "explicit",
});

export const PROFILES: Readonly<Record<ProfileName, DocumentPlan>> = {
  /** The French identity card since 2021. */
  cnie: {
    ...COMMON,
    zone: { format: "TD1", documentCode: "ID", issuer: "FRA" },
    hasCan: true,
    groups: [1, 2, 3, 14],
    face: face("JPEG2000", 13_785),
    issuingAuthority: "PREFECTURE DE SPECIMEN",
    pace: [
      { mapping: "ECDH-GM", suite: "AES-256", parameterId: 13 },
      { mapping: "ECDH-IM", suite: "AES-256", parameterId: 13 },
    ],
    cardAccess: "ordinary",
    chipKeys: [curveKey(13, ["AES-256"])],
    alsoInGroup14: ["access"],
    largestApdus: { command: 0xffff, response: 0xffff },
    sod: {
      version: 1,
      groupHash: "sha256",
      signer: { authority: "FR-2020", kind: "RSA SHA-256" },
    },
  },
  /** The travel application of the Italian identity card. */
  cie: {
    ...COMMON,
    zone: { format: "TD1", documentCode: "C", issuer: "ITA" },
    hasCan: true,
    groups: [1, 2, 3, 11, 12, 14],
    face: face("JPEG2000", 9_950),
    issuingAuthority: "COMUNE DI ROMA",
    pace: [{ mapping: "DH-GM", suite: "3DES", parameterId: 2 }],
    cardAccess: "ordinary",
    bac: true,
    chipKeys: [{ parameterId: 2, suites: ["3DES"], announced: true, form: "PKCS#3" }],
    alsoInGroup14: ["terminal authentication"],
    largestApdus: LONG_APDUS,
    sod: {
      version: 1,
      groupHash: "sha512",
      signer: { authority: "IT-2020", kind: "PSS SHA-512 salt 64" },
    },
  },
  /** Two keys on the curve of PACE: the first serves the mapping, the second chip authentication. */
  "passport-de": {
    ...COMMON,
    holder: PERSONS.max,
    zone: { format: "TD3", documentCode: "P", issuer: "D" },
    hasCan: true,
    groups: [1, 2, 3, 14],
    face: face("JPEG2000", 15_083),
    issuingAuthority: "STADT MUSTERSTADT",
    pace: [
      { mapping: "ECDH-GM", suite: "AES-128", parameterId: 13 },
      { mapping: "ECDH-CAM", suite: "AES-128", parameterId: 13 },
    ],
    cardAccess: "ordinary",
    chipKeys: [
      { parameterId: 13, keyId: 13, suites: [], announced: true, form: "number", servesMapping: true },
      { ...curveKey(13, ["AES-128"]), keyId: 72 },
    ],
    alsoInGroup14: ["access", "terminal authentication"],
    largestApdus: LONG_APDUS,
    sod: {
      version: 1,
      groupHash: "sha256",
      signer: { authority: "DE-2021", kind: "brainpoolP256r1" },
      signingTime: "20240301093000Z",
    },
  },
  /** From before PACE and chip authentication. */
  "passport-bac": {
    ...COMMON,
    holder: PERSONS.olga,
    zone: { format: "TD3", documentCode: "P", issuer: "AUT" },
    groups: [1, 2, 7, 15],
    face: face("JPEG", 17_659),
    issuingAuthority: "MAGISTRAT SPECIMEN",
    bac: true,
    active: { kind: "RSA", key: "activeChip", hash: "sha1" },
    sod: {
      version: 0,
      groupHash: "sha1",
      signer: { authority: "AT-2012", kind: "RSA SHA-1" },
    },
  },
  /** Its key for chip authentication comes without a word on suites. */
  "passport-fr": {
    ...COMMON,
    zone: { format: "TD3", documentCode: "P", issuer: "FRA" },
    groups: [1, 2, 3, 14],
    face: face("JPEG2000", 14_210),
    issuingAuthority: "PREFECTURE DE SPECIMEN",
    pace: [{ mapping: "ECDH-GM", suite: "AES-256", parameterId: 12 }],
    cardAccess: "ordinary",
    bac: true,
    chipKeys: [{ ...curveKey(12, ["3DES"]), announced: false }],
    largestApdus: LONG_APDUS,
    sod: {
      version: 0,
      groupHash: "sha256",
      signer: { authority: "FR-2015", kind: "RSA SHA-256" },
    },
  },
  "passport-nl": {
    ...COMMON,
    zone: { format: "TD3", documentCode: "P", issuer: "NLD" },
    groups: [1, 2, 3, 11, 12, 14],
    face: face("JPEG2000", 18_400),
    issuingAuthority: "BURG. VAN SPECIMEN",
    pace: [{ mapping: "ECDH-GM", suite: "AES-256", parameterId: 14 }],
    cardAccess: "ordinary",
    chipKeys: [{ ...curveKey(14, ["AES-256"]), keyId: 1 }],
    alsoInGroup14: ["access"],
    largestApdus: LONG_APDUS,
    sod: {
      version: 1,
      groupHash: "sha256",
      signer: { authority: "NL-2019", kind: "PSS SHA-256 salt 20" },
    },
  },
  /** Nothing on it tells the chip from a copy. */
  "passport-us": {
    ...COMMON,
    zone: { format: "TD3", documentCode: "P", issuer: "USA" },
    groups: [1, 2, 11, 12],
    face: face("JPEG", 29_424),
    issuingAuthority: "UNITED STATES DEPARTMENT OF SPECIMENS",
    bac: true,
    sod: {
      version: 0,
      groupHash: "sha256",
      signer: { authority: "US-2020", kind: "P-256" },
    },
  },
  /** Integrated mapping alone, and the newer record of the face. */
  "passport-im": {
    ...COMMON,
    holder: PERSONS.ida,
    zone: { format: "TD3", documentCode: "P", issuer: "CHE" },
    groups: [1, 2, 3, 11, 14, 16],
    face: { ...face("JPEG2000", 20_480), record: "39794-5" },
    issuingAuthority: "KANTON SPECIMEN",
    pace: [{ mapping: "ECDH-IM", suite: "AES-256", parameterId: 18 }],
    cardAccess: "ordinary",
    chipKeys: [{ ...curveKey(18, ["AES-256"]), form: "number" }],
    alsoInGroup14: ["access"],
    largestApdus: LONG_APDUS,
    sod: { version: 1, groupHash: "sha512", signer: { authority: "CH-2019", kind: "P-521" } },
  },
  /** Both ways to prove a chip: where the first fails, as in Norway, the second is left. */
  "passport-be": {
    ...COMMON,
    holder: PERSONS.max,
    zone: { format: "TD3", documentCode: "P", issuer: "BEL" },
    groups: [1, 2, 3, 14, 15],
    face: face("JPEG", 15_800),
    issuingAuthority: "VILLE DE SPECIMEN",
    pace: [{ mapping: "ECDH-GM", suite: "AES-128", parameterId: 12 }],
    cardAccess: "ordinary",
    chipKeys: [curveKey(12, ["AES-128"])],
    active: { kind: "RSA", key: "activeChip", hash: "sha256" },
    largestApdus: LONG_APDUS,
    sod: { version: 0, groupHash: "sha256", signer: { authority: "BE-2019", kind: "RSA SHA-256" } },
  },
  /** Active authentication on a curve. */
  "passport-aa": {
    ...COMMON,
    holder: PERSONS.olga,
    zone: { format: "TD3", documentCode: "P", issuer: "PRT" },
    groups: [1, 2, 3, 7, 11, 12, 13, 14, 15],
    face: { ...face("JPEG", 12_345), record: "39794-5" },
    issuingAuthority: "CONSERVATORIA DE SPECIMEN",
    pace: [{ mapping: "ECDH-GM", suite: "AES-192", parameterId: 15 }],
    cardAccess: "ordinary",
    bac: true,
    active: { kind: "ECDSA", hash: "sha256", der: false },
    alsoInGroup14: ["access"],
    sod: { version: 0, groupHash: "sha224", signer: { authority: "PT-2017", kind: "P-256" } },
  },
  /** A card of two lines, with integers throughout. */
  "identity-dh-im": {
    ...COMMON,
    holder: PERSONS.bruno,
    zone: { format: "TD2", documentCode: "I", issuer: "BEL" },
    hasCan: true,
    groups: [1, 2, 14],
    face: face("JPEG", 10_240),
    issuingAuthority: "COMMUNE DE SPECIMEN",
    pace: [{ mapping: "DH-IM", suite: "AES-128", parameterId: 1 }],
    cardAccess: "ordinary",
    chipKeys: [{ parameterId: 1, suites: ["AES-128"], announced: true, form: "X9.42" }],
    alsoInGroup14: ["access"],
    largestApdus: LONG_APDUS,
    sod: { version: 1, groupHash: "sha384", signer: { authority: "BE-2019", kind: "brainpoolP256r1" } },
  },
};
