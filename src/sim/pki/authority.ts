/**
 * Country signers and document signers of the simulated world (ICAO Doc 9303-12; the kinds and dates follow the
 * Italian ones). `self-made` is the one that a test or demo puts into its trust store; the others are what a
 * gate must refuse. Everything is made when first asked for, once per process, and has the same bytes in each.
 */
import { hex } from "../../bytes/hex.ts";
import { type Certified, distinguishedName, makeCertificate } from "./certificate.ts";
import {
  authorityOfLeaves,
  CRL_SIGN,
  DIGITAL_SIGNATURE,
  documentTypeList,
  KEY_CERT_SIGN,
  keyUsage,
  type Period,
  privateKeyUsagePeriod,
} from "./extensions.ts";
import { madeOnce } from "./made-once.ts";
import { type Generation, SCHEMES } from "./signature-scheme.ts";
import { testKey } from "./test-key.ts";
import type { KeyName } from "./test-keys.table.ts";

/**
 * `self-made`: to be trusted. `impostor`: the same names, serial numbers and key identifiers over keys of its own.
 * `test`: its name ends in "- TEST". `foreign`: of another country than Italy.
 */
export type AuthorityName = "self-made" | "impostor" | "test" | "foreign";

/** `expired`: no longer valid. `revoked`: on the list that `revocationList` gives. */
export type SignerState = "valid" | "expired" | "revoked";

/** One country signer of each generation and the document signers under it. */
export interface Authority {
  /** Self-signed, RSA-4096; its `certificate` is what a trust store takes. Both generations have one name. */
  countrySigner(generation: Generation): Certified;
  /** RSA-2048, signed by the country signer of its generation. */
  documentSigner(generation: Generation, state?: SignerState): Certified;
}

interface AuthorityFacts {
  readonly country: string;
  readonly nameSuffix: string;
  readonly countryKeys: Readonly<Record<Generation, KeyName>>;
  readonly signerKeys: Readonly<Record<Generation, KeyName>>;
  /** Whose key identifiers the certificates claim; those of the keys themselves when absent. */
  readonly claimsToBe?: AuthorityName;
}

const OWN_SIGNERS = { 1: "signerGeneration1", 2: "signerGeneration2" } as const;
const OTHER = { countryKeys: both("otherCsca"), signerKeys: both("otherSigner") };

const FACTS: Readonly<Record<AuthorityName, AuthorityFacts>> = {
  "self-made": {
    country: "IT",
    nameSuffix: "",
    countryKeys: { 1: "cscaGeneration1", 2: "cscaGeneration2" },
    signerKeys: OWN_SIGNERS,
  },
  impostor: {
    country: "IT",
    nameSuffix: "",
    countryKeys: both("impostorCsca"),
    signerKeys: both("impostorSigner"),
    claimsToBe: "self-made",
  },
  test: { country: "IT", nameSuffix: " - TEST", ...OTHER },
  /** UT is Utopia, the country of ICAO's examples. */
  foreign: { country: "UT", nameSuffix: "", ...OTHER },
};

function both(name: KeyName): Readonly<Record<Generation, KeyName>> {
  return { 1: name, 2: name };
}

interface Dates {
  readonly serial: Uint8Array;
  readonly validity: Period;
  readonly signing: Period;
}

const COUNTRY_SIGNERS: Readonly<Record<Generation, Dates>> = {
  1: {
    serial: hex("01 4E 79 3E A5 5D CD 01"),
    validity: { from: "20160906080000Z", to: "20461202080000Z" },
    signing: { from: "20160906080000Z", to: "20210906080000Z" },
  },
  // Ends beyond 2049, so that one of the dates is a GeneralizedTime.
  2: {
    serial: hex("3D 40 1E 98 CA BB AD 02"),
    validity: { from: "20200429080000Z", to: "20500725080000Z" },
    signing: { from: "20200429080000Z", to: "20250429080000Z" },
  },
};

type SignerDates = Dates & { readonly number: string };

const SIGNERS: Readonly<Record<Generation, Readonly<Record<SignerState, SignerDates>>>> = {
  1: {
    valid: {
      number: "00012",
      serial: hex("1A 00 00 00 00 00 00 12"),
      validity: { from: "20181001080000Z", to: "20450115080000Z" },
      signing: { from: "20181001080000Z", to: "20190115080000Z" },
    },
    expired: {
      number: "00003",
      serial: hex("1A 00 00 00 00 00 00 03"),
      validity: { from: "20160910080000Z", to: "20180910080000Z" },
      signing: { from: "20160910080000Z", to: "20161210080000Z" },
    },
    revoked: {
      number: "00011",
      serial: hex("1A 00 00 00 00 00 00 11"),
      validity: { from: "20180701080000Z", to: "20441015080000Z" },
      signing: { from: "20180701080000Z", to: "20181015080000Z" },
    },
  },
  2: {
    valid: {
      number: "00019",
      serial: hex("9A 00 00 00 00 00 00 19"),
      validity: { from: "20230201080000Z", to: "20490515080000Z" },
      signing: { from: "20230201080000Z", to: "20230515080000Z" },
    },
    expired: {
      number: "00015",
      serial: hex("9A 00 00 00 00 00 00 15"),
      validity: { from: "20200501080000Z", to: "20220501080000Z" },
      signing: { from: "20200501080000Z", to: "20200801080000Z" },
    },
    revoked: {
      number: "00018",
      serial: hex("9A 00 00 00 00 00 00 18"),
      validity: { from: "20221101080000Z", to: "20490215080000Z" },
      signing: { from: "20221101080000Z", to: "20230215080000Z" },
    },
  },
};

/** A card of identity, in the list of document types. */
const IDENTITY_CARD = "C";
const once = madeOnce<Certified>();

/** The authority of this name. Nothing is made before one of its certificates is asked for. */
export const authority = (name: AuthorityName): Authority => ({
  countrySigner: (generation) =>
    once(`${name} ${generation}`, () => makeCountrySigner(FACTS[name], generation)),
  documentSigner: (generation, state = "valid") =>
    once(`${name} ${generation} ${state}`, () => makeDocumentSigner(name, generation, state)),
});

function makeCountrySigner(facts: AuthorityFacts, generation: Generation): Certified {
  const { serial, validity, signing } = COUNTRY_SIGNERS[generation];
  const name = distinguishedName({
    country: facts.country,
    organisation: "Varco Simulator",
    unit: "Virtual cards without value",
    commonName: `Varco Virtual Country Signer CA${facts.nameSuffix}`,
  });
  const key = testKey(facts.countryKeys[generation]);
  const keyId = shownKeyId(facts, generation, "countryKeys");
  return makeCertificate({
    serial,
    issuer: name,
    subject: name,
    validity,
    key,
    keyId,
    issuerKeyId: keyId,
    extensions: [keyUsage(KEY_CERT_SIGN, CRL_SIGN), privateKeyUsagePeriod(signing), authorityOfLeaves()],
    signedBy: key,
    scheme: SCHEMES[generation],
  });
}

function makeDocumentSigner(name: AuthorityName, generation: Generation, state: SignerState): Certified {
  const facts = FACTS[name];
  const countrySigner = authority(name).countrySigner(generation);
  const { number, serial, validity, signing } = SIGNERS[generation][state];
  const subject = distinguishedName({
    country: facts.country,
    organisation: "Varco Simulator",
    unit: "Virtual cards without value",
    serialNumber: number,
    commonName: "eIdentityCardSigner",
  });
  const extensions = [
    keyUsage(DIGITAL_SIGNATURE),
    privateKeyUsagePeriod(signing),
    ...(generation === 2 ? [documentTypeList(IDENTITY_CARD)] : []),
  ];
  return makeCertificate({
    serial,
    issuer: countrySigner.subject,
    subject,
    validity,
    key: testKey(facts.signerKeys[generation]),
    keyId: shownKeyId(facts, generation, "signerKeys"),
    issuerKeyId: countrySigner.keyId,
    extensions,
    signedBy: countrySigner.key,
    scheme: SCHEMES[generation],
  });
}

/** Identifier that the certificates of this authority show for one of its keys. */
function shownKeyId(
  facts: AuthorityFacts,
  generation: Generation,
  which: "countryKeys" | "signerKeys",
): Uint8Array {
  const claimed = facts.claimsToBe === undefined ? facts : FACTS[facts.claimsToBe];
  return testKey(claimed[which][generation]).keyId;
}
