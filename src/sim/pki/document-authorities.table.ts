/**
 * Facts of the States that sign the virtual travel documents: one row for each certificate of a country signer, one
 * for each kind of document signer. Kinds, algorithms and oddities are those found among real ones; the States are real
 * where their kind of document is, the keys are worthless everywhere. ICAO Doc 9303-12 §7.1.
 */
import { type EcSignerChoice, ecSigner } from "./ec-signer.ts";
import type { Period } from "./extensions.ts";
import { type HashName, rsaPkcs1, rsaPss } from "./signature-scheme.ts";
import { rsaSigner, type SignerKey } from "./signer-key.ts";
import { testKey } from "./test-key.ts";

/** The country and the year of the key; UT is Utopia, the country of ICAO's examples. */
export type CountrySignerName =
  | "FR-2015"
  | "FR-2020"
  | "IT-2020"
  | "DE-2021"
  | "NL-2019"
  | "US-2020"
  | "AT-2012"
  | "BE-2019"
  | "CH-2019"
  | "PT-2017"
  | "UT-2019"
  | "CN-2018"
  | "ID-2010";

/** Of whom a key is: `impostor` is an attacker who copies names, serial numbers and key identifiers. */
export type Owner = "State" | "impostor";

interface CountrySignerFacts {
  readonly country: string;
  /** One byte, the last of the serial number. */
  readonly number: number;
  readonly validity: Period;
  /** The older key of the same State and name, which signs a link certificate for this one. */
  readonly follows?: CountrySignerName;
  readonly key: (owner: Owner) => SignerKey;
}

const UNTIL_2049 = "20490601080000Z";
const pss256 = rsaPss({ hash: "sha256", saltBytes: 32 });

const rsaCountryKey =
  (name: "cscaFrance" | "cscaFranceNext" | "cscaAustria", hash: "sha1" | "sha256") => (owner: Owner) =>
    rsaSigner(testKey(owner === "State" ? name : "impostorCsca"), rsaPkcs1(hash));

const ecCountryKey = (choice: Omit<EcSignerChoice, "label">, label: string) => (owner: Owner) =>
  ecSigner({ ...choice, label: `${owner} country signer ${label}` });

export const COUNTRY_SIGNERS: Readonly<Record<CountrySignerName, CountrySignerFacts>> = {
  "FR-2015": {
    country: "FR",
    number: 0x15,
    validity: { from: "20150904080000Z", to: "20481204080000Z" },
    key: rsaCountryKey("cscaFrance", "sha256"),
  },
  "FR-2020": {
    country: "FR",
    number: 0x20,
    validity: { from: "20200526080000Z", to: UNTIL_2049 },
    follows: "FR-2015",
    key: rsaCountryKey("cscaFranceNext", "sha256"),
  },
  "IT-2020": {
    country: "IT",
    number: 0x21,
    validity: { from: "20200429080000Z", to: UNTIL_2049 },
    key: (owner) =>
      rsaSigner(
        testKey(owner === "State" ? "cscaItaly" : "impostorCsca"),
        rsaPss({ hash: "sha512", saltBytes: 64 }),
      ),
  },
  "DE-2021": {
    country: "DE",
    number: 0x22,
    validity: { from: "20210401080000Z", to: UNTIL_2049 },
    key: ecCountryKey({ curve: "brainpoolP384r1", hash: "sha384", parameters: "explicit" }, "DE"),
  },
  "NL-2019": {
    country: "NL",
    number: 0x23,
    validity: { from: "20190301080000Z", to: UNTIL_2049 },
    key: (owner) => rsaSigner(testKey(owner === "State" ? "cscaNetherlands" : "impostorCsca"), pss256),
  },
  "US-2020": {
    country: "US",
    number: 0x24,
    validity: { from: "20200115080000Z", to: UNTIL_2049 },
    key: ecCountryKey({ curve: "P-384", hash: "sha384", parameters: { named: "P-384" } }, "US"),
  },
  "AT-2012": {
    country: "AT",
    number: 0x12,
    validity: { from: "20120101080000Z", to: UNTIL_2049 },
    key: rsaCountryKey("cscaAustria", "sha1"),
  },
  "BE-2019": {
    country: "BE",
    number: 0x19,
    validity: { from: "20190201080000Z", to: UNTIL_2049 },
    key: ecCountryKey({ curve: "brainpoolP256r1", hash: "sha256", parameters: "explicit" }, "BE"),
  },
  /** Ends beyond 2049, so that one of the dates is a GeneralizedTime. */
  "CH-2019": {
    country: "CH",
    number: 0x1a,
    validity: { from: "20190101080000Z", to: "20500725080000Z" },
    key: ecCountryKey({ curve: "P-521", hash: "sha512", parameters: "explicit" }, "CH"),
  },
  "PT-2017": {
    country: "PT",
    number: 0x17,
    validity: { from: "20170501080000Z", to: UNTIL_2049 },
    key: ecCountryKey({ curve: "P-256", hash: "sha256", parameters: "explicit" }, "PT"),
  },
  "UT-2019": {
    country: "UT",
    number: 0x1b,
    validity: { from: "20190101080000Z", to: UNTIL_2049 },
    key: ecCountryKey({ curve: "P-256", hash: "sha256", parameters: "explicit" }, "UT"),
  },
  "CN-2018": {
    country: "CN",
    number: 0x18,
    validity: { from: "20180101080000Z", to: UNTIL_2049 },
    key: ecCountryKey({ curve: "P-256", hash: "sha256", parameters: "explicit" }, "CN"),
  },
  /** A second authority of its State that no published list contains. */
  "ID-2010": {
    country: "ID",
    number: 0x10,
    validity: { from: "20100101080000Z", to: UNTIL_2049 },
    key: ecCountryKey({ curve: "brainpoolP256r1", hash: "sha256", parameters: "explicit" }, "ID"),
  },
};

/** How a document signer signs; the last three are those whose signatures take a tolerant reader. */
export type SigningKind =
  | "RSA SHA-1"
  | "RSA SHA-256"
  | "PSS SHA-256 salt 20"
  | "PSS SHA-512 salt 64"
  | "P-256"
  | "brainpoolP256r1"
  | "P-521"
  | "PSS with an unstated salt"
  | "brainpoolP256r1 padded"
  | "brainpoolP256r1 named P-256";

interface SigningFacts {
  /** Hash of the signature; the message digest beside it has the same unless a document differs on purpose. */
  readonly hash: HashName;
  readonly key: (owner: Owner) => SignerKey;
}

const rsaKind = (
  hash: HashName,
  scheme: ReturnType<typeof rsaPkcs1>,
  name: "documentSignerPkcs1" | "documentSignerPss",
) => ({
  hash,
  key: (owner: Owner) => rsaSigner(testKey(owner === "State" ? name : "impostorSigner"), scheme),
});

const ecKind = (choice: Omit<EcSignerChoice, "label">) => ({
  hash: choice.hash,
  key: (owner: Owner) => ecSigner({ ...choice, label: `${owner} document signer` }),
});

const brainpool = { curve: "brainpoolP256r1", hash: "sha256", parameters: "explicit" } as const;

export const SIGNING_KINDS: Readonly<Record<SigningKind, SigningFacts>> = {
  "RSA SHA-1": rsaKind("sha1", rsaPkcs1("sha1"), "documentSignerPkcs1"),
  "RSA SHA-256": rsaKind("sha256", rsaPkcs1("sha256"), "documentSignerPkcs1"),
  "PSS SHA-256 salt 20": rsaKind("sha256", rsaPss({ hash: "sha256", saltBytes: 20 }), "documentSignerPss"),
  "PSS SHA-512 salt 64": rsaKind("sha512", rsaPss({ hash: "sha512", saltBytes: 64 }), "documentSignerPss"),
  "P-256": ecKind({ curve: "P-256", hash: "sha256", parameters: { named: "P-256" } }),
  brainpoolP256r1: ecKind(brainpool),
  "P-521": ecKind({ curve: "P-521", hash: "sha512", parameters: "explicit" }),
  "PSS with an unstated salt": rsaKind(
    "sha256",
    rsaPss({ hash: "sha256", saltBytes: 32, saltIs: "left out" }),
    "documentSignerPss",
  ),
  "brainpoolP256r1 padded": ecKind({ ...brainpool, integers: "padded" }),
  "brainpoolP256r1 named P-256": ecKind({ ...brainpool, parameters: { named: "P-256" } }),
};

/** `expired` and `not yet valid`: today lies outside. `revoked`: on the list of its country signer. */
export type DocumentSignerState = "valid" | "expired" | "revoked" | "not yet valid";

interface SignerDates {
  /** One byte of the serial number. */
  readonly number: number;
  readonly validity: Period;
}

/** All but the last cover the day on which the virtual documents are issued. */
export const SIGNER_DATES: Readonly<Record<DocumentSignerState, SignerDates>> = {
  valid: { number: 0x41, validity: { from: "20230201080000Z", to: "20490515080000Z" } },
  expired: { number: 0x42, validity: { from: "20210101080000Z", to: "20250630080000Z" } },
  revoked: { number: 0x43, validity: { from: "20230301080000Z", to: "20490515080000Z" } },
  "not yet valid": { number: 0x44, validity: { from: "20480101080000Z", to: "20490515080000Z" } },
};
